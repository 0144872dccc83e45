"""Output matches what a page shows, and nothing else does."""

from __future__ import annotations

import pytest

from tests.docs.matching import matches


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\ntwo\n", "one\ntwo"),
        ("a   b\n", "a b\n"),
        ("size ... KB\n", "size 1.2 KB\n"),
        ("one\n...\nfour\n", "one\ntwo\nthree\nfour\n"),
        ("one\n...\nfour\n", "one\nfour\n"),
        ("one\n...\n", "one\n\ntwo\n"),
        ("", ""),
        ("what? (yes)\n", "what? (yes)\n"),
    ],
)
def test_what_a_page_shows_may_be_printed(shown: str, printed: str) -> None:
    """Spaces may differ, and what stands as an ellipsis."""
    assert matches(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\n", "two\n"),
        ("one\n", "one\ntwo\n"),
        ("one\ntwo\n", "one\n"),
        ("size ... KB\n", "size 1\n2 KB\n"),
        ("1.2\n", "1x2\n"),
        ("", "one\n"),
    ],
)
def test_anything_else_may_not(shown: str, printed: str) -> None:
    """A line more, a line less or another word is a difference; an ellipsis in a line stays in its line."""
    assert not matches(shown, printed)


def test_what_differs_is_left_open() -> None:
    """What the expression matches may be anything, the words around it may not."""
    assert matches("12 calls in 3 ms\n", "13 calls in 44 ms\n", differs=r"\d+")
    assert not matches("12 calls in 3 ms\n", "13 tries in 44 ms\n", differs=r"\d+")
