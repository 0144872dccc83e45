"""Calls over gRPC, of which question and answer are kept."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.model import Completion, Stream, ToolCall
from playhead.interchange.source import Unusable
from playhead.interchange.xai import NO_WIRE, claims, read

ASKED: dict[str, Any] = {
    "messages": [{"content": [{"text": "hi"}], "role": "ROLE_USER"}],
    "model": "grok-4",
    "temperature": 0.5,
    "max_tokens": 10,
    "tools": [{"function": {"name": "f"}}],
    "tool_choice": {"mode": "TOOL_MODE_AUTO"},
}
CALL = {"id": "c1", "function": {"name": "f", "arguments": "{}"}}
ANSWERED: dict[str, Any] = {
    "outputs": [{"finish_reason": "REASON_STOP", "message": {"content": "hello", "tool_calls": [CALL]}}],
    "created": "2026-02-09T18:58:45.635633182Z",
    "model": "grok-4-fast",
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cached_prompt_text_tokens": 1},
}


def test_a_call_keeps_question_and_answer() -> None:
    """Messages, model, settings; text, tool calls, counts, the date, and a note that its bytes are not there."""
    found = read(3, {"request_sample": {"json": ASKED}, "response_sample": {"json": ANSWERED}})
    assert (found.number, found.provider, found.stream, found.notes) == (3, "xai", False, (NO_WIRE,))
    request = found.request
    assert request.messages == tuple(ASKED["messages"])
    assert (request.model, request.temperature, request.max_tokens) == ("grok-4", 0.5, 10)
    assert request.tools == tuple(ASKED["tools"])
    assert request.params == {"tool_choice": {"mode": "TOOL_MODE_AUTO"}}
    end = found.outcome
    assert isinstance(end, Completion)
    assert (end.text, end.model, end.finish_reason) == ("hello", "grok-4-fast", "REASON_STOP")
    assert end.tool_calls == (ToolCall("c1", "f", "{}"),)
    assert (end.usage.prompt_tokens, end.usage.completion_tokens, end.usage.total_tokens) == (3, 2, 5)
    assert end.usage.details == {"cached_prompt_text_tokens": 1}
    assert found.when is not None


def test_a_stream_keeps_its_pieces() -> None:
    """Each chunk's text is a piece; the counts are those of the last chunk that has any."""
    chunks = [
        {"outputs": [{"delta": {"content": "hel"}}], "model": "grok"},
        {"outputs": [{"delta": {"content": ""}}]},
        {"outputs": [{"delta": {"content": "lo"}, "finish_reason": "REASON_STOP"}], "usage": {"total_tokens": 7}},
    ]
    found = read(1, {"request_stream": {"json": ASKED}, "response_stream": {"chunks_json": chunks}})
    assert found.stream
    assert isinstance(found.outcome, Stream)
    assert found.outcome.pieces() == ("hel", "lo")
    end = found.outcome.end
    assert isinstance(end, Completion)
    assert (end.text, end.model, end.finish_reason, end.usage.total_tokens) == ("hello", "grok", "REASON_STOP", 7)


@pytest.mark.parametrize(
    "item",
    [
        {"request_sample": {"raw": b"x"}, "response_sample": {"raw": b"y"}},
        {"request_sample": {"json": ASKED}},
        {"request_sample": {"json": {**ASKED, "messages": []}}, "response_sample": {"json": ANSWERED}},
        {"request_stream": {"json": ASKED}, "response_stream": {"chunks_raw": [b"x"]}},
    ],
)
def test_protobuf_alone_cannot_be_read(item: dict[str, Any]) -> None:
    """Without the messages as JSON there is neither question nor answer."""
    with pytest.raises(Unusable):
        read(1, item)


def test_such_a_call_is_known_by_its_keys() -> None:
    """A call over HTTP has a request."""
    assert claims({"request_sample": {}})
    assert claims({"request_stream": {}})
    assert not claims({"request": {}})
    assert not claims(None)


@given(st.dictionaries(st.sampled_from(sorted(ASKED)), st.none() | st.integers() | st.lists(st.none()) | st.text()))
def test_odd_values_are_read_or_refused(asked: dict[str, Any]) -> None:
    """A field of the wrong type is left out or makes the call unusable; nothing else fails."""
    with contextlib.suppress(Unusable):
        read(1, {"request_sample": {"json": asked}, "response_sample": {"json": ANSWERED}})
