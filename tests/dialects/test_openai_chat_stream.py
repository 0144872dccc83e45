"""OpenAI's streamed chat answers."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import listen, refusals, spoken, stream_cases, vcr_exchanges
from tests.strategies import same

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import Usage
from playhead.dialects.openai_chat import DIALECTS
from playhead.dialects.openai_chat_stream import ChatReader, ChatStreamDecoder, ChatStreamReader, as_streamed
from playhead.errors import ProviderError

ARGUMENTS = '{"city" :  "Z\\u00fcrich",\n"n":1.0e0'


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """Give one chunk of a stream, without choices where there is no delta."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"object": "chat.completion.chunk", "model": "m-1", "choices": choices, **fields}


def tool_delta(index: int | None, **fields: Any) -> dict[str, Any]:
    """Give a delta with one piece of a tool call."""
    call: dict[str, Any] = {} if index is None else {"index": index}
    call |= {"id": fields.pop("id")} if "id" in fields else {}
    return {"tool_calls": [{**call, "function": fields}]}


def test_stream_of_text() -> None:
    """Pieces come with the server's boundaries, and the end gives the same evidence as a whole answer."""
    decoder = ChatStreamDecoder()
    chunks = [
        chunk({"role": "assistant", "content": ""}, system_fingerprint="fp"),
        chunk({"content": "Hel"}),
        chunk({"content": None}),
        chunk({"content": "lo"}, usage=None),
        chunk({}, "stop"),
        chunk(usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
    ]
    assert [tuple(decoder.feed(one)) for one in chunks] == [(), ("Hel",), (), ("lo",), (), ()]
    assert decoder.completion() == Completion(
        text="Hello",
        model="m-1",
        model_version="fp",
        finish_reason="stop",
        usage=Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3),
    )


def test_stream_of_a_refusal() -> None:
    """The pieces of a refusal are the answer's text."""
    decoder = ChatStreamDecoder()
    assert [*decoder.feed(chunk({"refusal": "No"})), *decoder.feed(chunk({"refusal": "."}, "stop"))] == [
        "No",
        ".",
    ]
    assert decoder.completion().text == "No."


TWO_CALLS = (ToolCall("a", "f", '{"x": 1}'), ToolCall("b", "g", "{}"))


@pytest.mark.parametrize(
    "deltas",
    [
        [
            tool_delta(0, id="a", name="f", arguments=""),
            tool_delta(0, arguments='{"x"'),
            tool_delta(1, id="b", name="g", arguments="{"),
            tool_delta(0, arguments=": 1}"),
            tool_delta(1, arguments="}"),
        ],
        [
            tool_delta(1, id="b", name="g", arguments="{}"),
            tool_delta(0, id="a", name="f", arguments='{"x": 1}'),
        ],
        [
            tool_delta(0, id="a", name="f", arguments='{"x"'),
            tool_delta(0, id="a", name="f", arguments=": 1}"),
            tool_delta(1, id="b", name="g", arguments="{}"),
        ],
        [
            tool_delta(None, id="a", name="f", arguments='{"x"'),
            tool_delta(None, arguments=": 1}"),
            tool_delta(None, id="b", name="g", arguments="{}"),
        ],
    ],
    ids=["interleaved", "out of order", "id and name repeated", "no index"],
)
def test_stream_of_tool_calls(deltas: list[dict[str, Any]]) -> None:
    """Tool calls are put together by their index, however a server cuts them."""
    decoder = ChatStreamDecoder()
    assert [piece for delta in deltas for piece in decoder.feed(chunk(delta))] == []
    assert decoder.completion().tool_calls == TWO_CALLS


def test_stream_ignores_other_choices() -> None:
    """Pieces of a second choice are not the answer's."""
    decoder = ChatStreamDecoder()
    other = {"choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": "length"}]}
    assert [*decoder.feed(other), *decoder.feed(chunk({"content": "a"}))] == ["a"]
    assert decoder.finish_reason is None


def test_stream_without_choices() -> None:
    """A stream in which nothing answered is refused."""
    decoder = ChatStreamDecoder()
    decoder.feed(chunk())
    with pytest.raises(ProviderError, match="no choices"):
        decoder.completion()


