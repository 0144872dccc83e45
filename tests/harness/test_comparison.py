"""What a comparison says of itself: counts, the gravest, and whether it is over a threshold."""

from __future__ import annotations

import pytest

from playhead import UsageError
from playhead.engine.comparison import Fact, Grade
from playhead.harness.comparison import Asked, Comparison, Row


def row(grade: Grade) -> Row:
    """Make a row of a grade."""
    return Row(Asked("00", 0), grade, (Fact(grade, "text", "text", "a", "b"),) if grade else ())


EMPTY = Comparison("a", "b", ())


@pytest.mark.parametrize("grade", Grade)
@pytest.mark.parametrize("limit", Grade)
def test_a_threshold_is_reached_by_what_is_as_grave(grade: Grade, limit: Grade) -> None:
    """As grave, or graver; nothing below."""
    comparison = Comparison("a", "b", (row(grade), row(Grade.IDENTICAL)))
    assert comparison.gravest is grade
    assert comparison.drifted(limit) is (grade >= limit)
    assert comparison.drifted(limit.word) is (grade >= limit)
    assert not comparison.drifted("never")


@pytest.mark.parametrize("alone", ["removed", "added"])
def test_a_call_that_only_one_has_is_structural(alone: str) -> None:
    """A question that is no longer asked, or was never reviewed, is drift."""
    comparison = Comparison("a", "b", (row(Grade.IDENTICAL),), **{alone: (Asked("11", 0),)})  # type: ignore[arg-type]
    assert comparison.gravest is Grade.STRUCTURAL
    assert comparison.drifted("structural")


def test_nothing_compared_is_nothing_drifted() -> None:
    """Two empty cassettes are the same, at any threshold."""
    assert EMPTY.gravest is Grade.IDENTICAL
    assert not EMPTY.drifted("identical")
    assert set(EMPTY.counts.values()) == {0}


def test_an_unknown_threshold_is_an_error() -> None:
    """A typing error must not switch a check off."""
    with pytest.raises(UsageError, match="there is no grade 'structual'"):
        EMPTY.drifted("structual")
