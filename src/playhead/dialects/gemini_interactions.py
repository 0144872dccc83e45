"""
Google's ``/interactions``, of the Gemini API.

Source: https://ai.google.dev/api/interactions-api. A model or an agent is asked, whole or as a stream of events; what
runs in the background is asked for again by its id. An answer is a list of ``steps``, in the API's first version of
``outputs``. Thoughts, what the vendor's own tools did, and media are in the body only. Why an answer ended is its
status.
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
from playhead.dialects.gemini_requests import PROVIDER
from playhead.dialects.openai_wire import error_text, mapping, refuse_error, sequence, text
from playhead.dialects.paths import asks_stream, body_of, posted
from playhead.dialects.queries import asks_stream_by_query, read_retrieval, write_retrieval
from playhead.errors import ProviderError

CREATE = "interactions"
RETRIEVE = "interactions.retrieve"
PLACE = "/interactions/"

_COUNTS = Counts(("total_input_tokens",), ("total_output_tokens",), ("total_tokens",))
_NAMES: Mapping[str, str] = {"model": "model", "tools": "tools"}
_ENDS = ("interaction.completed", "interaction.complete")


def _claims(asked: Asked) -> bool:
    if not asked.path.endswith("/interactions"):
        return False
    body = posted(asked)
    # Other services have interactions too; a model or an agent is asked with an input.
    return body is not None and "input" in body and ("model" in body or "agent" in body)


def _id_of(path: str) -> str:
    name = path.partition(PLACE)[2]
    return "" if "/" in name else name


def _claims_retrieve(asked: Asked) -> bool:
    version = asked.path.partition(PLACE)[0].rpartition("/")[2]
    return asked.method == "GET" and asked.body is None and version.startswith("v1") and bool(_id_of(asked.path))


def _decode_request(asked: Asked) -> CompletionRequest:
    body = body_of(asked)
    given: Any = body.get("input")
    if type(given) is str:
        return read_body(body, operation=CREATE, prompt=given, taken=("input",), names=_NAMES)
    messages = message_list(given)
    taken = () if messages is None else ("input",)
    return read_body(body, operation=CREATE, messages=messages, taken=taken, names=_NAMES)


def _encode_request(request: CompletionRequest, stream: bool) -> Asked:
    fields: dict[str, Any] = {}
    if request.messages is not None:
        fields["input"] = list(request.messages)
    elif request.prompt is not None:
        fields["input"] = request.prompt
    body = write_body(request, fields, names=_NAMES)
    if stream:
        body.setdefault("stream", True)
    return Asked("POST", "/v1beta/interactions", body)


def _decode_retrieve_request(asked: Asked) -> CompletionRequest:
    return read_retrieval(asked, _id_of(asked.path), RETRIEVE)


def _encode_retrieve_request(request: CompletionRequest, stream: bool) -> Asked:
    return write_retrieval(request, f"/v1beta{PLACE}", stream)


def _contents(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give what the model said, content by content, whichever version of the API it is."""
    for step in map(mapping, (*sequence(answer.get("outputs")), *sequence(answer.get("steps")))):
        if step.get("type") == "model_output":
            yield from map(mapping, sequence(step.get("content")))
        else:
            yield step


