"""
OpenAI's streamed responses.

Source: https://platform.openai.com/docs/api-reference/responses-streaming. Servers of other makers leave out the deltas
or the output of the last event: what is missing in one place is taken from the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playhead.core.model import Completion, CompletionRequest
from playhead.dialects.answers import AnswerReader, Draft, DraftCall, SseFrames, cut_text, to_bytes
from playhead.dialects.dialect import StreamFormat
from playhead.dialects.openai_response_objects import (
    COUNTS,
    answer_end,
    answer_head,
    decode_answer,
    item_call,
    item_text,
    written_calls,
    written_message,
)
from playhead.dialects.openai_wire import error_text, mapping, refuse_error, text
from playhead.errors import ProviderError

_ENDS = frozenset(("response.completed", "response.incomplete", "response.cancelled"))


class _Taker:
    """Takes the events of one stream; knows which output items have been heard in pieces."""

    def __init__(self) -> None:
        self._heard: set[Any] = set()

    def take(self, draft: Draft, event: Mapping[str, Any]) -> None:
        """Take one event into the draft."""
        refuse_error(event)
        kind, place = text(event.get("type")), event.get("output_index")
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            self._heard.add(_key(place))
            draft.say(text(event.get("delta")))
        elif kind in ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"):
            draft.call(place).pieces.append(text(event.get("delta")))
        elif kind == "response.output_item.added":
            self._take_item(draft, place, mapping(event.get("item")), is_whole=False)
        elif kind == "response.output_item.done":
            self._take_item(draft, place, mapping(event.get("item")), is_whole=True)
        elif kind in _ENDS:
            _take_end(draft, mapping(event.get("response")))
        elif kind in ("error", "response.failed"):
            words = error_text(event.get("response")) or error_text(event)
            raise ProviderError(f"the stream holds an error: {words!r}")
        elif kind.startswith("response."):
            draft.model = text(mapping(event.get("response")).get("model")) or draft.model

    def _take_item(self, draft: Draft, place: object, item: Mapping[str, Any], *, is_whole: bool) -> None:
        call = item_call(item)
        if call is not None:
            index = place if type(place) is int else len(draft.calls)
            if is_whole or index not in draft.calls:
                draft.calls[index] = DraftCall(call.id, call.name, call.arguments)
        elif is_whole and _key(place) not in self._heard:
            draft.say(item_text(item))


def _key(place: object) -> int:
    return place if type(place) is int else 0


def _take_end(draft: Draft, response: Mapping[str, Any]) -> None:
    draft.ended = draft.closed = True
    draft.model = text(response.get("model")) or draft.model
    draft.add_counts(response.get("usage"))
    whole = decode_answer({"output": [], **response})
    draft.model_version = whole.model_version
    draft.finish_reason = whole.finish_reason
    said = "".join(draft.pieces)
    if whole.text.startswith(said):
        draft.say(whole.text[len(said) :])
    if whole.tool_calls:
        draft.calls = {at: DraftCall(call.id, call.name, call.arguments) for at, call in enumerate(whole.tool_calls)}


def _encode(completion: Completion, pieces: Sequence[str], request: CompletionRequest) -> Iterator[bytes]:
    head, end = answer_head(completion, request), answer_end(completion)
    number = 0

    def event(kind: str, **fields: Any) -> bytes:
        nonlocal number
        number += 1
        value = {"type": kind, **fields, "sequence_number": number - 1}
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), to_bytes(value))

    yield event("response.created", response=head)
    yield event("response.in_progress", response=head)
    if completion.text:
        message = written_message(completion)
        part = message["content"][0]
        at = {"item_id": message["id"], "output_index": 0, "content_index": 0}
        begun: dict[str, Any] = {**message, "status": "in_progress", "content": []}
        yield event("response.output_item.added", output_index=0, item=begun)
        yield event("response.content_part.added", **at, part={**part, "text": ""})
        for piece in cut_text(completion, pieces):
            yield event("response.output_text.delta", **at, delta=piece, logprobs=[])
        yield event("response.output_text.done", **at, text=completion.text, logprobs=[])
        yield event("response.content_part.done", **at, part=part)
        yield event("response.output_item.done", output_index=0, item=message)
    for place, call in enumerate(written_calls(completion), 1 if completion.text else 0):
        at = {"item_id": call["id"], "output_index": place}
        begun = {**call, "status": "in_progress", "arguments": ""}
        yield event("response.output_item.added", output_index=place, item=begun)
        yield event("response.function_call_arguments.delta", **at, delta=call["arguments"])
        yield event("response.function_call_arguments.done", **at, arguments=call["arguments"])
        yield event("response.output_item.done", output_index=place, item=call)
    ending = f"response.{end['status']}"
    yield event(ending if ending in _ENDS else "response.completed", response={**head, **end})


STREAM = StreamFormat(
    content_type="text/event-stream; charset=utf-8",
    reader=lambda: AnswerReader(SseFrames(), _Taker().take, COUNTS),
    encode=_encode,
)
"""How responses are streamed."""
