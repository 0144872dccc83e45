"""Requests counted in a sliding window."""

from __future__ import annotations

import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import MissingDependencyError, UsageError
from playhead.providers import limits
from playhead.providers.limits import RateLimiter


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_window_slides() -> None:
    """N are let through, the next is refused, and room comes as the oldest leaves, not all at once."""
    clock = Clock()
    limiter = RateLimiter(2, 60, clock=clock)
    assert limiter.check_limit("a")
    clock.now += 30
    assert limiter.check_limit("a")
    assert not limiter.check_limit("a")
    assert limiter.acquire("a") == 30.0
    clock.now += 29.9999
    assert not limiter.check_limit("a")
    clock.now += 0.0001
    assert limiter.check_limit("a")
    assert not limiter.check_limit("a")
    assert limiter.acquire("a") == pytest.approx(30.0)


def test_keys_are_counted_apart() -> None:
    """One that is used up leaves the others alone."""
    limiter = RateLimiter(1, 60, clock=Clock())
    assert limiter.check_limit("a")
    assert limiter.check_limit("b")
    assert not limiter.check_limit("a")


def test_a_refused_request_does_not_count() -> None:
    """A caller who keeps asking is not locked out for ever."""
    clock = Clock()
    limiter = RateLimiter(1, 10, clock=clock)
    assert limiter.check_limit("a")
    for _ in range(9):
        clock.now += 1
        assert not limiter.check_limit("a")
    clock.now += 1
    assert limiter.check_limit("a")


@given(limit=st.integers(1, 5), window=st.integers(1, 20), steps=st.lists(st.integers(0, 12), max_size=40))
def test_it_agrees_with_the_definition(limit: int, window: int, steps: list[int]) -> None:
    """A request is let through exactly where fewer than N were in the window before it, whatever came when."""
    clock = Clock(0.0)
    limiter = RateLimiter(limit, window, clock=clock)
    let_through: list[float] = []
    for step in steps:
        clock.now += step
        inside = [at for at in let_through if clock.now - at < window]
        wait = limiter.acquire("k")
        assert (wait == 0) is (len(inside) < limit)
        if wait == 0:
            let_through.append(clock.now)
        else:
            assert wait == inside[-limit] + window - clock.now


def test_idle_keys_are_forgotten() -> None:
    """A key for each of many users does not stay for ever."""
    clock = Clock()
    limiter = RateLimiter(1, 1, clock=clock)
    for number in range(1024):
        limiter.check_limit(f"user-{number}")
    clock.now += 2
    assert limiter.check_limit("one more")
    assert len(limiter._buckets) == 1


def test_threads_share_a_limit() -> None:
    """Exactly N of many that start at once are let through."""
    limiter = RateLimiter(10, 60)
    start = threading.Barrier(8)
    passed: list[bool] = []

    def work() -> None:
        start.wait()
        passed.extend(limiter.check_limit("k") for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(True) == 10


def test_the_defaults_are_sixty_a_minute() -> None:
    """Without arguments."""
    assert repr(RateLimiter()) == "RateLimiter(max_requests=60, window_seconds=60)"


@pytest.mark.parametrize("numbers", [(0, 60), (-1, 60), (1, 0), (1, -5)])
def test_numbers_that_mean_nothing_are_refused(numbers: tuple[int, int]) -> None:
    """They would let nothing or everything through."""
    with pytest.raises(UsageError, match="must be"):
        RateLimiter(*numbers)


def test_without_the_extra_the_hint_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is needed where a limit is made, and nowhere before."""
    monkeypatch.setitem(sys.modules, "pyrate_limiter", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'playhead\[limits\]'"):
        RateLimiter()


def test_calls_that_go_nowhere_are_told() -> None:
    """What holds for the code that asks decides, and a condition that is given twice stands once."""
    there = [False]

    def nothing_goes_out() -> bool:
        return there[0]

    for _ in range(2):
        limits.exempt(nothing_goes_out)
    assert not limits.is_exempt()
    there[0] = True
    assert limits.is_exempt()
    there[0] = False
    assert not limits.is_exempt()
