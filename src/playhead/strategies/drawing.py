"""Strategies for what happens to the calls of a run; each shrinks to a run as it was recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from playhead.engine.faults import Fault, FaultKind
from playhead.errors import UsageError
from playhead.store.cassette import Cassette
from playhead.strategies.chunking import Chunking, Cut
from playhead.strategies.turns import FIRST_TAKES, UNDISTURBED, Deal, FaultSchedule, Script, Turn

MOST_TURNS = 3
"""To how many calls of a run something happens at most, where nothing is said."""

LAST_CALL = 5
"""The last call that something happens to, counted from 0: an agent asks twice or three times, with retries."""

MAX_CALLS = 8
"""Among how many calls faults are scheduled, where nothing is said: an agent of a few turns with its retries."""

MAX_MISSING = 200
"""Code points that a truncation may take from an answer."""

_WAITS = (1.0, 30.0, 600.0)
_BEGINNINGS = (0, 1, 2, 3, 4)
_PASSING, _FINAL = (503, 500, 502, 504, 529), (400, 401, 403, 404, 422)
_VARIANTS: Mapping[FaultKind, Sequence[Fault]] = {
    **{kind: (Fault(kind),) for kind in FaultKind},
    FaultKind.RATE_LIMIT: [Fault(FaultKind.RATE_LIMIT, retry_after=wait) for wait in (None, 0.0, 1.0, 20.0)],
    FaultKind.SERVER_ERROR: [Fault(FaultKind.SERVER_ERROR, status=status) for status in (*_PASSING, *_FINAL)],
    FaultKind.TIMEOUT: [Fault(FaultKind.TIMEOUT, after_pieces=after) for after in _BEGINNINGS],
    FaultKind.RESET: [Fault(FaultKind.RESET, after_pieces=after) for after in _BEGINNINGS],
    FaultKind.SLOW_FIRST: [Fault(FaultKind.SLOW_FIRST, seconds=wait) for wait in _WAITS],
    FaultKind.STALL: [
        Fault(FaultKind.STALL, after_pieces=after, seconds=wait) for after in _BEGINNINGS for wait in _WAITS
    ],
}
"""What is drawn of each kind, the simplest first. The statuses are those of the vendors' references on errors."""

_MOST_VARIANTS = max(map(len, _VARIANTS.values()))


