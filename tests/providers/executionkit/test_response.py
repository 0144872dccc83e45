"""What a chat gives: text, tool calls, and token counts under either vendor's names."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from playhead import UsageError
from playhead.providers.executionkit.response import LLMResponse, ToolCall


def test_a_bare_answer() -> None:
    """Text and no counts are enough; no counts read as zero and stay an empty mapping."""
    response = LLMResponse(content="Hello", usage={})
    assert (response.input_tokens, response.output_tokens, response.total_tokens) == (0, 0, 0)
    assert response.usage == {}
    assert (response.has_tool_calls, response.was_truncated, response.finish_reason) == (False, False, "stop")


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 9}, (1, 2, 3)),
        ({"input_tokens": 3, "output_tokens": 4}, (3, 4, 7)),
        ({"input_tokens": 3, "prompt_tokens": 1}, (3, 0, 3)),
    ],
)
def test_either_names_are_read(usage: dict[str, int], counts: tuple[int, int, int]) -> None:
    """The newer names win where both are there; the sum is computed."""
    response = LLMResponse("", usage=usage)
    assert (response.input_tokens, response.output_tokens, response.total_tokens) == counts


@pytest.mark.parametrize("value", [True, -1, 1.0, "3", None, 1_000_000_001])
def test_what_is_no_count_is_refused_when_it_is_read(value: Any) -> None:
    """A count that is none is an error where it is read, and names what it was."""
    response = LLMResponse("", usage={"input_tokens": value})
    with pytest.raises(UsageError, match=r"usage\['input_tokens'\] must be an int"):
        _ = response.total_tokens


@pytest.mark.parametrize(("reason", "cut"), [("length", True), ("max_tokens", True), ("stop", False), ("", False)])
def test_truncation_is_told_by_the_reason(reason: str, cut: bool) -> None:
    """Both vendors' words for an answer that was cut are known."""
    assert LLMResponse("", finish_reason=reason).was_truncated is cut


def test_an_answer_cannot_be_changed() -> None:
    """Neither its fields nor its counts nor a tool's arguments can be changed, and what was given may be."""
    usage, arguments = {"input_tokens": 1}, {"q": 1}
    call = ToolCall("1", "f", arguments)
    response = LLMResponse("a", [call], usage=usage)  # type: ignore[arg-type]
    usage["input_tokens"] = arguments["q"] = 2
    assert (response.input_tokens, response.tool_calls[0].arguments["q"]) == (1, 1)
    assert response.has_tool_calls
    for changed, name in ((response, "content"), (call, "name")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(changed, name, "x")
    for mapping in (response.usage, call.arguments):
        with pytest.raises(TypeError):
            mapping["x"] = 1  # type: ignore[index]
