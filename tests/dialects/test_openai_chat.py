"""OpenAI's chat completions, whole and streamed."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.openai_chat import ChatStreamDecoder, ChatStreamReader, decode_chat, encode_chat
from playhead.errors import ProviderError, UsageError

TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
ARGUMENTS = '{"city" :  "Z\\u00fcrich",\n"n":1.0e0'


def encode(request: CompletionRequest, *, stream: bool = False) -> dict[str, Any]:
    """Encode with the request's own values."""
    return encode_chat(
        request,
        model=request.model,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        stream=stream,
    )


def answer(message: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Give the body of an answer with one choice."""
    return {"model": "m-1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], **fields}


def test_encode_prompt() -> None:
    """A prompt is one user message, and what is not given is not sent."""
    assert encode(CompletionRequest(prompt="hi")) == {"messages": [{"role": "user", "content": "hi"}]}


def test_encode_everything() -> None:
    """Every field has its place in OpenAI's words."""
    request = CompletionRequest(
        messages=({"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}),
        model="m",
        temperature=0.0,
        max_tokens=0,
        tools=(TOOL,),
        params={"seed": 7},
    )
    assert encode(request) == {
        "model": "m",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "temperature": 0.0,
        "max_tokens": 0,
        "tools": [TOOL],
        "seed": 7,
    }


def test_encode_params_win() -> None:
    """Params are merged last, and None takes a field out."""
    request = CompletionRequest(
        prompt="hi",
        model="m",
        max_tokens=5,
        params={"model": "n", "max_tokens": None, "max_completion_tokens": 9},
    )
    body = encode(request)
    assert body["model"] == "n"
    assert "max_tokens" not in body
    assert body["max_completion_tokens"] == 9


def test_encode_stream_asks_for_usage() -> None:
    """A stream is asked to end with its usage, unless params say otherwise."""
    assert encode(CompletionRequest(prompt="hi"), stream=True) == {
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    without = CompletionRequest(prompt="hi", params={"stream_options": None, "stream": True})
    assert "stream_options" not in encode(without, stream=True)
    other = CompletionRequest(prompt="hi", params={"stream_options": {"include_usage": False}})
    assert encode(other, stream=True)["stream_options"] == {"include_usage": False}


@pytest.mark.parametrize("stream", [True, False])
def test_encode_refuses_params_against_the_call(stream: bool) -> None:
    """A stream flag in params that contradicts the call is the caller's mistake."""
    with pytest.raises(UsageError, match=f"stream={not stream}"):
        encode(CompletionRequest(prompt="hi", params={"stream": not stream}), stream=stream)


def test_encode_leaves_the_request_alone() -> None:
    """The body shares no list or dict at the top with the request."""
    params = {"stop": ["a"]}
    request = CompletionRequest(messages=[{"role": "user", "content": "hi"}], params=params)  # type: ignore[arg-type]
    before = copy.deepcopy(request)
    encode(request)["messages"].append("x")
    assert request == before


def test_decode_everything() -> None:
    """All evidence an answer holds is found; what is not known is passed over."""
    body = answer(
        {
            "role": "assistant",
            "content": "ACME Corp",
            "annotations": [],
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": ARGUMENTS}}],
        },
        id="chatcmpl-1",
        system_fingerprint="fp_1",
        usage={
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 2},
        },
        timings={"ms": 1},
    )
    assert decode_chat(body) == Completion(
        text="ACME Corp",
        model="m-1",
        model_version="fp_1",
        finish_reason="stop",
        usage=Usage(
            prompt_tokens=10,
            completion_tokens=5,
            total_tokens=15,
            details={"prompt_tokens_details": {"cached_tokens": 2}},
        ),
        tool_calls=(ToolCall(id="c1", name="f", arguments=ARGUMENTS),),
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": None}, ""),
        ({}, ""),
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]},
            "ab",
        ),
        ({"content": []}, ""),
        ({"content": None, "refusal": "I will not."}, "I will not."),
        ({"content": "", "refusal": None}, ""),
        ({"content": 5}, ""),
    ],
)
def test_decode_content(message: dict[str, Any], expected: str) -> None:
    """Content may be a text, parts, null or a refusal."""
    assert decode_chat(answer(message)).text == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({"function": {"name": "f", "arguments": ""}}, ToolCall(name="f")),
        ({"id": None, "function": {"name": "f", "arguments": None}}, ToolCall(name="f")),
        ({"id": "1", "function": {"name": "f", "arguments": {"é": 1}}}, ToolCall("1", "f", '{"é":1}')),
        ({"id": "1", "type": "custom", "custom": {"name": "f", "input": "x y"}}, ToolCall("1", "f", "x y")),
        ({}, ToolCall()),
    ],
)
def test_decode_tool_calls(call: dict[str, Any], expected: ToolCall) -> None:
    """Tool calls are read as servers write them."""
    assert decode_chat(answer({"content": None, "tool_calls": [call]})).tool_calls == (expected,)


def test_decode_bare_answer() -> None:
    """An answer with nothing but its text is enough, and its usage is unknown rather than zero."""
    assert decode_chat({"choices": [{"message": {"content": "x"}}]}) == Completion(text="x", usage=UNREPORTED)


def test_decode_first_of_several_choices() -> None:
    """The choice with index 0 is the answer, wherever it stands."""
    choices = [{"index": 1, "message": {"content": "b"}}, {"index": 0, "message": {"content": "a"}}]
    assert decode_chat({"choices": choices}).text == "a"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, r"no choices: its fields are \[\]"),
        ({"choices": [], "id": "x"}, r"no choices: its fields are \['choices', 'id'\]"),
        ({"choices": None}, "no choices"),
        ([], "no choices"),
        (None, "no choices"),
        ("x", "no choices"),
        ({"choices": [{"text": "x"}]}, r"no message: its fields are \['text'\]"),
        ({"choices": [{"message": "x"}]}, "no message"),
        ({"choices": [None]}, "no message"),
        ({"error": {"message": "busy"}, "choices": []}, "is an error: 'busy'"),
    ],
)
def test_decode_says_what_is_missing(body: Any, words: str) -> None:
    """A body that is no answer is refused by naming what it lacks."""
    with pytest.raises(ProviderError, match=words):
        decode_chat(body)


@given(st.text(st.characters(exclude_categories=[])))
def test_arguments_are_kept_to_the_byte(arguments: str) -> None:
    """Tool arguments come out as the model wrote them, valid JSON or not, lone surrogates included."""
    call = {"id": "1", "function": {"name": "f", "arguments": arguments}}
    body = json.loads(json.dumps(answer({"tool_calls": [call]})))
    assert decode_chat(body).tool_calls[0].arguments == arguments


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
