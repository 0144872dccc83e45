"""
Calls over gRPC as pydantic-ai's tests keep them for xAI: the messages as JSON and as protobuf, nothing of HTTP.

They are carried over at the provider seam, as question and answer. xAI's own client cannot be answered from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playhead.core.model import Completion, CompletionRequest, Stream, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.answers import count_of
from playhead.dialects.openai_wire import mapping, sequence, text
from playhead.errors import UsageError
from playhead.interchange.source import Talk, Unusable, instant

PROVIDER = "xai"

NO_WIRE = "a call over gRPC: carried over as question and answer for wrapped providers, without its bytes"

_KINDS = ("sample", "stream")
_FIELDS = ("messages", "model", "tools", "temperature", "max_tokens")


def claims(item: object) -> bool:
    """Tell whether an interaction is such a call."""
    given = mapping(item)
    return any(f"request_{kind}" in given for kind in _KINDS)


def read(place: int, item: Mapping[str, Any]) -> Talk:
    """
    Read a call.

    Raises:
        Unusable: The file holds its protobuf alone.
    """
    kind = next(kind for kind in _KINDS if f"request_{kind}" in item)
    asked = mapping(mapping(item[f"request_{kind}"]).get("json"))
    answered = mapping(item.get(f"response_{kind}"))
    chunks = sequence(answered.get("chunks_json"))
    whole = mapping(answered.get("json"))
    if not asked or not (chunks or whole):
        raise Unusable("a call over gRPC whose messages the file holds as protobuf alone")
    outcome = _stream(chunks) if kind == "stream" else _completion(whole)
    first = mapping(chunks[0]) if chunks else whole
    return Talk(
        place,
        _request(asked),
        PROVIDER,
        stream=kind == "stream",
        outcome=outcome,
        when=instant(first.get("created")),
        notes=(NO_WIRE,),
    )


def _request(asked: Mapping[str, Any]) -> CompletionRequest:
    params = {name: value for name, value in asked.items() if name not in _FIELDS}
    temperature, length = asked.get("temperature"), asked.get("max_tokens")
    try:
        return CompletionRequest(
            messages=tuple(mapping(one) for one in sequence(asked.get("messages"))),
            model=text(asked.get("model")) or None,
            tools=tuple(mapping(one) for one in sequence(asked.get("tools"))),
            temperature=temperature if type(temperature) in (int, float) else None,
            max_tokens=length if type(length) is int else None,
            params=params,
        )
    except UsageError as error:
        raise Unusable(f"its question cannot be read: {error.message}") from None


def _completion(whole: Mapping[str, Any]) -> Completion:
    outputs = [mapping(one) for one in sequence(whole.get("outputs"))]
    messages = [mapping(one.get("message") or one.get("delta")) for one in outputs]
    reasons = [text(one.get("finish_reason")) for one in outputs]
    return Completion(
        text="".join(text(one.get("content")) for one in messages),
        model=text(whole.get("model")),
        usage=_usage(whole.get("usage")),
        finish_reason=next(filter(None, reversed(reasons)), None),
        tool_calls=tuple(call for one in messages for call in _calls(one)),
        provider=PROVIDER,
    )


def _calls(message: Mapping[str, Any]) -> Sequence[ToolCall]:
    called = [mapping(one) for one in sequence(message.get("tool_calls"))]
    functions = [mapping(one.get("function")) for one in called]
    return [
        ToolCall(text(one.get("id")), text(function.get("name")), text(function.get("arguments")))
        for one, function in zip(called, functions, strict=True)
    ]


def _usage(given: object) -> Usage:
    fields = mapping(given)
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    counts = [count_of(fields.get(name)) for name in names]
    if counts == [None, None, None]:
        return UNREPORTED
    details = {name: value for name, value in fields.items() if name not in names}
    return Usage(counts[0] or 0, counts[1] or 0, counts[2] or 0, details)


def _stream(chunks: Sequence[Any]) -> Stream:
    parts = [_completion(mapping(chunk)) for chunk in chunks]
    pieces = [part.text for part in parts if part.text]
    usages = [part.usage for part in parts if part.usage.reported]
    end = Completion(
        text="".join(pieces),
        model=next((part.model for part in parts if part.model), ""),
        usage=usages[-1] if usages else UNREPORTED,
        finish_reason=next((part.finish_reason for part in reversed(parts) if part.finish_reason), None),
        tool_calls=tuple(call for part in parts for call in part.tool_calls),
        provider=PROVIDER,
    )
    return Stream(end=end, cuts=tuple(map(len, pieces)))
