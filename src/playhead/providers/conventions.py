"""
How families of providers are called, as a table.

A convention turns a call's arguments into our request and a provider's answer into our completion; what the caller
gets is the provider's own object live, and the recorded completion on replay. Adding a convention is one entry here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from playhead.core.canonical import encode
from playhead.core.model import Completion, CompletionRequest, Family, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.errors import RecordingError, UsageError


class Verb(NamedTuple):
    """
    One method of a convention.

    Attributes:
        name: The method.
        streams: Whether it gives pieces.
        to_request: Makes our request of the call's arguments.
        to_completion: Makes our completion of the method's answer.
        from_completion: Makes the method's answer of a recorded completion.
    """

    name: str
    streams: bool
    to_request: Callable[..., CompletionRequest]
    to_completion: Callable[[Any], Completion]
    from_completion: Callable[[Completion], Any]


class Convention(NamedTuple):
    """
    One way of calling providers.

    Attributes:
        name: What ``session.wrap(..., convention=...)`` takes.
        asynchronous: Whether its methods are awaited.
        verbs: Its methods; the first one every provider of the convention has.
    """

    name: str
    asynchronous: bool
    verbs: tuple[Verb, ...]


def read_request(request: Any) -> CompletionRequest:
    """
    Take a request of ours, or any object with the same attributes.

    Raises:
        UsageError: The object has neither a prompt nor messages.
    """
    if isinstance(request, CompletionRequest):
        return request
    found = {
        name: getattr(request, name)
        for name in (
            "prompt",
            "messages",
            "model",
            "max_tokens",
            "temperature",
            "tools",
            "params",
            "context",
            "id",
        )
        if getattr(request, name, None) is not None
    }
    if "prompt" not in found and "messages" not in found:
        raise UsageError(
            f"a {type(request).__name__} is not a request: it has no prompt and no messages",
            hint="give a playhead.CompletionRequest, or an object with the same attributes",
        )
    return CompletionRequest(**found)


def read_completion(answer: Any) -> Completion:
    """
    Take a completion of ours, or any object with ``text`` (or ``content``) and its like.

    Raises:
        RecordingError: The object has no text.
    """
    if isinstance(answer, Completion):
        return answer
    text = getattr(answer, "text", getattr(answer, "content", None))
    if not isinstance(text, str):
        raise RecordingError(
            f"a {type(answer).__name__} is not a completion: it has no text",
            hint="return a playhead.Completion, or an object with the same attributes",
        )
    optional = {
        name: value
        for name in ("model_version", "finish_reason", "provider", "output", "raw")
        if (value := getattr(answer, name, None)) is not None
    }
    return Completion(
        text,
        model=getattr(answer, "model", "") or "",
        usage=read_usage(getattr(answer, "usage", None)),
        tool_calls=tuple(_read_tool_call(call) for call in getattr(answer, "tool_calls", None) or ()),
        **optional,
    )


def read_usage(usage: Any) -> Usage:
    """Take token counts as ours, as a mapping or as an object, under either vendor's names; ``None`` is unknown."""
    if isinstance(usage, Usage):
        return usage
    if usage is None:
        return UNREPORTED

    def read(name: str) -> Any:
        return cast("Mapping[str, Any]", usage).get(name) if isinstance(usage, Mapping) else getattr(usage, name, None)

    def count(*names: str) -> int:
        for name in names:
            value = read(name)
            if type(value) is int and value >= 0:
                return value
        return 0

    asked = count("prompt_tokens", "input_tokens")
    answered = count("completion_tokens", "output_tokens")
    return Usage(asked, answered, count("total_tokens") or asked + answered)


def _read_tool_call(call: Any) -> ToolCall:
    if isinstance(call, ToolCall):
        return call
    arguments = getattr(call, "arguments", "")
    written = arguments if isinstance(arguments, str) else encode(arguments).decode()
    return ToolCall(str(getattr(call, "id", "")), str(getattr(call, "name", "")), written)


def embedding_request(
    texts: str | Sequence[str],
    *,
    model: str | None = None,
    dimensions: int | None = None,
    encoding_format: str | None = None,
) -> CompletionRequest:
    """Make the request of a call for embeddings."""
    params: dict[str, Any] = {"input": [texts] if isinstance(texts, str) else list(texts)}
    if dimensions is not None:
        params["dimensions"] = dimensions
    if encoding_format is not None:
        params["encoding_format"] = encoding_format
    return CompletionRequest(model=model, params=params, family=Family.EMBEDDING)


def _same(completion: Completion) -> Completion:
    return completion


_COMPLETE = Verb("complete", False, read_request, read_completion, _same)
_STREAM = Verb("stream", True, read_request, read_completion, _same)
_EMBED = Verb("embed", False, embedding_request, read_completion, _same)

CONVENTIONS: Mapping[str, Convention] = {
    convention.name: convention
    for convention in (
        Convention("paxman", False, (_COMPLETE, _STREAM, _EMBED)),
        Convention("paxman-async", True, (_COMPLETE, _STREAM, _EMBED)),
    )
}

DEFAULT_CONVENTION = "paxman"


def convention_named(name: str) -> Convention:
    """
    Give a convention by its name.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in CONVENTIONS:
        raise UsageError(f"unknown convention {name!r}", hint=f"one of {', '.join(CONVENTIONS)}")
    return CONVENTIONS[name]


def convention_of(provider: object) -> Convention:
    """
    Find a provider's convention by its methods and whether they are coroutines, never by ``isinstance``.

    Raises:
        UsageError: The object has no ``complete`` that can be called.
    """
    method = getattr(provider, "complete", None)
    if not callable(method):
        raise UsageError(
            f"a {type(provider).__name__} is not a provider: it has no complete(request)",
            hint="give it complete(request) -> Completion, sync or async",
        )
    asynchronous = inspect.iscoroutinefunction(method) or inspect.iscoroutinefunction(type(method).__call__)
    return CONVENTIONS["paxman-async" if asynchronous else "paxman"]
