"""What happens to calls, as facts."""

from __future__ import annotations

import pytest

from playhead import strategies as play
from playhead.engine.faults import Injection
from playhead.errors import UsageError
from playhead.strategies.turns import read_script


@pytest.mark.parametrize(
    ("turn", "changes"),
    [
        (play.Turn(), False),
        (play.Turn(chunking=play.Chunking(play.Cut.EACH)), False),
        (play.Turn(fault=play.Fault(play.FaultKind.STALL)), False),
        (play.Turn(fault=play.Fault(play.FaultKind.SLOW_FIRST)), False),
        (play.Turn(take=1), True),
        (play.Turn(order=1), True),
        (play.Turn(missing=1), True),
        (play.Turn(fault=play.Fault(play.FaultKind.RESET)), True),
    ],
    ids=repr,
)
def test_a_turn_says_whether_the_answer_is_another(turn: play.Turn, changes: bool) -> None:
    """Other pieces and delays are the same answer; all else is not."""
    assert turn.changes_answer is changes


def test_a_deal_finds_takes_by_fingerprint() -> None:
    """By the beginning of the fingerprint; a request that is not named has its first take."""
    key = bytes(range(32))
    assert play.Deal({key.hex()[:12]: 2}).take_of(key) == 2
    assert play.Deal({"ffffffffffff": 2}).take_of(key) == 0
    assert play.Deal().take_of(key) == 0


def test_a_schedule_is_a_script_and_injections() -> None:
    """The same faults, for this package's providers and for a session."""
    late, never = play.Fault(play.FaultKind.STALL), play.Fault(play.FaultKind.RESET)
    schedule = play.FaultSchedule({1: late, 3: never})
    assert schedule.script() == play.Script((play.Turn(fault=late), play.Turn(), play.Turn(fault=never)))
    assert list(schedule) == [Injection(late, (1,)), Injection(never, (3,))]
    assert len(schedule) == 2
    assert play.FaultSchedule().script() == play.Script()


def test_parts_of_a_script_are_read_as_one() -> None:
    """Whoever wants one turn or one deal need not write the rest."""
    turn, deal = play.Turn(take=1), play.Deal({"ab": 1})
    assert read_script(None) == play.Script()
    assert read_script(turn) == read_script((turn,)) == play.Script((turn,))
    assert read_script(deal) == play.Script(deal=deal)
    assert read_script(play.FaultSchedule()) == play.Script()


def test_nonsense_is_refused() -> None:
    """Negative numbers, and what is no script."""
    for take, order, missing in ((-1, 0, 0), (0, -1, 0), (0, 0, -1)):
        with pytest.raises(UsageError, match="must be non-negative"):
            play.Turn(take, order, missing)
    with pytest.raises(UsageError, match="is no script"):
        read_script(("a",))  # type: ignore[arg-type]
