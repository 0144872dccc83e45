"""Uniting recordings made apart."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead.core.calls import Volatile, decode_call
from playhead.core.model import Completion
from playhead.errors import CassetteDamaged
from playhead.format.entries import Entry, call_entry
from playhead.format.sealed import evidence_bytes
from playhead.format.union import unite_entries
from tests import strategies
from tests.strategies import entry_lists, other_entry


def texts(entries: list[Entry]) -> list[tuple[int, str]]:
    """Give each call's number and answer."""
    found = []
    for entry in entries:
        outcome = decode_call(entry.data).call.outcome
        assert isinstance(outcome, Completion)
        found.append((entry.n, outcome.text))
    return found


@settings(max_examples=30)
@given(entry_lists, entry_lists, st.randoms(use_true_random=False))
def test_order_does_not_matter(one: list[Entry], other: list[Entry], source: random.Random) -> None:
    """The union is that of the set, whatever order it comes in; uniting it again changes nothing."""
    entries = [*one, *other, *one]
    united = unite_entries(entries)
    source.shuffle(entries)
    assert unite_entries(entries) == united
    assert unite_entries(united) == united


@settings(max_examples=30)
@given(entry_lists)
def test_no_evidence_is_lost(entries: list[Entry]) -> None:
    """Every answer of every call is there, once, and every entry of another kind as it was."""
    united = unite_entries(entries)

    def evidence(found: list[Entry]) -> set[tuple[bytes, bytes]]:
        return {(entry.key, evidence_bytes(entry.data, entry.n)) for entry in found}

    assert evidence(united) == evidence(entries)
    assert [entry for entry in united if not entry.is_call] == sorted(entry for entry in entries if not entry.is_call)


@settings(max_examples=30)
@given(entry_lists)
def test_takes_are_numbered_without_gaps(entries: list[Entry]) -> None:
    """The takes of each request are numbered from 0, in their entries too."""
    united = [entry for entry in unite_entries(entries) if entry.is_call]
    for key in {entry.key for entry in united}:
        assert [entry.n for entry in united if entry.key == key] == list(range(sum(e.key == key for e in united)))
    assert all(call_entry(entry.data) == entry for entry in united)


def test_other_answers_are_further_takes() -> None:
    """Two branches that answered one request differently both keep their answer."""
    one, other = strategies.call_entry("x", "one"), strategies.call_entry("x", "other")
    united = unite_entries([one, other])
    assert sorted(text for _, text in texts(united)) == ["one", "other"]
    assert [n for n, _ in texts(united)] == [0, 1]


def test_takes_keep_their_order() -> None:
    """The takes that both sides have stay where they stood, each side's own behind its number."""
    both = [strategies.call_entry("x", f"take {n}", n=n) for n in range(3)]
    mine, yours = strategies.call_entry("x", "mine", n=3), strategies.call_entry("x", "yours", n=3)
    found = texts(unite_entries([*both, mine, *both, yours]))
    assert found[:3] == [(0, "take 0"), (1, "take 1"), (2, "take 2")]
    assert {text for _, text in found[3:]} == {"mine", "yours"}


def test_gaps_close() -> None:
    """Takes whose forerunners were lost move up."""
    assert texts(unite_entries([strategies.call_entry("x", f"{n}", n=n) for n in (2, 5)])) == [(0, "2"), (1, "5")]


def test_equal_evidence_is_one_take() -> None:
    """The same answer recorded twice at other times is one take; which times stay does not depend on the order."""
    early = strategies.call_entry("x", "same", volatile=Volatile("2026-01-01"))
    late = strategies.call_entry("x", "same", volatile=Volatile("2026-02-02"))
    assert unite_entries([early, late]) == unite_entries([late, early])
    assert len(unite_entries([early, late])) == 1


def test_other_kinds_stand_side_by_side() -> None:
    """Equal entries of another kind are one."""
    note = other_entry(value=1)
    assert unite_entries([note, note]) == [note]


def test_what_is_no_call() -> None:
    """An entry that is no call where one belongs is damage."""
    with pytest.raises(CassetteDamaged):
        unite_entries([Entry(bytes(32), 0, b"{}")])
