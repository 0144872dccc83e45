"""
The clock, uuids and chance of a process, the same in a replay as they were when it was recorded.

One record holds all of it: the time at which the block began and a seed. What follows from them (each uuid, each random
number) is the same in every run, whatever is asked for and however often.
"""

from __future__ import annotations

import datetime
import random
import time
import uuid
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from playhead.sessions.clock import SYSTEM_CLOCK
from playhead.sessions.session import Session

NAME = "surroundings"

_REAL_DATETIME = datetime.datetime
_REAL_DATE = datetime.date


class Frozen:
    """
    A moment that stands still, with uuids and numbers drawn from a seed.

    Attributes:
        started_ns: Nanoseconds since the epoch at which the block began.
    """

    def __init__(self, started_ns: int, seed: int, elapsed_ns: Callable[[], int]) -> None:
        """
        Take what was recorded.

        Args:
            started_ns: Nanoseconds since the epoch.
            seed: What uuids and numbers are drawn from.
            elapsed_ns: Nanoseconds that have passed since, on a clock that the test owns; 0 on the machine's.
        """
        self.started_ns = started_ns
        self._elapsed_ns = elapsed_ns
        self._uuids = random.Random(f"uuid {seed}")  # noqa: S311 - they are to be the same again

    def time_ns(self) -> int:
        """Give nanoseconds since the epoch."""
        return self.started_ns + self._elapsed_ns()

    def time(self) -> float:
        """Give seconds since the epoch."""
        return self.time_ns() / 1e9

    def now(self, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        """Give the moment, in the zone, or else as local time without one."""
        seconds, rest = divmod(self.time_ns(), 1_000_000_000)
        return _REAL_DATETIME.fromtimestamp(seconds, tz).replace(microsecond=rest // 1000)

    def utcnow(self) -> datetime.datetime:
        """Give the moment in UTC without a zone."""
        return self.now(datetime.UTC).replace(tzinfo=None)

    def today(self) -> datetime.date:
        """Give the day, in local time."""
        return self.now().date()

    def uuid4(self) -> uuid.UUID:
        """Give the next uuid."""
        return uuid.UUID(int=self._uuids.getrandbits(128), version=4)


@contextmanager
def surroundings(session: Session, *, modules: Iterable[ModuleType] = ()) -> Generator[Frozen]:
    """
    Freeze the clock, and draw uuids and numbers from a seed, as they are recorded or were.

    Within the block ``time.time``, ``time.time_ns``, ``datetime.datetime.now``, ``utcnow`` and ``today``,
    ``datetime.date.today``, ``uuid.uuid4`` and the functions of ``random`` are those. The time moves with the session's
    clock where that is one of the test's. For the whole process; one block at a time.

    Args:
        session: The session that records them or gives them again.
        modules: Modules that imported one of those names themselves (``from datetime import datetime``), where it is
            replaced too.

    Raises:
        ReplayRefused: The recording has none.
    """
    clock = session.clock

    def draw() -> dict[str, int]:
        return {"time_ns": clock.wall_ns(), "seed": random.SystemRandom().getrandbits(48)}

    found = session.capture(draw, name=NAME)()
    began = clock.stopwatch_ns()
    owned = clock is not SYSTEM_CLOCK
    frozen = Frozen(found["time_ns"], found["seed"], lambda: clock.stopwatch_ns() - began if owned else 0)
    chance = random.getstate()
    with _replaced(_replacements(frozen), modules):
        random.seed(found["seed"])
        try:
            yield frozen
        finally:
            random.setstate(chance)


def _replacements(frozen: Frozen) -> list[tuple[ModuleType, str, Any]]:
    return [
        (time, "time", frozen.time),
        (time, "time_ns", frozen.time_ns),
        (uuid, "uuid4", frozen.uuid4),
        (datetime, "datetime", _frozen_datetime(frozen)),
        (datetime, "date", _frozen_date(frozen)),
    ]


@contextmanager
def _replaced(what: list[tuple[ModuleType, str, Any]], modules: Iterable[ModuleType]) -> Generator[None]:
    put: list[tuple[ModuleType, str, Any]] = []
    by_value = {id(getattr(home, name)): instead for home, name, instead in what}
    try:
        for home, name, instead in what:
            put.append((home, name, getattr(home, name)))
            setattr(home, name, instead)
        for module in modules:
            for name, value in list(vars(module).items()):
                if id(value) in by_value:
                    put.append((module, name, value))
                    setattr(module, name, by_value[id(value)])
        yield
    finally:
        for home, name, value in reversed(put):
            setattr(home, name, value)


class _LikeReal(type):
    """Lets a class that stands for another pass for it: values are of the real one."""

    _real: type[Any]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls._real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls._real)


def _frozen_datetime(frozen: Frozen) -> Any:
    def new(_: Any, *args: Any, **kwargs: Any) -> datetime.datetime:
        return _REAL_DATETIME(*args, **kwargs)

    methods = {"now": frozen.now, "utcnow": frozen.utcnow, "today": frozen.now}
    return _standing_for(_REAL_DATETIME, new, methods)


def _frozen_date(frozen: Frozen) -> Any:
    def new(_: Any, *args: Any, **kwargs: Any) -> datetime.date:
        return _REAL_DATE(*args, **kwargs)

    return _standing_for(_REAL_DATE, new, {"today": frozen.today})


def _standing_for(real: type[Any], new: Callable[..., Any], methods: dict[str, Callable[..., Any]]) -> Any:
    given = {name: staticmethod(method) for name, method in methods.items()}
    return _LikeReal(real.__name__, (real,), {"__new__": new, "_real": real, "__module__": real.__module__, **given})
