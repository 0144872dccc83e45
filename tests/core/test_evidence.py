"""What a recorded call proves, whatever kind its outcome is."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from playhead.core.evidence import Interaction
from playhead.core.model import Completion, CompletionRequest, Failure, Origin, Outcome, Stream
from playhead.core.wire import Answer
from tests.strategies import completions, outcomes, requests, streams, text_stream


def interaction(outcome: Outcome, request: CompletionRequest | None = None) -> Interaction:
    """Put an outcome into an interaction."""
    return Interaction(
        request or CompletionRequest("x", model="asked"), outcome, "p", "00" * 32, 0, origin=Origin.SYNTHETIC
    )


@given(completions)
def test_evidence_of_a_completion(completion: Completion) -> None:
    """Evidence is what the completion says, with provider, origin and the model that was asked for."""
    for outcome in (completion, Stream(end=completion, values=())):
        evidence = interaction(outcome).evidence
        assert evidence.text == completion.text
        assert evidence.model == (completion.model or None)
        assert (evidence.model_requested, evidence.provider, evidence.origin) == ("asked", "p", Origin.SYNTHETIC)
        assert evidence.usage is completion.usage
        assert evidence.tool_calls == completion.tool_calls
        assert (evidence.finish_reason, evidence.model_version) == (completion.finish_reason, completion.model_version)
        assert evidence.failure is None


def test_evidence_of_a_failure() -> None:
    """A failure is evidence too: of no text and no model."""
    failure = Failure("builtins.TimeoutError", "slow")
    evidence = interaction(failure).evidence
    assert (evidence.text, evidence.model, evidence.failure) == ("", None, failure)
    assert not evidence.usage.reported


def test_evidence_of_a_broken_stream() -> None:
    """A stream that failed, or was closed early, proves the text that came before."""
    failure = Failure("builtins.TimeoutError", "slow")
    broken = interaction(text_stream(["a", "b"], end=failure, whole=False)).evidence
    assert (broken.text, broken.failure) == ("ab", failure)
    closed = interaction(text_stream(["a"], end=None, whole=False)).evidence
    assert (closed.text, closed.failure) == ("a", None)


@given(requests, outcomes | streams)
def test_evidence_always_exists(request: CompletionRequest, outcome: Outcome) -> None:
    """Every interaction, whatever its request and outcome, gives its evidence."""
    evidence = interaction(outcome, request).evidence
    assert (evidence.model_requested, evidence.provider) == (request.model, "p")


def test_frozen() -> None:
    """Neither a call nor what it proves can be changed."""
    call = interaction(Completion("x"))
    for value in (call, call.evidence):
        for name in value.__struct_fields__:
            with pytest.raises(AttributeError):
                setattr(value, name, None)


def test_an_answer_over_the_wire_is_kept_beside_the_evidence() -> None:
    """What came over the wire stands in the interaction; what it proves is said by the outcome alone."""
    answer = Answer(200, (("A", "b"),), (b"x",))
    plain = interaction(Completion("x"))
    wired = msgspec.structs.replace(plain, answer=answer)
    assert (plain.answer, wired.answer) == (None, answer)
    assert wired.evidence == plain.evidence
