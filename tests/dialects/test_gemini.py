"""Google's generation of content, whole and streamed."""

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
    vcr_exchanges,
)
from tests.strategies import same

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.gemini import DIALECTS
from playhead.errors import ProviderError

GENERATE, EVENTS, ARRAY = DIALECTS[:3]
REQUEST = CompletionRequest(prompt="hi", model="gemini-2.5-pro")
SSE = (("alt", "sse"),)


def asked(body: Any, verb: str = "generateContent", query: tuple[tuple[str, str], ...] = ()) -> Asked:
    """Give a request to a model."""
    return Asked("POST", f"/v1beta/models/gemini-2.5-pro:{verb}", body, query)


BODIES = bodies(
    "generationConfig",
    "safetySettings",
    "toolConfig",
    "temperature",
    "max_tokens",
    contents=conversations,
    systemInstruction=st.sampled_from(["be brief", {"parts": [{"text": "be brief"}]}]),
    system_instruction=st.just({"parts": []}),
    tools=st.just([{"functionDeclarations": []}]),
)


@pytest.mark.parametrize(
    ("request_", "operation", "streams"),
    [
        (asked({}), "generateContent", False),
        (asked({}, "streamGenerateContent", SSE), "streamGenerateContent", True),
        (asked({}, "streamGenerateContent", (("key", "x"), *SSE)), "streamGenerateContent", True),
        (asked({}, "streamGenerateContent"), "streamGenerateContent.array", True),
        (asked({}, "countTokens"), "countTokens", False),
        (asked({}, "embedContent"), "embedContent", False),
        (asked({}, "batchEmbedContents"), "batchEmbedContents", False),
        (asked([]), None, False),
        (asked({}, "predict"), None, False),
        (asked({}, "generateContent")._replace(method="GET"), None, False),
    ],
)
def test_claims(request_: Asked, operation: str | None, streams: bool) -> None:
    """The path's verb tells the operation, and whether it streams; one dialect claims a request at most."""
    found = [dialect for dialect in DIALECTS if dialect.claims(request_)]
    assert [dialect.operation for dialect in found] == ([operation] if operation else [])
    assert all(dialect.streams(request_) is streams for dialect in found)


def test_a_stream_is_another_request() -> None:
    """Whole, as events and as an array: three requests, since the bytes of one are of no use to another."""
    keys = {
        key(GENERATE, asked({"stream": True})),
        key(GENERATE, asked({})),
        key(EVENTS, asked({}, "streamGenerateContent", SSE)),
        key(ARRAY, asked({}, "streamGenerateContent")),
    }
    assert len(keys) == 4


@given(BODIES)
def test_request_there_and_back(body: dict[str, Any]) -> None:
    """Every body is a request, and the request gives the body again."""
    assert there_and_back(GENERATE, asked(body)).model == "gemini-2.5-pro"
    there_and_back(EVENTS, asked(body, "streamGenerateContent", SSE))
    there_and_back(ARRAY, asked(body, "streamGenerateContent"))


