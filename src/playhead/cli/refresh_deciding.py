"""Which fresh answers ``playhead refresh`` takes: all, those of some grades, or those a person says yes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from playhead.cli.diff import row_lines
from playhead.cli.output import plural, say
from playhead.engine.comparison import Grade, grade_of
from playhead.errors import UsageError
from playhead.harness.refresh_staging import Candidate

Decide = Callable[[Sequence[Candidate]], "list[Candidate] | None"]
"""Gives the answers that are accepted, or ``None`` where it was broken off."""


def read_grades(text: str) -> frozenset[Grade]:
    """
    Read grades with commas between.

    Raises:
        UsageError: There is no such grade.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise UsageError("--accept needs a grade", hint="as in --accept identical,reworded")
    return frozenset(map(grade_of, words))


def by_grade(grades: frozenset[Grade]) -> Decide:
    """Accept answers of some grades."""
    return lambda found: [one for one in found if one.grade in grades]


def ask(found: Sequence[Candidate]) -> list[Candidate] | None:
    """Show each answer that differs and ask; those that say the same are one question."""
    accepted: list[Candidate] = []
    every = False
    for at, one in enumerate(differing := [one for one in found if one.grade is not Grade.IDENTICAL]):
        if not every:
            say()
            for line in row_lines(one.row):
                say(line)
            answer = _prompt(f"accept ({at + 1} of {len(differing)})? yes, no, all that follow, quit", "ynaq")
            if answer == "q":
                return None
            every = answer == "a"
            if answer == "n":
                continue
        accepted.append(one)
    same = [one for one in found if one.grade is Grade.IDENTICAL]
    if same:
        say()
        answer = _prompt(f"{plural(len(same), 'answer')} said the same: renew the date? yes, no, quit", "ynq")
        if answer == "q":
            return None
        accepted += same if answer == "y" else []
    return accepted


def _prompt(question: str, letters: str) -> str:
    words = {word[0]: word for word in ("yes", "no", "all", "quit")}
    choices = [*letters, *(words[letter] for letter in letters)]
    answer: str = click.prompt(
        question, type=click.Choice(choices, case_sensitive=False), show_choices=False, prompt_suffix=" "
    )
    return answer[0].lower()
