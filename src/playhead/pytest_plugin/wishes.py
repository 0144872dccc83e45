"""
What a test says of itself: its marker.

A marker declares, it never acts. Its mode only narrows what the run would do, its hosts add to the run's, and it can
make a test stricter than the run but not laxer than the command line asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from playhead.core.hosts import checked_hosts
from playhead.core.modes import Mode, parse_mode
from playhead.errors import UsageError
from playhead.pytest_plugin.options import EXPIRED, Run, parse_age

MARKER = "playhead"
NETWORK_MARKER = "playhead_block_network"
SCOPES = ("function", "class", "module", "session")


class Wish(NamedTuple):
    """
    The arguments of a test's markers, the nearest one winning argument by argument.

    Attributes:
        cassette: The cassette's name or path; ``None`` for the test's own.
        mode: The most that may be done with calls.
        takes: The order of takes.
        seed: The seed of a shuffle.
        strict: Whether unplayed calls fail the test.
        matching: Rules, or what ``Matching`` makes them of.
        max_age: Days from which the cassette is expired.
        expired: What to do about it.
        allowed_hosts: Hosts that may be reached.
        ignore_hosts: Hosts whose traffic passes by.
        scope: How many tests share the session.
        each_take: Whether the test runs once a take, or how many takes are recorded.
        pass_rate: The share of takes that must pass.
        inject: The faults its calls are befallen by, as ``Injection``.
    """

    cassette: str | None = None
    mode: Mode | None = None
    takes: str | None = None
    seed: int | None = None
    strict: bool | None = None
    matching: Any = None
    max_age: int | None = None
    expired: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    ignore_hosts: tuple[str, ...] = ()
    scope: str = "function"
    each_take: bool | int = False
    pass_rate: float | None = None
    inject: tuple[Any, ...] = ()


def _cassette(value: Any) -> str:
    if not isinstance(value, (str, Path)) or not str(value):
        raise UsageError(f"cassette must be a name or a path, got {value!r}")
    return str(value)


def _mode(value: Any) -> Mode:
    if not isinstance(value, str):
        raise UsageError(f"{value!r} is no mode", hint=f"one of {', '.join(mode.value for mode in Mode)}")
    return parse_mode(value)


def _takes(value: Any) -> str:
    from playhead.engine.takes import parse_takes

    return parse_takes(value).value


def _seed(value: Any) -> int:
    if type(value) is not int:
        raise UsageError(f"seed must be an int, got {value!r}")
    return value


def _truth(name: str) -> Callable[[Any], bool]:
    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise UsageError(f"{name} must be True or False, got {value!r}")
        return value

    return read


def _matching(value: Any) -> Any:
    from playhead.core.matching import Matching

    if isinstance(value, Matching):
        return value
    if not isinstance(value, Mapping):
        raise UsageError(f"matching must be a playhead.Matching or its keywords, got {value!r}")
    try:
        return Matching(**cast("dict[str, Any]", value))
    except TypeError as error:
        raise UsageError(f"matching: {error}", hint="volatile=, patterns=, ignore= and drift=") from None


def _hosts(name: str) -> Callable[[Any], tuple[str, ...]]:
    return lambda value: checked_hosts(name, value)


def _one_of(name: str, words: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise UsageError(f"{name} must be one of {', '.join(words)}, got {value!r}")
        return value

    return read


def _each_take(value: Any) -> bool | int:
    if not isinstance(value, int) or value < 0:
        raise UsageError(f"each_take must be True or a number of takes, got {value!r}")
    return value


def _rate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
        raise UsageError(f"pass_rate must be above 0 and at most 1, got {value!r}")
    return float(value)


def _inject(value: Any) -> tuple[Any, ...]:
    from playhead.engine.faults import read_injection

    if not isinstance(value, (list, tuple)):
        raise UsageError(f"inject must be a list of faults, got {value!r}")
    return tuple(read_injection(each) for each in cast("list[Any]", value))


ARGUMENTS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "cassette": (_cassette, "The cassette's name; without it the test has one of its own."),
    "mode": (_mode, "The most that may be done with calls: a test marked `replay` is never recorded."),
    "takes": (_takes, "The order several takes of one request are played in."),
    "seed": (_seed, "The seed of `takes='shuffle'`."),
    "strict": (_truth("strict"), "Whether recorded calls that were not played fail the test."),
    "matching": (_matching, "What loosens the match: a `Matching`, or its keywords in a dict."),
    "max_age": (parse_age, "The age from which the cassette is expired: `'30d'`, `'4w'`."),
    "expired": (_one_of("expired", EXPIRED), "What to do then: `warn`, `fail`, or `record` in a mode that records."),
    "allowed_hosts": (_hosts("allowed_hosts"), "Hosts that connections may be opened to, beside the run's."),
    "ignore_hosts": (_hosts("ignore_hosts"), "Hosts whose traffic passes by the session, beside the run's."),
    "scope": (_one_of("scope", SCOPES), "Which tests share one session: `function`, `class`, `module`, `session`."),
    "each_take": (_each_take, "Run the test once for each take of its cassette; a number records so many."),
    "inject": (_inject, "Faults that befall its calls: `['rate-limit', {'kind': 'reset', 'at': 2}]`."),
    "pass_rate": (_rate, "The share of takes that must pass, such as `0.8`."),
}
"""Every argument of the marker: what reads it, and what it means."""


def wish_of(node: pytest.Item) -> Wish | None:
    """
    Read a test's markers; ``None`` where it has none.

    Raises:
        pytest.UsageError: An argument is unknown or makes no sense.
    """
    marks = list(node.iter_markers(MARKER))
    if not marks:
        return None
    try:
        return read_marks([(mark.args, mark.kwargs) for mark in marks])
    except UsageError as error:
        raise pytest.UsageError(f"@pytest.mark.{MARKER} of {node.nodeid}: {error}") from error


def read_marks(marks: list[tuple[tuple[Any, ...], Mapping[str, Any]]]) -> Wish:
    """
    Read the arguments of markers, nearest first.

    Raises:
        UsageError: An argument is unknown or makes no sense.
    """
    values: dict[str, Any] = {}
    for args, kwargs in reversed(marks):
        if args:
            raise UsageError(f"the marker takes no {args[0]!r}", hint="name its arguments: cassette='...', mode='...'")
        for name, value in kwargs.items():
            if name not in ARGUMENTS:
                raise UsageError(f"the marker has no argument {name!r}", hint=f"one of {', '.join(ARGUMENTS)}")
            values[name] = None if value is None else ARGUMENTS[name][0](value)
    given = {name: value for name, value in values.items() if value is not None}
    wish = Wish(**given)
    if wish.pass_rate is not None and not wish.each_take:
        raise UsageError("pass_rate counts takes", hint="say each_take=True too")
    if wish.each_take and wish.scope != "function":
        raise UsageError(f"each_take and scope={wish.scope!r} exclude each other")
    if wish.scope == "session" and wish.cassette is None:
        raise UsageError("a session for all tests needs a name", hint="scope='session', cassette='...'")
    return wish


def network_wish(node: pytest.Item) -> tuple[str, ...] | None:
    """
    Give the hosts a test may reach with the network shut; ``None`` where its markers shut nothing.

    Raises:
        pytest.UsageError: The marker has other arguments than ``allowed_hosts``.
    """
    hosts: dict[str, None] = {}
    found = False
    for mark in node.iter_markers(NETWORK_MARKER):
        found = True
        if mark.args or set(mark.kwargs) - {"allowed_hosts"}:
            raise pytest.UsageError(
                f"@pytest.mark.{NETWORK_MARKER} of {node.nodeid} takes allowed_hosts= alone\n"
                "hint: allowed_hosts=['localhost']"
            )
        try:
            hosts.update(dict.fromkeys(checked_hosts("allowed_hosts", mark.kwargs.get("allowed_hosts", ()))))
        except UsageError as error:
            raise pytest.UsageError(f"@pytest.mark.{NETWORK_MARKER} of {node.nodeid}: {error}") from error
    return tuple(hosts) if found else None


_RANK = {Mode.REPLAY: 0, Mode.ONCE: 1, Mode.RECORD_MISSING: 2, Mode.RECORD: 3}


def narrowed(run: Mode, wish: Mode | None) -> Mode:
    """
    Give the mode of a test: what the run does, or less where the test says so.

    ``replay`` on either side is ``replay``. Else ``live`` on either side is ``live``, which stores nothing. Of the
    recording modes the one that records less.
    """
    if wish is None or Mode.REPLAY in (run, wish):
        return Mode.REPLAY if wish is Mode.REPLAY else run
    if Mode.LIVE in (run, wish):
        return Mode.LIVE
    return min(run, wish, key=_RANK.__getitem__)


def is_strict(run: Run, wish: bool | None, setting: bool | None) -> bool:
    """Say whether a test is strict: an act wins, then the marker, the project's fixture, the file."""
    if run.strict and run.strict_act:
        return True
    return next((said for said in (wish, setting) if said is not None), run.strict)
