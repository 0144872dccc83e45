"""
Google's ``generateContent`` and ``streamGenerateContent``, of the Gemini API and of Vertex AI.

Source: https://ai.google.dev/api/generate-content and
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference. The model stands in the path, and so
does whether a stream is asked for. A stream is one of events where ``alt=sse`` is asked for, which every SDK does, and
one JSON array where it is not. Each is an operation of its own, since its bytes are of no use to who asked for another.
Of several candidates the first is the answer; thoughts, code and inline data are in the body only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.dialects.answers import (
    AnswerReader,
    Counts,
    Draft,
    DraftCall,
    EitherFrames,
    arguments_text,
    arguments_value,
    cut_text,
    made_id,
    read_counts,
    to_bytes,
    write_counts,
)
from playhead.dialects.dialect import Asked, Dialect, StreamFormat
from playhead.dialects.gemini_arguments import GrowingCall, is_growing
from playhead.dialects.gemini_further import FURTHER
from playhead.dialects.gemini_interactions import INTERACTIONS
from playhead.dialects.gemini_requests import PROVIDER, claims_verb, model_of, path_of, read_contents, write_contents
from playhead.dialects.json_array import ArrayFrames
from playhead.dialects.openai_wire import mapping, refuse_error, sequence, text
from playhead.dialects.paths import always_streams, body_of, never_streams
from playhead.errors import ProviderError

GENERATE = "generateContent"
STREAM = "streamGenerateContent"
_EVENTS = ("alt", "sse")

_NO_REASON = "FINISH_REASON_UNSPECIFIED"
"""The schema's word for none; it ends a stream all the same."""
_COUNTS = Counts(("promptTokenCount",), ("candidatesTokenCount",), ("totalTokenCount",))


def _claims(asked: Asked) -> bool:
    return claims_verb(asked, GENERATE)


def _claims_events(asked: Asked) -> bool:
    return claims_verb(asked, STREAM) and _EVENTS in asked.query


def _claims_array(asked: Asked) -> bool:
    return claims_verb(asked, STREAM) and _EVENTS not in asked.query


