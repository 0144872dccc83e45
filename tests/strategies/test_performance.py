"""Runs under a script: what answers, what is refused, what is remembered."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

import playhead
from playhead import strategies as play
from playhead.core.model import Completion, CompletionRequest
from playhead.sessions.clock import ManualClock
from tests.strategies.recordings import BROKEN, HELLO, NAME, TOOLS, recorded

UNKNOWN = CompletionRequest("never asked", model="m")


def test_a_run_without_a_script_is_the_recording() -> None:
    """First takes, again and again; the recorded failure is raised."""
    with play.Performance(recorded()) as run:
        provider = run.provider(NAME)
        assert [provider.complete(HELLO).text for _ in range(2)] == ["grüezi 1", "grüezi 1"]
        with pytest.raises(playhead.ProviderError, match="out of order"):
            provider.complete(BROKEN)
    assert [call.request for call in run.calls] == [HELLO, HELLO, BROKEN]
    assert all(call.exact and call.provider == NAME for call in run.calls)
    assert not run.diverged


def test_turns_are_taken_in_order_and_take_over_the_deal() -> None:
    """The script's takes are counted from the deal's."""
    key = recorded().lookup(HELLO, provider=NAME)[0].fingerprint[:12]
    script = play.Script((play.Turn(), play.Turn(take=1), play.Turn(take=2)), play.Deal({key: 1}))
    with play.Performance(recorded(), script) as run:
        provider = run.provider(NAME)
        assert [provider.complete(HELLO).text[-1] for _ in range(4)] == ["2", "3", "1", "2"]
    assert run.diverged


def test_a_call_that_was_not_recorded_is_refused() -> None:
    """As in a replay, with the nearest call and what differs."""
    with (
        pytest.raises(playhead.NoMatch, match="nothing recorded matches") as refused,
        play.Performance(recorded()) as run,
    ):
        run.provider(NAME).complete(UNKNOWN)
    assert "never asked" in str(refused.value)
    assert "make the recording again" in str(refused.value)


def test_a_refusal_cannot_be_swallowed() -> None:
    """Whatever the program does with it, the end of the block raises it."""
    with pytest.raises(playhead.NoMatch), play.Performance(recorded()) as run:  # noqa: PT012 - the block is the test
        with pytest.raises(playhead.NoMatch):
            run.provider(NAME).complete(UNKNOWN)
        assert len(run.refusals) == 1


def test_another_error_says_that_a_call_was_refused() -> None:
    """The error that came of it is not hidden."""
    run = play.Performance(recorded())
    with pytest.raises(ZeroDivisionError) as raised, run:  # noqa: PT012 - the block is the test
        with pytest.raises(playhead.NoMatch):
            run.provider(NAME).complete(UNKNOWN)
        raise ZeroDivisionError
    assert "a call of this run was refused" in raised.value.__notes__[0]


@pytest.mark.parametrize(
    "turn",
    [play.Turn(take=1), play.Turn(fault=play.Fault(play.FaultKind.REFUSAL)), play.Turn(missing=2)],
    ids=repr,
)
def test_after_another_answer_the_nearest_call_answers(turn: play.Turn) -> None:
    """A program that was told something else says something else; it is not the program's fault."""
    with play.Performance(recorded(), turn) as run:
        provider = run.provider(NAME)
        provider.complete(HELLO)
        answer = provider.complete(msgspec.structs.replace(TOOLS, params={"n": 1}))
        assert [call.name for call in answer.tool_calls] == ["weather", "clock"]
    assert [call.exact for call in run.calls] == [True, False]


@pytest.mark.parametrize(
    "turn",
    [play.Turn(chunking=play.Chunking(play.Cut.EACH)), play.Turn(fault=play.Fault(play.FaultKind.STALL))],
    ids=repr,
)
def test_after_the_same_answer_it_does_not(turn: play.Turn) -> None:
    """Other pieces or a delay are no reason to say something else."""
    provider = play.Performance(recorded(), turn).provider(NAME)
    provider.complete(HELLO)
    with pytest.raises(playhead.NoMatch):
        provider.complete(UNKNOWN)


def test_a_dealt_take_is_another_answer_too() -> None:
    """The conversation after a later take may not have been recorded."""
    key = recorded().lookup(HELLO, provider=NAME)[0].fingerprint[:12]
    with play.Performance(recorded(), play.Deal({key: 2})) as run:
        run.provider(NAME).complete(HELLO)
        assert run.diverged


def test_a_disturbance_may_be_added_while_it_runs() -> None:
    """To the next call that nothing happens to yet."""
    with play.Performance(recorded()) as run:
        provider = run.provider(NAME)
        provider.complete(HELLO)
        run.disturb(play.Turn(take=1))
        run.disturb(play.Turn(take=2))
        assert [provider.complete(HELLO).text[-1] for _ in range(3)] == ["2", "3", "1"]


@given(play.scripts())
def test_a_script_reproduces_its_run(script: play.Script) -> None:
    """Twice the same script is twice the same run."""

    def told() -> list[object]:
        with play.Performance(recorded(), script) as run:
            provider = run.provider(NAME)
            for request in (HELLO, TOOLS, HELLO):
                try:
                    provider.complete(request)
                except playhead.InferenceProviderError:
                    continue
        return [call.outcome for call in run.calls]

    assert told() == told()


@given(play.scripts())
def test_an_undisturbed_call_is_answered_as_recorded(script: play.Script) -> None:
    """What is not in the script does not happen."""
    with play.Performance(recorded(), script) as run:
        for _ in script.turns:
            run.step(HELLO, NAME, stream=False, wire=False)
        last = run.step(TOOLS, NAME, stream=False, wire=False)
    assert last.outcome == recorded().lookup(TOOLS, provider=NAME)[0].outcome


def test_a_run_shows_its_script() -> None:
    """And has a clock of its own, unless one is given."""
    run = play.Performance(recorded(), play.Turn(take=1))
    assert repr(run) == "<0 calls of Script((Turn(1),))>"
    assert isinstance(run.clock, ManualClock)
    clock = ManualClock()
    assert play.Performance(recorded(), clock=clock).clock is clock


def test_only_completions_are_changed() -> None:
    """A recorded failure stays what it is, whatever is cut off."""
    with play.Performance(recorded(), play.Turn(missing=2, order=1)) as run:
        step = run.step(BROKEN, NAME, stream=False, wire=False)
    assert not isinstance(step.outcome, Completion)
