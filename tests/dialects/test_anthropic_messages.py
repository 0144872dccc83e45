"""Anthropic's messages, whole and streamed, and its counting of tokens."""

from __future__ import annotations

import json
from typing import Any

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
    llama_stack_exchanges,
    need_corpus,
    reader_of,
    refusals,
    spoken,
    stream_cases,
    there_and_back,
    vcr_exchanges,
)
from tests.strategies import any_text, same

from playhead.core.model import Completion, CompletionRequest, Family, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.anthropic_messages import DIALECTS
from playhead.dialects.dialect import Asked
from playhead.errors import ProviderError

MESSAGES, COUNT_TOKENS = DIALECTS
REQUEST = CompletionRequest(prompt="hi", model="m-1")


def asked(body: Any, path: str = "/v1/messages") -> Asked:
    """Give a request to the endpoint."""
    return Asked("POST", path, body)


REQUESTS = bodies(
    "thinking",
    "tool_choice",
    "metadata",
    system=st.one_of(any_text, st.just([{"type": "text", "text": "be brief"}])),
    messages=conversations,
    tools=st.just([{"name": "f", "input_schema": {"type": "object"}}]),
    temperature=st.floats(0, 1),
    max_tokens=st.integers(0, 4096),
)


@pytest.mark.parametrize("path", ["/v1/messages", "/messages", "/gateway/anthropic/v1/messages"])
def test_claims(path: str) -> None:
    """A list of messages that is posted to a path of that name is a request, behind any gateway."""
    assert MESSAGES.claims(asked({"messages": []}, path))
    assert COUNT_TOKENS.claims(asked({}, f"{path}/count_tokens"))


@pytest.mark.parametrize(
    "other",
    [
        Asked("GET", "/v1/messages"),
        Asked("POST", "/v1/messages"),
        Asked("POST", "/v1/messages", [{"messages": []}]),
        Asked("POST", "/v1/messages", "messages"),
        Asked("POST", "/v1/messages/batches", {"requests": []}),
        Asked("POST", "/v1/threads/thread_1/messages", {"role": "user", "content": "hi"}),
        Asked("GET", "/v1/messages/count_tokens", {}),
        Asked("POST", "/v1/messages/count_tokens"),
    ],
    ids=str,
)
def test_claims_nothing_else(other: Asked) -> None:
    """Other methods, other bodies and the messages of other vendors are not this dialect's."""
    assert not any(dialect.claims(other) for dialect in DIALECTS)


