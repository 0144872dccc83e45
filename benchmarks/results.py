"""What was measured, as rows that the report, the docs and the bars read."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Row(NamedTuple):
    """
    One contender in one case.

    Attributes:
        case: What was asked, such as ``N = 1,000``.
        contender: Who answered.
        unit: ``us``, ``ms``, ``bytes``, ``KB``, ``x``, ``%`` or what is counted.
        values: Every sample; rows of one case and number of samples were taken in turns and may be paired.
        skipped: Why there is no sample, or ``None``.
    """

    case: str
    contender: str
    unit: str
    values: tuple[float, ...] = ()
    skipped: str | None = None

    @property
    def median(self) -> float:
        """The middle sample."""
        return statistics.median(self.values)

    def summary(self) -> dict[str, Any]:
        """Give the row as written to JSON."""
        head: dict[str, Any] = {"case": self.case, "contender": self.contender, "unit": self.unit}
        if not self.values:
            return {**head, "skipped": self.skipped}
        return {
            **head,
            "min": _digits(min(self.values)),
            "median": _digits(self.median),
            "max": _digits(max(self.values)),
            "samples": len(self.values),
        }


def _digits(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1e6 else round(value)


def paired_ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the median ratio of samples taken in turns, so that a machine that slows down slows both."""
    if len(one) == len(other):
        return statistics.median(a / b for a, b in zip(one, other, strict=True))
    return statistics.median(one) / statistics.median(other)


class Result(NamedTuple):
    """
    One measure's rows.

    Attributes:
        name: Its short name, as ``--only`` takes it.
        title: Its heading.
        notes: How it was measured, in sentences.
        rows: What came out.
    """

    name: str
    title: str
    notes: tuple[str, ...]
    rows: tuple[Row, ...]

    def find(self, case: str, contender: str) -> Row | None:
        """Give a row that has samples."""
        return find(self.rows, case, contender)


def find(rows: Iterable[Row], case: str, contender: str) -> Row | None:
    """Give the row of a case and a contender, where it has samples."""
    return next((row for row in rows if row.case == case and row.contender == contender and row.values), None)


def case_of(n: int) -> str:
    """Name the case of ``n`` calls."""
    return f"N = {n:,}"
