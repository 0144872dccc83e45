"""Google's interactions: both versions of their answers, whole and streamed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import bodies, conversations, key, there_and_back
from tests.strategies import any_text

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import Usage
from playhead.dialects.dialect import Asked
from playhead.dialects.gemini_interactions import INTERACTIONS
from playhead.dialects.registry import find_dialect
from playhead.errors import ProviderError

CREATE, RETRIEVE = INTERACTIONS
BODIES = bodies("system_instruction", "tools", "agent", "background", "generation_config", input=conversations)
REQUEST = CompletionRequest(prompt="hi")
ANSWER = Completion(
    "Hello", "gemini-3", Usage(1, 2, 3), finish_reason="requires_action", tool_calls=(ToolCall("c", "f", '{"a":1}'),)
)
USAGE = {"total_input_tokens": 1, "total_output_tokens": 2, "total_tokens": 3}


@given(BODIES, st.one_of(any_text, conversations))
def test_request_there_and_back(body: dict[str, Any], given_input: Any) -> None:
    """Every body is a request, and the request gives the body again."""
    there_and_back(CREATE, Asked("POST", "/v1beta/interactions", {"model": "m", **body, "input": given_input}))


@given(st.sampled_from(["v1_abc", "x", "%20"]), st.lists(st.sampled_from([("stream", "true"), ("a", "b")]), max_size=2))
def test_an_interaction_is_asked_for_again(name: str, query: list[tuple[str, str]]) -> None:
    """Its id and whether it is streamed are the question."""
    request = there_and_back(RETRIEVE, Asked("GET", f"/v1beta/interactions/{name}", None, tuple(query)))
    assert request.params["id"] == name


@pytest.mark.parametrize(
    ("method", "path", "body", "found"),
    [
        ("POST", "/v1beta/interactions", {"input": "a", "agent": "deep-research"}, CREATE),
        ("POST", "/v1beta/interactions", {"input": "a"}, None),
        ("POST", "/guild/interactions", {"type": 1}, None),
        ("GET", "/v1beta/interactions/v1_a", None, RETRIEVE),
        ("GET", "/app/interactions/5", None, None),
        ("POST", "/v1beta/interactions/v1_a/cancel", None, None),
        ("GET", "/v1beta/interactions", None, None),
    ],
)
def test_found_by_path_and_body(method: str, path: str, body: Any, found: Any) -> None:
    """Other services have interactions too."""
    assert find_dialect(Asked(method, path, body)) is found


def test_the_prompt_is_of_the_key() -> None:
    """Two inputs are two questions."""
    asked = [Asked("POST", "/v1beta/interactions", {"model": "m", "input": word}) for word in "ab"]
    assert key(CREATE, asked[0]) != key(CREATE, asked[1])


STEPS: list[dict[str, Any]] = [
    {"type": "user_input", "content": [{"type": "text", "text": "hi"}]},
    {"type": "thought", "signature": "x"},
    {
        "type": "model_output",
        "content": [{"type": "text", "text": "Hel"}, {"type": "image"}, {"type": "text", "text": "lo"}],
    },
    {"type": "google_search_call", "id": "s", "arguments": {}},
    {"type": "function_call", "id": "c", "name": "f", "arguments": {"a": 1}},
]
OUTPUTS: list[dict[str, Any]] = [{"type": "thought"}, {"type": "text", "text": "Hello"}, STEPS[-1]]


@pytest.mark.parametrize("said", [{"steps": STEPS}, {"outputs": OUTPUTS}], ids=["steps", "outputs"])
def test_answer(said: dict[str, Any]) -> None:
    """What the model said and asks for, in either version; the question, which is repeated, is no part of it."""
    answer = {"id": "v1_x", "model": "gemini-3", "status": "requires_action", "usage": USAGE, **said}
    assert CREATE.decode_response(answer) == ANSWER
    assert CREATE.decode_response(CREATE.encode_response(ANSWER, REQUEST)) == ANSWER


def test_an_agent_answers_in_the_background() -> None:
    """Its status is all there is so far."""
    answer = CREATE.decode_response({"id": "v1_x", "agent": "deep-research", "status": "in_progress"})
    assert answer == Completion(model="deep-research", finish_reason="in_progress")


@pytest.mark.parametrize("body", [None, {}, {"id": "x"}, {"error": {"message": "overloaded"}}])
def test_no_answer(body: Any) -> None:
    """What is no interaction is told."""
    with pytest.raises(ProviderError):
        CREATE.decode_response(body)


def events(*values: dict[str, Any]) -> bytes:
    """Give a stream of events."""
    return b"".join(b"event: %b\ndata: %b\n\n" % (v["event_type"].encode(), json.dumps(v).encode()) for v in values)


FIRST = {"event_type": "interaction.created", "interaction": {"id": "v1_x", "model": "gemini-3"}}
LAST = {"event_type": "interaction.completed", "interaction": {"status": "requires_action", "usage": USAGE}}


def test_stream() -> None:
    """The events of both versions; a call's arguments come whole or in pieces."""
    now = events(
        FIRST,
        {"event_type": "interaction.status_update", "status": "in_progress"},
        {"event_type": "step.start", "index": 0, "step": {"type": "thought"}},
        {"event_type": "step.delta", "index": 0, "delta": {"type": "thought_signature", "signature": "x"}},
        {"event_type": "step.start", "index": 1, "step": {"type": "model_output"}},
        {"event_type": "step.delta", "index": 1, "delta": {"type": "text", "text": "Hel"}},
        {"event_type": "step.delta", "index": 1, "delta": {"type": "text", "text": "lo"}},
        {"event_type": "step.start", "index": 2, "step": {"type": "function_call", "id": "c", "name": "f"}},
        {"event_type": "step.delta", "index": 2, "delta": {"type": "arguments_delta", "arguments": '{"a":'}},
        {"event_type": "step.delta", "index": 2, "delta": {"type": "arguments_delta", "arguments": "1}"}},
        LAST,
    )
    before = events(
        FIRST,
        {"event_type": "content.start", "index": 0, "content": {"type": "text"}},
        {"event_type": "content.delta", "index": 0, "delta": {"type": "text", "text": "Hello"}},
        {"event_type": "content.delta", "index": 1, "delta": OUTPUTS[-1]},
        {**LAST, "event_type": "interaction.complete"},
    )
    assert CREATE.stream is not None
    for data in (b": keep-alive\n\n" + now + b"data: [DONE]\n\n", before):
        reader = CREATE.stream.reader()
        assert "".join(reader.feed(data)) == "Hello"
        assert reader.finish() == ANSWER


def test_a_stream_that_breaks() -> None:
    """An error in a stream is told, and so is an end before the last event."""
    assert CREATE.stream is not None
    reader = CREATE.stream.reader()
    with pytest.raises(ProviderError, match="high demand"):
        reader.feed(events(FIRST, {"event_type": "error", "error": {"message": "high demand"}}))
    reader = CREATE.stream.reader()
    reader.feed(events(FIRST))
    with pytest.raises(ProviderError):
        reader.finish()


def test_stream_there_and_back() -> None:
    """What is written is read again, in the same pieces."""
    assert CREATE.stream is not None
    reader = CREATE.stream.reader()
    pieces = [piece for data in CREATE.stream.encode(ANSWER, ["Hel", "lo"], REQUEST) for piece in reader.feed(data)]
    assert (pieces, reader.finish()) == (["Hel", "lo"], ANSWER)
