"""
Cohere's ``/v2/chat`` and ``/v2/embed``; its first protocol is in ``cohere_v1``.

Source: https://docs.cohere.com/reference/chat and https://docs.cohere.com/reference/chat-stream. An answer does not say
which model gave it. A model's plan for its tools, its thoughts and its citations are in the body only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.dialects.answers import (
    AnswerReader,
    Draft,
    DraftCall,
    SseFrames,
    arguments_text,
    cut_text,
    made_id,
    to_bytes,
)
from playhead.dialects.bodies import message_list, read_body, write_body
from playhead.dialects.cohere_v1 import CHAT_V1, EMBED_V1
from playhead.dialects.cohere_wire import COUNTS, PROVIDER, embed_dialect, flat_counts, read_usage, write_usage
from playhead.dialects.dialect import Asked, Dialect, StreamFormat
from playhead.dialects.openai_wire import error_text, mapping, sequence, text
from playhead.dialects.paths import asks_stream, body_of, posted
from playhead.errors import ProviderError

OPERATION = "chat"


def _claims(asked: Asked) -> bool:
    if not asked.path.endswith("/chat") or asked.path.endswith("/api/chat"):
        return False
    body = posted(asked)
    if body is None:
        return False
    # Where the path does not say so, a body does: applications of other makers have a path of that name too.
    return asked.path.endswith("/v2/chat") or ("messages" in body and "model" in body)


def _decode_request(asked: Asked) -> CompletionRequest:
    body = body_of(asked)
    messages = message_list(body.get("messages"))
    taken = () if messages is None else ("messages",)
    return read_body(body, operation=OPERATION, messages=messages, taken=taken)


def _encode_request(request: CompletionRequest, stream: bool) -> Asked:
    spoken = request.messages is not None or request.prompt is not None
    body = write_body(request, {"messages": list(request.conversation())} if spoken else {})
    if stream and "stream" not in body:
        body["stream"] = True
    return Asked("POST", "/v2/chat", body)


def _decode_response(value: Any) -> Completion:
    answer = mapping(value)
    message = mapping(answer.get("message"))
    if not message:
        words = error_text(answer)
        if words:
            raise ProviderError(f"the answer is an error: {words!r}")
        raise ProviderError(f"the answer has no message: its fields are {sorted(answer)!r}")
    content = message.get("content")
    parts = [mapping(part) for part in sequence(content)]
    return Completion(
        text=text(content) or "".join(text(part.get("text")) for part in parts),
        usage=read_usage(answer.get("usage")),
        finish_reason=text(answer.get("finish_reason")) or None,
        tool_calls=tuple(_call(mapping(call)) for call in sequence(message.get("tool_calls"))),
    )


def _call(call: Mapping[str, Any]) -> ToolCall:
    function = mapping(call.get("function"))
    return ToolCall(text(call.get("id")), text(function.get("name")), arguments_text(function.get("arguments")))


def _encode_response(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant"}
    if completion.text:
        message["content"] = [{"type": "text", "text": completion.text}]
    if completion.tool_calls:
        message["tool_calls"] = [
            _written_call(completion, place, call.arguments) for place, call in enumerate(completion.tool_calls)
        ]
    return {
        "id": made_id("", completion),
        "finish_reason": completion.finish_reason,
        "message": message,
        **_usage(completion),
    }


def _written_call(completion: Completion, place: int, arguments: str) -> dict[str, Any]:
    call = completion.tool_calls[place]
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id or made_id("", completion, place), "type": "function", "function": function}


def _usage(completion: Completion) -> dict[str, Any]:
    return {"usage": write_usage(completion.usage)} if completion.usage.reported else {}


def _take(draft: Draft, event: Mapping[str, Any]) -> None:
    delta = mapping(event.get("delta"))
    message = mapping(delta.get("message"))
    match event.get("type"):
        case "content-start" | "content-delta":
            draft.say(text(mapping(message.get("content")).get("text")))
        case "tool-call-start":
            call = _call(mapping(message.get("tool_calls")))
            index = event.get("index")
            started = DraftCall(call.id, call.name)
            started.pieces.append(call.arguments)
            draft.calls[index if type(index) is int else len(draft.calls)] = started
        case "tool-call-delta":
            function = mapping(mapping(message.get("tool_calls")).get("function"))
            draft.call(event.get("index")).pieces.append(text(function.get("arguments")))
        case "message-end":
            words = text(delta.get("error"))
            if words:
                raise ProviderError(f"the stream holds an error: {words!r}")
            draft.finish_reason = text(delta.get("finish_reason")) or None
            draft.counts = flat_counts(delta.get("usage"))
            draft.ended = draft.closed = True
        case None if failure := error_text(event):
            raise ProviderError(f"the stream holds an error: {failure!r}")
        case _:
            pass


def _encode_stream(completion: Completion, pieces: Sequence[str], _request: CompletionRequest) -> Iterator[bytes]:
    head: dict[str, Any] = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield _event("message-start", id=made_id("", completion), delta={"message": head})
    if completion.text:
        start = {"type": "text", "text": ""}
        yield _event("content-start", index=0, delta={"message": {"content": start}})
        for piece in cut_text(completion, pieces):
            yield _event("content-delta", index=0, delta={"message": {"content": {"text": piece}}})
        yield _event("content-end", index=0)
    for place, call in enumerate(completion.tool_calls):
        started = _written_call(completion, place, "")
        yield _event("tool-call-start", index=place, delta={"message": {"tool_calls": started}})
        more = {"function": {"arguments": call.arguments}}
        yield _event("tool-call-delta", index=place, delta={"message": {"tool_calls": more}})
        yield _event("tool-call-end", index=place)
    yield _event("message-end", delta={"finish_reason": completion.finish_reason, **_usage(completion)})


def _event(kind: str, **fields: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), to_bytes({"type": kind, **fields}))


def _reader() -> AnswerReader:
    return AnswerReader(SseFrames(), _take, COUNTS)


DIALECTS: tuple[Dialect, ...] = (
    CHAT_V1,
    Dialect(
        provider=PROVIDER,
        operation=OPERATION,
        claims=_claims,
        streams=asks_stream,
        decode_request=_decode_request,
        encode_request=_encode_request,
        decode_response=_decode_response,
        encode_response=_encode_response,
        stream=StreamFormat("text/event-stream", _reader, _encode_stream),
    ),
    EMBED_V1,
    embed_dialect("embed", "/v2/embed"),
)
"""Both protocols; they differ in their paths, and where those are alike in their bodies."""
