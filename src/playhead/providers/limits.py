"""
Requests counted in a sliding window, on pyrate-limiter (extra ``limits``).

Only calls that are made count: what a session replays does not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from playhead.errors import MissingDependencyError, UsageError

if TYPE_CHECKING:
    from pyrate_limiter import InMemoryBucket

# Keys of which nothing is left in the window are forgotten when there are this many.
_MANY_KEYS = 1024
_MICROSECONDS = 1_000_000


_exempt: list[Callable[[], bool]] = []


def exempt(nothing_goes_out: Callable[[], bool]) -> None:
    """Have providers count no request where a condition holds: a call that a session will replay uses up no quota."""
    if nothing_goes_out not in _exempt:
        _exempt.append(nothing_goes_out)


def is_exempt() -> bool:
    """Tell whether a call that is made here goes nowhere, so that no quota is used up."""
    return any(nothing_goes_out() for nothing_goes_out in _exempt)


class RateLimiter:
    """
    So many requests in any window of so many seconds, each key for itself; several threads may share one.

    A request counts until exactly ``window_seconds`` after it. One that was refused does not count.

    Args:
        max_requests: How many are let through in a window.
        window_seconds: The window's length.
        clock: Seconds that only ever rise.

    Raises:
        UsageError: A number is not positive.
        MissingDependencyError: pyrate-limiter is not installed.
    """

    def __init__(
        self, max_requests: int = 60, window_seconds: float = 60, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if max_requests < 1:
            raise UsageError(f"max_requests must be at least 1, got {max_requests!r}")
        self._window = round(window_seconds * _MICROSECONDS)
        if self._window < 2:
            raise UsageError(f"window_seconds must be a positive number of seconds, got {window_seconds!r}")
        self.max_requests = max_requests
        self.window_seconds = window_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, InMemoryBucket] = {}
        try:
            import pyrate_limiter
        except ImportError:
            raise MissingDependencyError("pyrate-limiter", extra_name="limits", purpose="a rate limit") from None
        self._library = pyrate_limiter

    def __repr__(self) -> str:
        return f"{type(self).__name__}(max_requests={self.max_requests!r}, window_seconds={self.window_seconds!r})"

    def check_limit(self, key: str) -> bool:
        """Tell whether a request may be made now, and count it if so."""
        return self.acquire(key) == 0

    def acquire(self, key: str) -> float:
        """
        Count a request if one may be made now.

        Returns:
            0 where it was counted, else the seconds until one may be made.
        """
        with self._lock:
            now = round(self._clock() * _MICROSECONDS)
            bucket = self._bucket(key, now)
            item = self._library.RateItem(key, now)
            if bucket.put(item):
                return 0.0
            return cast("int", bucket.waiting(item)) / _MICROSECONDS

    def _bucket(self, key: str, now: int) -> InMemoryBucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= _MANY_KEYS:
                self._forget_idle(now)
            # One less, since the library still counts what is as old as its window; both are in our microseconds.
            rate = self._library.Rate(self.max_requests, self._window - 1)
            bucket = self._buckets[key] = self._library.InMemoryBucket([rate])
        bucket.leak(now)
        return bucket

    def _forget_idle(self, now: int) -> None:
        for key, bucket in list(self._buckets.items()):
            bucket.leak(now)
            if bucket.count() == 0:
                del self._buckets[key]
