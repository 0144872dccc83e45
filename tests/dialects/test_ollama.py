"""Ollama's own API, whole and streamed."""

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
    key,
    listen,
    reader_of,
    refusals,
    spoken,
    stream_cases,
    there_and_back,
)
from tests.strategies import any_text, same

from playhead.core.model import Completion, CompletionRequest, Family, ToolCall
from playhead.core.usage import Usage
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.ollama import DIALECTS
from playhead.errors import ProviderError

CHAT, GENERATE, EMBED, EMBEDDINGS, TAGS, PS, SHOW = DIALECTS
SPEAKING = pytest.mark.parametrize("dialect", [CHAT, GENERATE], ids=["chat", "generate"])
REQUEST = CompletionRequest(prompt="hi", model="m")
BODIES = bodies(
    "options",
    "format",
    "keep_alive",
    "temperature",
    "max_tokens",
    messages=conversations,
    prompt=any_text,
    system=any_text,
    tools=st.just([{"type": "function"}]),
)


def asked(dialect: Dialect, body: Any) -> Asked:
    """Give a request to an operation."""
    return Asked("POST", f"/api/{dialect.operation}", body)


@given(BODIES)
def test_request_there_and_back(body: dict[str, Any]) -> None:
    """Every body is a request, and the request gives the body again."""
    for dialect in (CHAT, GENERATE, EMBED, EMBEDDINGS, SHOW):
        there_and_back(dialect, asked(dialect, {"model": "m", **body}))


@SPEAKING
@given(BODIES, BODIES)
def test_requests_differ_where_bodies_do(dialect: Dialect, one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two bodies give the same request only where they are the same."""
    requests = [dialect.decode_request(asked(dialect, body)) for body in (one, other)]
    assert same(*requests) == same(one, other)


@pytest.mark.parametrize(
    "other",
    [
        Asked("POST", "/api/chat", {"messages": []}),
        Asked("POST", "/v2/chat", {"model": "m", "messages": []}),
        Asked("GET", "/api/chat"),
        Asked("POST", "/api/chat", [1]),
        Asked("POST", "/api/tags", {"model": "m"}),
        Asked("POST", "/v1/embeddings", {"model": "m", "input": "a"}),
    ],
    ids=str,
)
def test_claims_nothing_else(other: Asked) -> None:
    """Applications have a path of that name too: a request that names no model is not Ollama's."""
    assert not any(dialect.claims(other) for dialect in DIALECTS)


@SPEAKING
@pytest.mark.parametrize(("given_flag", "streams"), [({}, True), ({"stream": None}, True), ({"stream": False}, False)])
def test_streams_unless_told_otherwise(dialect: Dialect, given_flag: dict[str, Any], streams: bool) -> None:
    """A stream is what comes where nothing is said."""
    assert dialect.streams(asked(dialect, {"model": "m", **given_flag})) is streams


def test_decode_chat_request() -> None:
    """The conversation is the vendor's; options stay together."""
    body = {"model": "m", "messages": [{"role": "system", "content": "x"}], "options": {"temperature": 0}}
    assert there_and_back(CHAT, asked(CHAT, body)) == CompletionRequest(
        messages=({"role": "system", "content": "x"},),
        model="m",
        params={"options": {"temperature": 0}},
        operation="chat",
    )


def test_decode_generate_request() -> None:
    """The prompt is what the user says, the instructions lead."""
    body = {"model": "m", "prompt": "hi", "system": "be brief", "stream": False}
    assert there_and_back(GENERATE, asked(GENERATE, body)) == CompletionRequest(
        messages=({"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}),
        model="m",
        params={"stream": False},
        operation="generate",
    )
    prompts: list[dict[str, Any]] = [{"prompt": "hi"}, {"prompt": None}, {"prompt": ""}, {}]
    cases = [*prompts, {"prompt": "hi", "system": ""}, {"system": "hi"}]
    assert len({key(GENERATE, asked(GENERATE, {"model": "m", **one})) for one in cases}) == len(cases)


def test_encode_request_of_ours() -> None:
    """A request that was made by hand is written in the vendor's words, and says where it wants no stream."""
    request = CompletionRequest(prompt="hi", model="m", temperature=0.5, max_tokens=5)
    options = {"temperature": 0.5, "num_predict": 5}
    chat = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "options": options}
    assert CHAT.encode_request(request, True) == asked(CHAT, chat)
    assert CHAT.encode_request(request, False) == asked(CHAT, {**chat, "stream": False})
    assert GENERATE.encode_request(request, True) == asked(GENERATE, {"model": "m", "prompt": "hi", "options": options})


def test_decode_response() -> None:
    """All evidence an answer holds is found; thoughts and times are passed over."""
    body = {
        "model": "m-1",
        "created_at": "2026-01-01T00:00:00Z",
        "message": {
            "role": "assistant",
            "content": "Hi",
            "thinking": "hm",
            "tool_calls": [{"function": {"name": "f", "arguments": {"a": "é"}}}, {"function": {"name": "g"}}, 5],
        },
        "done": True,
        "done_reason": "stop",
        "total_duration": 5,
        "prompt_eval_count": 3,
        "eval_count": 4,
    }
    calls = (ToolCall("", "f", '{"a":"é"}'), ToolCall("", "g", "{}"), ToolCall("", "", "{}"))
    assert CHAT.decode_response(body) == Completion("Hi", "m-1", Usage(3, 4), finish_reason="stop", tool_calls=calls)
    assert GENERATE.decode_response({"response": "Hi", "eval_count": 4}) == Completion("Hi", usage=Usage(0, 4))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "no message"),
        (None, "no message"),
        ([], "no message"),
        ({"response": "x"}, r"no message: its fields are \['response'\]"),
        ({"error": "model 'm' not found"}, "'m' not found"),
        ({"message": {"content": "a"}, "done": False}, "only a piece"),
    ],
)
def test_decode_says_what_is_missing(body: Any, words: str) -> None:
    """A value that is no answer is refused by naming what it lacks."""
    with pytest.raises(ProviderError, match=words):
        CHAT.decode_response(body)


