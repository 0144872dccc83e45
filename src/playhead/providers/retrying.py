"""Further tries of a call that failed in a way that may pass, with the pause the server asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from playhead.errors import InferenceProviderError, RateLimitError

T = TypeVar("T")

# Inside one call a caller waits no longer than this: past it, the error with its retry_after is the better
# answer.
LONGEST_PAUSE = 60.0


def pause_before_retry(error: Exception) -> bool | float:
    """
    Tell stamina what follows an error.

    Returns:
        ``False`` for no further try, ``True`` for one after stamina's own growing and jittered pause, or the
        seconds the server asked for.
    """
    if not isinstance(error, InferenceProviderError) or not error.retryable:
        return False
    asked = error.retry_after if isinstance(error, RateLimitError) else error.context.get("retry_after")
    if asked is None:
        return True
    return float(asked) if asked <= LONGEST_PAUSE else False


def retrying(attempts: int, work: Callable[[], T]) -> T:
    """
    Do the work, up to ``attempts`` times.

    Raises:
        Exception: The last attempt's.
    """
    if attempts == 1:
        return work()
    import stamina  # late: few processes ever retry

    for attempt in stamina.retry_context(on=pause_before_retry, attempts=attempts, timeout=None):
        with attempt:
            return work()
    raise AssertionError("stamina raises the last error")  # pragma: no cover


async def retrying_async(attempts: int, work: Callable[[], Awaitable[T]]) -> T:
    """
    Await the work, up to ``attempts`` times; a cancellation is never tried again.

    Raises:
        Exception: The last attempt's.
    """
    if attempts == 1:
        return await work()
    import stamina  # late, as above

    async for attempt in stamina.retry_context(on=pause_before_retry, attempts=attempts, timeout=None):
        with attempt:
            return await work()
    raise AssertionError("stamina raises the last error")  # pragma: no cover
