"""
ExecutionKit's way: ``async complete(messages, *, temperature=None, max_tokens=None, tools=None, **kwargs)`` gives an
``LLMResponse``; ``stream(messages, ...)`` gives an async iterator of texts and the counts in a list.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence, Sequence
from functools import partial
from typing import Any, cast

from playhead.core.canonical import decode
from playhead.core.model import Completion, CompletionRequest
from playhead.core.usage import Usage
from playhead.dialects.openai_wire import mapping
from playhead.errors import RecordingError, UsageError
from playhead.providers.conventions.convention import Arguments, Asking, Convention, Pieces, Verb, always, close_nothing
from playhead.providers.conventions.neutral import in_messages, read_completion, read_usage
from playhead.providers.conventions.plain import plain
from playhead.providers.conventions.signatures import is_awaited, method_of, takes
from playhead.providers.executionkit.response import LLMResponse, ToolCall

_SINK = "usage_sink"


def messages_request(
    messages: Sequence[Any],
    *,
    temperature: float | None = None,
    max_tokens: int | None = None,
    tools: Sequence[Any] | None = None,
    model: str | None = None,
    usage_sink: Any = None,  # noqa: ARG001 - where the caller wants the counts is no part of the question
    **params: Any,
) -> CompletionRequest:
    """
    Make the request of a call with a list of messages; further arguments are parameters, and matched.

    Raises:
        UsageError: There are no messages.
    """
    if isinstance(messages, (str, bytes)):
        raise UsageError(f"messages must be a list, got {messages!r}", hint='[{"role": "user", "content": ...}]')
    return CompletionRequest(
        messages=tuple(plain(message) for message in messages),
        temperature=temperature,
        max_tokens=max_tokens,
        tools=tuple(plain(tool) for tool in tools or ()),
        model=model,
        params={name: plain(value) for name, value in params.items() if value is not None},
    )


def response_of(completion: Completion, _asked: Arguments = Arguments((), {})) -> LLMResponse:  # noqa: B008
    """Make the answer of a recorded completion."""
    kept = _kept(completion)
    calls = tuple(ToolCall(call.id, call.name, _read_arguments(call.arguments)) for call in completion.tool_calls)
    return LLMResponse(
        completion.text,
        tool_calls=calls,
        finish_reason=completion.finish_reason or kept.get("finish_reason", "stop"),
        usage=kept.get("usage", _written(completion.usage)),
        raw=completion.raw,
    )


def completion_of(answer: Any) -> Completion:
    """
    Make the completion of an answer.

    Raises:
        RecordingError: It has no text, or counts or tool calls that are no values.
    """
    usage = getattr(answer, "usage", None)
    raw = getattr(answer, "raw", None)
    found = read_completion(_Answer(answer))
    kept: dict[str, Any] = {}
    if isinstance(usage, Mapping) and dict(cast("Mapping[str, Any]", usage)) != _written(found.usage):
        kept["usage"] = plain(usage)
    return Completion(
        found.text,
        model=found.model,
        usage=found.usage,
        model_version=found.model_version,
        finish_reason=found.finish_reason,
        tool_calls=found.tool_calls,
        output=kept or None,
        raw=_value_or_none(raw),
    )


class _Answer:
    """An answer without what is kept another way."""

    output = None
    raw = None

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answer, name)


def _value_or_none(raw: Any) -> Any:
    """Keep a server's answer where it is a value; a live response object is not one, and nobody can replay it."""
    try:
        return plain(raw)
    except RecordingError:
        return None


def _kept(completion: Completion) -> Mapping[str, Any]:
    return mapping(completion.output)


def _written(usage: Usage) -> dict[str, Any]:
    """Give counts as a mapping; a report of nothing, and no report, is an empty one."""
    counts = {name: getattr(usage, name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
    return counts if any(counts.values()) else {}


def _read_arguments(text: str) -> Mapping[str, Any]:
    """Read a tool's arguments; what the model wrote that is no JSON object stands under ``_raw``."""
    try:
        found: object = decode(text.encode()) if text else {}
    except ValueError:
        return {"_raw": text}
    return mapping(found) if isinstance(found, dict) else {"_raw": text}  # pyright: ignore[reportUnknownArgumentType]


def _end_of(pieces: Sequence[Any], asked: Arguments) -> Completion | None:
    sink = asked.kwargs.get(_SINK)
    if not sink:
        return None
    told = [plain(item) for item in sink]
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    return Completion(text, usage=read_usage(mapping(told[-1])), output={_SINK: told})


def tell_counts(end: Completion, sink: Any) -> None:
    """Add the counts of a stream that ended to the list a caller gave for them."""
    if isinstance(sink, MutableSequence):
        kept = _kept(end)
        told = kept[_SINK] if _SINK in kept else [_written(end.usage)] if end.usage.reported else []
        cast("MutableSequence[Any]", sink).extend(told)


def _at_end(end: Completion, asked: Arguments) -> None:
    tell_counts(end, asked.kwargs.get(_SINK))


def _is_async(provider: Any) -> bool:
    complete = method_of(provider, "complete")
    return complete is not None and is_awaited(complete) and _takes_messages(complete)


def _is_sync(provider: Any) -> bool:
    complete = method_of(provider, "complete")
    return complete is not None and not is_awaited(complete) and _takes_messages(complete)


def _takes_messages(complete: Any) -> bool:
    if takes(complete, "request"):
        return False
    return takes(complete, "messages", "temperature", "max_tokens")


VERBS = (
    Verb("complete", messages_request, completion_of, response_of),
    Verb(
        "stream",
        messages_request,
        completion_of,
        response_of,
        streams=always,
        pieces=Pieces(to_end=_end_of, at_end=_at_end),
    ),
)


_ASKING = Asking("complete", "stream", partial(in_messages, write=dict))

ASYNC = Convention("executionkit", True, VERBS, _is_async, {"supports_tools": True, "aclose": close_nothing}, _ASKING)
SYNC = Convention("executionkit-sync", False, VERBS, _is_sync, {"supports_tools": True}, _ASKING)