@given(BODIES, BODIES)
def test_requests_differ_where_bodies_do(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two bodies give the same request only where they are the same."""
    assert same(*(GENERATE.decode_request(asked(body)) for body in (one, other))) == same(one, other)


def test_both_spellings_of_the_instructions() -> None:
    """The instructions lead the conversation under either name, and the names stay apart."""
    told = {"parts": [{"text": "be brief"}]}
    one = there_and_back(GENERATE, asked({"systemInstruction": told, "contents": []}))
    other = there_and_back(GENERATE, asked({"system_instruction": told, "contents": []}))
    assert one.messages == ({"role": "system", "content": told},)
    assert other.messages == ({"role": "system", "system_instruction": told},)


def answer(*parts: Any, **fields: Any) -> dict[str, Any]:
    """Give the body of an answer with one candidate."""
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP"}], **fields}


def test_decode_response() -> None:
    """All evidence an answer holds is found; thoughts, data and what is not known are passed over."""
    body = answer(
        {"text": "hm", "thought": True},
        {"text": "It is ", "thoughtSignature": "x"},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"fromTheFuture": {"text": "no"}},
        "odd",
        {"text": "sunny."},
        {"functionCall": {"id": "c1", "name": "f", "args": {"city": "Zürich", "n": 1.0}}},
        {"functionCall": {"name": "g"}},
        usageMetadata={
            "promptTokenCount": 5,
            "candidatesTokenCount": 7,
            "totalTokenCount": 20,
            "thoughtsTokenCount": 8,
        },
        modelVersion="gemini-2.5-pro-002",
        responseId="r",
    )
    assert GENERATE.decode_response(body) == Completion(
        text="It is sunny.",
        model="gemini-2.5-pro-002",
        model_version="gemini-2.5-pro-002",
        usage=Usage(5, 7, 20, {"thoughtsTokenCount": 8}),
        finish_reason="STOP",
        tool_calls=(ToolCall("c1", "f", '{"city":"Zürich","n":1.0}'), ToolCall("", "g", "{}")),
    )


def test_decode_first_of_several_candidates() -> None:
    """The candidate with index 0 is the answer, wherever it stands."""
    candidates = [{"index": 1, "content": {"parts": [{"text": "b"}]}}, {"content": {"parts": [{"text": "a"}]}}]
    assert GENERATE.decode_response({"candidates": candidates}).text == "a"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"candidates": [{"finishReason": "SAFETY"}]}, "SAFETY"),
        ({"candidates": [{}]}, None),
        ({"candidates": [{"finishReason": "FINISH_REASON_UNSPECIFIED"}]}, None),
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, "PROHIBITED_CONTENT"),
    ],
)
def test_decode_an_answer_without_text(body: Any, reason: str | None) -> None:
    """A refusal, of the answer or of the question, is an answer whose reason says so."""
    assert GENERATE.decode_response(body) == Completion(finish_reason=reason, usage=UNREPORTED)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, r"no candidates: its fields are \[\]"),
        ({"candidates": [], "modelVersion": "x"}, r"no candidates: its fields are \['candidates', 'modelVersion'\]"),
        ({"candidates": [{"index": 1}]}, "no candidates"),
        (None, "no candidates"),
        ([], "no candidates"),
        ({"error": {"code": 503, "message": "The model is overloaded."}}, "overloaded"),
    ],
)
def test_decode_says_what_is_missing(body: Any, words: str) -> None:
    """A value that is no answer is refused by naming what it lacks."""
    with pytest.raises(ProviderError, match=words):
        GENERATE.decode_response(body)


def plain(completion: Completion) -> Completion:
    """Give what is compared: the version stands in the place of the model."""
    return msgspec.structs.replace(completion, model_version=completion.model or None)


@given(answers)
def test_response_there_and_back(completion: Completion) -> None:
    """An answer of ours is one of the vendor's, the same each time, and reads as what it was."""
    body = GENERATE.encode_response(completion, REQUEST)
    assert alike(GENERATE.decode_response(json.loads(json.dumps(body))), plain(completion))
    assert body == GENERATE.encode_response(completion, REQUEST)


@pytest.mark.parametrize("dialect", [EVENTS, ARRAY], ids=["events", "array"])
@given(stream_cases())
def test_stream_there_and_back(dialect: Dialect, case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream of ours reads as what it was, in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = case
    heard = listen(dialect, spoken(dialect, completion, pieces, REQUEST), cuts)
    assert heard.pieces == pieces
    assert alike(heard.completion, plain(completion))


ANSWER = Completion(
    "Grüße 😀", "m-1", Usage(3, 4, 9), "m-1", finish_reason="STOP", tool_calls=(ToolCall("t", "f", '{"a": 1}'),)
)
PIECES = ["Gr", "üße ", "😀"]


@pytest.mark.parametrize("dialect", [EVENTS, ARRAY], ids=["events", "array"])
def test_stream_byte_by_byte(dialect: Dialect) -> None:
    """A stream that comes a byte at a time reads the same, and one that was cut is refused or whole."""
    data = spoken(dialect, ANSWER, PIECES, REQUEST)
    heard = listen(dialect, data, range(len(data)))
    assert heard.pieces == PIECES
    assert alike(heard.completion, ANSWER)
    assert refusals(dialect, data, ANSWER) > len(data) / 2


def test_stream_is_json() -> None:
    """The array is one JSON value."""
    values = json.loads(spoken(ARRAY, ANSWER, PIECES, REQUEST))
    assert [value["candidates"][0]["content"]["parts"] for value in values][:3] == [[{"text": one}] for one in PIECES]


def events(*chunks: Any) -> bytes:
    """Give the bytes of a stream with these chunks."""
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode()


HELLO = {"candidates": [{"content": {"parts": [{"text": "Hello"}]}}], "usageMetadata": {"trafficType": "ON_DEMAND"}}


def test_stream_as_the_vendor_sends_it() -> None:
    """Counts grow, the last ones stand; chunks without candidates say nothing."""
    data = events(
        {"usageMetadata": {"promptTokenCount": 5}},
        {**HELLO, "modelVersion": "m-1"},
        {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}]}}]},
        {"candidates": [{"index": 1, "content": {"parts": [{"text": "other"}]}}]},
        {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}}]},
        {
            "candidates": [{"content": {}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7},
        },
    )
    heard = listen(EVENTS, data)
    assert heard.pieces == ["Hello"]
    assert heard.completion == Completion(
        "Hello", "m-1", Usage(5, 2, 7, {"trafficType": "ON_DEMAND"}), "m-1", "STOP", (ToolCall("", "f", "{}"),)
    )


