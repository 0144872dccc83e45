"""OpenAI's chat completions."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.openai_chat import decode_chat, encode_chat
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
