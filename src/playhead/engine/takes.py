"""Which of several takes comes next."""

from __future__ import annotations

import enum
from hashlib import sha256

from playhead.errors import UsageError


class Takes(enum.StrEnum):
    """
    The order several takes of one request are played in.

    ``sequence`` is the order they were recorded in, and past the last is an error; the others never end: ``cycle``
    starts again, ``repeat-last`` stays at the last, ``shuffle`` goes round in a seeded order, anew each round.
    """

    SEQUENCE = "sequence"
    CYCLE = "cycle"
    REPEAT_LAST = "repeat-last"
    SHUFFLE = "shuffle"


def parse_takes(value: Takes | str) -> Takes:
    """
    Read a policy by its name.

    Raises:
        UsageError: No policy has that name.
    """
    try:
        return Takes(value)
    except ValueError:
        names = ", ".join(policy.value for policy in Takes)
        raise UsageError(f"unknown takes policy {value!r}", hint=f"one of {names}") from None


def next_take(policy: Takes, *, played: int, count: int, key: bytes, seed: int) -> int | None:
    """
    Choose a take.

    Args:
        policy: The order.
        played: How many calls of this request were answered before.
        count: How many takes there are; at least 1.
        key: The request's fingerprint, so that requests shuffle independently.
        seed: The shuffle's seed.

    Returns:
        The take's number, or ``None`` where all have been played.
    """
    if policy is Takes.SEQUENCE:
        return played if played < count else None
    if policy is Takes.CYCLE:
        return played % count
    if policy is Takes.REPEAT_LAST:
        return min(played, count - 1)
    return _shuffled(count, played // count, key, seed)[played % count]


def _shuffled(count: int, turn: int, key: bytes, seed: int) -> list[int]:
    # Sorted by a hash rather than by random.shuffle, whose order Python does not promise across versions.
    head = f"{seed} {turn} ".encode() + key
    return sorted(range(count), key=lambda take: sha256(head + take.to_bytes(4, "big")).digest())
