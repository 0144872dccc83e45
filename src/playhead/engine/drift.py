"""A recorded call that may answer although it differs: only in segments which the rules let drift."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from playhead.core.calls import key_bytes
from playhead.core.fingerprint import Fingerprint
from playhead.core.matching import Drift, Matching, segment_name
from playhead.engine.explain import PREFIX
from playhead.engine.ledger import Drifted
from playhead.engine.recordings import Recordings


class Tolerated(NamedTuple):
    """
    A call that may answer.

    Attributes:
        key: Its own key.
        drift: What differs, for the ledger.
    """

    key: Fingerprint
    drift: Drifted


def tolerated(
    recordings: Recordings, asked: Fingerprint, matching: Matching, played: Iterable[tuple[bytes, int]]
) -> Tolerated | None:
    """
    Find the call that answers a request which has no match: the one with the fewest segments that drifted.

    Among equals one that has not been played comes first, then the one that stands first in the file.
    """
    wanted = tuple(digest[:PREFIX] for digest in asked.segments)
    done = {(key[:16], n) for key, n in played}
    best: tuple[int, bool, bytes, int] | None = None
    segments: frozenset[int] = frozenset()
    for key, n, outline in recordings.outlines():
        drifted = _drifted(outline.segments, wanted, matching)
        if drifted is None:
            continue
        rank = (len(drifted), (key, n) in done, key, n)
        if best is None or rank < best:
            best, segments = rank, drifted
    if best is None:
        return None
    entry = recordings.get(best[2], best[3])
    if entry is None:
        return None
    names = tuple(dict.fromkeys(segment_name(index) for index in sorted(segments)))
    policy = Drift.WARN if any(matching.policy(index) is Drift.WARN for index in segments) else Drift.IGNORE
    key = key_bytes(entry.key)
    return Tolerated(Fingerprint(key, asked.segments), Drifted(key.hex(), names, policy.value))


def _drifted(recorded: tuple[bytes, ...], wanted: tuple[bytes, ...], matching: Matching) -> frozenset[int] | None:
    """Give the segments that differ, or ``None`` where one of them may not."""
    found: set[int] = set()
    for index, (old, new) in enumerate(zip_longest(recorded, wanted)):
        if old is None or new is None or old[:PREFIX] != new:
            if matching.policy(index) is Drift.FAIL:
                return None
            found.add(index)
    return frozenset(found)
