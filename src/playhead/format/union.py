"""Uniting recordings made apart: two branches, a cassette and a journal, both sides of a conflict."""

from __future__ import annotations

from collections.abc import Iterable

from playhead.format.entries import Entry, at_take
from playhead.format.sealed import evidence_bytes


def unite_entries(entries: Iterable[Entry]) -> list[Entry]:
    """
    Unite calls by key: equal evidence at one place is one take, other evidence is a further take.

    The result depends on the set alone, not on the order it comes in. Takes are numbered from 0 without gaps.
    """
    places: dict[tuple[bytes, int], dict[bytes, Entry]] = {}
    for entry in entries:
        same = places.setdefault((entry.key, entry.n), {})
        evidence = evidence_bytes(entry.data, entry.n)
        known = same.get(evidence)
        if known is None or entry.data < known.data:
            same[evidence] = entry
    united: list[Entry] = []
    counts: dict[bytes, int] = {}
    for key, n in sorted(places):
        for _, entry in sorted(places[key, n].items()):
            if not entry.is_call:
                united.append(entry)
                continue
            number = counts.get(key, 0)
            counts[key] = number + 1
            united.append(at_take(entry, number))
    return united
