"""
The one table that decides: mode by situation. docs/reference/modes.md is generated from it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from playhead.core.modes import Mode


class Situation(enum.StrEnum):
    """What a session finds when a call comes."""

    NO_CASSETTE = "no cassette"
    MATCH_LEFT = "match left"
    ALL_PLAYED = "all matches played"
    NO_MATCH = "no match"


class Verdict(enum.StrEnum):
    """What a session does with a call."""

    REPLAY = "replay"
    FORWARD = "forward"
    FORWARD_UNSTORED = "forward, nothing stored"
    REFUSE = "refuse"
    REFUSE_EXHAUSTED = "refuse: exhausted"


_R, _F, _L, _X, _E = (
    Verdict.REPLAY,
    Verdict.FORWARD,
    Verdict.FORWARD_UNSTORED,
    Verdict.REFUSE,
    Verdict.REFUSE_EXHAUSTED,
)

TABLE: Mapping[Mode, tuple[Verdict, Verdict, Verdict, Verdict]] = {
    # columns: the situations in their order above
    Mode.REPLAY: (_X, _R, _E, _X),
    Mode.ONCE: (_F, _R, _E, _X),
    Mode.RECORD_MISSING: (_F, _R, _F, _F),
    Mode.RECORD: (_F, _F, _F, _F),
    Mode.LIVE: (_L, _L, _L, _L),
}

_COLUMN = {situation: index for index, situation in enumerate(Situation)}


def decide(mode: Mode, situation: Situation) -> Verdict:
    """Look the verdict up."""
    return TABLE[mode][_COLUMN[situation]]


def reads_cassette(mode: Mode) -> bool:
    """Tell whether a mode ever plays from the cassette that was there when the session opened."""
    return Verdict.REPLAY in TABLE[mode]