def _faults_among(kinds: Sequence[FaultKind]) -> st.SearchStrategy[Fault]:
    # One choice from a table where each kind has about as many places: a nested draw would cost 0.1 ms more.
    table: list[Fault] = []
    for kind in kinds:
        table += [fault for fault in _VARIANTS[kind] for _ in range(_MOST_VARIANTS // len(_VARIANTS[kind]))]
    return st.sampled_from(table)


_EVERY_KIND = tuple(FaultKind)
_FAULTS = _faults_among(_EVERY_KIND)


def faults(kinds: Collection[FaultKind | str] | None = None) -> st.SearchStrategy[Fault]:
    """
    Draw one thing that goes wrong: a rate limit, a status of failure, a time-out, a lost connection, a stall ...

    Args:
        kinds: The kinds, by name or member; all where it is left out.

    Raises:
        UsageError: There is no such kind, or none is given.
    """
    return _FAULTS if kinds is None else _faults_among(_parse_kinds(kinds))


def _parse_kinds(kinds: Collection[FaultKind | str]) -> tuple[FaultKind, ...]:
    try:
        found = {FaultKind(kind) for kind in kinds}
    except ValueError as error:
        raise UsageError(f"{error} of fault", hint=f"one of {', '.join(FaultKind)}") from None
    if not found:
        raise UsageError("no kind of fault is given", hint="leave kinds= out for all, or faults=False in turns()")
    return tuple(kind for kind in _EVERY_KIND if kind in found)


def fault_schedules(
    kinds: Collection[FaultKind | str] | None = None, *, calls: int = MAX_CALLS, most: int = 3
) -> st.SearchStrategy[FaultSchedule]:
    """
    Draw which calls of a run fail, and how.

    Args:
        kinds: The kinds of fault; all where it is left out.
        calls: Among how many calls.
        most: How many of them fail at most.

    Returns:
        Schedules, to be injected (``session.inject``) or played (``.script()``). Shrinks to none that fails, then to
        the first call and the first kind.
    """
    return st.dictionaries(st.integers(1, calls), faults(kinds), max_size=most).map(
        lambda found: FaultSchedule(dict(sorted(found.items())))
    )


_CHANGES: tuple[tuple[str, ...], ...] = (
    (),
    ("chunking",),
    ("take",),
    ("order",),
    ("missing",),
    ("fault",),
    ("take", "chunking"),
    ("order", "chunking"),
    ("missing", "chunking"),
    ("fault", "chunking"),
)
"""What may happen to one call, the simplest first: few draws a call, so that an example costs little."""

_TAKES = st.integers(1, 2)
_MISSING = st.integers(1, MAX_MISSING)
_ORDERS = st.integers(1, 23)  # every order of up to four tool calls
_CUTS = st.sampled_from(
    (
        *(Chunking(cut) for cut in Cut if cut not in (Cut.RECORDED, Cut.SIZES)),
        *(Chunking(Cut.SIZES, sizes) for sizes in ((2,), (3,), (7,), (16,), (64,), (1, 30), (5, 1, 2))),
    )
)
_PLACES = st.integers(0, LAST_CALL)


class _Parts(NamedTuple):
    """
    What turns are drawn from.

    Attributes:
        changes: Which fields of a turn are drawn, the simplest choice first.
        disturbances: The same without none.
        fields: What each field is drawn from.
    """

    changes: st.SearchStrategy[tuple[str, ...]]
    disturbances: st.SearchStrategy[tuple[str, ...]]
    fields: Mapping[str, st.SearchStrategy[Any]]


@st.composite
def _turns(draw: st.DrawFn, parts: _Parts) -> Turn:
    found = draw(parts.changes)
    return Turn(**{name: draw(parts.fields[name]) for name in found}) if found else UNDISTURBED


@st.composite
def _scripts(draw: st.DrawFn, parts: _Parts, counts: st.SearchStrategy[int], deals: st.SearchStrategy[Deal]) -> Script:
    # Few draws in one strategy, not lists of strategies: an example costs half as much. Places are absolute, so that
    # one disturbance can be taken away and the others stay where they are.
    found: dict[int, Turn] = {}
    for _ in range(draw(counts)):
        place = draw(_PLACES)
        found[place] = Turn(**{name: draw(parts.fields[name]) for name in draw(parts.disturbances)})
    last = max((place for place, turn in found.items() if turn != UNDISTURBED), default=-1)
    return Script(tuple(found.get(place, UNDISTURBED) for place in range(last + 1)), draw(deals))


def turns(
    *,
    takes: bool = True,
    faults: Collection[FaultKind | str] | bool = True,
    chunkings: bool = True,
    truncations: bool = True,
    reorderings: bool = True,
) -> st.SearchStrategy[Turn]:
    """
    Draw what happens to one call; shrinks to nothing.

    Args:
        takes: Whether another take than the first may answer.
        faults: Whether something may go wrong, or the kinds of what may.
        chunkings: Whether it may come in other pieces.
        truncations: Whether it may be cut off.
        reorderings: Whether its tool calls may come in another order.

    Raises:
        UsageError: There is no such kind of fault.
    """
    return _turns(_parts(takes, faults, chunkings, truncations, reorderings))


def _parts(
    takes: bool, faults: Collection[FaultKind | str] | bool, chunkings: bool, truncations: bool, reorderings: bool
) -> _Parts:
    wrong = _FAULTS if isinstance(faults, bool) else _faults_among(_parse_kinds(faults))
    parts: dict[str, st.SearchStrategy[Any]] = {"order": _ORDERS, "missing": _MISSING, "fault": wrong}
    parts |= {"take": _TAKES, "chunking": _CUTS}
    wanted = {"take": takes, "order": reorderings, "missing": truncations, "fault": bool(faults), "chunking": chunkings}
    changes = tuple(change for change in _CHANGES if all(wanted[name] for name in change))
    return _Parts(st.sampled_from(changes), st.sampled_from(changes[1:] or changes), parts)


def takes(cassette: Cassette) -> st.SearchStrategy[Deal]:
    """
    Draw one of the recorded takes of each request.

    Args:
        cassette: The recordings.

    Returns:
        Deals. Shrinks to the first take of each.
    """
    counts: dict[str, int] = {}
    for key, n in cassette.reader.calls():
        name = key.hex()[:12]
        counts[name] = max(counts.get(name, 0), n + 1)
    several = {name: st.integers(0, count - 1) for name, count in sorted(counts.items()) if count > 1}
    if not several:
        return st.just(FIRST_TAKES)
    return st.fixed_dictionaries(several).map(lambda found: Deal({name: n for name, n in found.items() if n}))


def scripts(
    cassette: Cassette | None = None,
    *,
    most: int = MOST_TURNS,
    takes: bool = True,
    faults: Collection[FaultKind | str] | bool = True,
    chunkings: bool = True,
    truncations: bool = True,
    reorderings: bool = True,
) -> st.SearchStrategy[Script]:
    """
    Draw what happens to the calls of one run; shrinks to a recorded one.

    Args:
        cassette: Recordings whose takes are dealt; without it takes are chosen call by call.
        most: To how many calls something happens at most; they are among the first six.
        takes: Whether other takes than the first may answer.
        faults: Whether something may go wrong, or the kinds of what may.
        chunkings: Whether answers may come in other pieces.
        truncations: Whether answers may be cut off.
        reorderings: Whether tool calls may come in another order.

    Raises:
        UsageError: There is no such kind of fault.
    """
    parts = _parts(takes and cassette is None, faults, chunkings, truncations, reorderings)
    deals = _deals(cassette) if takes and cassette is not None else st.just(FIRST_TAKES)
    return _scripts(parts, st.integers(0, most), deals)


_deals = takes
