"""
Amazon Bedrock's ``invoke`` and ``invoke-with-response-stream``: bodies in the words of each model's maker.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html. A request's body stands whole among
the params. An answer is known by its shape; one of a shape that is not known proves nothing but that it came, and the
counts that some models give in headers are not seen here. An answer of ours is written in Anthropic's words where the
request is, else in those of Amazon's Nova.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from playhead.core.model import Completion, CompletionRequest, Family, ToolCall
from playhead.dialects import anthropic_messages, bedrock_converse
from playhead.dialects.answers import (
    A_PIECE,
    AnswerReader,
    Counts,
    Draft,
    DraftCall,
    arguments_text,
    read_counts,
    to_bytes,
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
from playhead.dialects.bodies import read_body, write_body
from playhead.dialects.dialect import Asked, Dialect, StreamFormat
from playhead.dialects.openai_chat import decode_chat
from playhead.dialects.openai_chat_stream import ChatStreamDecoder
from playhead.dialects.openai_wire import loads, mapping, sequence, text
from playhead.dialects.paths import always_streams, body_of, never_streams
from playhead.dialects.vectors import vectors_said
from playhead.errors import ProviderError

_METRICS = "amazon-bedrock-invocationMetrics"
"""What the service adds to the last piece of every maker's stream."""

_FIELDS: Mapping[str, str] = {}
_TEXTS = {"outputText", "generation", "completion", "text"}
_NOVA = {"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"}
_COUNTS = Counts(
    ("input_tokens", "inputTokens", "inputTokenCount", "inputTextTokenCount", "prompt_token_count", "prompt_tokens"),
    (
        "output_tokens",
        "outputTokens",
        "outputTokenCount",
        "totalOutputTextTokenCount",
        "generation_token_count",
        "completion_tokens",
    ),
    ("total_tokens", "totalTokens"),
)
_RESULTS = ("results", "outputs")

_OWN_COUNTS = ("inputTextTokenCount", "totalOutputTextTokenCount", "prompt_token_count", "generation_token_count")


def _decode_response(value: Any) -> Completion:
    answer = mapping(value)
    if "content" in answer or answer.get("type") == "error":
        return anthropic_messages.decode_message(answer)
    if "choices" in answer:
        return decode_chat(answer)
    if "output" in answer:
        return bedrock_converse.decode_converse(answer)
    results = [mapping(item) for name in _RESULTS for item in sequence(answer.get(name))]
    results = results or [mapping(item) for item in sequence(answer.get("generations"))[:1]]
    last = results[-1] if results else answer
    if not answer:
        raise ProviderError("the answer is empty, or no JSON object")
    found = "".join(map(_plain_text, results or [answer]))
    if not found:
        refuse_failure(answer)
    counts = {name: answer[name] for name in _OWN_COUNTS if name in answer}
    tokens = [item.get("tokenCount") for item in results if "tokenCount" in item]
    if len(tokens) == 1:
        counts["totalOutputTextTokenCount"] = tokens[0]
    usage = read_counts(counts, _COUNTS)
    return Completion(
        text=found,
        usage=usage,
        finish_reason=_plain_reason(last),
        tool_calls=_plain_calls(answer),
        output=vectors_said(usage, _vectors(answer)),
    )


def _vectors(answer: Mapping[str, Any]) -> Sequence[Any]:
    """Give the vectors of an answer: of Titan one, of Nova each with its kind, of Cohere a list or one a kind."""
    one, many = sequence(answer.get("embedding")), answer.get("embeddings")
    by_kind = [vector for vectors in mapping(many).values() for vector in sequence(vectors)]
    return [one] if one else sequence(many) or by_kind


def _plain_text(value: Mapping[str, Any]) -> str:
    """Give the text where it stands plainly: Titan, Llama, Mistral, Claude 2, Cohere's Command."""
    return next((found for name in value if name in _TEXTS and (found := text(value[name]))), "")


def _plain_calls(value: Mapping[str, Any]) -> tuple[ToolCall, ...]:
    """Give the calls that Cohere's Command asks for."""
    calls = [mapping(call) for call in sequence(value.get("tool_calls"))]
    return tuple(ToolCall("", text(call.get("name")), arguments_text(call.get("parameters"))) for call in calls)


def _plain_reason(value: Mapping[str, Any]) -> str | None:
    names = ("completionReason", "stop_reason", "finish_reason")
    return next((found for name in names if (found := text(value.get(name)))), None)


def _is_anthropic(request: CompletionRequest) -> bool:
    return "anthropic_version" in request.params


