"""Amazon Bedrock's conversations, whole and streamed."""

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
from tests.strategies import same

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.bedrock_converse import CONVERSE, CONVERSE_STREAM
from playhead.dialects.bedrock_wire import write_event
from playhead.dialects.dialect import Asked
from playhead.errors import ProviderError

REQUEST = CompletionRequest(prompt="hi", model="m")
PATH = "/model/us.amazon.nova-micro-v1%3A0/converse"
BODIES = bodies(
    "inferenceConfig",
    "toolConfig",
    "temperature",
    "tools",
    "max_tokens",
    messages=conversations,
    system=st.just([{"text": "be brief"}]),
)


def asked(body: Any, path: str = PATH) -> Asked:
    """Give a request to a model."""
    return Asked("POST", path, body)


@given(BODIES)
def test_request_there_and_back(body: dict[str, Any]) -> None:
    """Every body is a request, whole or streamed, and the request gives the body again."""
    assert there_and_back(CONVERSE, asked(body)).model == "us.amazon.nova-micro-v1:0"
    there_and_back(CONVERSE_STREAM, asked(body, f"{PATH}-stream"))
    assert key(CONVERSE, asked(body)) != key(CONVERSE_STREAM, asked(body, f"{PATH}-stream"))


@given(BODIES, BODIES)
def test_requests_differ_where_bodies_do(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two bodies give the same request only where they are the same."""
    assert same(*(CONVERSE.decode_request(asked(body)) for body in (one, other))) == same(one, other)


def test_decode_request() -> None:
    """The instructions lead the conversation; what stands inside a configuration stays there."""
    body = {
        "system": [{"text": "be brief"}],
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "inferenceConfig": {"maxTokens": 5},
    }
    assert there_and_back(CONVERSE, asked(body)) == CompletionRequest(
        messages=(
            {"role": "system", "content": [{"text": "be brief"}]},
            {"role": "user", "content": [{"text": "hi"}]},
        ),
        model="us.amazon.nova-micro-v1:0",
        params={"inferenceConfig": {"maxTokens": 5}},
        operation="converse",
    )


def test_encode_request_of_ours() -> None:
    """A request that was made by hand is written in the vendor's words."""
    request = CompletionRequest(prompt="hi", model="a:0", temperature=0.5, max_tokens=5, tools=({"toolSpec": {}},))
    assert CONVERSE_STREAM.encode_request(request, True) == asked(
        {
            "messages": [{"role": "user", "content": [{"text": "hi"}]}],
            "inferenceConfig": {"temperature": 0.5, "maxTokens": 5},
            "toolConfig": {"tools": [{"toolSpec": {}}]},
        },
        "/model/a%3A0/converse-stream",
    )


def test_decode_response() -> None:
    """All evidence an answer holds is found; thoughts and what is not known are passed over."""
    body = {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "hm"}}},
                    {"text": "It is "},
                    {"citationsContent": {"content": [{"text": "sunny"}, {"text": "."}], "citations": []}},
                    {"fromTheFuture": {"text": "no"}},
                    {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"city": "Zürich", "n": 1.0}}},
                    "odd",
                ],
            }
        },
        "stopReason": "tool_use",
        "usage": {"inputTokens": 5, "outputTokens": 7, "totalTokens": 12, "cacheReadInputTokens": 1},
        "trace": {"promptRouter": {"invokedModelId": "arn:m"}},
        "metrics": {"latencyMs": 5},
    }
    assert CONVERSE.decode_response(body) == Completion(
        text="It is sunny.",
        model="arn:m",
        usage=Usage(5, 7, 12, {"cacheReadInputTokens": 1}),
        finish_reason="tool_use",
        tool_calls=(ToolCall("t1", "f", '{"city":"Zürich","n":1.0}'),),
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, r"no message: its fields are \[\]"),
        ({"output": {}, "usage": {}}, r"no message: its fields are \['output', 'usage'\]"),
        (None, "no message"),
        ([], "no message"),
        ({"message": "The security token is invalid"}, "token is invalid"),
        ({"error": {"message": "no"}}, "'no'"),
    ],
)
def test_decode_says_what_is_missing(body: Any, words: str) -> None:
    """A value that is no answer is refused by naming what it lacks."""
    with pytest.raises(ProviderError, match=words):
        CONVERSE.decode_response(body)


