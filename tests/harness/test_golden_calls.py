"""Making calls side by side: all of them, no more at a time than asked, and stopped where they are to stop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from playhead import Completion, CompletionRequest, ProviderError, Usage
from playhead.harness.golden_calls import Ended, call_in_loop, call_in_threads
from playhead.harness.golden_plan import Job

ANSWER = Completion("yes", usage=Usage(1, 2, 3))


def jobs(count: int, *, stream: bool = False) -> list[Job]:
    """Make jobs with different questions."""
    return [Job(n, 0, CompletionRequest(f"q{n}"), stream, bytes(32)) for n in range(count)]


class Sync:
    """Answers at once, counts, and fails where it is told to."""

    def __init__(self, *, failing: str = "") -> None:
        self.failing = failing
        self.asked: list[str | None] = []

    def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request.prompt)
        if request.prompt == self.failing:
            raise ProviderError("lost")
        return ANSWER

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        self.asked.append(request.prompt)
        yield "y"
        if request.prompt == self.failing:
            raise ProviderError("lost")
        yield "es"


class Async:
    """The same, awaited."""

    def __init__(self, *, failing: str = "") -> None:
        self.inner = Sync(failing=failing)

    async def complete(self, request: CompletionRequest) -> Completion:
        await asyncio.sleep(0)
        return self.inner.complete(request)

    async def stream(self, request: CompletionRequest) -> AsyncIterator[str]:
        for piece in self.inner.stream(request):
            await asyncio.sleep(0)
            yield piece


class AwaitedStream(Async):
    """The same, its stream a coroutine that gives an iterator."""

    async def stream(self, request: CompletionRequest) -> Any:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().stream(request)


def run(provider: Any, work: list[Job], *, concurrency: int = 2, on_end: Any = None) -> tuple[list[Ended], list[str]]:
    """Make the calls by the way that fits the provider; give what ended, and whether the run was stopped."""
    ended: list[Ended] = []
    stopped: list[str] = []

    def end(one: Ended) -> None:
        ended.append(one)
        if on_end is not None:
            on_end(one)

    def stop() -> None:
        stopped.append("stopped")

    try:
        if isinstance(provider, Async):
            asyncio.run(call_in_loop(work, provider, concurrency=concurrency, on_end=end, on_stop=stop))
        else:
            call_in_threads(work, provider, concurrency=concurrency, on_end=end, on_stop=stop)
    except RuntimeError as error:
        stopped.append(str(error))
    return ended, stopped


@pytest.mark.parametrize("kind", [Sync, Async, AwaitedStream])
@pytest.mark.parametrize("stream", [False, True])
def test_every_call_is_made_once(kind: type[Any], stream: bool) -> None:
    """Sync or async, streamed or not, each job is called and reported once."""
    provider = kind()
    ended, stopped = run(provider, jobs(7, stream=stream), concurrency=3)
    asked = getattr(provider, "inner", provider).asked
    assert sorted(asked) == sorted(f"q{n}" for n in range(7))
    assert sorted(one.job.index for one in ended) == list(range(7))
    assert all(one.error is None for one in ended)
    assert stopped == []


@pytest.mark.parametrize("kind", [Sync, Async])
@pytest.mark.parametrize("stream", [False, True])
def test_a_call_that_fails_does_not_end_the_run(kind: type[Any], stream: bool) -> None:
    """A failure is reported with its exception, and the next call is made."""
    ended, stopped = run(kind(failing="q1"), jobs(3, stream=stream), concurrency=1)
    assert [type(one.error) for one in ended] == [type(None), ProviderError, type(None)]
    assert stopped == []


@pytest.mark.parametrize("kind", [Sync, Async])
def test_one_at_a_time_is_in_order(kind: type[Any]) -> None:
    """Without concurrency calls are made in the order of the jobs."""
    ended, _ = run(kind(), jobs(5), concurrency=1)
    assert [one.job.index for one in ended] == list(range(5))


@pytest.mark.parametrize("kind", [Sync, Async])
def test_tokens_are_counted(kind: type[Any]) -> None:
    """The tokens of an answer are reported where the provider gives them."""
    assert [one.tokens for one in run(kind(), jobs(2))[0]] == [3, 3]
    assert [one.tokens for one in run(kind(), jobs(2, stream=True))[0]] == [0, 0]


@pytest.mark.parametrize("kind", [Sync, Async])
def test_what_is_raised_on_an_end_stops_the_run_there(kind: type[Any]) -> None:
    """No further call is started once the caller wants no more."""
    provider = kind()

    def enough(one: Ended) -> None:
        if one.job.index == 1:
            raise RuntimeError("enough")

    ended, stopped = run(provider, jobs(10), concurrency=1, on_end=enough)
    assert [one.job.index for one in ended] == [0, 1]
    assert len(getattr(provider, "inner", provider).asked) == 2
    assert stopped == ["stopped", "enough"]


def test_calls_in_flight_are_waited_for() -> None:
    """A call that was started is paid for: a stopped run lets it end."""
    both_started = threading.Barrier(2, timeout=5)
    slow_may_end = threading.Event()
    over: list[str | None] = []

    class Slow:
        def complete(self, request: CompletionRequest) -> Completion:
            both_started.wait()
            if request.prompt == "q1":
                assert slow_may_end.wait(5)
            over.append(request.prompt)
            return ANSWER

    told: list[int] = []

    def end(one: Ended) -> None:
        told.append(one.job.index)
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        call_in_threads(jobs(9), Slow(), concurrency=2, on_end=end, on_stop=slow_may_end.set)
    assert sorted(filter(None, over)) == ["q0", "q1"]
    assert told == [0, 1]


def test_async_calls_in_flight_are_waited_for() -> None:
    """The same in an event loop, where cancelling would throw the answer away."""
    over: list[str | None] = []
    told: list[Ended] = []

    async def stop_in_the_middle() -> None:
        started, may_end = asyncio.Event(), asyncio.Event()

        class Slow:
            async def complete(self, request: CompletionRequest) -> Completion:
                started.set()
                await may_end.wait()
                over.append(request.prompt)
                return ANSWER

        running = asyncio.create_task(
            call_in_loop(jobs(9), Slow(), concurrency=1, on_end=told.append, on_stop=may_end.set)
        )
        await started.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(stop_in_the_middle())
    assert over == ["q0"]
    assert [one.job.index for one in told] == [0]


def test_an_exit_inside_a_provider_reaches_the_caller() -> None:
    """What is no ordinary exception ends the run instead of hanging it."""

    class Leaving:
        def complete(self, request: CompletionRequest) -> Completion:
            raise SystemExit(3)

    with pytest.raises(SystemExit):
        call_in_threads(jobs(3), Leaving(), concurrency=1, on_end=lambda _: None, on_stop=lambda: None)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_at_a_time_than_asked(concurrency: int) -> None:
    """The provider never sees more calls at once than the user allowed, and as many as that."""
    lock = threading.Lock()
    now = most = 0
    full = threading.Barrier(concurrency, timeout=5)

    class Counting:
        def complete(self, request: CompletionRequest) -> Completion:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            full.wait()
            with lock:
                now -= 1
            return ANSWER

    call_in_threads(
        jobs(3 * concurrency), Counting(), concurrency=concurrency, on_end=lambda _: None, on_stop=lambda: None
    )
    assert most == concurrency