def _encode_response(completion: Completion, request: CompletionRequest) -> dict[str, Any]:
    if request.family is Family.EMBEDDING:
        vectors = sequence(completion.output)
        return {"embedding": vectors[0] if vectors else []}
    if _is_anthropic(request):
        return anthropic_messages.encode_message(completion, request)
    return bedrock_converse.encode_converse(completion, request)


class _ChunkFrames:
    """The JSON values inside the events of a stream."""

    def __init__(self) -> None:
        self._frames = EventFrames()

    def feed(self, data: bytes) -> Iterator[Any]:
        for event in self._frames.feed(data):
            if "chunk" in event:
                yield loads(_from_base64(event["chunk"].get("bytes")), A_PIECE)

    def finish(self) -> tuple[()]:
        return self._frames.finish()


def _from_base64(value: object) -> bytes:
    with suppress(ValueError):
        return base64.b64decode(text(value), validate=True)
    raise ProviderError(f"{A_PIECE} is not base64")


class _Taker:
    """Takes the pieces of whatever maker's stream, by their shape."""

    def __init__(self) -> None:
        self._chat = ChatStreamDecoder()

    def take(self, draft: Draft, piece: Mapping[str, Any]) -> None:
        """Take one piece into the draft."""
        if "choices" in piece:
            self._take_chat(draft, piece)
        elif "type" in piece and "completion" not in piece:
            anthropic_messages.take_event(draft, piece)
        elif not _NOVA.isdisjoint(piece):
            bedrock_converse.take_event(draft, piece)
        else:
            _take_plain(draft, piece)
        if _METRICS in piece:
            draft.ended = True
            metrics = mapping(piece[_METRICS])
            if not read_counts(draft.counts, _COUNTS).reported:
                draft.add_counts({name: metrics.get(name) for name in ("inputTokenCount", "outputTokenCount")})

    def _take_chat(self, draft: Draft, piece: Mapping[str, Any]) -> None:
        for said in self._chat.feed(piece):
            draft.say(said)
        draft.finish_reason = self._chat.finish_reason
        draft.ended = draft.ended or draft.finish_reason is not None
        draft.add_counts(piece.get("usage"))
        whole = self._chat.partial()
        draft.model, draft.model_version = whole.model, whole.model_version
        for place, call in enumerate(whole.tool_calls):
            draft.calls[place] = DraftCall(call.id, call.name, call.arguments)


def _take_plain(draft: Draft, piece: Mapping[str, Any]) -> None:
    outputs = [mapping(item) for item in sequence(piece.get("outputs"))] or [piece]
    last = outputs[-1]
    # Command repeats the whole text in its last piece.
    if piece.get("is_finished") is not True:
        draft.say("".join(map(_plain_text, outputs)))
    for place, call in enumerate(_plain_calls(piece)):
        draft.calls[place] = DraftCall("", call.name, call.arguments)
    draft.add_counts({name: piece.get(name) for name in _OWN_COUNTS})
    draft.finish_reason = _plain_reason(last) or draft.finish_reason
    # Nobody knows how a stream of a shape that is not known ends.
    draft.ended = draft.finish_reason is not None or (_TEXTS.isdisjoint(last) and "is_finished" not in piece)


def _reader() -> AnswerReader:
    return AnswerReader(_ChunkFrames(), _Taker().take, _COUNTS)


def _encode_stream(completion: Completion, pieces: Sequence[str], request: CompletionRequest) -> Iterator[bytes]:
    if _is_anthropic(request):
        inner: Iterator[Any] = anthropic_messages.message_events(completion, pieces)
    else:
        inner = ({kind: payload} for kind, payload in bedrock_converse.stream_events(completion, pieces))
    for piece in inner:
        yield write_event("chunk", {"bytes": base64.b64encode(to_bytes(piece)).decode()})


def _dialect(operation: str, stream: StreamFormat | None) -> Dialect:
    def claims(asked: Asked) -> bool:
        return claims_verb(asked, operation)

    def decode_request(asked: Asked) -> CompletionRequest:
        model = model_of(asked.path)
        family = Family.EMBEDDING if "embed" in model else Family.LLM
        return read_body(body_of(asked), operation=operation, family=family, names=_FIELDS, model=model)

    def encode_request(request: CompletionRequest, _stream: bool) -> Asked:
        return Asked("POST", path_of(request.model, operation), write_body(request, {}, names=_FIELDS, model=False))

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


INVOKE = _dialect("invoke", None)
INVOKE_STREAM = _dialect("invoke-with-response-stream", StreamFormat(CONTENT_TYPE, _reader, _encode_stream))