def test_stream_error_chunk() -> None:
    """An error in the middle of a stream is raised with its words."""
    with pytest.raises(ProviderError, match="is an error: 'lost'"):
        ChatStreamDecoder().feed({"error": {"message": "lost"}})


def body_of(*data: str) -> bytes:
    """Give the body of a stream with these events."""
    return "".join(f"data: {one}\n\n" for one in data).encode()


HELLO = body_of(
    json.dumps(chunk({"content": "Hél"}), ensure_ascii=False),
    json.dumps(chunk({"content": "lo"}, "stop")),
    json.dumps(chunk(usage={"prompt_tokens": 1})),
    "[DONE]",
    "after the end",
)


@given(st.lists(st.integers(0, len(HELLO)), max_size=8).map(sorted))
def test_reader_gives_the_same_for_any_chunking(cuts: list[int]) -> None:
    """However the body is cut, pieces and completion are the same; nothing counts after the end mark."""
    reader = ChatStreamReader(keep_chunks=True)
    edges = [0, *cuts, len(HELLO)]
    pieces = [piece for start, end in itertools.pairwise(edges) for piece in reader.feed(HELLO[start:end])]
    assert pieces == ["Hél", "lo"]
    assert reader.done
    completion = reader.finish()
    assert (completion.text, completion.usage) == ("Héllo", Usage(prompt_tokens=1))
    assert len(completion.raw) == 3


def test_reader_passes_over_comments() -> None:
    """Keep-alive comments are not chunks, and chunks are not kept unless asked for."""
    reader = ChatStreamReader()
    assert list(reader.feed(b": ping\n\n: ping\n\n" + HELLO)) == ["Hél", "lo"]
    assert reader.finish().raw is None


def test_reader_gives_the_pieces_before_an_error() -> None:
    """Pieces in the same bytes as an error come out before it is raised."""
    reader = ChatStreamReader()
    given_pieces = reader.feed(body_of(json.dumps(chunk({"content": "a"})), '{"error": {"message": "lost"}}'))
    assert next(given_pieces) == "a"
    with pytest.raises(ProviderError, match="'lost'"):
        next(given_pieces)


def test_reader_refuses_what_is_not_json() -> None:
    """A chunk that is not JSON is a provider's fault."""
    with pytest.raises(ProviderError, match="a chunk of the stream is not JSON: 'oops'"):
        list(ChatStreamReader().feed(body_of("oops")))


@pytest.mark.parametrize("end", [b"", body_of(json.dumps(chunk({"content": "b"})))[:-5]])
def test_reader_refuses_an_early_end(end: bytes) -> None:
    """A body that ends with neither a finish reason nor the end mark was cut off."""
    reader = ChatStreamReader()
    list(reader.feed(body_of(json.dumps(chunk({"content": "a"}))) + end))
    with pytest.raises(ProviderError, match="ended before the answer did"):
        reader.finish()


@pytest.mark.parametrize("ending", [b"", b"data: [DONE]"])
def test_reader_accepts_a_finish_reason_as_the_end(ending: bytes) -> None:
    """Servers that leave the end mark out, or cut it, have still answered."""
    reader = ChatStreamReader()
    list(reader.feed(body_of(json.dumps(chunk({"content": "a"}, "length"))) + ending))
    assert reader.finish().finish_reason == "length"


# --- the dialect

(CHAT,) = DIALECTS
ASKED = CompletionRequest(prompt="hi", model="m", operation="chat.completions")
SPOKEN = Completion(
    text="Hél\n\n😀 data: lo",
    model="m-1",
    model_version="fp",
    finish_reason="tool_calls",
    usage=Usage(5, 3, 8, {"prompt_tokens_details": {"cached_tokens": 2}}),
    tool_calls=(ToolCall("c1", "f", ARGUMENTS), ToolCall("c2", "g", "")),
)
PIECES = ["Hél", "\n\n😀 ", "data: lo"]


@given(stream_cases())
def test_streams_there_and_back(case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream that is written is heard as the same answer in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = case
    heard = listen(CHAT, spoken(CHAT, completion, pieces, ASKED), cuts)
    assert heard.pieces == pieces
    assert same(heard.completion, completion)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b": ping\n\n: ping\n\n"])
