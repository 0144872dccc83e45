"""Amazon Bedrock's models in their makers' own words."""

from __future__ import annotations

import base64
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

from playhead.core.model import Completion, CompletionRequest, Family, ToolCall
from playhead.core.usage import Usage
from playhead.dialects.bedrock_invoke import INVOKE, INVOKE_STREAM
from playhead.dialects.bedrock_wire import write_event
from playhead.dialects.dialect import Asked
from playhead.errors import ProviderError

PATH = "/model/anthropic.claude-v3%3A0/invoke"
STREAM_PATH = f"{PATH}-with-response-stream"
NOVA = CompletionRequest(model="amazon.nova", operation="invoke", params={"messages": []})
CLAUDE = CompletionRequest(model="anthropic.claude", operation="invoke", params={"anthropic_version": "x"})
METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 5, "outputTokenCount": 7, "latency": 1}}


@given(bodies("inputText", "temperature", "max_tokens", "tools", "system", messages=conversations))
def test_request_there_and_back(body: dict[str, Any]) -> None:
    """A body stands whole among the params, and comes out again."""
    for dialect, path in ((INVOKE, PATH), (INVOKE_STREAM, STREAM_PATH)):
        request = there_and_back(dialect, Asked("POST", path, body))
        assert request.params == body
        assert (request.model, request.messages, request.family) == ("anthropic.claude-v3:0", None, Family.LLM)
    assert key(INVOKE, Asked("POST", PATH, body)) != key(INVOKE_STREAM, Asked("POST", STREAM_PATH, body))


def test_embeddings() -> None:
    """A model that embeds is asked for vectors."""
    request = there_and_back(INVOKE, Asked("POST", "/model/amazon.titan-embed-text-v2%3A0/invoke", {"inputText": "a"}))
    assert request.family is Family.EMBEDDING
    vector = Completion(output=[[0.5, 1.0]])
    assert INVOKE.encode_response(vector, request) == {"embedding": [0.5, 1.0]}
    assert INVOKE.decode_response(INVOKE.encode_response(Completion(), request)) == Completion()


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {
                "type": "message",
                "model": "claude",
                "content": [{"type": "text", "text": "a"}],
                "stop_reason": "end_turn",
            },
            Completion("a", "claude", finish_reason="end_turn"),
        ),
        (
            {"choices": [{"message": {"content": "a", "tool_calls": [CALL]}, "finish_reason": "stop"}], "model": "gpt"},
            Completion("a", "gpt", finish_reason="stop", tool_calls=(ToolCall("c", "f", "{}"),)),
        ),
        (
            {"output": {"message": {"content": [{"text": "a"}]}}, "stopReason": "end", "usage": {"inputTokens": 1}},
            Completion("a", usage=Usage(1), finish_reason="end"),
        ),
        (
            {
                "inputTextTokenCount": 5,
                "results": [{"tokenCount": 7, "outputText": "a", "completionReason": "FINISH"}],
            },
            Completion("a", usage=Usage(5, 7), finish_reason="FINISH"),
        ),
        (
            {"generation": "a", "prompt_token_count": 5, "generation_token_count": 7, "stop_reason": "stop"},
            Completion("a", usage=Usage(5, 7), finish_reason="stop"),
        ),
        ({"outputs": [{"text": "a", "stop_reason": "stop"}]}, Completion("a", finish_reason="stop")),
        ({"completion": " a", "stop_reason": "stop_sequence"}, Completion(" a", finish_reason="stop_sequence")),
        (
            {"text": "", "finish_reason": "COMPLETE", "tool_calls": [{"name": "f", "parameters": {"a": 1}}]},
            Completion(finish_reason="COMPLETE", tool_calls=(ToolCall("", "f", '{"a":1}'),)),
        ),
        ({"embedding": [0.5], "inputTextTokenCount": 3}, Completion(usage=Usage(3))),
        (
            {"embeddings": [[0.5, 1], [0.5, 2]], "id": "x", "texts": ["a"]},
            Completion(output={"vectors": 2, "dimensions": 2}),
        ),
        (
            {"embeddings": {"float": [[0.5]], "int8": [[1]]}},
            Completion(output={"vectors": 2, "dimensions": 1}),
        ),
        (
            {"embeddings": [{"embeddingType": "TEXT", "embedding": [0.5]}]},
            Completion(output={"vectors": 1, "dimensions": 1}),
        ),
        (
            {"generations": [{"text": "Hi", "finish_reason": "COMPLETE"}, {"text": "Ho"}], "prompt": "x"},
            Completion("Hi", finish_reason="COMPLETE"),
        ),
        ({"images": ["AAAA"]}, Completion()),
    ],
)
def test_decode_response(body: Any, expected: Completion) -> None:
    """An answer is known by its shape; one of another shape proves that it came."""
    assert INVOKE.decode_response(body) == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "is empty"),
        (None, "is empty"),
        ([], "is empty"),
        ({"message": "Malformed input"}, "'Malformed input'"),
        ({"type": "error", "error": {"message": "busy"}}, "'busy'"),
        ({"choices": []}, "no choices"),
        ({"output": {}}, "no message"),
    ],
)
def test_decode_refuses(body: Any, words: str) -> None:
    """An error, and a known shape without an answer, are refused."""
    with pytest.raises(ProviderError, match=words):
        INVOKE.decode_response(body)


