"""
Cohere's first protocol: ``/v1/chat`` and ``/v1/embed``.

Source: https://docs.cohere.com/v1/reference/chat and https://docs.cohere.com/v1/reference/chat-stream. What the user
says, what was said before and the instructions each have a field. A stream is one JSON object a line, or events where
the client prefers them; its last one holds the whole answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.dialects.answers import (
    AnswerReader,
    Draft,
    DraftCall,
    EitherFrames,
    arguments_text,
    arguments_value,
    cut_text,
    made_id,
)
from playhead.dialects.bodies import Message, message_list, read_body, write_body
from playhead.dialects.cohere_wire import COUNTS, PROVIDER, embed_dialect, flat_counts, read_usage, write_usage
from playhead.dialects.dialect import Asked, Dialect, StreamFormat
from playhead.dialects.ndjson import LineFrames, write_line
from playhead.dialects.openai_wire import error_text, mapping, sequence, text
from playhead.dialects.paths import asks_stream, body_of, posted
from playhead.dialects.system_field import with_system, without_system
from playhead.errors import ProviderError

OPERATION = "chat.v1"
_ROLE = "USER"


def _claims(asked: Asked) -> bool:
    if not asked.path.endswith("/v1/chat"):
        return False
    body = posted(asked)
    return body is not None and "message" in body and "messages" not in body


def _decode_request(asked: Asked) -> CompletionRequest:
    body = body_of(asked)
    message = body.get("message")
    if type(message) is not str:
        return read_body(body, operation=OPERATION)
    said: Message = {"role": _ROLE, "message": message}
    taken = ["message"]
    history = message_list(body.get("chat_history")) or ()
    if history:
        taken.append("chat_history")
    messages, preamble = with_system(body, (*history, said), "preamble", kinds=(str,))
    if preamble is not None:
        taken.append(preamble)
    return read_body(body, operation=OPERATION, messages=messages, taken=tuple(taken))


def _encode_request(request: CompletionRequest, stream: bool) -> Asked:
    fields: dict[str, Any] = {}
    if request.messages:
        fields, messages = without_system(request.messages, "preamble")
        *history, last = messages or ({},)
        if history:
            fields["chat_history"] = history
        fields["message"] = last.get("message", last.get("content"))
    elif request.prompt is not None:
        fields["message"] = request.prompt
    body = write_body(request, fields)
    if stream and "stream" not in body:
        body["stream"] = True
    return Asked("POST", "/v1/chat", body)


def _decode_response(value: Any) -> Completion:
    answer = mapping(value)
    if not isinstance(answer.get("text"), str):
        words = error_text(answer)
        if words:
            raise ProviderError(f"the answer is an error: {words!r}")
        raise ProviderError(f"the answer has no text: its fields are {sorted(answer)!r}")
    return Completion(
        text=answer["text"],
        usage=read_usage(answer.get("meta")),
        finish_reason=text(answer.get("finish_reason")) or None,
        tool_calls=tuple(_calls(answer)),
    )


def _calls(answer: Mapping[str, Any]) -> Iterator[ToolCall]:
    for call in map(mapping, sequence(answer.get("tool_calls"))):
        yield ToolCall("", text(call.get("name")), arguments_text(call.get("parameters", {})))


def _encode_response(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "response_id": made_id("", completion),
        "generation_id": made_id("", completion, "generation"),
        "text": completion.text,
        "finish_reason": completion.finish_reason,
    }
    if completion.tool_calls:
        answer["tool_calls"] = _written_calls(completion)
    return {**answer, **({"meta": write_usage(completion.usage)} if completion.usage.reported else {})}


def _written_calls(completion: Completion) -> list[dict[str, Any]]:
    return [{"name": call.name, "parameters": arguments_value(call.arguments)} for call in completion.tool_calls]


def _take(draft: Draft, event: Mapping[str, Any]) -> None:
    match event.get("event_type"):
        case "text-generation":
            draft.say(text(event.get("text")))
        case "tool-calls-chunk":
            _take_chunk(draft, mapping(event.get("tool_call_delta")))
        case "tool-calls-generation":
            _take_calls(draft, event)
        case "stream-end":
            answer = mapping(event.get("response"))
            if not draft.pieces:
                draft.say(text(answer.get("text")))
            _take_calls(draft, answer)
            draft.counts = flat_counts(answer.get("meta"))
            draft.finish_reason = text(event.get("finish_reason")) or text(answer.get("finish_reason")) or None
            draft.ended = draft.closed = True
        case None if failure := error_text(event):
            raise ProviderError(f"the stream holds an error: {failure!r}")
        case _:
            pass


def _take_chunk(draft: Draft, delta: Mapping[str, Any]) -> None:
    index = delta.get("index")
    if type(index) is not int:
        return  # a piece of the model's plan
    call = draft.call(index)
    call.name += text(delta.get("name"))
    call.pieces.append(text(delta.get("parameters")))


def _take_calls(draft: Draft, answer: Mapping[str, Any]) -> None:
    """Take calls that are whole; what came of them in pieces stands, since that is the model's own text."""
    for place, call in enumerate(_calls(answer)):
        if place not in draft.calls:
            draft.calls[place] = DraftCall("", call.name, call.arguments)


def _encode_stream(completion: Completion, pieces: Sequence[str], request: CompletionRequest) -> Iterator[bytes]:
    whole = _encode_response(completion, request)
    yield _event("stream-start", generation_id=whole["generation_id"])
    for piece in cut_text(completion, pieces):
        yield _event("text-generation", text=piece)
    if completion.tool_calls:
        yield _event("tool-calls-generation", tool_calls=whole["tool_calls"])
    yield _event("stream-end", finish=True, finish_reason=completion.finish_reason, response=whole)


def _event(kind: str, *, finish: bool = False, **fields: Any) -> bytes:
    return write_line({"is_finished": finish, "event_type": kind, **fields})


def _reader() -> AnswerReader:
    return AnswerReader(EitherFrames(LineFrames), _take, COUNTS)


CHAT_V1 = Dialect(
    provider=PROVIDER,
    operation=OPERATION,
    claims=_claims,
    streams=asks_stream,
    decode_request=_decode_request,
    encode_request=_encode_request,
    decode_response=_decode_response,
    encode_response=_encode_response,
    stream=StreamFormat("application/stream+json", _reader, _encode_stream),
)
EMBED_V1 = embed_dialect("embed.v1", "/v1/embed")