def test_streams_byte_by_byte(line_end: bytes, start: bytes) -> None:
    """Byte order mark, comments and line ends change nothing, whatever comes in a read."""
    data = (start + spoken(CHAT, SPOKEN, PIECES, ASKED)).replace(b"\n", line_end)
    assert listen(CHAT, data, range(len(data))) == (PIECES, SPOKEN)
    assert listen(CHAT, data) == (PIECES, SPOKEN)


def test_a_stream_that_ends_early() -> None:
    """A stream that was cut before its end is refused, and what came of it is there."""
    plain = Completion(text=SPOKEN.text, model="m-1", finish_reason="stop")
    data = spoken(CHAT, plain, PIECES, ASKED)
    assert refusals(CHAT, data, plain) > len(data) * 0.6


def test_usage_where_groq_has_it() -> None:
    """The last chunk's counts are found under Groq's own name."""
    reader = ChatReader()
    last = chunk({}, "stop", x_groq={"id": "r", "usage": {"prompt_tokens": 3, "completion_tokens": 4}})
    reader.feed(body_of(json.dumps(chunk({"content": "a"})), json.dumps(last), "[DONE]"))
    assert reader.finish().usage == Usage(3, 4)


@pytest.mark.parametrize(
    "event",
    [
        body_of('{"error": {"message": "lost"}}'),
        b'event: error\ndata: {"message": "lost"}\n\n',
        body_of('{"choices": [{"index": 0, "delta": {"content": ""}, "error": {"message": "lost"}}]}'),
        body_of('{"choices": [], "x_groq": {"error": "lost"}}'),
    ],
    ids=["chunk", "event", "choice", "groq"],
)
def test_an_error_in_the_stream(event: bytes) -> None:
    """An error is raised with its words wherever it stands, and the text before it is kept."""
    reader = ChatReader()
    with pytest.raises(ProviderError, match="'lost'"):
        reader.feed(body_of(json.dumps(chunk({"content": "half"}))) + event)
    assert reader.partial() == Completion(text="half", model="m-1")


def test_the_older_function_call() -> None:
    """A function call in pieces is one tool call."""
    reader = ChatReader()
    deltas = [{"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": "{}"}}]
    reader.feed(body_of(*(json.dumps(chunk(delta)) for delta in deltas), "[DONE]"))
    assert reader.finish().tool_calls == (ToolCall("", "f", "{}"),)


def test_nothing_came() -> None:
    """Before the first chunk there is nothing, and no answer."""
    reader = ChatReader()
    assert reader.partial() == Completion()
    with pytest.raises(ProviderError):
        reader.finish()


def test_real_streams() -> None:
    """Every recorded stream is heard to its end, or refused for the error it holds."""
    refused: list[str] = []
    seen = 0
    for one in vcr_exchanges("test_groq", "test_deepseek", "test_openrouter", "test_mistral"):
        if not isinstance(one.answer, bytes):
            continue
        seen += 1
        assert CHAT.streams(one.asked)
        try:
            heard = listen(CHAT, one.answer, range(0, len(one.answer), 7))
        except ProviderError as error:
            refused.append(f"{one.name}: {error}")
            continue
        assert heard.completion.text == "".join(heard.pieces) != ""
        assert heard.completion.usage.reported
        assert heard.completion.finish_reason == "stop"
        again = spoken(CHAT, heard.completion, heard.pieces, ASKED)
        assert listen(CHAT, again) == heard
    assert seen >= 5
    assert refused == ["test_openrouter_stream_error.yaml: the answer is an error: 'Token limit reached'"]


@pytest.mark.parametrize("operation", ["chat.completions", "completions"])
@pytest.mark.parametrize(
    ("params", "counted"),
    [
        ({}, False),
        ({"stream_options": {"include_usage": True}}, True),
        ({"stream_options": {}}, False),
        ({"stream_options": 1}, False),
    ],
)
def test_counts_are_streamed_to_who_asks_for_them(operation: str, params: dict[str, Any], counted: bool) -> None:
    """A chunk without choices breaks clients that did not ask for it; other operations say what they know."""
    completion = Completion("a", usage=Usage(1, 2, 3))
    asked = CompletionRequest("x", operation=operation, params=params)
    assert as_streamed(completion, asked).usage.reported is counted
    assert as_streamed(completion, CompletionRequest("x", operation="messages")) is completion
