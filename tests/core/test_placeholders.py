"""Placeholders for volatile values: numbered in a request, hidden in an answer, bound again on replay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.placeholders import Hiding, Numbering, bind, bind_text

IDS = re.compile(r"(?P<generated__id>id-[a-z0-9]+)|(?P<number>#\d+)")
# Few letters, so that values, brackets and placeholders of a user's own come up and touch one another.
texts = st.text(st.sampled_from("ab #12id-⟦⟧uvw"), max_size=24) | st.sampled_from(["⟦generated-id 1⟧", "id-a", "⟦⟦"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc⟦", max_size=3), inner, max_size=4),
    max_leaves=12,
)


def settled(value: Any) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    """Give a value under the rules, with what its placeholders stand for and their names."""
    numbering = Numbering(IDS)
    return numbering.settle(value), numbering.values, numbering.names


@given(values)
def test_binding_its_own_values_gives_a_request_again(value: Any) -> None:
    """Nothing of a request is lost, brackets of a user's own included."""
    changed, found, _ = settled(value)
    assert bind(changed, found) == value


@given(values, values)
def test_requests_that_differ_in_more_than_values_stay_different(one: Any, other: Any) -> None:
    """Two requests become equal only where renaming the values makes them equal."""
    (first, ones, _), (second, others, _) = settled(one), settled(other)
    assert (first == second) == (len(ones) == len(others) and first == second and bind(first, others) == other)


def test_the_same_value_has_the_same_number() -> None:
    """Two ids never become one, and one id never becomes two."""
    assert settled("id-x id-y id-x")[0] == "⟦generated-id 1⟧ ⟦generated-id 2⟧ ⟦generated-id 1⟧"
    assert settled(["id-x", "id-x"])[0] != settled(["id-x", "id-y"])[0]


def test_numbers_do_not_depend_on_the_order_of_keys() -> None:
    """The order of an object's keys is no part of a request."""
    one = settled({"b": "id-x", "a": "id-y"})
    other = settled({"a": "id-y", "b": "id-x"})
    assert one == other
    assert one[0]["a"] == "⟦generated-id 1⟧"


def test_what_holds_no_value_comes_back_itself() -> None:
    """A request without volatile values is not copied."""
    value: Mapping[str, Any] = {"a": ["x", {"b": 1}], "c": None}
    assert settled(value)[0] is value


def test_a_placeholder_of_a_users_own_is_no_placeholder() -> None:
    """What a user wrote in brackets is escaped, and comes back as it was."""
    changed, found, _ = settled("⟦generated-id 1⟧ and id-x")
    assert changed == "⟦⟦generated-id 1⟧ and ⟦generated-id 1⟧"
    assert bind_text(changed, ["id-new"]) == "⟦generated-id 1⟧ and id-new"
    assert found == ("id-x",)


def test_a_number_without_a_value_stays() -> None:
    """A damaged entry is shown as it stands rather than filled with something else."""
    assert bind_text("⟦uuid 3⟧", ["a"]) == "⟦uuid 3⟧"


def test_values_are_written_as_json_writes_them() -> None:
    """A value with a quote is bound into JSON so that it stays JSON."""
    assert bind_text('{"a":"⟦x 1⟧"}', ['say "hi"'], in_json=True) == '{"a":"say \\"hi\\""}'
    assert Hiding(['say "hi"'], ["⟦x 1⟧"]).text('{"a":"say \\"hi\\""}') == '{"a":"⟦x 1⟧"}'


@given(st.lists(texts, max_size=6), st.lists(st.sampled_from(["id-a", "id-ab", "#1", "#12", "a"]), unique=True))
def test_hiding_in_pieces_is_hiding_in_the_whole(pieces: list[str], known: list[str]) -> None:
    """However a text is cut, the same placeholders stand in it, and binding gives every piece's text again."""
    names = [f"⟦v {number}⟧" for number in range(1, len(known) + 1)]
    hiding = Hiding(known, names)
    hidden = hiding.pieces(pieces)
    assert len(hidden) == len(pieces)
    assert "".join(hidden) == hiding.text("".join(pieces))
    assert bind_text("".join(hidden), known) == "".join(pieces)


def test_a_value_that_a_cut_runs_through_stands_in_the_piece_it_begins_in() -> None:
    """The network cuts where it likes; the piece that follows keeps what comes after."""
    assert Hiding(["id-abc"], ["⟦i 1⟧"]).pieces(["x id-", "ab", "c y"]) == ["x ⟦i 1⟧", "", " y"]


def test_the_longest_value_is_hidden() -> None:
    """Where one value begins another, the longer one is meant."""
    assert Hiding(["id-a", "id-ab"], ["⟦i 1⟧", "⟦i 2⟧"]).text("id-ab id-a") == "⟦i 2⟧ ⟦i 1⟧"


@pytest.mark.parametrize("pieces", [[], ["", ""], ["plain", "text"]])
def test_pieces_without_values_come_back_themselves(pieces: list[str]) -> None:
    """The same object says that there was nothing to hide."""
    assert Hiding(["id-a"], ["⟦i 1⟧"]).pieces(pieces) is pieces