def plain(completion: Completion) -> Completion:
    """Give what is compared: an answer does not say which model gave it."""
    return msgspec.structs.replace(completion, model="")


@given(answers)
def test_response_there_and_back(completion: Completion) -> None:
    """An answer of ours is one of the vendor's, the same each time, and reads as what it was."""
    body = CONVERSE.encode_response(completion, REQUEST)
    assert alike(CONVERSE.decode_response(json.loads(json.dumps(body))), plain(completion))
    assert body == CONVERSE.encode_response(completion, REQUEST)


@given(stream_cases())
def test_stream_there_and_back(case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream of ours reads as what it was, in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = case
    heard = listen(CONVERSE_STREAM, spoken(CONVERSE_STREAM, completion, pieces, REQUEST), cuts)
    assert heard.pieces == pieces
    assert alike(heard.completion, plain(completion))


ANSWER = Completion(
    "Grüße 😀", usage=Usage(3, 4, 7), finish_reason="tool_use", tool_calls=(ToolCall("t", "f", '{"a" : 1}'),)
)
PIECES = ["Gr", "üße ", "😀"]


def test_stream_byte_by_byte() -> None:
    """A stream that comes a byte at a time reads the same."""
    data = spoken(CONVERSE_STREAM, ANSWER, PIECES, REQUEST)
    heard = listen(CONVERSE_STREAM, data, range(len(data)))
    assert heard.pieces == PIECES
    assert heard.completion == ANSWER


def test_a_stream_that_was_cut() -> None:
    """A stream that was cut before its stop is refused; after it, only the counts may be missing."""
    data = spoken(CONVERSE_STREAM, ANSWER, PIECES, REQUEST)
    stop = data.index(b"messageStop")
    assert refusals(CONVERSE_STREAM, data[:stop], ANSWER) == stop
    reader = reader_of(CONVERSE_STREAM)
    reader.feed(data[:-1])
    assert reader.finish() == msgspec.structs.replace(ANSWER, usage=UNREPORTED)


def test_stream_as_the_vendor_sends_it() -> None:
    """Thoughts, padding and the service's own tools are passed over."""
    stream: list[tuple[str, dict[str, Any]]] = [
        ("messageStart", {"role": "assistant", "p": "abc"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "hm"}}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": ""}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hello"}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"citation": {"title": "x"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 9, "delta": {"toolUse": {"input": "{}"}}}),
        ("contentBlockDelta", {"contentBlockIndex": [], "delta": {"toolUse": {"input": "{}"}}}),
        ("contentBlockStart", {"contentBlockIndex": 3, "start": {"toolUse": {"toolUseId": "b", "name": "g"}}}),
        ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "a", "name": "f"}}}),
        ("contentBlockStart", {"contentBlockIndex": 4, "start": {"toolResult": {}}}),
        ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a"'}}}),
        ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": ": 1"}}}),
        ("fromTheFuture", {}),
        ("messageStop", {"stopReason": "max_tokens"}),
        ("metadata", {"usage": {"inputTokens": 1}, "trace": {"promptRouter": {"invokedModelId": "m"}}}),
    ]
    heard = listen(CONVERSE_STREAM, b"".join(write_event(*event) for event in stream))
    assert heard.pieces == ["Hello"]
    calls = (ToolCall("a", "f", '{"a": 1'), ToolCall("b", "g", "{}"))
    assert heard.completion == Completion("Hello", "m", Usage(1), finish_reason="max_tokens", tool_calls=calls)
