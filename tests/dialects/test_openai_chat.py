"""OpenAI's chat completions."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import answers, bodies, conversations, there_and_back, vcr_exchanges
from tests.strategies import same

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.answers import to_bytes
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_chat import DIALECTS, decode_chat, encode_chat
from playhead.dialects.openai_wire import loads
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


# --- the dialect

(CHAT,) = DIALECTS
PATH = "/v1/chat/completions"
ASKED = CompletionRequest(prompt="hi", model="m", operation="chat.completions")
BODIES = bodies(
    *("tools", "temperature", "max_tokens", "max_completion_tokens", "response_format", "stream_options", "seed", "n"),
    messages=conversations,
)


@given(BODIES)
def test_requests_there_and_back(body: dict[str, Any]) -> None:
    """Every body is in its request, to the field, and comes out of it again."""
    there_and_back(CHAT, Asked("POST", PATH, body))


@given(BODIES, BODIES)
def test_bodies_that_differ_give_requests_that_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two bodies give the same request only where they are the same."""
    first, second = (CHAT.decode_request(Asked("POST", PATH, body)) for body in (one, other))
    assert same(first, second) == same(one, other)


def test_read_request() -> None:
    """A usual body has its fields, messages and params in a request."""
    messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]
    body = {"model": "m", "messages": messages, "temperature": 0, "max_tokens": 5, "tools": [TOOL], "stream": True}
    asked = Asked("POST", PATH, body)
    assert CHAT.streams(asked)
    assert CHAT.decode_request(asked) == CompletionRequest(
        messages=tuple(messages),
        model="m",
        temperature=0,
        max_tokens=5,
        tools=(TOOL,),
        params={"stream": True},
        operation="chat.completions",
    )


@pytest.mark.parametrize(
    "path",
    [
        PATH,
        "/chat/completions",
        "/openai/v1/chat/completions",
        "/api/v1/chat/completions",
        "/v1beta/openai/chat/completions",
        "/openai/deployments/d/chat/completions",
        "/v1/v1/chat/completions",
    ],
)
def test_claims_any_prefix(path: str) -> None:
    """Gateways and other vendors have the path below one of their own."""
    assert CHAT.claims(Asked("POST", path, {}))


@pytest.mark.parametrize(
    "asked",
    [
        Asked("GET", PATH, {}),
        Asked("POST", PATH, None),
        Asked("POST", PATH, [{}]),
        Asked("POST", "/v1/completions", {}),
        Asked("POST", PATH + "/chatcmpl-1/messages", {}),
    ],
)
def test_claims_nothing_else(asked: Asked) -> None:
    """Only an object that is posted to the path is asked of a model."""
    assert not CHAT.claims(asked)


def test_a_request_made_by_hand_is_written() -> None:
    """A prompt is one user message, and a stream that is asked for is asked for in the body."""
    assert CHAT.encode_request(ASKED, True) == Asked(
        "POST", PATH, {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    )


@given(answers)
def test_answers_there_and_back(completion: Completion) -> None:
    """An answer that is written is read as the same answer, over the wire."""
    written = CHAT.encode_response(completion, ASKED)
    assert written == CHAT.encode_response(completion, ASKED)
    assert same(CHAT.decode_response(loads(to_bytes(written), "it")), completion)


def test_written_answer() -> None:
    """A written answer has the fields that SDKs insist on."""
    written = CHAT.encode_response(Completion(text="hi", model="m", model_version="fp", finish_reason="stop"), ASKED)
    assert written["id"].startswith("chatcmpl-")
    assert (written["object"], written["created"], written["system_fingerprint"]) == ("chat.completion", 0, "fp")
    assert written["choices"][0]["message"] == {"role": "assistant", "content": "hi", "refusal": None}
    assert "usage" not in written


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "no"}]}, {"text": "a"}]},
            Completion(text="a", model="m-1", finish_reason="stop"),
        ),
        (
            {"content": [{"type": "reasoning", "text": "no"}, {"type": "output_text", "text": "a"}]},
            Completion(text="a", model="m-1", finish_reason="stop"),
        ),
        (
            {"content": None, "reasoning_content": "hm", "function_call": {"name": "f", "arguments": "{}"}},
            Completion(model="m-1", finish_reason="stop", tool_calls=(ToolCall("", "f", "{}"),)),
        ),
    ],
)
def test_what_others_add(message: dict[str, Any], expected: Completion) -> None:
    """Thinking is not the answer, and the older function call is a tool call."""
    assert decode_chat(answer(message)) == expected


def test_an_error_in_a_choice() -> None:
    """A choice that is an error (OpenRouter) is no answer."""
    with pytest.raises(ProviderError, match="'upstream'"):
        decode_chat({"choices": [{"error": {"code": 502, "message": "upstream"}, "message": {"content": "half"}}]})


def test_evidence_of_real_recordings() -> None:
    """Every recorded chat of OpenAI and those who speak its dialect is read, written and read again."""
    folders = ("test_openai", "test_groq", "test_deepseek", "test_openrouter", "test_huggingface", "test_ollama")
    seen = 0
    for one in vcr_exchanges(*folders):
        if not one.asked.path.endswith("/chat/completions") or isinstance(one.answer, bytes):
            continue
        request = there_and_back(CHAT, one.asked)
        assert request.messages
        assert request.model
        found = CHAT.decode_response(one.answer)
        assert found.text or found.tool_calls
        assert found.model
        assert found.usage.reported
        assert found.finish_reason
        assert same(CHAT.decode_response(CHAT.encode_response(found, request)), found), one.name
        seen += 1
    assert seen >= 25