def plain(completion: Completion, dialect: Dialect) -> Completion:
    """Give what is compared: a total, details and, where a text is generated, tool calls have no place."""
    usage = msgspec.structs.replace(completion.usage, total_tokens=0, details={})
    calls = completion.tool_calls if dialect is CHAT else ()
    return msgspec.structs.replace(completion, usage=usage, tool_calls=calls)


@SPEAKING
@given(answers)
def test_response_there_and_back(dialect: Dialect, completion: Completion) -> None:
    """An answer of ours is one of the vendor's, the same each time, and reads as what it was."""
    body = dialect.encode_response(completion, REQUEST)
    assert alike(dialect.decode_response(json.loads(json.dumps(body))), plain(completion, dialect))
    assert body == dialect.encode_response(completion, REQUEST)


@SPEAKING
@given(stream_cases())
def test_stream_there_and_back(dialect: Dialect, case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream of ours reads as what it was, in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = case
    heard = listen(dialect, spoken(dialect, completion, pieces, REQUEST), cuts)
    assert heard.pieces == pieces
    assert alike(heard.completion, plain(completion, dialect))


ANSWER = Completion("Grüße 😀", "m-1", Usage(3, 4), finish_reason="stop")
PIECES = ["Gr", "üße ", "😀"]


@SPEAKING
def test_stream_byte_by_byte(dialect: Dialect) -> None:
    """A stream that comes a byte at a time reads the same, and one that was cut is refused or whole."""
    data = spoken(dialect, ANSWER, PIECES, REQUEST)
    heard = listen(dialect, data, range(len(data)))
    assert heard.pieces == PIECES
    assert heard.completion == ANSWER
    # The last line needs no end of its own.
    assert refusals(dialect, data, ANSWER) == len(data) - 1


def test_stream_as_the_vendor_sends_it() -> None:
    """Tool calls come whole, one or more a line; thoughts are passed over."""
    lines: list[dict[str, Any]] = [
        {"model": "m", "message": {"role": "assistant", "content": "", "thinking": "hm"}, "done": False},
        {"model": "m", "message": {"content": "Hello"}, "done": False},
        {"message": {"content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}, "done": False},
        {"message": {"content": "", "tool_calls": [{"function": {"name": "g", "arguments": {"a": 1}}}]}},
        {"message": {"content": ""}, "done": True, "done_reason": "stop", "eval_count": 2},
        {"message": {"content": "after the end"}},
    ]
    heard = listen(CHAT, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
    assert heard.pieces == ["Hello"]
    calls = (ToolCall("", "f", "{}"), ToolCall("", "g", '{"a":1}'))
    assert heard.completion == Completion("Hello", "m", Usage(0, 2), finish_reason="stop", tool_calls=calls)


def test_stream_with_an_error() -> None:
    """An error in a stream is raised with its words, and what came before is there."""
    reader = reader_of(CHAT)
    with pytest.raises(ProviderError, match="'lost'"):
        reader.feed(b'{"message": {"content": "Hello"}, "done": false}\n{"error": "lost"}\n')
    assert reader.partial().text == "Hello"


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [(EMBED, {"embeddings": [[0.5]]}), (EMBEDDINGS, {"embedding": [0.5]})],
    ids=["embed", "embeddings"],
)
def test_vectors(dialect: Dialect, answer: dict[str, Any]) -> None:
    """Vectors stay in the body."""
    request = dialect.decode_request(asked(dialect, {"model": "m", "input": "a"}))
    assert (request.family, request.model, request.params) == (Family.EMBEDDING, "m", {"input": "a"})
    completion = Completion(model="m", usage=Usage(3))
    assert dialect.decode_response({**answer, "model": "m", "prompt_eval_count": 3}) == completion
    vector = msgspec.structs.replace(completion, output=[[0.5]])
    assert dialect.encode_response(vector, REQUEST) == {**answer, "model": "m", "prompt_eval_count": 3}
    assert dialect.decode_response(dialect.encode_response(Completion(), REQUEST)) == Completion()
    with pytest.raises(ProviderError, match="no embedding"):
        dialect.decode_response({})


def test_tags_and_show() -> None:
    """What models there are, and what one is, is no model call."""
    tags = there_and_back(TAGS, Asked("GET", "/api/tags"))
    show = there_and_back(SHOW, asked(SHOW, {"name": "m"}))
    assert tags == CompletionRequest(family=Family.HTTP, operation="tags")
    assert show == CompletionRequest(family=Family.HTTP, operation="show", params={"name": "m"})
    assert TAGS.decode_response({"models": []}) == Completion()
    assert SHOW.decode_response({"details": {}}) == Completion()
    assert there_and_back(PS, Asked("GET", "/api/ps")) == CompletionRequest(family=Family.HTTP, operation="ps")
    assert PS.decode_response({"models": []}) == Completion()
    for dialect in (TAGS, PS, SHOW):
        assert dialect.decode_response(dialect.encode_response(Completion(), REQUEST)) == Completion()
        with pytest.raises(ProviderError, match="has no"):
            dialect.decode_response({})
