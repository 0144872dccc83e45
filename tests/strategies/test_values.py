"""Drawn requests and outcomes: of every shape, and all of them storable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from playhead import strategies as play
from playhead.core.calls import decode_call
from playhead.core.failures import rebuild
from playhead.core.fingerprint import fingerprint
from playhead.core.model import Completion, CompletionRequest, Failure, Outcome, Stream, ToolCall
from playhead.core.usage import Usage
from tests.strategies import call_entry
from tests.strategies.recordings import shrunk


@given(play.requests())
def test_a_request_has_a_fingerprint(request: CompletionRequest) -> None:
    """Every drawn request can be recorded and matched."""
    assert len(fingerprint(request, "p").key) == 32
    assert request.conversation()


@given(play.requests(model="m", prompt="hi"), play.completions(text="there", finish_reason="stop"))
def test_fields_may_be_fixed(request: CompletionRequest, completion: Completion) -> None:
    """What is given is what is drawn."""
    assert (request.model, request.prompt, request.messages) == ("m", "hi", None)
    assert (completion.text, completion.finish_reason) == ("there", "stop")


@given(play.requests(messages=({"role": "user", "content": "x"},)))
def test_a_conversation_may_be_fixed(request: CompletionRequest) -> None:
    """A given conversation takes the prompt's place."""
    assert request.prompt is None


@given(st.one_of(play.completions(), play.failures(), play.streams()))
def test_an_outcome_can_be_stored(outcome: Outcome) -> None:
    """Every drawn outcome has a canonical form that reads as the same outcome."""
    assert decode_call(call_entry("x", outcome).data).call.outcome == outcome


@given(play.streams(whole=True))
def test_a_whole_stream_ends_in_its_text(stream: Stream) -> None:
    """The pieces come to the completion's text."""
    assert isinstance(stream.end, Completion)
    assert "".join(stream.pieces()) == stream.end.text


def test_streams_end_in_every_way() -> None:
    """In an answer, in a failure, by the consumer."""
    assert shrunk(play.streams(), lambda stream: isinstance(stream.end, Completion))
    assert shrunk(play.streams(), lambda stream: isinstance(stream.end, Failure))
    assert shrunk(play.streams(), lambda stream: stream.end is None)


@given(play.failures())
def test_a_failure_can_be_raised(failure: Failure) -> None:
    """Each is rebuilt as an exception with its text."""
    assert failure.message in str(rebuild(failure))


@given(play.tools(), play.messages(), play.messages("tool"), play.usages(), play.tool_calls(), play.json_values())
def test_parts_have_their_shapes(
    tool: Mapping[str, Any],
    message: Mapping[str, Any],
    result: Mapping[str, Any],
    usage: Usage,
    call: ToolCall,
    value: Any,
) -> None:
    """Tools and messages as OpenAI's chat takes them, counts that add up."""
    assert tool["function"]["parameters"]["type"] == "object"
    assert message["role"] in ("system", "user", "assistant", "tool")
    assert result["tool_call_id"].startswith("call_")
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert call.id.startswith("call_")
    assert CompletionRequest("x", params={"value": value}).params["value"] == value


def test_the_simplest_are_simple() -> None:
    """What a failing test shows is short."""
    assert shrunk(play.requests(), lambda _: True) == CompletionRequest("0")
    assert shrunk(play.completions(), lambda _: True).text == ""
    assert shrunk(play.streams(), lambda _: True).pieces() == ()
