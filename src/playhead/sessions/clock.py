"""Where time comes from, so that a test can own it."""

from __future__ import annotations

import datetime
import functools
import time
from typing import Protocol


class Clock(Protocol):
    """Wall time, a stopwatch, and waiting."""

    def wall_ns(self) -> int:
        """Give nanoseconds since the epoch."""
        ...

    def stopwatch_ns(self) -> int:
        """Give nanoseconds that only ever rise."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Wait without holding the event loop."""
        ...


class SystemClock:
    """The machine's clock."""

    def wall_ns(self) -> int:
        """Give nanoseconds since the epoch."""
        return time.time_ns()

    def stopwatch_ns(self) -> int:
        """Give nanoseconds that only ever rise."""
        return time.perf_counter_ns()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Wait without holding the event loop."""
        import asyncio  # 20 ms that a session without streams at a pace need not spend

        await asyncio.sleep(seconds)


class ManualClock:
    """
    A clock that stands still until somebody waits on it or moves it.

    Attributes:
        now_ns: Nanoseconds since the epoch.
        slept: The waits asked for, in seconds.
    """

    def __init__(self, now_ns: int = 1_767_225_600_000_000_000) -> None:
        self.now_ns = now_ns
        self.slept: list[float] = []

    def wall_ns(self) -> int:
        """Give nanoseconds since the epoch."""
        return self.now_ns

    def stopwatch_ns(self) -> int:
        """Give nanoseconds that only ever rise."""
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.slept.append(seconds)
        self.now_ns += round(seconds * 1e9)

    async def sleep_async(self, seconds: float) -> None:
        """Move on at once."""
        self.sleep(seconds)


SYSTEM_CLOCK = SystemClock()


def utc_date(wall_ns: int) -> str:
    """Give the UTC date of a wall time as ``YYYY-MM-DD``: cassettes keep no finer time, which would differ each run."""
    return _date(wall_ns // _DAY_NS)


_DAY_NS = 24 * 60 * 60 * 1_000_000_000
_EPOCH = datetime.date(1970, 1, 1)


@functools.lru_cache(maxsize=8)
def _date(days: int) -> str:
    return (_EPOCH + datetime.timedelta(days=days)).isoformat()


def latency_ms(elapsed_ns: int) -> int:
    """
    Round a latency to what is worth keeping: whole milliseconds in two digits, 0 below 10.

    Calls that need no model take well under that, so their recordings do not differ from run to run.
    """
    value = elapsed_ns // 1_000_000
    if value < 10:
        return 0
    step: int = 10 ** (len(str(value)) - 2)
    return value // step * step
