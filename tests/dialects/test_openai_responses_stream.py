"""OpenAI's streamed responses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from tests.dialects.exchanges import listen, reader_of, refusals, spoken, stream_cases, vcr_exchanges
from tests.strategies import same

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import Usage
from playhead.dialects.openai_responses import DIALECTS
from playhead.errors import ProviderError

RESPONSES = DIALECTS[0]
ASKED = CompletionRequest(prompt="hi", model="m", operation="responses")
SPOKEN = Completion(
    text="Hél lo",
    model="m-1",
    finish_reason="max_output_tokens",
    usage=Usage(5, 3, 8),
    tool_calls=(ToolCall("c1", "f", '{"a" :1'), ToolCall("c2", "g", "")),
)
PIECES = ["Hél", " lo"]
END = {"type": "response.completed", "response": {"status": "completed", "model": "m", "output": []}}


def body_of(*events: dict[str, Any]) -> bytes:
    """Give the body of a stream with these events."""
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events).encode()


def delta(piece: str, place: int = 0) -> dict[str, Any]:
    """Give an event with a piece of text."""
    return {"type": "response.output_text.delta", "output_index": place, "delta": piece}


@given(stream_cases())
def test_there_and_back(case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream that is written is heard as the same answer in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = case
    heard = listen(RESPONSES, spoken(RESPONSES, completion, pieces, ASKED), cuts)
    assert heard.pieces == pieces
    assert same(heard.completion, completion)


@pytest.mark.parametrize("reason", [None, "completed", "incomplete", "cancelled", "queued", "content_filter"])
def test_every_way_to_end(reason: str | None) -> None:
    """Whatever the answer ended for, the stream has an end that says so."""
    completion = Completion(text="a", finish_reason=reason)
    assert listen(RESPONSES, spoken(RESPONSES, completion, ["a"], ASKED)).completion == completion


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b": ping\n\n"])
def test_byte_by_byte(line_end: bytes, start: bytes) -> None:
    """Byte order mark, comments and line ends change nothing, whatever comes in a read."""
    data = (start + spoken(RESPONSES, SPOKEN, PIECES, ASKED)).replace(b"\n", line_end)
    assert listen(RESPONSES, data, range(len(data))) == (PIECES, SPOKEN)


def test_a_stream_that_ends_early() -> None:
    """A stream that was cut before its last event is refused, and what came of it is there."""
    data = spoken(RESPONSES, SPOKEN, PIECES, ASKED)
    assert refusals(RESPONSES, data, SPOKEN, step=3) == len(range(0, len(data), 3))


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "server_error", "message": "lost", "sequence_number": 3},
        {"type": "error", "error": {"message": "lost"}},
        {"type": "response.failed", "response": {"status": "failed", "error": {"message": "lost"}}},
    ],
)
def test_an_error_in_the_stream(event: dict[str, Any]) -> None:
    """An error is raised with its words, and the text before it is kept."""
    reader = reader_of(RESPONSES)
    with pytest.raises(ProviderError, match="'lost'"):
        reader.feed(body_of(delta("half"), event))
    assert reader.partial().text == "half"
    with pytest.raises(ProviderError):
        reader.finish()


MESSAGE = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "whole"}]}
CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}


@pytest.mark.parametrize(
    ("events", "pieces"),
    [
        ([delta("wh"), delta("ole"), END], ["wh", "ole"]),
        ([{"type": "response.output_item.done", "output_index": 0, "item": MESSAGE}, END], ["whole"]),
        ([{**END, "response": {"status": "completed", "model": "m", "output": [MESSAGE]}}], ["whole"]),
        ([delta("wh"), {**END, "response": {"status": "completed", "model": "m", "output": [MESSAGE]}}], ["wh", "ole"]),
        (
            [delta("wh"), delta("ole"), {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE}, END],
            ["wh", "ole"],
        ),
        ([{"type": "response.refusal.delta", "delta": "whole"}, END], ["whole"]),
    ],
)
def test_text_wherever_it_stands(events: list[dict[str, Any]], pieces: list[str]) -> None:
    """Text that one event leaves out is taken from another, and none of it twice."""
    heard = listen(RESPONSES, body_of(*events))
    assert heard.pieces == pieces
    assert heard.completion == Completion(text="whole", model="m", finish_reason="completed")


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "response.output_item.added", "output_index": 1, "item": {**CALL, "arguments": ""}},
         {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{"},
         {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "}"}],
        [{"type": "response.output_item.done", "output_index": 1, "item": CALL}],
        [{"type": "response.output_item.added", "output_index": 1, "item": CALL},
         {"type": "response.output_item.done", "output_index": 1, "item": CALL}],
        [{"type": "response.output_item.done", "item": CALL}],
    ],
)  # fmt: skip
def test_calls_wherever_they_stand(events: list[dict[str, Any]]) -> None:
    """A tool call is one, whichever events bring it, also where the last one has no output."""
    heard = listen(RESPONSES, body_of(*events, END))
    assert heard.completion.tool_calls == (ToolCall("c", "f", "{}"),)


def test_real_streams() -> None:
    """Every recorded stream is heard to its end, and heard as the same when it is written again."""
    seen = 0
    for one in vcr_exchanges("test_openai_responses"):
        if isinstance(one.answer, bytes):
            heard = listen(RESPONSES, one.answer, range(0, len(one.answer), 11))
            assert heard.completion.text == "".join(heard.pieces) == "Paris."
            assert heard.completion.usage.completion_tokens == 59
            again = spoken(RESPONSES, heard.completion, heard.pieces, ASKED)
            assert listen(RESPONSES, again) == heard
            seen += 1
    assert seen == 1
