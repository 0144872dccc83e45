"""Cohere's chat, whole and streamed, and its real recordings."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import (
    alike,
    answers,
    bodies,
    conversations,
    listen,
    reader_of,
    refusals,
    spoken,
    stream_cases,
    there_and_back,
    vcr_exchanges,
)
from tests.strategies import same

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import Usage
from playhead.dialects.cohere import DIALECTS
from playhead.dialects.dialect import Asked
from playhead.errors import ProviderError

CHAT = next(dialect for dialect in DIALECTS if dialect.operation == "chat")
REQUEST = CompletionRequest(prompt="hi", model="m")
BODIES = bodies(
    "documents",
    "message",
    "thinking",
    messages=conversations,
    tools=st.just([{"type": "function"}]),
    temperature=st.floats(0, 1),
    max_tokens=st.integers(0, 4096),
)


def asked(body: Any, path: str = "/v2/chat") -> Asked:
    """Give a request to the endpoint."""
    return Asked("POST", path, body)


@pytest.mark.parametrize(
    ("request_", "operation"),
    [
        (asked({}), "chat"),
        (asked({"messages": [], "model": "m"}, "/chat"), "chat"),
        (asked({"messages": [], "model": "m"}, "/v1/chat"), "chat"),
        (asked({"message": "hi"}, "/v1/chat"), "chat.v1"),
        (asked({}, "/v1/embed"), "embed.v1"),
        (asked({}, "/gateway/v2/embed"), "embed"),
        (asked({"messages": []}, "/chat"), None),
        (asked({"messages": [], "model": "m"}, "/api/chat"), None),
        (asked([]), None),
        (asked({})._replace(method="GET"), None),
        (asked({}, "/v2/rerank"), None),
    ],
)
def test_claims(request_: Asked, operation: str | None) -> None:
    """Path and body tell the protocol; one dialect claims a request at most."""
    found = [dialect.operation for dialect in DIALECTS if dialect.claims(request_)]
    assert found == ([operation] if operation else [])


@given(BODIES)
def test_request_there_and_back(body: dict[str, Any]) -> None:
    """Every body is a request, and the request gives the body again."""
    there_and_back(CHAT, asked(body))


@given(BODIES, BODIES)
def test_requests_differ_where_bodies_do(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two bodies give the same request only where they are the same."""
    assert same(*(CHAT.decode_request(asked(body)) for body in (one, other))) == same(one, other)


def test_encode_request_of_ours() -> None:
    """A request that was made by hand is written too, and asks for a stream where the call does."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    assert CHAT.encode_request(REQUEST, True) == asked({**body, "stream": True})
    assert CHAT.encode_request(REQUEST, False) == asked(body)


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a" : 1}'}}


def test_decode_response() -> None:
    """All evidence an answer holds is found; thoughts and plans are passed over."""
    body = {
        "id": "x",
        "finish_reason": "TOOL_CALL",
        "message": {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}, {"text": "b"}],
            "tool_plan": "I look",
            "tool_calls": [CALL, {"id": None}],
        },
        "usage": {"tokens": {"input_tokens": 3.0, "output_tokens": 4.0}, "cached_tokens": 2},
    }
    assert CHAT.decode_response(body) == Completion(
        "ab",
        usage=Usage(3, 4, details={"cached_tokens": 2}),
        finish_reason="TOOL_CALL",
        tool_calls=(ToolCall("c", "f", '{"a" : 1}'), ToolCall()),
    )
    assert CHAT.decode_response({"message": {"content": "a"}}) == Completion("a")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "no message"),
        (None, "no message"),
        ([], "no message"),
        ({"id": "x", "message": "invalid api token"}, "'invalid api token'"),
        ({"error": {"message": "no"}}, "'no'"),
    ],
)
def test_decode_says_what_is_missing(body: Any, words: str) -> None:
    """A value that is no answer is refused by naming what it lacks."""
    with pytest.raises(ProviderError, match=words):
        CHAT.decode_response(body)


def plain(completion: Completion) -> Completion:
    """Give what is compared: an answer does not say which model gave it."""
    return msgspec.structs.replace(completion, model="")


@given(answers)
def test_response_there_and_back(completion: Completion) -> None:
    """An answer of ours is one of the vendor's, the same each time, and reads as what it was."""
    body = CHAT.encode_response(completion, REQUEST)
    assert alike(CHAT.decode_response(json.loads(json.dumps(body))), plain(completion))
    assert body == CHAT.encode_response(completion, REQUEST)


