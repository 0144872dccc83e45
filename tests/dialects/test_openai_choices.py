"""Choices, their text and their tool calls."""

from __future__ import annotations

from typing import Any

import pytest

from playhead.core.model import Completion, ToolCall
from playhead.dialects.openai_choices import (
    answer_head,
    called,
    calls_of,
    content_text,
    first_choice,
    read_call,
    written_call,
)


def test_first_choice() -> None:
    """The choice with index 0 or none is the answer; what is no object is no choice with a text."""
    assert first_choice({"choices": [{"index": 1}, {"index": 0, "a": 1}]}) == {"index": 0, "a": 1}
    assert first_choice({"choices": [{"a": 1}]}) == {"a": 1}
    assert first_choice({"choices": []}) is None
    assert first_choice({"choices": "x"}) is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": "a"}, "a"),
        ({"content": [{"type": "text", "text": "a"}, {"text": "b"}, {"type": "image_url"}, 5]}, "ab"),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "x"}]}]}, ""),
        ({"content": [{"type": "reasoning", "text": "x"}]}, ""),
        ({"content": None, "refusal": "no"}, "no"),
        ({}, ""),
    ],
)
def test_content_text(message: dict[str, Any], expected: str) -> None:
    """The text is what is said to the user, not what was thought."""
    assert content_text(message) == expected


def test_calls() -> None:
    """The newer tool calls win over the older function call, which stands alone."""
    older = {"function_call": {"name": "f"}}
    assert [called(call) for call in calls_of(older)] == [("f", "")]
    assert calls_of({**older, "tool_calls": [1]}) == [1]
    assert calls_of({"function_call": None}) == ()


def test_written_call() -> None:
    """A tool call that is written is read as the same."""
    call = ToolCall("c", "f", '{"a" :1')
    assert read_call(written_call(call)) == call


def test_answer_head() -> None:
    """An answer's id depends on what it says and on nothing else; its model version stands only where it is known."""
    one, same = Completion(text="a", model="m"), Completion(text="a", model="m")
    assert answer_head(one, "chat.completion") == answer_head(same, "chat.completion")
    assert answer_head(one, "x")["id"] != answer_head(Completion(text="b", model="m"), "x")["id"]
    assert answer_head(one, "x", prefix="cmpl-")["id"].startswith("cmpl-")
    assert "system_fingerprint" not in answer_head(one, "x")
    assert answer_head(Completion(model_version="v"), "x")["system_fingerprint"] == "v"
