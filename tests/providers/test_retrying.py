"""Further tries of calls that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
import stamina
import stamina.instrumentation

from playhead.errors import (
    InferenceProviderError,
    NoMatch,
    PermanentError,
    ProviderError,
    RateLimitError,
    UsageError,
)
from playhead.providers.retrying import LONGEST_PAUSE, pause_before_retry, retrying, retrying_async

Runner = Callable[[int, Callable[[], str]], str]


def run_async(attempts: int, work: Callable[[], str]) -> str:
    """Run the async form on its own loop."""

    async def awaited() -> str:
        return work()

    return asyncio.run(retrying_async(attempts, awaited))


@pytest.fixture(params=[retrying, run_async], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Give either form, with pauses of no length."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield request.param


class Script:
    """Work that fails with each error in turn and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ProviderError("x"), True),
        (ProviderError("x", retryable=False), False),
        (ProviderError("x", context={"retry_after": 3.0}), 3.0),
        (ProviderError("x", context={"retry_after": LONGEST_PAUSE + 1}), False),
        (RateLimitError("x"), 1.0),
        (RateLimitError("x", retry_after=0.0), 0.0),
        (RateLimitError("x", retry_after=LONGEST_PAUSE), LONGEST_PAUSE),
        (RateLimitError("x", retry_after=3600.0), False),
        (PermanentError("x"), False),
        (InferenceProviderError("x"), False),
        (NoMatch("x", retryable=True), False),
        (UsageError("x"), False),
        (OSError("x"), False),
    ],
)
def test_what_follows_an_error(error: Exception, expected: bool | float) -> None:
    """Only a provider's error that may pass is tried again, after the pause it names."""
    assert pause_before_retry(error) == expected
    assert type(pause_before_retry(error)) is type(expected)


def test_ek_10_two_rate_limits_then_success(run: Runner) -> None:
    """429, 429, 200 within three tries is one success."""
    work = Script(RateLimitError("1"), RateLimitError("2"))
    assert run(3, work) == "done"
    assert work.calls == 3


def test_the_last_error_is_raised_as_it_is(run: Runner) -> None:
    """When the tries are used up, the last error comes out itself."""
    errors = [ProviderError(str(n)) for n in range(5)]
    work = Script(*errors)
    with pytest.raises(ProviderError) as caught:
        run(3, work)
    assert caught.value is errors[2]
    assert work.calls == 3


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_permanent_error_is_not_tried_again(run: Runner, attempts: int) -> None:
    """An error that will come again is raised at once."""
    work = Script(PermanentError("x"))
    with pytest.raises(PermanentError):
        run(attempts, work)
    assert work.calls == 1


def test_one_try(run: Runner) -> None:
    """With one try in all nothing is tried again."""
    work = Script(ProviderError("x"))
    with pytest.raises(ProviderError):
        run(1, work)
    assert work.calls == 1


def test_the_pause_is_the_servers() -> None:
    """The seconds the server named are those that are waited, in place of a growing pause."""
    waits: list[float] = []
    stamina.instrumentation.set_on_retry_hooks([lambda details: waits.append(details.wait_for)])
    try:
        assert (
            retrying(3, Script(RateLimitError("x", retry_after=0.002), RateLimitError("x", retry_after=0.0))) == "done"
        )
    finally:
        stamina.instrumentation.set_on_retry_hooks(None)
    assert waits == pytest.approx([0.002, 0.0])


async def test_a_cancellation_is_not_tried_again() -> None:
    """A cancelled call ends, whatever tries are left."""
    calls = 0

    async def work() -> str:
        nonlocal calls
        calls += 1
        await asyncio.Event().wait()
        return "never"

    task = asyncio.create_task(retrying_async(5, work))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert calls == 1
