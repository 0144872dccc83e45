"""``playhead diff``: what differs for people and for scripts, and an exit code that a pipeline can act on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playhead import CompletionRequest, Matching, ToolCall, Usage
from playhead.cli.diff import MAX_SHOWN
from tests.cli.conftest import Run
from tests.harness.comparing_parts import QUESTIONS, but, record, with_fields


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """Record the golden."""
    return record(tmp_path / "golden.cassette")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """Record answers with a change of every kind."""
    return record(
        tmp_path / "fresh.cassette",
        but(
            question_0=with_fields(text="The ink is black."),
            question_1=with_fields(tool_calls=(ToolCall("c", "mix", '{"a":1}'),), finish_reason="tool_calls"),
            question_2=with_fields(model="m-2"),
            question_3=with_fields(usage=Usage(5, 5, 10)),
        ),
        [*QUESTIONS[:5], CompletionRequest("Question 5 about inks?", model="m"), CompletionRequest("5 + 5", model="m")],
    )


def test_a_person_sees_what_differs(run: Run, golden: Path, fresh: Path) -> None:
    """Each call under its question, the gravest first, texts by words, then the numbers."""
    result = run("diff", golden, fresh)
    assert result.exit_code == 6
    calls, numbers = result.stdout.split("\n\n")
    lines = [line.split("take 0  ")[-1] if "take 0  " in line else line for line in calls.splitlines()]
    assert [line for line in lines if "is now" not in line] == [
        'openai  m  "Question 1 about ink?"',
        "  finish reason: stop -> tool_calls",
        '  tool_calls[0]: (absent) -> mix({"a":1})',
        'openai  m  "Question 0 about ink?"',
        "  text: The ink is [-blue-]{+black+}.",
        'openai  m  "Question 2 about ink?"',
        "  model: m-1 -> m-2",
        'openai  m  "Question 3 about ink?"',
        "  usage.completion_tokens: 4 -> 5",
        "  usage.total_tokens: 9 -> 10",
        'openai  m  "Question 5 about ink?"',
        "  messages[0].content: 'Question 5 about ink?' -> 'Question 5 about inks?'",
        'openai  m  "5 + 5"',
    ]
    assert [line.split() for line in numbers.splitlines()] == [
        ["calls"],
        *([word, "1"] for word in ("structural", "reworded", "provenance", "usage", "identical", "changed", "added")),
    ]


@pytest.mark.parametrize(
    ("grade", "changes", "codes"),
    [
        ("identical", {}, [6, 0, 0, 0, 0, 0]),
        ("usage", {"usage": Usage(5, 5, 10)}, [6, 6, 0, 0, 0, 0]),
        ("provenance", {"model": "m-2"}, [6, 6, 6, 0, 0, 0]),
        ("reworded", {"text": "Black."}, [6, 6, 6, 6, 0, 0]),
        ("structural", {"finish_reason": "length"}, [6, 6, 6, 6, 6, 0]),
    ],
)
def test_the_threshold_decides_the_exit_code(
    run: Run, golden: Path, tmp_path: Path, grade: str, changes: dict[str, object], codes: list[int]
) -> None:
    """A pipeline says from what on it should stop; by default from other words on."""
    fresh = record(tmp_path / "fresh.cassette", but(question_0=with_fields(**changes)))
    words = ("identical", "usage", "provenance", "reworded", "structural", "never")
    assert [run("diff", golden, fresh, "--fail-on", word).exit_code for word in words] == codes
    assert run("diff", golden, fresh).exit_code == (6 if grade in ("reworded", "structural") else 0)


def test_a_script_gets_one_object(run: Run, golden: Path, fresh: Path) -> None:
    """Every call is in it, and the verdict."""
    result = run("diff", golden, fresh, "--json", "--fail-on", "structural")
    assert result.exit_code == 6
    found = json.loads(result.stdout)
    assert (found["drifted"], found["fail_on"], len(found["calls"])) == (True, "structural", 5)
    assert found["calls"][1]["facts"][0]["words"][1] == ["deleted", "blue"]


def test_a_report_is_written_beside(run: Run, golden: Path, fresh: Path, tmp_path: Path) -> None:
    """The page goes to its file, the words to the terminal."""
    page = tmp_path / "report.html"
    result = run("diff", golden, fresh, "--html", page)
    assert result.exit_code == 6
    assert "<ins>black</ins>" in page.read_text()
    assert str(page) in result.stderr
    assert run("diff", golden, fresh, "--html", tmp_path / "none" / "x.html").exit_code == 2


def test_many_calls_are_cut_and_counted(run: Run, tmp_path: Path) -> None:
    """A golden that drifted in every call does not flood the terminal, unless that is asked for."""
    questions = [CompletionRequest(f"Ask {n}", model="m") for n in range(MAX_SHOWN + 7)]
    golden = record(tmp_path / "golden.cassette", questions=questions)
    fresh = record(tmp_path / "fresh.cassette", lambda request: with_fields(text=f"No {request.prompt}"), questions)
    result = run("diff", golden, fresh)
    assert result.stdout.count("\n  text: ") == MAX_SHOWN
    assert "and 7 more calls; --all shows them" in result.stdout
    assert run("diff", golden, fresh, "--all").stdout.count("\n  text: ") == MAX_SHOWN + 7


def test_an_answer_cannot_drive_the_terminal(run: Run, golden: Path, tmp_path: Path) -> None:
    """Escape sequences in an answer are shown, not obeyed; long ones keep to what changed."""
    told = with_fields(text="The ink is blue." + " Very." * 100 + "\x1b]0;owned\x07\nNew line.")
    result = run("diff", golden, record(tmp_path / "fresh.cassette", but(question_0=told)))
    assert "\x1b" not in result.stdout
    assert "\\u001b]0;owned" in result.stdout
    assert "\n    New line+}." in result.stdout


def test_what_cannot_be_compared_says_so(run: Run, golden: Path, tmp_path: Path) -> None:
    """Missing, foreign and damaged files, and other rules, end as everywhere else; the same file is no mistake."""
    assert run("diff", golden, tmp_path / "none").exit_code == 3
    foreign = tmp_path / "foreign.json"
    foreign.write_text("[]")
    assert run("diff", foreign, golden).exit_code == 3
    ruled = record(tmp_path / "ruled.cassette", matching=Matching(volatile=("uuid",)))
    result = run("diff", golden, ruled)
    assert result.exit_code == 2
    assert "different rules for matching" in result.stderr
    result = run("diff", golden, golden)
    assert result.exit_code == 0
    assert "both are the same file" in result.stderr
    assert run("diff", golden, golden, "--fail-on", "worse").exit_code == 2
    assert run("diff", golden, golden, "--near", "1.5").exit_code == 2
