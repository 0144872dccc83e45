"""
Making many calls side by side, in threads or in an event loop.

What is handed out was started: when a run is stopped, calls in flight are paid for, so they are waited for and
recorded; a second interruption leaves at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from playhead.core.model import CompletionRequest
from playhead.errors import UsageError
from playhead.harness.golden_plan import Job
from playhead.providers.conventions.convention import Asking, Convention
from playhead.providers.conventions.neutral import read_usage

_POLL_SECONDS = 0.5
"""Windows delivers Ctrl-C to a waiting main thread only between two waits."""


class Ended(NamedTuple):
    """
    A call that is over.

    Attributes:
        job: Which.
        tokens: Tokens of its answer, 0 where they are not known.
        error: How it failed, or ``None``.
    """

    job: Job
    tokens: int = 0
    error: Exception | None = None


OnEnd = Callable[[Ended], None]
"""Takes each call that is over, in the caller's thread; what it raises stops the run, or is dropped once it stops."""

OnStop = Callable[[], None]
"""Called once when a run is stopped, before calls in flight are waited for."""


def call_in_threads(jobs: Iterable[Job], provider: Any, *, concurrency: int, on_end: OnEnd, on_stop: OnStop) -> None:
    """
    Make the calls, ``concurrency`` at a time, started in order.

    Raises:
        BaseException: What ``on_end`` raised, or an interruption; calls in flight have ended.
    """
    crew = _Crew(jobs, provider, concurrency)
    try:
        crew.work_to_end(on_end)
    except BaseException:
        crew.stop()
        with contextlib.suppress(Exception):
            on_stop()
        crew.wait(on_end)
        raise


class _Crew:
    """Threads that make calls and report each to the thread that started them."""

    def __init__(self, jobs: Iterable[Job], provider: Any, count: int) -> None:
        self._hand_out = _HandOut(jobs)
        self._provider = provider
        self._ended: queue.SimpleQueue[Ended | BaseException | None] = queue.SimpleQueue()
        # A thread goes on when the call before it was counted, so that a run which is to stop stops there.
        self._slots = threading.Semaphore(count)
        # Daemons, so that a second interruption can leave them behind.
        self._threads = [threading.Thread(target=self._work, name=f"golden-{n}", daemon=True) for n in range(count)]

    def work_to_end(self, on_end: OnEnd) -> None:
        for thread in self._threads:
            thread.start()
        running = len(self._threads)
        while running:
            try:
                item = self._ended.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if item is None:
                running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                on_end(item)
                self._slots.release()

    def stop(self) -> None:
        self._hand_out.stop()
        self._slots.release(len(self._threads))

    def wait(self, on_end: OnEnd) -> None:
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        while not self._ended.empty():
            item = self._ended.get()
            if isinstance(item, Ended):
                with contextlib.suppress(BaseException):
                    on_end(item)

    def _work(self) -> None:
        try:
            while (job := self._next()) is not None:
                self._ended.put(_call(job, self._provider))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._ended.put(error)
        finally:
            self._ended.put(None)

    def _next(self) -> Job | None:
        self._slots.acquire()
        return self._hand_out.next()


async def call_in_loop(jobs: Iterable[Job], provider: Any, *, concurrency: int, on_end: OnEnd, on_stop: OnStop) -> None:
    """
    Make the calls of an async provider, ``concurrency`` at a time, started in order.

    Raises:
        BaseException: What ``on_end`` raised, or an interruption; calls in flight have ended.
    """
    hand_out = _HandOut(jobs)
    raised: list[BaseException] = []

    def stop() -> None:
        hand_out.stop()
        with contextlib.suppress(Exception):
            on_stop()

    async def work() -> None:
        while (job := hand_out.next()) is not None:
            ended = await _call_async(job, provider)
            try:
                on_end(ended)
            except BaseException as error:  # noqa: BLE001 - raised again when calls in flight have ended
                raised.append(error)
                if not hand_out.stopped:
                    with contextlib.suppress(BaseException):
                        stop()

    tasks = [asyncio.create_task(work(), name=f"golden-{n}") for n in range(concurrency)]
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait(tasks)
        raise
    for error in raised:
        raise error
    for task in tasks:
        task.result()


class _HandOut:
    """Gives jobs one by one until it is stopped; safe between threads."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._lock = threading.Lock()
        self._jobs = iter(jobs)
        self.stopped = False

    def next(self) -> Job | None:
        with self._lock:
            return None if self.stopped else next(self._jobs, None)

    def stop(self) -> None:
        with self._lock:
            self.stopped = True


def _call(job: Job, provider: Any) -> Ended:
    try:
        if not job.stream:
            return Ended(job, _tokens(provider.complete(job.request)))
        stream = provider.stream(job.request)
        for _ in stream:
            pass
    except Exception as error:  # noqa: BLE001 - one failing call is an outcome of the run, not its end
        return Ended(job, error=error)
    return Ended(job, _tokens(getattr(stream, "completion", None)))


async def _call_async(job: Job, provider: Any) -> Ended:
    try:
        if not job.stream:
            return Ended(job, _tokens(await provider.complete(job.request)))
        stream = provider.stream(job.request)
        if inspect.isawaitable(stream):
            stream = await stream
        async for _ in stream:
            pass
    except Exception as error:  # noqa: BLE001 - one failing call is an outcome of the run, not its end
        return Ended(job, error=error)
    return Ended(job, _tokens(getattr(stream, "completion", None)))


def _tokens(answer: Any) -> int:
    used = getattr(answer, "tokens_used", None)
    return used if type(used) is int else read_usage(getattr(answer, "usage", None)).total_tokens


def can_be_asked(provider: Any, convention: Convention, *, stream: bool) -> bool:
    """Tell whether a provider of a convention can be asked with requests of ours, for a whole answer or a stream."""
    asking = convention.asking
    verb = None if asking is None else asking.stream if stream else asking.complete
    return verb is not None and callable(getattr(provider, verb, None))


class Asked:
    """
    A provider of any convention, asked with requests of ours.

    Raises:
        UsageError: The convention cannot be asked so, or not for a stream.
    """

    def __init__(self, provider: Any, convention: Convention) -> None:
        self._provider = provider
        self._convention = convention

    def complete(self, request: CompletionRequest) -> Any:
        """Ask for a whole answer, in the convention's words."""
        asking = self._asking()
        return self._ask(asking.complete, asking, request)

    def stream(self, request: CompletionRequest) -> Any:
        """Ask for pieces, in the convention's words."""
        asking = self._asking()
        if asking.stream is None:
            raise UsageError(f"convention {self._convention.name!r} has no streams")
        return self._ask(asking.stream, asking, request)

    def _asking(self) -> Asking:
        asking = self._convention.asking
        if asking is None:
            raise UsageError(f"convention {self._convention.name!r} is asked with objects of its own")
        return asking

    def _ask(self, method: str, asking: Asking, request: CompletionRequest) -> Any:
        asked = asking.to_arguments(request)
        return getattr(self._provider, method)(*asked.args, **asked.kwargs)