def plain(completion: Completion, request: CompletionRequest) -> Completion:
    """Give what is compared: only Anthropic's words have a place for the model."""
    return completion if request is CLAUDE else msgspec.structs.replace(completion, model="")


@pytest.mark.parametrize("request_", [CLAUDE, NOVA], ids=["claude", "nova"])
@given(answers)
def test_response_there_and_back(request_: CompletionRequest, completion: Completion) -> None:
    """An answer of ours is written in the words of the request, and reads as what it was."""
    body = INVOKE.encode_response(completion, request_)
    assert alike(INVOKE.decode_response(json.loads(json.dumps(body))), plain(completion, request_))


@pytest.mark.parametrize("request_", [CLAUDE, NOVA], ids=["claude", "nova"])
@given(stream_cases())
def test_stream_there_and_back(request_: CompletionRequest, case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream of ours reads as what it was, in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = case
    heard = listen(INVOKE_STREAM, spoken(INVOKE_STREAM, completion, pieces, request_), cuts)
    assert heard.pieces == pieces
    assert alike(heard.completion, plain(completion, request_))


def chunks(*pieces: Any) -> bytes:
    """Give the bytes of a stream with these pieces."""
    return b"".join(
        write_event("chunk", {"bytes": base64.b64encode(json.dumps(piece).encode()).decode(), "p": "abc"})
        for piece in pieces
    )


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (
            [
                {"outputText": "a", "completionReason": None},
                {"outputText": "b", "completionReason": "FINISH", **METRICS},
            ],
            Completion("ab", usage=Usage(5, 7), finish_reason="FINISH"),
        ),
        (
            [
                {"generation": "a", "prompt_token_count": 1, "stop_reason": None},
                {"generation": "b", "generation_token_count": 2, "stop_reason": "stop", **METRICS},
            ],
            Completion("ab", usage=Usage(1, 2), finish_reason="stop"),
        ),
        (
            [{"outputs": [{"text": "a"}]}, {"outputs": [{"text": "b", "stop_reason": "stop"}]}],
            Completion("ab", finish_reason="stop"),
        ),
        (
            [
                {"type": "completion", "completion": "a", "stop_reason": None},
                {"type": "completion", "completion": "b", "stop_reason": "stop_sequence"},
            ],
            Completion("ab", finish_reason="stop_sequence"),
        ),
        (
            [
                {"event_type": "text-generation", "text": "a", "is_finished": False},
                {"event_type": "text-generation", "text": "b", "is_finished": False},
                {"is_finished": True, "finish_reason": "COMPLETE", "text": "ab", **METRICS},
            ],
            Completion("ab", usage=Usage(5, 7), finish_reason="COMPLETE"),
        ),
        (
            [
                {"choices": [{"delta": {"content": "a"}}], "model": "gpt"},
                {"choices": [{"delta": {"tool_calls": [{"index": 0, **CALL}]}}]},
                {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}], **METRICS},
            ],
            Completion("ab", "gpt", Usage(5, 7), finish_reason="stop", tool_calls=(ToolCall("c", "f", "{}"),)),
        ),
        (
            [
                {"messageStart": {"role": "assistant"}},
                {"contentBlockDelta": {"delta": {"text": "ab"}}},
                {"contentBlockStop": {"contentBlockIndex": 0}},
                {"messageStop": {"stopReason": "end_turn"}},
                {"metadata": {"usage": {"inputTokens": 1, "outputTokens": 2}}, **METRICS},
            ],
            Completion("ab", usage=Usage(1, 2), finish_reason="end_turn"),
        ),
        ([{"audio": "AAAA"}], Completion()),
    ],
    ids=["titan", "llama", "mistral", "claude 2", "command", "openai", "nova", "unknown"],
)
def test_streams_of_all_makers(pieces: list[Any], expected: Completion) -> None:
    """A stream is known by the shape of its pieces; what the service counted stands in for counts of the maker's."""
    data = chunks(*pieces)
    heard = listen(INVOKE_STREAM, data, range(len(data)))
    assert heard.completion == expected
    assert "".join(heard.pieces) == expected.text
    if len(pieces) > 1:
        reader = reader_of(INVOKE_STREAM)
        reader.feed(chunks(pieces[0]))
        with pytest.raises(ProviderError, match="ended before the answer did"):
            reader.finish()


def test_a_stream_that_was_cut() -> None:
    """A stream that was cut is refused until its end is known."""
    answer = Completion("ab", finish_reason="end_turn")
    data = spoken(INVOKE_STREAM, answer, ["a", "b"], CLAUDE)
    assert refusals(INVOKE_STREAM, data, answer, step=9) > len(data) / 9 / 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (write_event("chunk", {"bytes": "***"}), "is not base64"),
        (write_event("chunk", {}), "is not JSON"),
        (chunks({"type": "error", "error": {"message": "busy"}}), "'busy'"),
        (chunks({"choices": [], "error": {"message": "lost"}}), "'lost'"),
    ],
)
def test_stream_with_an_error(data: bytes, words: str) -> None:
    """What is damaged or an error is raised with its words."""
    reader = reader_of(INVOKE_STREAM)
    with pytest.raises(ProviderError, match=words):
        reader.feed(data)
    assert reader.partial() == Completion()


@given(st.binary(max_size=60))
def test_other_events_are_passed_over(payload: bytes) -> None:
    """An event that is no chunk says nothing."""
    data = write_event("fromTheFuture", {"a": payload.hex()}) + chunks({"messageStop": {}})
    assert listen(INVOKE_STREAM, data).completion == Completion()
