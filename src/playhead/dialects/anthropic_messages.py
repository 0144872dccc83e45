"""
Anthropic's ``/messages`` and ``/messages/count_tokens``.

Source: https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/docs/build-with-claude/streaming;
servers of other makers that speak it leave out ``type`` and null fields. Blocks that are neither text nor a call of
the caller's tools (thinking, tools the vendor runs itself) are in the body only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playhead.core.model import Completion, CompletionRequest, Family, ToolCall
from playhead.dialects.answers import (
    AnswerReader,
    Counts,
    Draft,
    DraftCall,
    SseFrames,
    arguments_text,
    arguments_value,
    cut_text,
    made_id,
    read_counts,
    to_bytes,
    write_counts,
)
from playhead.dialects.bodies import message_list, read_body, write_body
from playhead.dialects.dialect import Asked, Dialect, StreamFormat
from playhead.dialects.openai_wire import error_text, mapping, refuse_error, sequence, text
from playhead.dialects.paths import asks_stream, body_of, never_streams, posted
from playhead.dialects.system_field import with_system, without_system
from playhead.errors import ProviderError

PROVIDER = "anthropic"
_MESSAGES = "messages"
_COUNT_TOKENS = "messages.count_tokens"
# The vendor gives no total; gateways do.
COUNTS = Counts(("input_tokens",), ("output_tokens",), ("total_tokens",))


def _claims(asked: Asked) -> bool:
    if not asked.path.endswith("/messages"):
        return False
    body = posted(asked)
    # Chat and mail services have paths of that name too: what they post there has no list of messages.
    return body is not None and "messages" in body


def _claims_count(asked: Asked) -> bool:
    return asked.path.endswith("/messages/count_tokens") and posted(asked) is not None


def _decode_request(asked: Asked) -> CompletionRequest:
    return _read_request(body_of(asked), _MESSAGES, Family.LLM)


def _decode_count_request(asked: Asked) -> CompletionRequest:
    return _read_request(body_of(asked), _COUNT_TOKENS, Family.HTTP)


def _read_request(body: Mapping[str, Any], operation: str, family: Family) -> CompletionRequest:
    messages = message_list(body.get("messages"))
    if messages is None:
        return read_body(body, operation=operation, family=family)
    messages, system = with_system(body, messages, "system")
    taken = ("messages",) if system is None else ("messages", system)
    return read_body(body, operation=operation, family=family, messages=messages, taken=taken)


def _encode_request(request: CompletionRequest, stream: bool) -> Asked:
    body = _write_request(request)
    if stream and "stream" not in body:
        body["stream"] = True
    return Asked("POST", "/v1/messages", body)


def _encode_count_request(request: CompletionRequest, _stream: bool) -> Asked:
    return Asked("POST", "/v1/messages/count_tokens", _write_request(request))


def _write_request(request: CompletionRequest) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if request.messages is not None or request.prompt is not None:
        fields, messages = without_system(request.conversation(), "system")
        fields["messages"] = list(messages)
    return write_body(request, fields)


def decode_message(value: Any) -> Completion:
    """
    Read the JSON value of a message.

    Raises:
        ProviderError: It holds an error or no content.
    """
    answer = mapping(value)
    refuse_error(answer)
    content = answer.get("content")
    blocks = [mapping(block) for block in sequence(content)]
    said = text(content) or "".join(text(block.get("text")) for block in blocks if block.get("type") == "text")
    if not isinstance(content, (str, list)):
        raise ProviderError(f"the answer has no content: its fields are {sorted(answer)!r}")
    return Completion(
        text=said,
        model=text(answer.get("model")),
        usage=read_counts(answer.get("usage"), COUNTS),
        finish_reason=text(answer.get("stop_reason")) or None,
        tool_calls=tuple(
            ToolCall(text(block.get("id")), text(block.get("name")), arguments_text(block.get("input")))
            for block in blocks
            if block.get("type") == "tool_use"
        ),
    )


def _decode_count_response(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    usage = read_counts(answer, Counts(("input_tokens",)))
    if not usage.reported:
        raise ProviderError(f"the answer has no count of tokens: its fields are {sorted(answer)!r}")
    return Completion(usage=usage)


def encode_message(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    """Write the JSON object of a message."""
    content: list[dict[str, Any]] = [{"type": "text", "text": completion.text}] if completion.text else []
    content += [
        {**_call_block(completion, place), "input": arguments_value(call.arguments)}
        for place, call in enumerate(completion.tool_calls)
    ]
    return _message(completion, content=content, stop_reason=completion.finish_reason, usage=_usage(completion))


def _encode_count_response(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    return {"input_tokens": None, **write_counts(completion.usage, Counts(("input_tokens",)))}


def _message(completion: Completion, **fields: Any) -> dict[str, Any]:
    return {
        "id": made_id("msg_", completion),
        "type": "message",
        "role": "assistant",
        "model": completion.model,
        "stop_sequence": None,
        **fields,
    }


def _call_block(completion: Completion, place: int) -> dict[str, Any]:
    call = completion.tool_calls[place]
    return {"type": "tool_use", "id": call.id or made_id("toolu_", completion, place), "name": call.name}


def _usage(completion: Completion) -> dict[str, Any]:
    # The vendor's SDK reads both counts whatever came: null is a count that is not known.
    return {"input_tokens": None, "output_tokens": None, **write_counts(completion.usage, COUNTS)}


def take_event(draft: Draft, event: Mapping[str, Any]) -> None:
    """
    Take one event of a stream.

    Raises:
        ProviderError: It is an error.
    """
    match event.get("type"):
        case "message_start":
            message = mapping(event.get("message"))
            draft.model = text(message.get("model"))
            draft.add_counts(message.get("usage"))
        case "content_block_start":
            block = mapping(event.get("content_block"))
            if block.get("type") == "text":
                draft.say(text(block.get("text")))
            elif block.get("type") == "tool_use":
                index = event.get("index")
                place = index if type(index) is int else len(draft.calls)
                draft.calls[place] = DraftCall(text(block.get("id")), text(block.get("name")), block.get("input"))
        case "content_block_delta":
            _take_delta(draft, event.get("index"), mapping(event.get("delta")))
        case "message_delta":
            reason = text(mapping(event.get("delta")).get("stop_reason"))
            draft.finish_reason = reason or draft.finish_reason
            draft.ended = draft.ended or bool(reason)
            draft.add_counts(event.get("usage"))
        case "message_stop":
            draft.ended = draft.closed = True
        case "error":
            raise ProviderError(f"the stream holds an error: {error_text(event)!r}")
        case _:
            refuse_error(event)


def _take_delta(draft: Draft, index: object, delta: Mapping[str, Any]) -> None:
    if delta.get("type") == "text_delta":
        draft.say(text(delta.get("text")))
    elif delta.get("type") == "input_json_delta" and (type(index) is not int or index in draft.calls):
        # Tools that the vendor runs itself have deltas of the same kind.
        draft.call(index).pieces.append(text(delta.get("partial_json")))


def message_events(completion: Completion, pieces: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give the events of a stream, as JSON objects."""
    usage = _usage(completion)
    yield _event("message_start", message=_message(completion, content=[], stop_reason=None, usage=usage))
    index = 0
    if completion.text:
        yield _event("content_block_start", index=index, content_block={"type": "text", "text": ""})
        for piece in cut_text(completion, pieces):
            yield _event("content_block_delta", index=index, delta={"type": "text_delta", "text": piece})
        yield _event("content_block_stop", index=index)
        index += 1
    for place, call in enumerate(completion.tool_calls):
        block: dict[str, Any] = {**_call_block(completion, place), "input": {}}
        yield _event("content_block_start", index=index, content_block=block)
        delta = {"type": "input_json_delta", "partial_json": call.arguments}
        yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
        index += 1
    end = {"stop_reason": completion.finish_reason, "stop_sequence": None}
    yield _event("message_delta", delta=end, usage=usage)
    yield _event("message_stop")


def _event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


def _encode_stream(completion: Completion, pieces: Sequence[str], _request: CompletionRequest) -> Iterator[bytes]:
    for event in message_events(completion, pieces):
        yield b"event: %b\ndata: %b\n\n" % (event["type"].encode(), to_bytes(event))


DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        provider=PROVIDER,
        operation=_MESSAGES,
        claims=_claims,
        streams=asks_stream,
        decode_request=_decode_request,
        encode_request=_encode_request,
        decode_response=decode_message,
        encode_response=encode_message,
        stream=StreamFormat(
            content_type="text/event-stream; charset=utf-8",
            reader=lambda: AnswerReader(SseFrames(), take_event, COUNTS),
            encode=_encode_stream,
        ),
    ),
    Dialect(
        provider=PROVIDER,
        operation=_COUNT_TOKENS,
        claims=_claims_count,
        streams=never_streams,
        decode_request=_decode_count_request,
        encode_request=_encode_count_request,
        decode_response=_decode_count_response,
        encode_response=_encode_count_response,
    ),
)
