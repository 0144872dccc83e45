"""What every server says: text that differs at every turn, vectors, and a look into what was asked."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Any

SECONDS = 1_764_000_000
"""The time of the first answer; each later one comes a second later."""

KNOWN_MODELS = ("tiny-1", "tiny-2", "mistral-tiny", "mistral-embed")


def words(turn: int, asked: str) -> list[str]:
    """Give an answer's text in pieces: beyond ASCII, beyond the BMP, with a line break and a quotation."""
    return [f"Réponse {turn}", " à « ", asked[:40], " » :\n", "snow ☃", ' and "quotes"', " 🎏."]


def last_text(messages: Sequence[Mapping[str, Any]], key: str = "content") -> str:
    """Give the text of the last message, whether it stands as text or as parts."""
    content = messages[-1].get(key) if messages else None
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def vector(turn: int, text: str, length: int = 5) -> list[float]:
    """Give a vector of single-precision numbers."""
    seed = sum(text.encode()) + 31 * turn
    wide = [((seed * (at + 3)) % 257 - 128) / 129 for at in range(length)]
    return list(struct.unpack(f"<{length}f", struct.pack(f"<{length}f", *wide)))


def packed(numbers: Sequence[float]) -> str:
    """Write a vector as base64 of little-endian single-precision numbers."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def count(text: str) -> int:
    """Count tokens: a word each."""
    return len(text.split())


def cut(text: str, size: int = 7) -> list[str]:
    """Cut a text into pieces."""
    return [text[at : at + size] for at in range(0, len(text), size)]


TOOL_ARGUMENTS = '{"city": "Zürich", "days": 2}'
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
"""An image of one pixel."""