def test_decode_request() -> None:
    """Every field has its place, the system prompt in front of the conversation, the rest in the params."""
    body = {
        "model": "claude-sonnet-4-6",
        "max_tokens": 100,
        "temperature": 0.0,
        "system": "be brief",
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "f"}],
        "stream": True,
        "thinking": {"type": "adaptive"},
    }
    assert MESSAGES.streams(asked(body))
    assert there_and_back(MESSAGES, asked(body)) == CompletionRequest(
        messages=({"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}),
        model="claude-sonnet-4-6",
        max_tokens=100,
        temperature=0.0,
        tools=({"name": "f"},),
        params={"stream": True, "thinking": {"type": "adaptive"}},
        operation="messages",
    )


def test_system_of_the_field_and_of_the_conversation_differ() -> None:
    """A system prompt, a system message of the conversation's own, both and neither are four requests."""
    told = {"role": "system", "content": "be brief"}
    hello = {"role": "user", "content": "hi"}
    cases: list[dict[str, Any]] = [
        {"system": "be brief", "messages": [hello]},
        {"messages": [told, hello]},
        {"system": "be brief", "messages": [told, hello]},
        {"messages": [{"role": "system"}, hello]},
        {"messages": [{"role": "system"}, told, hello]},
        {"system": None, "messages": [told, hello]},
        {"system": {"odd": 1}, "messages": [told, hello]},
        {"system": "be brief"},
        {"system": "be brief", "messages": []},
        {"messages": []},
        {"messages": [hello]},
    ]
    keys: set[str] = set()
    for body in cases:
        if "messages" in body:
            there_and_back(MESSAGES, asked(body))
            keys.add(key(MESSAGES, asked(body)))
        there_and_back(COUNT_TOKENS, asked(body, "/v1/messages/count_tokens"))
    assert len(keys) == len(cases) - 1


@given(REQUESTS)
def test_request_there_and_back(body: dict[str, Any]) -> None:
    """Every body is a request, and the request gives the body again."""
    there_and_back(MESSAGES, asked({"messages": [], **body}))
    request = there_and_back(COUNT_TOKENS, asked(body, "/v1/messages/count_tokens"))
    assert request.family is Family.HTTP


@given(REQUESTS, REQUESTS)
def test_requests_differ_where_bodies_do(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two bodies give the same request only where they are the same."""
    asks = [asked({"messages": [], **body}) for body in (one, other)]
    requests = [MESSAGES.decode_request(each) for each in asks]
    assert same(*requests) == same(asks[0].body, asks[1].body)


def test_encode_request_of_ours() -> None:
    """A request that was made by hand is written too, and asks for a stream where the call does."""
    assert MESSAGES.encode_request(REQUEST, True) == asked(
        {"model": "m-1", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    )
    assert "stream" not in MESSAGES.encode_request(REQUEST, False).body


ARGUMENTS = '{"city":"Zürich","n":1.0}'


def test_decode_response() -> None:
    """All evidence an answer holds is found; blocks that are neither text nor a tool of the caller's are not."""
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "x"},
            {"type": "text", "text": "I look "},
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
            {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
            {"type": "from the future", "text": "no"},
            {"type": "text", "text": "it up.", "citations": None},
            {"type": "tool_use", "id": "t1", "name": "look_up", "input": {"city": "Zürich", "n": 1.0}},
            {"type": "tool_use", "id": "t2", "name": "g"},
            "odd",
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 2, "speed": None},
    }
    assert MESSAGES.decode_response(body) == Completion(
        text="I look it up.",
        model="claude-opus-5",
        finish_reason="tool_use",
        usage=Usage(10, 5, details={"cache_read_input_tokens": 2}),
        tool_calls=(ToolCall("t1", "look_up", ARGUMENTS), ToolCall("t2", "g")),
    )


def test_decode_a_bare_response() -> None:
    """An answer without counts, and one whose content is a text, are answers."""
    assert MESSAGES.decode_response({"content": []}) == Completion(usage=UNREPORTED)
    assert MESSAGES.decode_response({"content": "hi", "usage": {"input_tokens": None}}) == Completion("hi")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, r"no content: its fields are \[\]"),
        ([], "no content"),
        (None, "no content"),
        ("x", "no content"),
        ({"content": None, "id": "x"}, r"no content: its fields are \['content', 'id'\]"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "'Overloaded'"),
    ],
)
def test_decode_response_says_what_is_missing(body: Any, words: str) -> None:
    """A value that is no answer is refused by naming what it lacks."""
    with pytest.raises(ProviderError, match=words):
        MESSAGES.decode_response(body)


def test_decode_refuses_arguments_without_end() -> None:
    """Arguments that are nested beyond all reading are a provider's fault, not a crash."""
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(ProviderError, match="nested too deeply"):
        MESSAGES.decode_response({"content": [{"type": "tool_use", "input": deep}]})


def test_count_tokens() -> None:
    """A count is usage without an answer; an answer without a count is none."""
    completion = Completion(usage=Usage(12))
    assert COUNT_TOKENS.decode_response({"input_tokens": 12}) == completion
    assert COUNT_TOKENS.encode_response(completion, REQUEST) == {"input_tokens": 12}
    with pytest.raises(ProviderError, match="no count"):
        COUNT_TOKENS.decode_response({"input_tokens": "12"})
    with pytest.raises(ProviderError, match="not there"):
        COUNT_TOKENS.decode_response({"error": {"message": "not there"}})


@given(answers)
def test_response_there_and_back(completion: Completion) -> None:
    """An answer of ours is one of the vendor's, the same each time, and reads as what it was."""
    body = MESSAGES.encode_response(completion, REQUEST)
    assert alike(MESSAGES.decode_response(json.loads(json.dumps(body))), completion)
    assert body == MESSAGES.encode_response(completion, REQUEST)
    assert all(block["id"] for block in body["content"] if block["type"] == "tool_use")


def test_encode_a_total() -> None:
    """A total, which the vendor does not give, is kept all the same."""
    completion = Completion("x", usage=Usage(1, 2, 3))
    assert MESSAGES.decode_response(MESSAGES.encode_response(completion, REQUEST)) == completion


