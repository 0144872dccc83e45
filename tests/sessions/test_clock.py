"""Where time comes from, and how much of it is kept."""

from __future__ import annotations

import datetime
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import ManualClock
from playhead.sessions.clock import SystemClock, latency_ms, utc_date


async def test_a_manual_clock_moves_only_when_somebody_waits() -> None:
    """Waiting moves the clock by the time asked for, at once, and is written down."""
    clock = ManualClock(1_000)
    before = time.perf_counter()
    clock.sleep(3600)
    await clock.sleep_async(0.5)
    assert time.perf_counter() - before < 60
    assert clock.slept == [3600, 0.5]
    assert clock.wall_ns() == clock.stopwatch_ns() == 1_000 + 3_600_500_000_000
    clock.now_ns = 7
    assert clock.wall_ns() == 7


async def test_the_systems_clock_is_the_machines() -> None:
    """Wall time is that of the machine, the stopwatch never falls, and waiting takes at least its time."""
    clock = SystemClock()
    assert abs(clock.wall_ns() - time.time_ns()) < 60_000_000_000
    before = clock.stopwatch_ns()
    clock.sleep(0.001)
    await clock.sleep_async(0.001)
    assert clock.stopwatch_ns() - before >= 1_900_000


@pytest.mark.parametrize(
    ("moment", "date"),
    [
        ((1970, 1, 1, 0, 0, 0), "1970-01-01"),
        ((2026, 12, 31, 23, 59, 59), "2026-12-31"),
        ((2028, 2, 29, 12, 0, 0), "2028-02-29"),
    ],
)
def test_a_date_is_that_of_greenwich(moment: tuple[int, int, int, int, int, int], date: str) -> None:
    """The date kept is the UTC one, wherever the machine stands."""
    seconds = datetime.datetime(*moment, tzinfo=datetime.UTC).timestamp()
    assert utc_date(int(seconds) * 10**9 + 999_999_999) == date


@given(st.integers(0, 10**15))
def test_a_latency_keeps_two_digits(elapsed_ns: int) -> None:
    """What is kept is whole milliseconds, never more than it took, two digits of it, and 0 below ten."""
    kept, whole = latency_ms(elapsed_ns), elapsed_ns // 1_000_000
    if whole < 10:
        assert kept == 0
    else:
        assert kept <= whole < kept * 1.1 + 1
        assert str(kept)[2:].strip("0") == ""