@given(stream_cases())
def test_stream_there_and_back(case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream of ours reads as what it was, in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = case
    heard = listen(CHAT, spoken(CHAT, completion, pieces, REQUEST), cuts)
    assert heard.pieces == pieces
    assert alike(heard.completion, plain(completion))


def test_stream_byte_by_byte() -> None:
    """A stream that comes a byte at a time reads the same, and one that was cut is refused or whole."""
    answer = Completion(
        "Grüße 😀", usage=Usage(3, 4), finish_reason="COMPLETE", tool_calls=(ToolCall("c", "f", "{ }"),)
    )
    data = spoken(CHAT, answer, ["Gr", "üße ", "😀"], REQUEST)
    heard = listen(CHAT, data, range(len(data)))
    assert heard.pieces == ["Gr", "üße ", "😀"]
    assert heard.completion == answer
    assert refusals(CHAT, data, answer) == len(data)


def events(*given_events: dict[str, Any]) -> bytes:
    """Give the bytes of a stream with these events."""
    return "".join(f"data: {json.dumps(one)}\n\n" for one in given_events).encode()


def content(**fields: Any) -> dict[str, Any]:
    """Give the delta of a message's content."""
    return {"message": {"content": fields}}


def test_stream_as_the_vendor_sends_it() -> None:
    """Thoughts, plans and citations are passed over; calls are put together by their index."""
    more = [{"message": {"tool_calls": {"function": {"arguments": part}}}} for part in ('{"a"', ": 1}")]
    opened = {**CALL, "function": {"name": "f", "arguments": ""}}
    data = events(
        {"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-delta", "index": 0, "delta": content(thinking="hm")},
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I look"}}},
        {"type": "content-start", "index": 1, "delta": content(type="text", text="")},
        {"type": "content-delta", "index": 1, "delta": content(text="Hello")},
        {"type": "citation-start", "index": 0, "delta": {"message": {"citations": {"text": "no"}}}},
        {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": opened}}},
        {"type": "tool-call-delta", "index": 0, "delta": more[0]},
        {"type": "tool-call-start", "delta": {"message": {"tool_calls": {**CALL, "id": "d"}}}},
        {"type": "tool-call-delta", "index": 0, "delta": more[1]},
        {"type": "from the future"},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"output_tokens": 4}}}},
    )
    heard = listen(CHAT, data + b"data: [DONE]\n\n")
    assert heard.pieces == ["Hello"]
    calls = (ToolCall("c", "f", '{"a": 1}'), ToolCall("d", "f", '{"a" : 1}'))
    assert heard.completion == Completion("Hello", usage=Usage(0, 4), finish_reason="COMPLETE", tool_calls=calls)


@pytest.mark.parametrize(
    "error", [{"type": "message-end", "delta": {"error": "lost"}}, {"message": "lost"}, {"error": {"message": "lost"}}]
)
def test_stream_with_an_error(error: dict[str, Any]) -> None:
    """An error in a stream is raised with its words, and what came before is there."""
    reader = reader_of(CHAT)
    with pytest.raises(ProviderError, match="'lost'"):
        reader.feed(events({"type": "content-delta", "delta": content(text="a")}, error))
    assert reader.partial() == Completion("a")


def test_real_recordings() -> None:
    """Every real request is read and written again, and every real answer gives evidence."""
    seen: dict[str, int] = {}
    for name, request, status, value in vcr_exchanges("test_cohere", "test_embeddings"):
        found = [dialect for dialect in DIALECTS if dialect.claims(request)]
        if not found:
            continue
        assert status == 200
        assert len(found) == 1, name
        there_and_back(found[0], request)
        whole = found[0].decode_response(value)
        assert whole.usage.prompt_tokens, name
        if found[0] is CHAT:
            assert whole.usage.completion_tokens, name
            assert whole.finish_reason == "COMPLETE", name
            assert whole.text, name
        seen[found[0].operation] = seen.get(found[0].operation, 0) + 1
    assert seen == {"chat": 3, "embed": 1}
