"""
Amazon Bedrock's ``converse`` and ``converse-stream``.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. The model stands in the path;
tools and sampling values stand inside ``toolConfig`` and ``inferenceConfig``
and so among the params. An answer does not say which model gave it, unless a router chose one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.dialects.answers import (
    AnswerReader,
    Counts,
    Draft,
    DraftCall,
    arguments_text,
    arguments_value,
    cut_text,
    made_id,
    read_counts,
    write_counts,
)
from playhead.dialects.aws_event_stream import CONTENT_TYPE
from playhead.dialects.bedrock_wire import (
    PROVIDER,
    EventFrames,
    claims_verb,
    model_of,
    path_of,
    refuse_failure,
    write_event,
)
from playhead.dialects.bodies import message_list, read_body, write_body
from playhead.dialects.dialect import Asked, Dialect, StreamFormat
from playhead.dialects.openai_wire import mapping, sequence, text
from playhead.dialects.paths import always_streams, body_of, never_streams
from playhead.dialects.system_field import with_system, without_system
from playhead.errors import ProviderError

COUNTS = Counts(("inputTokens",), ("outputTokens",), ("totalTokens",))
_FIELDS: Mapping[str, str] = {}


def _read_request(asked: Asked, operation: str) -> CompletionRequest:
    body, model = body_of(asked), model_of(asked.path)
    messages = message_list(body.get("messages"))
    if messages is None:
        return read_body(body, operation=operation, names=_FIELDS, model=model)
    messages, system = with_system(body, messages, "system", kinds=(list,))
    taken = ("messages",) if system is None else ("messages", system)
    return read_body(body, operation=operation, messages=messages, taken=taken, names=_FIELDS, model=model)


def _write_request(request: CompletionRequest) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if request.messages is not None:
        fields, messages = without_system(request.messages, "system")
        fields["messages"] = list(messages)
    elif request.prompt is not None:
        fields["messages"] = [{"role": "user", "content": [{"text": request.prompt}]}]
    config = {"temperature": request.temperature, "maxTokens": request.max_tokens}
    given = {name: value for name, value in config.items() if value is not None}
    if given:
        fields["inferenceConfig"] = given
    if request.tools:
        fields["toolConfig"] = {"tools": list(request.tools)}
    return write_body(request, fields, names=_FIELDS, model=False)


def decode_converse(value: Any) -> Completion:
    """
    Read the JSON value of an answer.

    Raises:
        ProviderError: It holds an error or no message.
    """
    answer = mapping(value)
    message = mapping(mapping(answer.get("output")).get("message"))
    if not message:
        refuse_failure(answer)
        raise ProviderError(f"the answer has no message: its fields are {sorted(answer)!r}")
    blocks = [mapping(block) for block in sequence(message.get("content"))]
    calls = [mapping(block["toolUse"]) for block in blocks if "toolUse" in block]
    return Completion(
        text="".join(map(_block_text, blocks)),
        model=_routed_model(answer),
        usage=read_counts(answer.get("usage"), COUNTS),
        finish_reason=text(answer.get("stopReason")) or None,
        tool_calls=tuple(
            ToolCall(text(call.get("toolUseId")), text(call.get("name")), arguments_text(call.get("input")))
            for call in calls
        ),
    )


def _block_text(block: Mapping[str, Any]) -> str:
    """Give the text of a block, whose pieces stand apart where each has citations of its own."""
    cited = sequence(mapping(block.get("citationsContent")).get("content"))
    return text(block.get("text")) or "".join(text(mapping(part).get("text")) for part in cited)


def _routed_model(answer: Mapping[str, Any]) -> str:
    return text(mapping(mapping(answer.get("trace")).get("promptRouter")).get("invokedModelId"))


def encode_converse(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    """Write the JSON object of an answer."""
    content: list[dict[str, Any]] = [{"text": completion.text}] if completion.text else []
    content += [
        {"toolUse": {**_call(completion, place), "input": arguments_value(call.arguments)}}
        for place, call in enumerate(completion.tool_calls)
    ]
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": completion.finish_reason,
        **_ending(completion),
    }


def _call(completion: Completion, place: int) -> dict[str, Any]:
    call = completion.tool_calls[place]
    return {"toolUseId": call.id or made_id("tooluse_", completion, place), "name": call.name}


def _ending(completion: Completion) -> dict[str, Any]:
    usage = write_counts(completion.usage, COUNTS)
    return {"metrics": {"latencyMs": 0}, **({"usage": usage} if usage else {})}


def take_event(draft: Draft, event: Mapping[str, Any]) -> None:
    """Take one event of a stream: an object of one key, its type."""
    if "contentBlockDelta" in event:
        given = mapping(event["contentBlockDelta"])
        delta = mapping(given.get("delta"))
        draft.say(text(delta.get("text")))
        index = given.get("contentBlockIndex")
        # Tools that the service runs itself have blocks of the same kind, which never started as a call.
        if "toolUse" in delta and type(index) is int and index in draft.calls:
            draft.calls[index].pieces.append(text(mapping(delta["toolUse"]).get("input")))
    elif "contentBlockStart" in event:
        given = mapping(event["contentBlockStart"])
        call, index = mapping(given.get("start")).get("toolUse"), given.get("contentBlockIndex")
        if call is not None:
            place = index if type(index) is int else len(draft.calls)
            draft.calls[place] = DraftCall(text(mapping(call).get("toolUseId")), text(mapping(call).get("name")), {})
    elif "messageStop" in event:
        draft.finish_reason = text(mapping(event["messageStop"]).get("stopReason")) or None
        draft.ended = True
    elif "metadata" in event:
        given = mapping(event["metadata"])
        draft.add_counts(given.get("usage"))
        draft.model = draft.model or _routed_model(given)


def stream_events(completion: Completion, pieces: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the types and payloads of a stream's events."""
    yield "messageStart", {"role": "assistant"}
    index = 0
    if completion.text:
        for piece in cut_text(completion, pieces):
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": piece}}
        yield "contentBlockStop", {"contentBlockIndex": index}
        index += 1
    for place, call in enumerate(completion.tool_calls):
        yield "contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": _call(completion, place)}}
        yield "contentBlockDelta", {"contentBlockIndex": index, "delta": {"toolUse": {"input": call.arguments}}}
        yield "contentBlockStop", {"contentBlockIndex": index}
        index += 1
    yield "messageStop", {"stopReason": completion.finish_reason}
    yield "metadata", _ending(completion)


def _encode_stream(completion: Completion, pieces: Sequence[str], _request: CompletionRequest) -> Iterator[bytes]:
    for kind, payload in stream_events(completion, pieces):
        yield write_event(kind, payload)


def _dialect(operation: str, stream: StreamFormat | None) -> Dialect:
    def claims(asked: Asked) -> bool:
        return claims_verb(asked, operation)

    def decode_request(asked: Asked) -> CompletionRequest:
        return _read_request(asked, operation)

    def encode_request(request: CompletionRequest, _stream: bool) -> Asked:
        return Asked("POST", path_of(request.model, operation), _write_request(request))

    return Dialect(
        provider=PROVIDER,
        operation=operation,
        claims=claims,
        streams=never_streams if stream is None else always_streams,
        decode_request=decode_request,
        encode_request=encode_request,
        decode_response=decode_converse,
        encode_response=encode_converse,
        stream=stream,
    )


def _reader() -> AnswerReader:
    return AnswerReader(EventFrames(), take_event, COUNTS)


CONVERSE = _dialect("converse", None)
CONVERSE_STREAM = _dialect("converse-stream", StreamFormat(CONTENT_TYPE, _reader, _encode_stream))
