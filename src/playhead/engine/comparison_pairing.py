"""Which request of a fresh recording a golden request has likely become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import NamedTuple

from playhead.core.fingerprint import HEAD_SEGMENTS
from playhead.core.sketch import unlikeness
from playhead.engine.explain import PREFIX
from playhead.engine.recordings import Outline

MOST_PAIRS = 100_000
"""Pairs up to which every golden request is held against every fresh one; above, only those that share a feature."""

MOST_SHARING = 24
"""Requests with one feature that are looked at; a feature of more tells nothing."""

_HEAD = len(HEAD_SEGMENTS)
_FARTHEST = 20
"""What ``unlikeness`` gives for two texts with neither head nor tail in common."""


class _Near(NamedTuple):
    """Two requests, in the order in which pairs are made."""

    segments: int
    unlikeness: tuple[int, int]
    old: bytes
    new: bytes


def likely_pairs(old: Mapping[bytes, Outline], new: Mapping[bytes, Outline]) -> dict[bytes, bytes]:
    """
    Pair requests that differ and are likely the same one, changed; the nearest pairs are made first.

    Two requests are likely the same where they have a message in common, or where the head or the tail of their last
    message is alike. Nothing else that they share says so.

    Args:
        old: Outlines of requests that the golden alone has, by key.
        new: Outlines of requests that the fresh recording alone has.

    Returns:
        The fresh key by the golden one, each at most once.
    """
    paired: dict[bytes, bytes] = {}
    taken: set[bytes] = set()
    for near in sorted(_candidates(old, new)):
        if near.old not in paired and near.new not in taken:
            paired[near.old] = near.new
            taken.add(near.new)
    return paired


def _candidates(old: Mapping[bytes, Outline], new: Mapping[bytes, Outline]) -> Iterator[_Near]:
    for one, others in _together(old, new):
        for other in others:
            near = _near(one, old[one], other, new[other])
            if near is not None:
                yield near


def _together(old: Mapping[bytes, Outline], new: Mapping[bytes, Outline]) -> Iterator[tuple[bytes, Iterable[bytes]]]:
    if len(old) * len(new) <= MOST_PAIRS:
        yield from ((one, new) for one in old)
        return
    with_feature: dict[bytes, list[bytes]] = {}
    for other, outline in new.items():
        for feature in _features(outline):
            with_feature.setdefault(feature, []).append(other)
    for one, outline in old.items():
        found: dict[bytes, None] = {}
        for feature in _features(outline):
            sharing = with_feature.get(feature, ())
            if len(sharing) <= MOST_SHARING:
                found.update(dict.fromkeys(sharing))
        yield one, found


def _features(outline: Outline) -> Iterator[bytes]:
    """Give what two requests may share: a message, or the head or the tail of the last one at two lengths."""
    for digest in outline.segments[_HEAD:]:
        yield b"m" + digest[:PREFIX]
    drawn = outline.sketch
    yield b"h" + drawn[1:3]
    yield b"t" + drawn[5:7]
    yield b"H" + drawn[0:2]
    yield b"T" + drawn[4:6]


def _near(one: bytes, old: Outline, other: bytes, new: Outline) -> _Near | None:
    before = tuple(digest[:PREFIX] for digest in old.segments)
    after = tuple(digest[:PREFIX] for digest in new.segments)
    far = unlikeness(old.sketch, new.sketch)
    if not set(before[_HEAD:]) & set(after[_HEAD:]) and far[0] >= _FARTHEST:
        return None
    differing = sum(1 for a, b in zip_longest(before, after) if a != b)
    return _Near(differing, far, one, other)
