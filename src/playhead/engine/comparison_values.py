"""Two JSON values side by side: what differs, by path, and whether the shape differs or only what is said in it."""

from __future__ import annotations

import array
import base64
import binascii
import math
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import msgspec

NEAR = 0.99999
"""Cosine from which two vectors count as the same: single precision alone moves it by some 1e-7."""

MIN_VECTOR = 16
"""Shortest list of numbers that is compared as a vector rather than number by number."""

ABSENT = "(absent)"
"""Stands for a value that one side does not have."""

_NOTHING = object()


class Place(NamedTuple):
    """
    One place where two values differ.

    Attributes:
        path: As in ``items[0].name``; ``$`` for the whole.
        old: The value in the golden, as JSON text.
        new: The value in the fresh recording, likewise.
        shape: Whether keys, types or lengths differ; else only a text, a number or a truth value does.
        cosine: Of two vectors that differ.
    """

    path: str
    old: str
    new: str
    shape: bool
    cosine: float | None = None


def places(old: Any, new: Any, path: str = "", *, ignoring: Collection[str] = ()) -> Iterator[Place]:
    """
    Yield the places where two JSON values differ, in the order of the golden's.

    Args:
        old: The golden's value.
        new: The fresh one.
        path: What stands before every path.
        ignoring: Names of fields that are passed over, at any depth.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _in_mappings(cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new), path, ignoring)
        return
    vectors = as_vector(old), as_vector(new)
    if vectors[0] is not None and vectors[1] is not None:
        yield from _in_vectors(vectors[0], vectors[1], path)
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        yield from _in_lists(cast("Sequence[Any]", old), cast("Sequence[Any]", new), path, ignoring)
    elif not alike(old, new):
        yield Place(path or "$", shown(old), shown(new), _kind(old) != _kind(new))


def alike(old: Any, new: Any) -> bool:
    """Tell whether two values that are neither objects nor lists are the same; 1 and 1.0 are."""
    return _kind(old) == _kind(new) and (bool(old == new) or (old != old and new != new))  # noqa: PLR0124 - NaN


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "truth value" if value is not None else "null"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    return "object" if isinstance(value, Mapping) else type(value).__name__


def _in_mappings(
    old: Mapping[str, Any], new: Mapping[str, Any], path: str, ignoring: Collection[str]
) -> Iterator[Place]:
    prefix = f"{path}." if path else ""
    for key in (*old, *(key for key in new if key not in old)):
        if key in ignoring:
            continue
        before, after = old.get(key, _NOTHING), new.get(key, _NOTHING)
        if before is _NOTHING or after is _NOTHING:
            yield Place(f"{prefix}{key}", shown(before), shown(after), True)
        else:
            yield from places(before, after, f"{prefix}{key}", ignoring=ignoring)


def _in_lists(old: Sequence[Any], new: Sequence[Any], path: str, ignoring: Collection[str]) -> Iterator[Place]:
    for index in range(max(len(old), len(new))):
        place = f"{path}[{index}]"
        if index >= len(old) or index >= len(new):
            before = old[index] if index < len(old) else _NOTHING
            after = new[index] if index < len(new) else _NOTHING
            yield Place(place, shown(before), shown(after), True)
        else:
            yield from places(old[index], new[index], place, ignoring=ignoring)


def shown(value: Any) -> str:
    """Give a value as JSON text, bytes and the like as Python writes them."""
    if value is _NOTHING:
        return ABSENT
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        return repr(value)


# --- vectors


def as_vector(value: Any) -> Sequence[float] | None:
    """
    Give a value as a vector, where it is one: a long list of numbers, or single precision in base64, as OpenAI's SDK
    asks for it.
    """
    if isinstance(value, (list, tuple)):
        numbers = cast("Sequence[Any]", value)
        long = len(numbers) >= MIN_VECTOR
        return numbers if long and all(type(number) in (int, float) for number in numbers) else None
    if isinstance(value, str) and len(value) >= MIN_VECTOR * 16 // 3 and len(value) % 4 == 0:
        return _unpacked(value)
    return None


def _unpacked(text: str) -> Sequence[float] | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) % 4 or len(data) < 4 * MIN_VECTOR:
        return None
    values = array.array("f")
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    # Any base64 is some list of numbers; those of an embedding are finite and of a size that can be summed.
    return (
        values if all(math.isfinite(value) and (not value or 1e-20 < abs(value) < 1e10) for value in values) else None
    )


def cosine_of(old: Sequence[float], new: Sequence[float]) -> float | None:
    """Give the cosine of the angle between two vectors of one length; ``None`` where one is zero or not finite."""
    top = max(map(abs, old), default=0.0), max(map(abs, new), default=0.0)
    if not all(top) or not all(map(math.isfinite, (*old, *new))):
        return None
    # Scaled, so that squares neither overflow nor vanish.
    one, other = [value / top[0] for value in old], [value / top[1] for value in new]
    product = math.fsum(a * b for a, b in zip(one, other, strict=True))
    lengths = math.sqrt(math.fsum(a * a for a in one) * math.fsum(b * b for b in other))
    return max(-1.0, min(1.0, product / lengths))


def _in_vectors(old: Sequence[float], new: Sequence[float], path: str) -> Iterator[Place]:
    if len(old) != len(new):
        yield Place(path or "$", _described(old), _described(new), True)
    elif list(old) != list(new):
        yield Place(path or "$", _described(old), _described(new), False, cosine_of(old, new))


def _described(vector: Sequence[float]) -> str:
    head = ", ".join(f"{value:.6g}" for value in vector[:3])
    return f"{len(vector)} numbers [{head}, ...]"