def _candidate(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    candidates = [mapping(candidate) for candidate in sequence(answer.get("candidates"))]
    return next((candidate for candidate in candidates if not candidate.get("index")), None)


def _block_reason(answer: Mapping[str, Any]) -> str:
    """Say why the question was refused, which is an answer without candidates."""
    return text(mapping(answer.get("promptFeedback")).get("blockReason"))


def _parts(candidate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    parts = sequence(mapping(candidate.get("content")).get("parts"))
    return [part for part in map(mapping, parts) if part.get("thought") is not True]


def _text_of(parts: Sequence[Mapping[str, Any]]) -> str:
    return "".join(text(part.get("text")) for part in parts)


def _calls_in(parts: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (mapping(part["functionCall"]) for part in parts if "functionCall" in part)


def _decode_response(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    candidate, blocked = _candidate(answer), _block_reason(answer)
    if candidate is None and not blocked:
        raise ProviderError(f"the answer has no candidates: its fields are {sorted(answer)!r}")
    candidate = candidate or {}
    parts = _parts(candidate)
    version = text(answer.get("modelVersion"))
    return Completion(
        text=_text_of(parts),
        model=version,
        usage=read_counts(answer.get("usageMetadata"), _COUNTS),
        model_version=version or None,
        finish_reason=_reason(text(candidate.get("finishReason")) or blocked),
        tool_calls=tuple(
            ToolCall(text(call.get("id")), text(call.get("name")), arguments_text(call.get("args", {})))
            for call in _calls_in(parts)
        ),
    )


def _reason(word: str) -> str | None:
    return None if word in ("", _NO_REASON) else word


def _encode_response(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": completion.text}] if completion.text else []
    return _answer(completion, parts + _call_parts(completion), last=True)


def _call_parts(completion: Completion) -> list[dict[str, Any]]:
    return [
        {"functionCall": {**({"id": call.id} if call.id else {}), "name": call.name, "args": _args(call)}}
        for call in completion.tool_calls
    ]


def _args(call: ToolCall) -> Any:
    return arguments_value(call.arguments)


def _answer(completion: Completion, parts: Sequence[Mapping[str, Any]], *, last: bool) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    answer: dict[str, Any] = {"candidates": [candidate]}
    usage = write_counts(completion.usage, _COUNTS)
    if last:
        candidate["finishReason"] = completion.finish_reason or _NO_REASON
    if last and usage:
        answer["usageMetadata"] = usage
    version = completion.model or completion.model_version
    if version:
        answer["modelVersion"] = version
    return {**answer, "responseId": made_id("", completion)}


def _take(draft: Draft, answer: Mapping[str, Any]) -> None:
    refuse_error(answer)
    version = text(answer.get("modelVersion"))
    if version:
        draft.model = draft.model_version = version
    draft.add_counts(answer.get("usageMetadata"))
    blocked = _block_reason(answer)
    if blocked:
        draft.finish_reason, draft.ended = _reason(blocked), True
    candidate = _candidate(answer)
    if candidate is None:
        return
    parts = _parts(candidate)
    draft.say(_text_of(parts))
    for call in _calls_in(parts):
        _take_call(draft, call)
    reason = text(candidate.get("finishReason"))
    if reason:
        draft.finish_reason, draft.ended = _reason(reason), True


def _take_call(draft: Draft, call: Mapping[str, Any]) -> None:
    last = draft.calls.get(len(draft.calls) - 1)
    if isinstance(last, GrowingCall) and last.open:
        last.grow(call)
    elif is_growing(call):
        draft.calls[len(draft.calls)] = GrowingCall(call)
    else:
        draft.calls[len(draft.calls)] = DraftCall(text(call.get("id")), text(call.get("name")), call.get("args", {}))


def _reader() -> AnswerReader:
    return AnswerReader(EitherFrames(ArrayFrames), _take, _COUNTS)


def _chunks(completion: Completion, pieces: Sequence[str]) -> Iterator[bytes]:
    for piece in cut_text(completion, pieces):
        yield to_bytes(_answer(completion, [{"text": piece}], last=False))
    yield to_bytes(_answer(completion, _call_parts(completion), last=True))


def _encode_events(completion: Completion, pieces: Sequence[str], _request: CompletionRequest) -> Iterator[bytes]:
    return (b"data: %b\r\n\r\n" % chunk for chunk in _chunks(completion, pieces))


def _encode_array(completion: Completion, pieces: Sequence[str], _request: CompletionRequest) -> Iterator[bytes]:
    opening = b"["
    for chunk in _chunks(completion, pieces):
        yield opening + chunk
        opening = b",\r\n"
    yield b"]"


def _dialect(
    operation: str,
    claims: Callable[[Asked], bool],
    stream: StreamFormat | None = None,
    query: tuple[tuple[str, str], ...] = (),
) -> Dialect:
    verb = GENERATE if stream is None else STREAM

    def decode_request(asked: Asked) -> CompletionRequest:
        return read_contents(body_of(asked), operation, model_of(asked.path, verb))

    def encode_request(request: CompletionRequest, _stream: bool) -> Asked:
        return Asked("POST", path_of(request.model, verb), write_contents(request), query)

    return Dialect(
        provider=PROVIDER,
        operation=operation,
        claims=claims,
        streams=never_streams if stream is None else always_streams,
        decode_request=decode_request,
        encode_request=encode_request,
        decode_response=_decode_response,
        encode_response=_encode_response,
        stream=stream,
    )


DIALECTS: tuple[Dialect, ...] = (
    _dialect(GENERATE, _claims),
    _dialect(STREAM, _claims_events, StreamFormat("text/event-stream", _reader, _encode_events), (_EVENTS,)),
    _dialect(
        f"{STREAM}.array",
        _claims_array,
        StreamFormat("application/json; charset=UTF-8", _reader, _encode_array),
    ),
    *FURTHER,
    *INTERACTIONS,
)
