"""Which answers are taken: by grade, or as a person says."""

from __future__ import annotations

from collections.abc import Sequence

import click
import pytest
from click.testing import CliRunner

from playhead import UsageError
from playhead.cli.refresh_deciding import ask, by_grade, read_grades
from playhead.engine.comparison import Fact, Grade
from playhead.format.entries import Entry
from playhead.harness.comparison import Asked, Row
from playhead.harness.refresh_staging import Candidate


def candidate(number: int, grade: Grade) -> Candidate:
    """Make an answer."""
    facts = () if grade is Grade.IDENTICAL else (Fact(grade, "text", "text", "old", "new"),)
    row = Row(Asked(f"{number:032x}", 0, "p", "m", f"q{number}"), grade, facts)
    return Candidate(row, Entry(bytes(32), number, b""), False)


FOUND = [
    candidate(0, Grade.REWORDED),
    candidate(1, Grade.IDENTICAL),
    candidate(2, Grade.STRUCTURAL),
    candidate(3, Grade.REWORDED),
]


def test_grades_are_taken_by_name() -> None:
    """Those that are named and no others; a word that is none is an error."""
    assert by_grade(read_grades("identical, reworded"))(FOUND) == [FOUND[0], FOUND[1], FOUND[3]]
    for wrong in ("", ",", "fine", "reworded,fine"):
        with pytest.raises(UsageError):
            read_grades(wrong)


def asked(answers: str, found: Sequence[Candidate] = FOUND) -> tuple[list[Candidate] | None, str]:
    """Ask with answers typed ahead; gives what was accepted, and what was printed."""
    accepted: list[list[Candidate] | None] = []

    @click.command()
    def command() -> None:
        accepted.append(ask(found))

    result = CliRunner().invoke(command, [], input=answers, catch_exceptions=False)
    assert result.exit_code == 0
    return accepted[0], result.output


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ("y\ny\ny\ny\n", [0, 2, 3, 1]),
        ("n\nn\nn\nn\n", []),
        ("y\nn\nyes\nN\n", [0, 3]),
        ("n\na\ny\n", [2, 3, 1]),
        ("maybe\ny\nn\nn\nn\n", [0]),
        ("q\n", None),
        ("y\ny\nq\n", None),
        ("a\nq\n", None),
    ],
)
def test_each_answer_that_differs_is_a_question(answers: str, wanted: list[int] | None) -> None:
    """Those that say the same are one more; who quits has accepted none."""
    accepted, _ = asked(answers)
    assert (None if accepted is None else [one.fresh.n for one in accepted]) == wanted


def test_a_person_sees_what_differs_before_saying_yes() -> None:
    """The words that changed stand above the question, and how many there are to come."""
    _, shown = asked("n\n" * 4)
    assert shown.index("[-old-]{+new+}") < shown.index("accept (1 of 3)?")
    assert "1 answer said the same" in shown


def test_nothing_is_asked_where_there_is_nothing() -> None:
    """No answers, no questions."""
    assert asked("", []) == ([], "")