def test_stream_of_arguments_in_pieces() -> None:
    """A call whose arguments come in pieces is one call, and the next is another."""

    def part(**call: Any) -> dict[str, Any]:
        return {"candidates": [{"content": {"parts": [{"functionCall": call}]}}]}

    place = "$.city"
    data = events(
        part(name="f", id="a", willContinue=True),
        part(partialArgs=[{"jsonPath": place, "stringValue": "Zü", "willContinue": True}], willContinue=True),
        part(partialArgs=[{"jsonPath": place, "stringValue": "rich"}], willContinue=True),
        part(),
        part(name="g", args={"a": 1}),
        {"candidates": [{"finishReason": "STOP"}]},
    )
    assert listen(EVENTS, data).completion.tool_calls == (
        ToolCall("a", "f", '{"city":"Zürich"}'),
        ToolCall("", "g", '{"a":1}'),
    )


def test_stream_of_a_refused_question() -> None:
    """A question that was blocked ends the stream."""
    data = events({"promptFeedback": {"blockReason": "SAFETY"}})
    assert listen(EVENTS, data).completion == Completion(finish_reason="SAFETY")


@pytest.mark.parametrize("dialect", [EVENTS, ARRAY], ids=["events", "array"])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (events(HELLO, {"error": {"code": 500, "message": "lost"}}), "'lost'"),
        (f' \n[{json.dumps(HELLO)}, {{"error": {{"message": "lost"}}}}]'.encode(), "'lost'"),
        (b'{"error": {"message": "lost"}}', "'lost'"),
        (events(HELLO) + b"data: oops\n\n", "is not JSON"),
    ],
)
def test_stream_with_an_error(dialect: Dialect, data: bytes, words: str) -> None:
    """An error in a stream of either form is raised with its words, and what came before is there."""
    reader = reader_of(dialect)
    with pytest.raises(ProviderError, match=words):
        reader.feed(data)
    assert reader.partial().text == ("Hello" if b"Hello" in data else "")


def test_real_recordings() -> None:
    """Every real request is read and written again, and every real answer gives evidence."""
    seen = 0
    for name, request, status, value in vcr_exchanges("test_google"):
        assert status == 200
        found = [dialect for dialect in DIALECTS if dialect.claims(request)]
        assert len(found) == 1, name
        there_and_back(found[0], request)
        if found[0] not in (GENERATE, EVENTS):
            continue
        streams = EVENTS.claims(request)
        whole = listen(EVENTS, value, range(0, len(value), 7)).completion if streams else None
        whole = whole or GENERATE.decode_response(value)
        assert whole.model, name
        assert whole.usage.prompt_tokens, name
        assert whole.usage.total_tokens, name
        assert whole.finish_reason, name
        assert whole.text or whole.tool_calls or whole.finish_reason == "MODEL_ARMOR", name
        seen += 1
    assert seen == 18
