"""What an answer of vectors says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.vectors import vectors_said


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        ([[1, 2], [3, 4]], {"vectors": 2, "dimensions": 2}),
        ([{"values": [1]}, {"embedding": [1, 2, 3]}], {"vectors": 2, "dimensions": 3}),
        ([{"other": 1}, 5], {"vectors": 2, "dimensions": 0}),
        ([], None),
    ],
)
def test_how_many_and_how_long(vectors: Any, said: Any) -> None:
    """Vectors are counted whatever holds them; none is nothing to tell."""
    assert vectors_said(UNREPORTED, vectors) == said


def test_counts_say_enough() -> None:
    """Where tokens are counted, nothing is added."""
    assert vectors_said(Usage(1), [[1.0]]) is None
