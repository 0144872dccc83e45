"""
The project's own way of calling providers: ``complete(request)``, ``stream(request)``, ``embed(texts)``, sync or async.

It is Paxman's, whose requests and completions ours have the shape of. Other objects with the same attributes are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from playhead.core.canonical import encode
from playhead.core.model import Completion, CompletionRequest, Family, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.errors import RecordingError, UsageError
from playhead.providers.conventions.convention import Arguments, Asking, Convention, Verb, always
from playhead.providers.conventions.signatures import is_awaited, method_of


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


def in_messages(asked: Any, write: Callable[[Mapping[str, Any]], Any]) -> Arguments:
    """
    Give a request's arguments to a method that takes messages by place and the rest by name.

    Args:
        asked: A request of ours, or any object with the same attributes.
        write: Gives a message as the method takes it.

    Raises:
        UsageError: The object has neither a prompt nor messages.
    """
    request = read_request(asked)
    given: dict[str, Any] = {
        "model": request.model,
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "tools": list(request.tools) or None,
        **request.params,
    }
    messages = [write(message) for message in request.conversation()]
    return Arguments((messages,), {name: value for name, value in given.items() if value is not None})


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


def _same(completion: Completion, _asked: Arguments) -> Completion:
    return completion


VERBS = (
    Verb("complete", read_request, read_completion, _same),
    Verb("stream", read_request, read_completion, _same, streams=always),
    Verb("embed", embedding_request, read_completion, _same),
)


def _is_sync(provider: Any) -> bool:
    complete = method_of(provider, "complete")
    return complete is not None and not is_awaited(complete)


def _is_async(provider: Any) -> bool:
    complete = method_of(provider, "complete")
    return complete is not None and is_awaited(complete)


def request_itself(request: Any) -> Arguments:
    """Ask with the request alone."""
    return Arguments((request,), {})


_ASKING = Asking("complete", "stream", request_itself)

SYNC = Convention("paxman", False, VERBS, _is_sync, asking=_ASKING)
ASYNC = Convention("paxman-async", True, VERBS, _is_async, asking=_ASKING)
