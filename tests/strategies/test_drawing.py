"""Scripts, schedules, deals: what is drawn, and what is left when it shrinks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import strategies as play
from playhead.errors import UsageError
from playhead.strategies.drawing import MAX_CALLS, MOST_TURNS
from tests.strategies.recordings import HELLO, NAME, recorded, shrunk


@pytest.mark.parametrize("kind", list(play.FaultKind))
def test_every_kind_of_fault_is_drawn(kind: play.FaultKind) -> None:
    """None is so rare that a search does not find it."""
    assert shrunk(play.faults(), lambda fault: fault.kind is kind).kind is kind


@given(play.faults(["reset", play.FaultKind.TIMEOUT]))
def test_kinds_may_be_chosen(fault: play.Fault) -> None:
    """Only those are drawn."""
    assert fault.kind in ("reset", "timeout")


def test_faults_have_their_facts() -> None:
    """Waits, statuses and places that a program tells apart are among them."""
    assert shrunk(play.faults(["rate-limit"]), lambda fault: fault.retry_after == 20.0)
    assert shrunk(play.faults(["server-error"]), lambda fault: fault.status == 529)
    assert shrunk(play.faults(["server-error"]), lambda fault: fault.status < 500)
    assert shrunk(play.faults(["stall"]), lambda fault: fault.after_pieces == 4 and fault.seconds == 600)


@given(play.fault_schedules(calls=3, most=2))
def test_a_schedule_keeps_its_bounds(schedule: play.FaultSchedule) -> None:
    """So many faults among so many calls, in order."""
    assert len(schedule) <= 2
    assert list(schedule.faults) == sorted(schedule.faults)
    assert set(schedule.faults) <= {1, 2, 3}


def test_schedules_shrink_to_no_fault() -> None:
    """Then to the first call and the plainest fault."""
    assert shrunk(play.fault_schedules(), lambda _: True) == play.FaultSchedule()
    assert shrunk(play.fault_schedules(), lambda found: len(found) > 0) == play.FaultSchedule(
        {1: play.Fault(play.FaultKind.RATE_LIMIT)}
    )
    assert max(shrunk(play.fault_schedules(), lambda found: MAX_CALLS in found.faults).faults) == MAX_CALLS


@given(play.scripts())
def test_a_script_disturbs_few_calls(script: play.Script) -> None:
    """At most so many are disturbed, and the last turn is a disturbed one."""
    disturbed = [turn for turn in script.turns if turn != play.Turn()]
    assert len(disturbed) <= MOST_TURNS
    assert not script.turns or script.turns[-1] in disturbed


def test_scripts_shrink_to_the_recording() -> None:
    """The simplest run is the recorded one; else one call is disturbed in one way."""
    assert shrunk(play.scripts(), lambda _: True) == play.Script()
    assert shrunk(play.scripts(), lambda script: script.turns) == play.Script(
        (play.Turn(chunking=play.Chunking(play.Cut.WHOLE)),)
    )
    third = shrunk(play.scripts(), lambda script: len(script.turns) == 3 and script.turns[2].fault is not None)
    assert third == play.Script((play.Turn(), play.Turn(), play.Turn(fault=play.Fault(play.FaultKind.RATE_LIMIT))))


OFF = {"take": "takes", "order": "reorderings", "missing": "truncations", "fault": "faults", "chunking": "chunkings"}


@pytest.mark.parametrize("field", ["take", "order", "missing", "fault", "chunking"])
def test_every_disturbance_is_drawn_and_may_be_left_out(field: str) -> None:
    """Each field of a turn is drawn where it is wanted, and in no script where it is not."""
    usual = getattr(play.Turn(), field)
    off: dict[str, Any] = {OFF[field]: False}
    found = shrunk(play.scripts(), lambda script: any(getattr(turn, field) != usual for turn in script.turns))
    assert [getattr(turn, field) != usual for turn in found.turns] == [True]

    @given(play.scripts(**off), play.turns(**off))
    def check(script: play.Script, turn: play.Turn) -> None:
        assert all(getattr(one, field) == usual for one in (*script.turns, turn))

    check()


@given(play.scripts(faults=["empty"], takes=False, chunkings=False, truncations=False, reorderings=False))
def test_faults_may_be_all_there_is(script: play.Script) -> None:
    """And of one kind."""
    assert {turn.fault for turn in script.turns} <= {None, play.Fault(play.FaultKind.EMPTY)}


@given(play.scripts(faults=False, takes=False, chunkings=False, truncations=False, reorderings=False))
def test_nothing_wanted_gives_the_recording(script: play.Script) -> None:
    """Whoever wants nothing gets nothing."""
    assert script == play.Script()


def _key() -> str:
    return recorded().lookup(HELLO, provider=NAME)[0].fingerprint[:12]


@given(play.takes(recorded()))
def test_takes_are_among_the_recorded_ones(deal: play.Deal) -> None:
    """One of the three takes of the one request that has several."""
    assert set(deal.takes) <= {_key()}
    assert all(1 <= take <= 2 for take in deal.takes.values())


def test_takes_shrink_to_the_first() -> None:
    """And every take is drawn."""
    assert shrunk(play.takes(recorded()), lambda _: True) == play.Deal()
    assert shrunk(play.takes(recorded()), lambda deal: 2 in deal.takes.values()) == play.Deal({_key(): 2})
    assert shrunk(play.scripts(recorded()), lambda script: script.deal.takes) == play.Script(
        deal=play.Deal({_key(): 1})
    )


@given(play.scripts(recorded()), st.data())
def test_with_a_cassette_takes_are_dealt(script: play.Script, data: st.DataObject) -> None:
    """Not chosen call by call; without takes neither is."""
    assert all(turn.take == 0 for turn in script.turns)
    assert data.draw(play.scripts(recorded(), takes=False)).deal == play.Deal()


def test_nonsense_is_refused() -> None:
    """Kinds that are none."""
    with pytest.raises(UsageError, match="one of rate-limit"):
        play.faults(["meteor"])
    with pytest.raises(UsageError, match="no kind of fault"):
        play.faults([])
    with pytest.raises(UsageError, match="meteor"):
        play.turns(faults=["meteor"])
