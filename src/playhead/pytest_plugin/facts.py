"""
What a test and a session came to, as plain values: they travel from xdist's workers and stand in the report file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

COUNTS = ("played", "recorded", "live", "reused", "refused", "abandoned", "tokens_saved", "ms_saved")
"""The numbers of a session's report that add up."""


class RefusalFacts(TypedDict):
    """A refused call: its kind, the whole explanation, how often it was tried."""

    kind: str
    message: str
    times: int


class TestFacts(TypedDict):
    """
    What became of the calls of one test.

    ``state`` is ``refused``, ``live``, ``recorded``, ``replayed`` or ``idle`` (no call was made), the gravest that
    applies. ``take`` numbers the take it played, ``pass_rate`` is what its takes must reach together. ``uses`` are the
    answers it was given that count tokens: provider, model, prompt tokens, completion tokens, how often.
    """

    test: str
    cassette: str
    mode: str
    outcome: str
    state: str
    counts: dict[str, int]
    refusals: list[RefusalFacts]
    uses: list[list[Any]]
    group: str | None
    take: int | None
    pass_rate: float | None
    mutated: int
    unnoticed: dict[str, int]


class CassetteFacts(TypedDict):
    """
    What became of one session of a cassette.

    ``calls`` is ``None`` where there was no file. ``keys`` are the calls played, where several sessions played from
    one cassette and have to be united. ``kept_apart`` is where the recording of a failed test is.
    """

    cassette: str
    mode: str
    scope: str
    strict: bool
    calls: int | None
    unplayed: int
    keys: list[str] | None
    side_traffic: list[str]
    drifted: list[list[str]]
    kept_apart: str | None
    written: bool
    expired: int | None


class Batch(TypedDict):
    """What a report of pytest's, or the end of a worker, brings."""

    tests: list[TestFacts]
    cassettes: list[CassetteFacts]


def enough(passed: int, takes: int, wanted: float | None) -> bool:
    """Tell whether the share of takes that passed is the one wanted, or more."""
    # 0.9 of 10 is a little more than 9 in floating point.
    return wanted is None or passed >= wanted * takes - 1e-9


def state_of(counts: dict[str, int]) -> str:
    """Name what became of a test's calls, the gravest first."""
    for name, state in (("refused", "refused"), ("live", "live"), ("recorded", "recorded"), ("played", "replayed")):
        if counts[name]:
            return state
    return "replayed" if counts["reused"] else "idle"


def shown(path: Path, root: Path) -> str:
    """Give a path as people read it: from the root, with ``/``."""
    # Path.relative_to and is_relative_to take 20 us together, and each test asks.
    whole, above = path.as_posix(), root.as_posix()
    inside = above if above.endswith("/") else f"{above}/"
    if whole == above:
        return "."
    return whole[len(inside) :] if whole.startswith(inside) else whole