def _decode_response(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    if not text(answer.get("status")):
        raise ProviderError(f"the answer has no status: its fields are {sorted(answer)!r}")
    contents = list(_contents(answer))
    return Completion(
        text="".join(text(one.get("text")) for one in contents if one.get("type") == "text"),
        model=_model_of(answer),
        usage=read_counts(answer.get("usage"), _COUNTS),
        finish_reason=text(answer["status"]),
        tool_calls=tuple(
            ToolCall(text(one.get("id")), text(one.get("name")), arguments_text(one.get("arguments", {})))
            for one in contents
            if one.get("type") == "function_call"
        ),
    )


def _model_of(answer: Mapping[str, Any]) -> str:
    return text(answer.get("model")) or text(answer.get("agent"))


def _encode_response(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    steps: list[dict[str, Any]] = []
    if completion.text:
        steps.append({"type": "model_output", "content": [{"type": "text", "text": completion.text}]})
    calls = range(len(completion.tool_calls))
    steps += [
        {**_call_step(completion, place), "arguments": arguments_value(completion.tool_calls[place].arguments)}
        for place in calls
    ]
    return {**_interaction(completion), **_end(completion), "steps": steps}


def _interaction(completion: Completion) -> dict[str, Any]:
    return {"id": made_id("v1_", completion), "object": "interaction", "model": completion.model}


def _end(completion: Completion) -> dict[str, Any]:
    usage = write_counts(completion.usage, _COUNTS)
    return {"status": completion.finish_reason or "completed", **({"usage": usage} if usage else {})}


def _call_step(completion: Completion, place: int) -> dict[str, Any]:
    call = completion.tool_calls[place]
    return {"type": "function_call", "id": call.id or made_id("call_", completion, place), "name": call.name}


def _take(draft: Draft, event: Mapping[str, Any]) -> None:
    """
    Take one event of a stream.

    Raises:
        ProviderError: It is an error.
    """
    kind = text(event.get("event_type"))
    if kind == "error":
        raise ProviderError(f"the stream holds an error: {error_text(event)!r}")
    if kind in ("step.start", "content.start"):
        _take_part(draft, event.get("index"), mapping(event.get("step") or event.get("content")))
    elif kind in ("step.delta", "content.delta"):
        _take_part(draft, event.get("index"), mapping(event.get("delta")))
    elif "interaction" in event:
        interaction = mapping(event["interaction"])
        draft.model = _model_of(interaction) or draft.model
        draft.add_counts(interaction.get("usage"))
        if kind in _ENDS:
            draft.finish_reason = text(interaction.get("status")) or None
            draft.ended = draft.closed = True
    else:
        refuse_error(event)


def _take_part(draft: Draft, index: object, part: Mapping[str, Any]) -> None:
    kind, arguments = text(part.get("type")), part.get("arguments")
    if kind == "text":
        draft.say(text(part.get("text")))
    elif kind == "function_call":
        place = index if type(index) is int else len(draft.calls)
        draft.calls[place] = DraftCall(text(part.get("id")), text(part.get("name")), arguments)
    elif kind == "arguments_delta" and (type(index) is not int or index in draft.calls):
        draft.call(index).pieces.append(text(arguments) or text(part.get("partial_arguments")))


def _encode_stream(completion: Completion, pieces: Sequence[str], _request: CompletionRequest) -> Iterator[bytes]:
    for kind, fields in _events(completion, pieces):
        yield b"event: %b\ndata: %b\n\n" % (kind.encode(), to_bytes({**fields, "event_type": kind}))


def _events(completion: Completion, pieces: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "interaction.created", {"interaction": _interaction(completion)}
    index = 0
    if completion.text:
        yield "step.start", {"index": index, "step": {"type": "model_output"}}
        for piece in cut_text(completion, pieces):
            yield "step.delta", {"index": index, "delta": {"type": "text", "text": piece}}
        yield "step.stop", {"index": index}
        index += 1
    for place, call in enumerate(completion.tool_calls):
        yield "step.start", {"index": index, "step": _call_step(completion, place)}
        yield "step.delta", {"index": index, "delta": {"type": "arguments_delta", "arguments": call.arguments}}
        yield "step.stop", {"index": index}
        index += 1
    yield "interaction.completed", {"interaction": {**_interaction(completion), **_end(completion)}}


_EVENTS = StreamFormat("text/event-stream", lambda: AnswerReader(SseFrames(), _take, _COUNTS), _encode_stream)

INTERACTIONS: tuple[Dialect, ...] = (
    Dialect(
        provider=PROVIDER,
        operation=CREATE,
        claims=_claims,
        streams=asks_stream,
        decode_request=_decode_request,
        encode_request=_encode_request,
        decode_response=_decode_response,
        encode_response=_encode_response,
        stream=_EVENTS,
    ),
    Dialect(
        provider=PROVIDER,
        operation=RETRIEVE,
        claims=_claims_retrieve,
        streams=asks_stream_by_query,
        decode_request=_decode_retrieve_request,
        encode_request=_encode_retrieve_request,
        decode_response=_decode_response,
        encode_response=_encode_response,
        stream=_EVENTS,
    ),
)
"""Both operations: a new interaction, and one that was made before."""
