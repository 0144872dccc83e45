"""Where two values differ, as a miss shows it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from playhead.core.difference import ABSENT, Difference, differences, excerpts, shorten
from tests.strategies import any_text, same, values

CASES: dict[str, tuple[Any, Any, list[tuple[str, str, str]]]] = {
    "equal": ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, []),
    "a scalar": (1, 2, [("$", "1", "2")]),
    "a field": ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("b", "2", "3")]),
    "nested": (
        {"messages": [{"content": "x"}, {"content": "y"}]},
        {"messages": [{"content": "x"}, {"content": "z"}]},
        [("messages[1].content", "'y'", "'z'")],
    ),
    "a field less": ({"a": 1, "b": 2}, {"a": 1}, [("b", "2", ABSENT)]),
    "a field more": ({"a": 1}, {"a": 1, "b": 2}, [("b", ABSENT, "2")]),
    "an item less": ([1, 2], [1], [("[1]", "2", ABSENT)]),
    "an item more": ({"a": [1]}, {"a": [1, 2]}, [("a[1]", ABSENT, "2")]),
    "another type": ({"a": [1]}, {"a": {"b": 1}}, [("a", "[1]", "{'b': 1}")]),
    "1 and True": ({"a": 1}, {"a": True}, [("a", "1", "True")]),
    "1 and 1.0": ({"a": 1}, {"a": 1.0}, [("a", "1", "1.0")]),
    "null and absent": ({"a": None}, {}, [("a", "None", ABSENT)]),
    "order of the recorded": (
        {"z": 1, "a": 1},
        {"a": 2, "z": 2, "q": 0},
        [("z", "1", "2"), ("a", "1", "2"), ("q", ABSENT, "0")],
    ),
    "tuple and list": ({"a": (1, 2)}, {"a": [1, 2]}, []),
    "not a number": ({"a": float("nan")}, {"a": float("nan")}, []),
}


@pytest.mark.parametrize(("recorded", "asked", "found"), CASES.values(), ids=CASES)
def test_cases(recorded: Any, asked: Any, found: list[tuple[str, str, str]]) -> None:
    """Each differing place is named by its path, with both values."""
    assert list(differences(recorded, asked)) == [Difference(*one) for one in found]


def test_text() -> None:
    """A difference reads as a line."""
    assert str(Difference("a[0]", "1", "2")) == "a[0]: recorded 1, asked 2"


@given(values)
def test_equal_values_do_not_differ(value: Any) -> None:
    """Nothing differs from itself, NaN included."""
    assert list(differences(value, value)) == []


@given(values, values)
def test_different_values_differ(one: Any, other: Any) -> None:
    """Two values differ somewhere unless they are the same; and the same is said from the other side."""
    found, back = list(differences(one, other)), list(differences(other, one))
    assert len(found) == len(back)
    if same(one, other):
        assert found == []
    assert {(d.path, d.recorded, d.asked) for d in found} == {(d.path, d.asked, d.recorded) for d in back}


def test_long_texts_are_shown_round_the_difference() -> None:
    """Of two long texts the part round the first differing character is shown, and that it is a part."""
    recorded, asked = excerpts("a" * 500 + "X" + "b" * 500, "a" * 500 + "Y" + "b" * 500)
    assert recorded == "..." + repr("a" * 30 + "X" + "b" * 29) + "..."
    assert asked == "..." + repr("a" * 30 + "Y" + "b" * 29) + "..."


def test_excerpt_at_the_ends() -> None:
    """At the start and at the end of a text no dots pretend that there is more."""
    recorded, asked = excerpts("X" + "a" * 100, "Y" + "a" * 100)
    assert recorded.startswith("'X")
    assert recorded.endswith("...")
    longer, shorter = excerpts("a" * 100 + "tail", "a" * 100)
    assert longer == "..." + repr("a" * 30 + "tail")
    assert shorter == "..." + repr("a" * 30)
    assert asked.startswith("'Y")


@given(any_text, any_text)
def test_excerpts_tell_texts_apart(one: str, other: str) -> None:
    """Two different texts are never shown alike."""
    for pad in ("", "p" * 100):
        recorded, asked = excerpts(pad + one + pad, pad + other + pad)
        assert (recorded == asked) == (one == other)
        assert max(len(recorded), len(asked)) < 1000


@given(values)
def test_values_are_shown_short(value: Any) -> None:
    """No value, however large, is shown in more than sixty characters."""
    assert len(shorten(value)) <= 60
    assert len(shorten([value] * 1000)) <= 60
