"""What an answer that is vectors says of itself, where nothing else stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playhead.core.usage import Usage
from playhead.dialects.openai_wire import mapping, sequence


def vectors_said(usage: Usage, vectors: Sequence[Any]) -> dict[str, int] | None:
    """
    Give how many vectors came and how long they are, which is all that an answer without counts proves.

    The vectors themselves stay in the body: once more they would double every file.

    Args:
        usage: The answer's counts; where they are reported they say enough.
        vectors: Lists of numbers, or what holds such a list under ``values`` or ``embedding``.
    """
    if usage.reported or not vectors:
        return None
    return {"vectors": len(vectors), "dimensions": max(map(_length, vectors))}


def _length(vector: object) -> int:
    held = mapping(vector)
    return len(sequence(held.get("values") or held.get("embedding") if held else vector))
