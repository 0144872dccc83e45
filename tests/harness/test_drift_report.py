"""A comparison in words and as plain values: complete, short where it must be, and safe to print."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from tests.harness.comparing_parts import ANSWER, QUESTIONS, but, record, with_fields

from playhead import CompletionRequest, ToolCall, Usage
from playhead.engine.comparison import Fact, Grade
from playhead.harness.comparing import compare
from playhead.harness.comparison import Asked, Comparison, Row
from playhead.harness.drift_report import (
    MAX_FACTS,
    MAX_ROWS,
    as_json,
    drift_message,
    fact_text,
    label_of,
    marked,
    summary_of,
)


@pytest.mark.parametrize(
    ("fact", "label"),
    [
        (Fact(Grade.REWORDED, "text", "text", "a", "b"), "text"),
        (Fact(Grade.USAGE, "usage", "usage.total_tokens", "1", "2"), "usage.total_tokens"),
        (Fact(Grade.STRUCTURAL, "finish reason", "finish_reason", "stop", "x"), "finish reason"),
        (Fact(Grade.STRUCTURAL, "truncated", "finish_reason", "stop", "length"), "truncated finish_reason"),
        (Fact(Grade.STRUCTURAL, "tool call", "tool_calls[0].name", "a", "b"), "tool_calls[0].name"),
        (Fact(Grade.PROVENANCE, "model version", "model_version", "a", "b"), "model version"),
        (Fact(Grade.STRUCTURAL, "json", "text.a[0]", "1", "2"), "json text.a[0]"),
    ],
)
def test_a_fact_is_named_once(fact: Fact, label: str) -> None:
    """Kind and path are both there, and no word stands twice."""
    assert label_of(fact) == label
    assert fact_text(fact) == f"{label}: {fact.old!r} became {fact.new!r}"


def test_near_vectors_say_that_they_are_not_exact() -> None:
    """A cosine of nearly one counts as the same, and the reader is told."""
    text = fact_text(Fact(Grade.IDENTICAL, "vectors", "body.data[0].embedding", "a", "b", 0.99999987))
    assert text.endswith("not exact: cosine 0.99999987")


def test_words_are_marked_as_git_marks_them() -> None:
    """What went stands in brackets, what came in braces."""
    fact = Fact(Grade.REWORDED, "text", "text", "the {old} ink", "the {new} ink")
    assert marked(fact) == "the {[-old-]{+new+}} ink"


def test_plain_values_hold_everything(tmp_path: Path) -> None:
    """A script finds every call, identical ones too, every fact in full, and the words that changed."""
    golden = record(tmp_path / "golden.cassette", questions=QUESTIONS[:4])
    fresh = record(
        tmp_path / "fresh.cassette",
        but(
            question_0=with_fields(text="The ink is black.", usage=Usage(1, 1, 2)),
            question_1=with_fields(tool_calls=(ToolCall("c", "mix", '{"a":1}'),)),
        ),
        [*QUESTIONS[:3], CompletionRequest("Question 3 about inks?", model="m"), CompletionRequest("5 + 5", model="m")],
    )
    found = json.loads(msgspec.json.encode(as_json(compare(golden, fresh))))
    assert found["counts"] == {
        "structural": 1,
        "reworded": 1,
        "provenance": 0,
        "usage": 0,
        "identical": 1,
        "changed": 1,
        "removed": 0,
        "added": 1,
    }
    assert (found["drifted"], found["gravest"], found["fail_on"]) == (True, "structural", "reworded")
    assert [call["grade"] for call in found["calls"]] == ["structural", "reworded", "identical"]
    reworded = found["calls"][1]
    assert (reworded["provider"], reworded["model"], reworded["take"]) == ("openai", "m", 0)
    assert [fact["kind"] for fact in reworded["facts"]] == ["text", "usage", "usage", "usage"]
    assert reworded["facts"][0]["words"] == [
        ["same", "The ink is "],
        ["deleted", "blue"],
        ["inserted", "black"],
        ["same", "."],
    ]
    assert found["changed"][0]["differences"][0]["path"] == "messages[0].content"
    assert found["added"][0]["question"] == "5 + 5"


def test_the_summary_names_what_there_is_and_nothing_else(tmp_path: Path) -> None:
    """One line, gravest first, without zeros."""
    golden = record(tmp_path / "golden.cassette")
    fresh = record(tmp_path / "fresh.cassette", but(question_0=with_fields(text="?")), QUESTIONS[:4])
    assert summary_of(compare(golden, fresh)) == "4 calls in both: 1 reworded, 3 identical; 2 removed"
    assert summary_of(compare(golden, golden)) == "6 calls in both: 6 identical"
    assert summary_of(Comparison("a", "b", ())) == "0 calls in both"


def test_a_message_stays_short_and_on_its_lines() -> None:
    """A thousand calls that drifted are counted; an answer cannot write into the terminal."""
    facts = tuple(Fact(Grade.REWORDED, "json", f"text.a{n}", "\x1b[31m\n", "b" * 10_000) for n in range(9))
    rows = tuple(Row(Asked(f"{n:032x}", 0, "p", "m", "q\x1b"), Grade.REWORDED, facts) for n in range(1_000))
    message = drift_message(Comparison("golden", "fresh", rows), fail_on="reworded")
    assert len(message.splitlines()) == 2 + MAX_ROWS * (1 + MAX_FACTS + 1) + 2
    assert f"and {1_000 - MAX_ROWS} more calls" in message
    assert "\x1b" not in message
    assert max(map(len, message.splitlines())) < 300
    assert ANSWER.text not in message
