"""What comes of a call under a turn."""

from __future__ import annotations

import pytest
from hypothesis import given

from playhead import strategies as play
from playhead.core.model import Completion, CompletionRequest, Failure, Outcome, Stream
from playhead.strategies.repertoire import repertoire_of
from playhead.strategies.steps import Step, step_of
from tests.strategies.recordings import BROKEN, CALLS, HELLO, NAME, STORY, TOOLS, recorded


def stepped(request: CompletionRequest, turn: play.Turn, *, provider: str = NAME) -> Step:
    """Give what comes of a recorded request."""
    stream = request is STORY
    repertoire = repertoire_of(recorded())
    key, values = repertoire.key_of(request, NAME, stream=stream)
    found = repertoire.find(key.key, turn.take, values, exact=True)
    assert found is not None
    return step_of(turn, found, request, provider, stream=stream)


def test_an_undisturbed_call_is_as_recorded() -> None:
    """Nothing happens, nothing changes."""
    for request in (HELLO, STORY, TOOLS, BROKEN):
        step = stepped(request, play.Turn())
        assert step.outcome is step.unbroken is step.found.outcome
        assert step.completion is None


def test_calls_are_turned_round_then_cut() -> None:
    """First the order, then the end: the last call of the new order is cut."""
    step = stepped(TOOLS, play.Turn(order=1, missing=3))
    assert isinstance(step.outcome, Completion)
    assert step.outcome.tool_calls[0] == CALLS[1]
    assert step.outcome.tool_calls[1].arguments == CALLS[0].arguments[:-3]
    assert step.outcome.finish_reason == "length"
    assert step.completion == step.outcome


@pytest.mark.parametrize(
    ("provider", "word"), [("openai", "length"), ("anthropic", "max_tokens"), ("google", "MAX_TOKENS")]
)
def test_a_cut_is_named_in_the_vendors_word(provider: str, word: str) -> None:
    """So that a program which looks for it finds it."""
    outcome = stepped(HELLO, play.Turn(missing=1), provider=provider).outcome
    assert isinstance(outcome, Completion)
    assert outcome.finish_reason == word


def test_an_order_that_changes_nothing_is_no_change() -> None:
    """An answer without parallel calls is the recorded one, to the byte over the wire too."""
    assert stepped(HELLO, play.Turn(order=1)).completion is None


@given(play.turns())
def test_a_fault_comes_last(turn: play.Turn) -> None:
    """What would have come without it is known, and a delay leaves it as it is."""
    for request in (HELLO, STORY, TOOLS):
        step = stepped(request, turn)
        if turn.fault is None or turn.fault.kind in ("stall", "slow-first"):
            assert step.outcome is step.unbroken
        elif turn.fault.kind in ("rate-limit", "server-error", "timeout", "reset", "malformed-body"):
            assert isinstance(_end(step.outcome), Failure)


def _end(outcome: Outcome) -> Completion | Failure | None:
    return outcome.end if isinstance(outcome, Stream) else outcome


def test_a_stream_breaks_after_its_pieces() -> None:
    """A lost connection leaves what came."""
    outcome = stepped(STORY, play.Turn(fault=play.Fault(play.FaultKind.RESET, after_pieces=2))).outcome
    assert isinstance(outcome, Stream)
    assert outcome.pieces() == ("Once ", "upon a ")
    assert isinstance(outcome.end, Failure)
