"""The one table that decides: every mode in every situation, and nothing else decides."""

from __future__ import annotations

import itertools

import pytest

from playhead import Mode
from playhead.engine.table import TABLE, Situation, Verdict, decide, reads_cassette

# The promises of each mode, cell by cell.
EXPECTED = {
    Mode.REPLAY: "refuse, replay, refuse: exhausted, refuse",
    Mode.ONCE: "forward, replay, refuse: exhausted, refuse",
    Mode.RECORD_MISSING: "forward, replay, forward, forward",
    Mode.RECORD: "forward, forward, forward, forward",
    Mode.LIVE: ", ".join(["forward; nothing stored"] * 4),
}


@pytest.mark.parametrize("mode", Mode)
def test_every_cell_is_as_promised(mode: Mode) -> None:
    """What a mode does in each situation is what is promised of it."""
    promised = [word.replace(";", ",") for word in EXPECTED[mode].split(", ")]
    assert [decide(mode, situation).value for situation in Situation] == promised


def test_every_mode_has_every_situation() -> None:
    """The table has a verdict for each mode and situation, and no row for anything else."""
    assert set(TABLE) == set(Mode)
    assert {len(row) for row in TABLE.values()} == {len(Situation)}
    for mode, situation in itertools.product(Mode, Situation):
        assert isinstance(decide(mode, situation), Verdict)


def test_the_default_mode_never_forwards() -> None:
    """In replay no situation lets a call through."""
    assert {decide(Mode.REPLAY, situation) for situation in Situation}.isdisjoint(
        {Verdict.FORWARD, Verdict.FORWARD_UNSTORED}
    )


def test_only_modes_that_may_record_store() -> None:
    """A mode forwards with storing exactly where it says that it may record."""
    for mode in Mode:
        stores = any(decide(mode, situation) is Verdict.FORWARD for situation in Situation)
        assert stores is mode.may_record


def test_only_modes_that_replay_read_the_cassette() -> None:
    """Recording anew and going live do not look at what is there."""
    assert [mode for mode in Mode if reads_cassette(mode)] == [Mode.REPLAY, Mode.ONCE, Mode.RECORD_MISSING]