@given(stream_cases())
def test_stream_there_and_back(case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream of ours reads as what it was, in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = case
    heard = listen(MESSAGES, spoken(MESSAGES, completion, pieces, REQUEST), cuts)
    assert heard.pieces == pieces
    assert alike(heard.completion, completion)


ANSWER = Completion(
    "Grüße 😀", "m-1", Usage(3, 4), finish_reason="tool_use", tool_calls=(ToolCall("t", "f", '{"a" : 1}'), ToolCall())
)
PIECES = ["Gr", "üße ", "😀"]


def test_stream_byte_by_byte() -> None:
    """A stream that comes a byte at a time reads the same; the arguments come out as they were written."""
    data = spoken(MESSAGES, ANSWER, PIECES, REQUEST)
    heard = listen(MESSAGES, data, range(len(data)))
    assert heard.pieces == PIECES
    assert heard.completion.tool_calls[0] == ANSWER.tool_calls[0]
    assert alike(heard.completion, ANSWER)


def test_no_stream_that_was_cut_passes_for_another_answer() -> None:
    """Cut anywhere, a stream is refused or whole, and what came so far is there."""
    data = spoken(MESSAGES, ANSWER, PIECES, REQUEST)
    assert refusals(MESSAGES, data, ANSWER) > len(data) / 2


def events(*given_events: dict[str, Any]) -> bytes:
    """Give the bytes of a stream with these events."""
    return "".join(f"event: {one.get('type')}\ndata: {json.dumps(one)}\n\n" for one in given_events).encode()


START = {"type": "message_start", "message": {"model": "m-1", "usage": {"input_tokens": 7, "output_tokens": 1}}}
HELLO = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}


def test_stream_as_vendors_send_it() -> None:
    """Thinking, pings, the vendor's own tools and what is not known are passed over; the last counts stand."""
    data = events(
        START,
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "Oh. "}},
        {**HELLO, "index": 1},
        {"type": "content_block_start", "index": 2, "content_block": {"type": "server_tool_use", "input": {}}},
        {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
        {"type": "content_block_start", "index": 3, "content_block": {"type": "tool_use", "id": "t", "name": "f"}},
        {"type": "content_block_delta", "index": 3, "delta": {"type": "input_json_delta", "partial_json": ""}},
        {"type": "content_block_delta", "index": 3, "delta": {"type": "input_json_delta", "partial_json": '{"a"'}},
        {"type": "content_block_delta", "index": 3, "delta": {"type": "input_json_delta", "partial_json": ": 1"}},
        {"type": "content_block_start", "index": 4, "content_block": {"type": "tool_use", "name": "g", "input": {}}},
        {"type": "from the future"},
        {"type": "content_block_delta", "index": [], "delta": {"type": "from the future"}},
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
        HELLO,
    )
    heard = listen(MESSAGES, data)
    assert heard.pieces == ["Oh. ", "Hello"]
    assert heard.completion == Completion(
        text="Oh. Hello",
        model="m-1",
        usage=Usage(7, 9),
        finish_reason="max_tokens",
        tool_calls=(ToolCall("t", "f", '{"a": 1'), ToolCall("", "g", "{}")),
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (events(START, HELLO, {"type": "error", "error": {"message": "Overloaded"}}), "'Overloaded'"),
        (events(START, HELLO, {"type": "error"}), "holds an error"),
        (events(START, HELLO, {"error": {"message": "lost"}}), "'lost'"),
        (events(START, HELLO) + b"data: oops\n\n", "is not JSON"),
    ],
)
def test_stream_with_an_error(data: bytes, words: str) -> None:
    """An error in a stream is raised with its words, and what came before is there."""
    reader = reader_of(MESSAGES)
    with pytest.raises(ProviderError, match=words):
        reader.feed(data)
    assert reader.partial() == Completion("Hello", "m-1", Usage(7, 1))


def test_pieces_that_are_not_the_text() -> None:
    """Where the pieces do not come to the text, the text is what is sent."""
    assert listen(MESSAGES, spoken(MESSAGES, Completion("Hello"), ["He", "", "y"], REQUEST)).pieces == ["Hello"]
    assert listen(MESSAGES, spoken(MESSAGES, Completion("Hey"), ["He", "", "y"], REQUEST)).pieces == ["He", "y"]


def test_real_recordings() -> None:
    """Every real request is read and written again, and every real answer gives evidence."""
    need_corpus()
    seen = 0
    for name, request, status, answer in [
        *vcr_exchanges("test_anthropic"),
        *llama_stack_exchanges("messages", "/messages"),
    ]:
        dialect = next(one for one in DIALECTS if one.claims(request))
        there_and_back(dialect, request)
        if status != 200:
            with pytest.raises(ProviderError):
                dialect.decode_response(answer)
            continue
        if dialect.streams(request):
            whole = listen(dialect, answer, range(0, len(answer), 7)).completion
        else:
            whole = dialect.decode_response(answer)
        assert whole.model, name
        assert whole.usage.prompt_tokens, name
        assert whole.usage.completion_tokens, name
        assert whole.finish_reason, name
        assert whole.text or whole.tool_calls or whole.finish_reason in ("max_tokens", "end_turn"), name
        seen += 1
    assert seen == 19
