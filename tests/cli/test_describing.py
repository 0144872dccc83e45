"""Requests and outcomes in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest, Failure, Interaction, Origin, Stream, ToolCall, Usage
from playhead.cli.describing import (
    answer_lines,
    failure_line,
    head_line,
    outcome_json,
    question_lines,
    take_line,
)
from playhead.core.model import Family, Outcome


def interaction(request: CompletionRequest, outcome: Outcome, **facts: Any) -> Interaction:
    """Make an interaction."""
    return Interaction(request, outcome, "openai", "ab" * 32, 1, **facts)


def test_the_head_names_what_was_asked_for() -> None:
    """Provider, model and every parameter that is matched stand in one line."""
    request = CompletionRequest(
        "a",
        model="gpt",
        temperature=0.5,
        max_tokens=9,
        params={"seed": 3, "stop": ["x"]},
        tools=({"type": "function"},),
    )
    assert head_line(interaction(request, Completion())) == (
        'abababababab  openai  gpt  temperature 0.5  at most 9 tokens  seed 3  stop ["x"]  1 tool'
    )


def test_a_take_tells_when_how_long_and_how_many_tokens() -> None:
    """What is known of a recording is told, what is not is left out."""
    answer = Completion("x", usage=Usage(12, 34, 46), finish_reason="stop")
    full = interaction(CompletionRequest("a"), answer, recorded_on="2026-11-21", latency_ms=1200)
    assert take_line(full) == "take 1, live, 2026-11-21, 1.2 s, 12 + 34 tokens, stop"
    assert take_line(interaction(CompletionRequest("a"), Completion("x"), origin=Origin.EDITED)) == "take 1, edited"
    assert take_line(interaction(CompletionRequest("a"), Failure("x.Y"))) == "take 1, live"


def test_every_message_is_shown_with_its_role() -> None:
    """Many lines stay aligned; parts that are no text and tool calls are named."""
    request = CompletionRequest(
        messages=(
            {"role": "system", "content": "one\ntwo"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": "data:"}],
            },
            {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "content": "42"},
            {"role": "user", "content": {"odd": 1}},
        )
    )
    assert list(question_lines(interaction(request, Completion()))) == [
        "  system     one",
        "             two",
        "  user       look",
        '             (image_url: {"image_url":"data:","type":"image_url"})',
        "  assistant",
        "             calls f({})",
        "  tool       42",
        '  user       {"odd":1}',
    ]


def test_the_input_of_an_embedding_is_shown() -> None:
    """A request without messages shows what it is about, cut where it is long."""
    request = CompletionRequest(family=Family.EMBEDDING, params={"input": ["a" * 1000]})
    (line,) = question_lines(interaction(request, Completion()))
    assert line.startswith('  input      ["aaa')
    assert line.endswith("...")
    assert len(line) < 420


@pytest.mark.parametrize(
    ("outcome", "lines"),
    [
        (Completion("yes"), ["  assistant  yes"]),
        (Completion(tool_calls=(ToolCall("1", "f", "{}"),)), ["  assistant", "             calls f({})"]),
        (Completion(output=[1.0]), ["  assistant", "  output     [1.0]"]),
        (Failure("a.Lost", "gone"), ["  failed     Lost: gone"]),
        (
            Stream(cuts=(1, 2), end=Completion("yes")),
            ["  assistant  (streamed in 2 pieces)", "             yes"],
        ),
        (
            Stream(cuts=(1,), text="y", end=Failure("a.Lost", "gone")),
            ["  assistant  (streamed in 1 piece)", "             y", "  failed     Lost: gone"],
        ),
        (
            Stream(cuts=(1,), text="y"),
            [
                "  assistant  (streamed in 1 piece)",
                "             y",
                "             (the consumer closed the stream here)",
            ],
        ),
    ],
)
def test_every_kind_of_outcome_is_shown(outcome: Outcome, lines: list[str]) -> None:
    """Answers, failures and streams all have their lines."""
    assert list(answer_lines(interaction(CompletionRequest("a"), outcome))) == lines


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (Failure("a.b.Lost"), "Lost"),
        (Failure("Lost", "on\ntwo lines"), "Lost: on two lines"),
        (Failure("Slow", "wait", retry_after=1.5), "Slow: wait (wait 1.5 s)"),
    ],
)
def test_a_failure_is_one_line(failure: Failure, line: str) -> None:
    """Whatever its message, a failure does not break a listing."""
    assert failure_line(failure) == line


def test_unknown_token_counts_are_not_zero() -> None:
    """A script can tell what was not reported from nothing used."""
    assert outcome_json(Completion("x"))["usage"] is None
    assert outcome_json(Completion("x", usage=Usage()))["usage"]["total_tokens"] == 0


def test_a_captured_call_reads_as_a_call(tmp_path: Path) -> None:
    """The function and its arguments stand where a model's name does."""
    path = tmp_path / "run.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        session.capture(lambda item, shop: 3, name="stock")("anvil", shop="north\x1b[2J")
    (call,) = playhead.open_cassette(path)
    assert head_line(call).split("  ")[1:] == ["captured", 'stock(item="anvil", shop="north\\u001b[2J")']
