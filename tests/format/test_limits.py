"""The bounds of a reader."""

from __future__ import annotations

import pytest

from playhead.format.limits import DEFAULT_LIMITS, Limits


def test_defaults() -> None:
    """The bounds are those of the specification."""
    assert Limits() == DEFAULT_LIMITS
    assert (DEFAULT_LIMITS.entry, DEFAULT_LIMITS.dictionary) == (64 * 2**20, 2**20)
    assert (DEFAULT_LIMITS.ratio, DEFAULT_LIMITS.ratio_floor) == (2000, 2**20)


def test_frozen() -> None:
    """Nobody can raise a bound for everybody else."""
    with pytest.raises(AttributeError):
        DEFAULT_LIMITS.entry = 1  # type: ignore[misc]
