"""What drawn values look like: the code that makes them."""

from __future__ import annotations

from hypothesis import given

from playhead import strategies as play
from playhead.strategies.shown import shown

NAMES = {
    name: getattr(play, name)
    for name in ("Script", "Turn", "Fault", "FaultKind", "Chunking", "Cut", "Deal", "FaultSchedule")
}


@given(play.scripts())
def test_a_script_is_its_own_code(script: play.Script) -> None:
    """What a failing test prints can be pasted into ``@example``: it makes the same script."""
    assert eval(repr(script), dict(NAMES)) == script


@given(play.fault_schedules())
def test_a_schedule_is_its_own_code(schedule: play.FaultSchedule) -> None:
    """So can a schedule of faults."""
    assert eval(repr(schedule), dict(NAMES)) == schedule


def test_what_is_usual_is_not_shown() -> None:
    """A value says what was given and no more."""
    turn = play.Turn(
        fault=play.Fault(play.FaultKind.STALL, after_pieces=2), chunking=play.Chunking(play.Cut.SIZES, (3,))
    )
    assert shown(turn) == "Turn(fault=Fault(FaultKind.STALL, after_pieces=2), chunking=Chunking(Cut.SIZES, sizes=(3,)))"
    assert shown(play.Turn()) == "Turn()"
    assert shown((play.Turn(2),)) == "(Turn(2),)"
    assert shown(play.Deal({"ab": 1})) == "Deal({'ab': 1})"
