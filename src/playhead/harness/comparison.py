"""What a comparison of two cassettes came to: a row a call, the gravest first, and calls that only one of them has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from playhead.core.difference import Difference
from playhead.engine.comparison import NEVER, Fact, Grade, grade_of


class Asked(NamedTuple):
    """
    A call by what was asked.

    Attributes:
        call: The first 32 hexadecimal digits of its fingerprint; ``playhead show --call`` takes any beginning of them.
        take: Which take.
        provider: Whose.
        model: The model asked for, empty where none was named.
        question: The beginning of its last message, on one line.
    """

    call: str
    take: int
    provider: str = ""
    model: str = ""
    question: str = ""


class Row(NamedTuple):
    """
    A call that both cassettes have.

    Attributes:
        asked: The call; of one whose answers are identical only ``call`` and ``take`` are read.
        grade: The gravest of the facts.
        facts: Everything that differs, the gravest first.
    """

    asked: Asked
    grade: Grade
    facts: tuple[Fact, ...] = ()


class Changed(NamedTuple):
    """
    A golden request that has likely become another one.

    Attributes:
        old: The golden's call.
        new: The fresh one.
        differences: Where the two requests differ.
    """

    old: Asked
    new: Asked
    differences: tuple[Difference, ...]


class Comparison(msgspec.Struct, frozen=True):
    """
    A golden beside a fresh recording.

    Attributes:
        golden: The golden's path, or another name of it.
        fresh: The same of the fresh recording.
        rows: Calls that both have, the gravest first.
        changed: Golden requests that were asked in another form.
        removed: Calls that only the golden has.
        added: Calls that only the fresh recording has.
        notes: What a reader should know, such as that both are one file.
    """

    golden: str
    fresh: str
    rows: tuple[Row, ...]
    changed: tuple[Changed, ...] = ()
    removed: tuple[Asked, ...] = ()
    added: tuple[Asked, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[Grade, int]:
        """How many calls of each grade there are, those that both have; the gravest grade first."""
        counts = dict.fromkeys(reversed(Grade), 0)
        for row in self.rows:
            counts[row.grade] += 1
        return counts

    @property
    def gravest(self) -> Grade:
        """The gravest grade; a request that changed, went or came is structural."""
        if self.changed or self.removed or self.added:
            return Grade.STRUCTURAL
        return self.rows[0].grade if self.rows else Grade.IDENTICAL

    def drifted(self, fail_on: str | Grade = Grade.REWORDED) -> bool:
        """
        Tell whether anything is as grave as a threshold.

        Args:
            fail_on: ``identical`` (any call at all), ``usage``, ``provenance``, ``reworded``, ``structural`` or
                ``never``.

        Raises:
            UsageError: There is no such threshold.
        """
        if fail_on == NEVER:
            return False
        wanted = grade_of(fail_on)
        return self.gravest >= wanted and bool(self.rows or self.changed or self.removed or self.added)
