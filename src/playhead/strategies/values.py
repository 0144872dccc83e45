"""
Requests and outcomes of every shape that a program may meet, with text of every kind that UTF-8 can hold.

Each function takes what is to be fixed and draws the rest. Everything shrinks to the simplest of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st

from playhead.core.failures import describe
from playhead.core.model import Completion, CompletionRequest, Failure, Stream, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.errors import InferenceProviderError, PermanentError, ProviderError, RateLimitError

T = TypeVar("T")

MODELS = ("gpt-4o", "claude-opus-4", "m\u00f6del")
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter", None)
_NAMES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=10)
_TEXT = st.text(max_size=24)
_SAID = st.text(min_size=1, max_size=24)
_PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(2**31), 2**31), st.floats(-1e6, 1e6), _TEXT)
_JSON = st.recursive(
    _PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=3)),
    max_leaves=6,
)
_TYPES = st.sampled_from(("string", "integer", "number", "boolean"))


def json_values() -> st.SearchStrategy[Any]:
    """Draw anything that JSON can say, small."""
    return _JSON


def tools() -> st.SearchStrategy[Mapping[str, Any]]:
    """Draw the description of a tool, as OpenAI's chat takes it."""
    return _TOOLS


def messages(role: str | None = None) -> st.SearchStrategy[Mapping[str, Any]]:
    """
    Draw one message of a conversation.

    Args:
        role: Whose; any of ``system``, ``user``, ``assistant``, ``tool`` where it is left out.
    """
    return _MESSAGES if role is None else _message_of(role)


def requests(**fixed: Any) -> st.SearchStrategy[CompletionRequest]:
    """
    Draw a question: a prompt, or a conversation.

    Args:
        **fixed: Fields of ``CompletionRequest`` with their values.
    """
    given = {name: st.just(value) for name, value in fixed.items()}
    if "prompt" in fixed or "messages" in fixed or "operation" in fixed:
        return st.builds(CompletionRequest, **{**_ASKED, **given})
    conversations = st.lists(_MESSAGES, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.builds(CompletionRequest, prompt=_SAID, **{**_ASKED, **given}),
        st.builds(CompletionRequest, messages=conversations, **{**_ASKED, **given}),
    )


def usages() -> st.SearchStrategy[Usage]:
    """Draw token counts, or none reported."""
    return _USAGES


def tool_calls() -> st.SearchStrategy[ToolCall]:
    """Draw one call of a tool: arguments that are JSON, that are cut, that are none."""
    return _TOOL_CALLS


def completions(**fixed: Any) -> st.SearchStrategy[Completion]:
    """
    Draw an answer.

    Args:
        **fixed: Fields of ``Completion`` with their values.
    """
    given = {name: st.just(value) for name, value in fixed.items()}
    return st.builds(Completion, **{**_ANSWERED, **given})


def failures() -> st.SearchStrategy[Failure]:
    """Draw how a call may fail: as errors of ours, of Python's, and of a class that no reader knows."""
    return _FAILURES


def streams(*, whole: bool = False) -> st.SearchStrategy[Stream]:
    """
    Draw an answer in pieces of text, that ends, breaks off or is left.

    Args:
        whole: Whether each ends in its completion.
    """
    return _streams(whole)


def _tool(name: str, description: str, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": sorted(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _schema(kind: str) -> Mapping[str, Any]:
    return {"type": kind}


def _counted(asked: int, answered: int) -> Usage:
    return Usage(asked, answered, asked + answered)


def _call(number: int, name: str, arguments: str) -> ToolCall:
    return ToolCall(f"call_{number}", name, arguments)


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _limited(said: str, wait: float) -> Exception:
    return RateLimitError(said, retry_after=wait)


def _unknown(said: str) -> Failure:
    return Failure("vendor.errors.Overloaded", said)


def _id(call: ToolCall) -> str:
    return call.id


_TOOLS = st.builds(_tool, _NAMES, _TEXT, st.dictionaries(_NAMES, _TYPES.map(_schema), max_size=3))


@st.composite
def _message_of(draw: st.DrawFn, role: str) -> Mapping[str, Any]:
    message: dict[str, Any] = {"role": role, "content": draw(_TEXT)}
    if role == "tool":
        message["tool_call_id"] = f"call_{draw(st.integers(0, 9))}"
    return message


_MESSAGES = st.sampled_from(("user", "assistant", "system", "tool")).flatmap(_message_of)
_ASKED: Mapping[str, st.SearchStrategy[Any]] = {
    "model": st.one_of(st.none(), st.sampled_from(MODELS)),
    "temperature": st.one_of(st.none(), st.floats(0, 2)),
    "max_tokens": st.one_of(st.none(), st.integers(0, 4096)),
    "tools": st.lists(_TOOLS, max_size=2).map(tuple),
    "params": st.dictionaries(_NAMES, _JSON, max_size=2),
}
_COUNTS = st.integers(0, 1_000_000)
_USAGES = st.one_of(st.just(UNREPORTED), st.builds(_counted, _COUNTS, _COUNTS))
_ARGUMENTS = st.one_of(st.dictionaries(_NAMES, _JSON, max_size=3).map(_json_text), st.just('{"city": "Pa'), st.just(""))
_TOOL_CALLS = st.builds(_call, st.integers(0, 99), _NAMES, _ARGUMENTS)
_CALLS = st.lists(_TOOL_CALLS, max_size=3, unique_by=_id).map(tuple)
_ANSWERED: Mapping[str, st.SearchStrategy[Any]] = {
    "text": _TEXT,
    "model": st.sampled_from(MODELS),
    "usage": _USAGES,
    "finish_reason": st.sampled_from(FINISH_REASONS),
    "tool_calls": _CALLS,
}
_WAITS = st.sampled_from((0.0, 1.0, 30.0))
_ERRORS: st.SearchStrategy[Exception] = st.one_of(
    st.builds(ProviderError, _SAID),
    st.builds(_limited, _SAID, _WAITS),
    st.builds(PermanentError, _SAID),
    st.builds(InferenceProviderError, _SAID),
    st.builds(TimeoutError, _SAID),
    st.builds(ConnectionResetError, _SAID),
    st.builds(ValueError, _SAID),
)
_FAILURES = st.one_of(_ERRORS.map(describe), st.builds(_unknown, _SAID))
_COMPLETIONS = completions()
_ENDS: st.SearchStrategy[Completion | Failure | None] = st.one_of(_COMPLETIONS, _FAILURES, st.none())
_PIECES = st.lists(st.text(min_size=1, max_size=8), max_size=5)


@st.composite
def _streams(draw: st.DrawFn, whole: bool) -> Stream:
    pieces = draw(_PIECES)
    text, cuts = "".join(pieces), tuple(map(len, pieces))
    end = draw(_COMPLETIONS if whole else _ENDS)
    if isinstance(end, Completion):
        return Stream(end=msgspec.structs.replace(end, text=text), cuts=cuts)
    return Stream(end=end, cuts=cuts, text=text)
