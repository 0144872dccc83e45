"""Cohere's first protocol, whole and streamed."""

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
)
from tests.strategies import any_text, same

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import Usage
from playhead.dialects.cohere_v1 import CHAT_V1
from playhead.dialects.dialect import Asked
from playhead.errors import ProviderError

REQUEST = CompletionRequest(prompt="hi", model="m")
BODIES = bodies(
    "documents",
    "connectors",
    message=any_text,
    preamble=any_text,
    chat_history=conversations,
    tools=st.just([{"name": "f"}]),
    temperature=st.floats(0, 1),
    max_tokens=st.integers(0, 4096),
)


def asked(body: Any) -> Asked:
    """Give a request to the endpoint."""
    return Asked("POST", "/v1/chat", body)


@given(BODIES)
def test_request_there_and_back(body: dict[str, Any]) -> None:
    """Every body is a request, and the request gives the body again."""
    there_and_back(CHAT_V1, asked({"message": "hi", **body}))


@given(BODIES, BODIES)
def test_requests_differ_where_bodies_do(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two bodies give the same request only where they are the same."""
    assert same(*(CHAT_V1.decode_request(asked(body)) for body in (one, other))) == same(one, other)


def test_claims() -> None:
    """A message tells this protocol from the second, which has messages at the same path."""
    assert CHAT_V1.claims(asked({"message": "hi"}))
    assert not CHAT_V1.claims(asked({"messages": [], "model": "m"}))
    assert not CHAT_V1.claims(Asked("POST", "/v2/chat", {"message": "hi"}))
    assert not CHAT_V1.claims(Asked("GET", "/v1/chat", {"message": "hi"}))


def test_decode_request() -> None:
    """The instructions lead, what was said before follows, what is said now comes last."""
    before = {"role": "CHATBOT", "message": "hello"}
    body = {"message": "hi", "preamble": "be brief", "chat_history": [before], "model": "m", "temperature": 0.5}
    assert there_and_back(CHAT_V1, asked(body)) == CompletionRequest(
        messages=({"role": "system", "content": "be brief"}, before, {"role": "USER", "message": "hi"}),
        model="m",
        temperature=0.5,
        operation="chat.v1",
    )


def test_encode_request_of_ours() -> None:
    """A request that was made by hand is written in the vendor's words."""
    assert CHAT_V1.encode_request(REQUEST, True) == asked({"model": "m", "message": "hi", "stream": True})
    by_messages = CompletionRequest(messages=({"role": "user", "content": "hi"},), model="m")
    assert CHAT_V1.encode_request(by_messages, False) == asked({"model": "m", "message": "hi"})


def test_decode_response() -> None:
    """All evidence an answer holds is found."""
    body = {
        "text": "Hi",
        "generation_id": "g",
        "finish_reason": "COMPLETE",
        "tool_calls": [{"name": "f", "parameters": {"a": "é"}}, {"name": "g"}],
        "chat_history": [],
        "meta": {"api_version": {"version": "1"}, "tokens": {"input_tokens": 3, "output_tokens": 4}},
    }
    assert CHAT_V1.decode_response(body) == Completion(
        "Hi",
        usage=Usage(3, 4),
        finish_reason="COMPLETE",
        tool_calls=(ToolCall("", "f", '{"a":"é"}'), ToolCall("", "g", "{}")),
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [({}, "no text"), (None, "no text"), ({"text": None}, "no text"), ({"message": "invalid token"}, "invalid token")],
)
def test_decode_says_what_is_missing(body: Any, words: str) -> None:
    """A value that is no answer is refused by naming what it lacks."""
    with pytest.raises(ProviderError, match=words):
        CHAT_V1.decode_response(body)


def plain(completion: Completion) -> Completion:
    """Give what is compared: an answer does not say which model gave it."""
    return msgspec.structs.replace(completion, model="")


@given(answers)
def test_response_there_and_back(completion: Completion) -> None:
    """An answer of ours is one of the vendor's, the same each time, and reads as what it was."""
    body = CHAT_V1.encode_response(completion, REQUEST)
    assert alike(CHAT_V1.decode_response(json.loads(json.dumps(body))), plain(completion))
    assert body == CHAT_V1.encode_response(completion, REQUEST)


@given(stream_cases())
def test_stream_there_and_back(case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream of ours reads as what it was, in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = case
    heard = listen(CHAT_V1, spoken(CHAT_V1, completion, pieces, REQUEST), cuts)
    assert heard.pieces == pieces
    assert alike(heard.completion, plain(completion))


def test_stream_byte_by_byte() -> None:
    """A stream that comes a byte at a time reads the same, and one that was cut is refused or whole."""
    answer = Completion("Grüße 😀", usage=Usage(3, 4), finish_reason="COMPLETE")
    data = spoken(CHAT_V1, answer, ["Gr", "üße ", "😀"], REQUEST)
    heard = listen(CHAT_V1, data, range(len(data)))
    assert heard.pieces == ["Gr", "üße ", "😀"]
    assert heard.completion == answer
    assert refusals(CHAT_V1, data, answer) == len(data) - 1


LINES: list[dict[str, Any]] = [
    {"event_type": "stream-start", "generation_id": "g"},
    {"event_type": "tool-calls-chunk", "tool_call_delta": {"text": "I look"}},
    {"event_type": "tool-calls-chunk", "tool_call_delta": {"index": 0, "name": "f"}},
    {"event_type": "tool-calls-chunk", "tool_call_delta": {"index": 0, "parameters": '{"a"'}},
    {"event_type": "tool-calls-chunk", "tool_call_delta": {"index": 0, "parameters": ": 1}"}},
    {"event_type": "tool-calls-generation", "tool_calls": [{"name": "f", "parameters": {"a": 1}}]},
    {"event_type": "from the future", "text": "no"},
    {
        "event_type": "stream-end",
        "finish_reason": "COMPLETE",
        "response": {"text": "I look", "tool_calls": [{"name": "f", "parameters": {"a": 1}}]},
    },
    {"event_type": "text-generation", "text": "after the end"},
]


@pytest.mark.parametrize("events", [False, True], ids=["lines", "events"])
def test_stream_as_the_vendor_sends_it(events: bool) -> None:
    """As lines or as events: arguments as the model wrote them; a text that never came in pieces is one piece."""
    data = "".join(f"data: {json.dumps(one)}\n\n" if events else f"{json.dumps(one)}\n" for one in LINES).encode()
    heard = listen(CHAT_V1, data)
    assert heard.pieces == ["I look"]
    calls = (ToolCall("", "f", '{"a": 1}'),)
    assert heard.completion == Completion("I look", finish_reason="COMPLETE", tool_calls=calls)


def test_stream_with_an_error() -> None:
    """An error in a stream is raised with its words, and what came before is there."""
    reader = reader_of(CHAT_V1)
    with pytest.raises(ProviderError, match="'lost'"):
        reader.feed(b'{"event_type": "text-generation", "text": "a"}\n{"message": "lost"}\n')
    assert reader.partial() == Completion("a")
