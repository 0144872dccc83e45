"""
Anthropic's messages at Vertex AI: ``:rawPredict``, ``:streamRawPredict``, and the model ``count-tokens``.

Source: https://docs.anthropic.com/en/api/claude-on-vertex-ai. The model stands in the path, and so does whether a
stream is asked for; everything else is as at the vendor's own address. Other makers' models have these verbs too, and
bodies of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.dialects import anthropic_messages
from playhead.dialects.bodies import message_list, read_body, write_body
from playhead.dialects.dialect import Asked, Dialect, StreamFormat
from playhead.dialects.gemini_requests import claims_verb, model_of
from playhead.dialects.openai_wire import mapping
from playhead.dialects.paths import always_streams, body_of, never_streams, written
from playhead.dialects.system_field import with_system, without_system

WHOLE, STREAMED = "rawPredict", "streamRawPredict"
COUNT = "rawPredict.count_tokens"
COUNTER = "count-tokens"
"""What stands for the model where tokens are counted; the real one is in the body."""

_PLACE = "/v1/projects/-/locations/-/publishers/anthropic/models/"
_NAMES: Mapping[str, str] = {"tools": "tools", "temperature": "temperature", "max_tokens": "max_tokens"}


def _claims(asked: Asked, verb: str, *, counts: bool = False) -> bool:
    body = body_of(asked)
    is_ours = "/publishers/anthropic/" in asked.path or "anthropic_version" in body
    return (
        is_ours
        and "messages" in body
        and claims_verb(asked, verb)
        and (model_of(asked.path, verb) == COUNTER) is counts
    )


def _dialect(operation: str, verb: str, stream: StreamFormat | None = None) -> Dialect:
    counts = operation == COUNT
    like = anthropic_messages.DIALECTS[1 if counts else 0]

    def claims(asked: Asked) -> bool:
        return _claims(asked, verb, counts=counts)

    def decode_request(asked: Asked) -> CompletionRequest:
        body, family = body_of(asked), Family.HTTP if counts else Family.LLM
        model = None if counts else model_of(asked.path, verb)
        names = {**_NAMES, "model": "model"} if counts else _NAMES
        messages = message_list(body.get("messages"))
        if messages is None:
            return read_body(body, operation=operation, family=family, names=names, model=model)
        messages, system = with_system(body, messages, "system")
        taken = ("messages",) if system is None else ("messages", system)
        return read_body(
            body, operation=operation, family=family, messages=messages, taken=taken, names=names, model=model
        )

    def encode_request(request: CompletionRequest, _stream: bool) -> Asked:
        fields: dict[str, Any] = {}
        if request.messages is not None or request.prompt is not None:
            fields, messages = without_system(request.conversation(), "system")
            fields["messages"] = list(messages)
        names = {**_NAMES, "model": "model"} if counts else _NAMES
        model = COUNTER if counts else request.model or "unknown"
        body = write_body(request, fields, names=names, model=counts)
        return Asked("POST", f"{_PLACE}{written(model)}:{verb}", body)

    def decode_response(value: Any) -> Completion:
        return like.decode_response(mapping(value))

    return Dialect(
        provider=anthropic_messages.PROVIDER,
        operation=operation,
        claims=claims,
        streams=never_streams if stream is None else always_streams,
        decode_request=decode_request,
        encode_request=encode_request,
        decode_response=decode_response,
        encode_response=like.encode_response,
        stream=stream,
    )


DIALECTS: tuple[Dialect, ...] = (
    _dialect(WHOLE, WHOLE),
    _dialect(STREAMED, STREAMED, anthropic_messages.DIALECTS[0].stream),
    _dialect(COUNT, WHOLE),
)
"""Both verbs, and the counting of tokens."""
