"""Prose from a seed: as varied as chats are, so that it compresses about as they do."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from struct import Struct

from benchmarks.workloads.phrases import BULLETS, OPENERS, SENTENCES, Frame

_SINGLE = Struct("<f")


class Writer:
    """Writes sentences, lists and paragraphs; the same seed writes the same text."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._bytes = self._chosen()

    def _chosen(self) -> Iterator[int]:
        while True:
            yield from self._random.randbytes(512)

    def pick(self, choices: tuple[str, ...]) -> str:
        """Choose a word; early ones come more often, as in any language."""
        byte = next(self._bytes)
        return choices[(byte * byte * len(choices)) >> 16]

    def _filled(self, frames: tuple[Frame, ...]) -> str:
        sentence, gaps = frames[(next(self._bytes) * len(frames)) >> 8]
        text = sentence % tuple([self.pick(gap) for gap in gaps])
        return text[0].upper() + text[1:]

    def paragraphs(self, length: int) -> str:
        """Write at least ``length`` characters: paragraphs, now and then with a list."""
        blocks: list[str] = []
        size = 0
        while size < length:
            if next(self._bytes) < 64:
                block = "\n".join(self._filled(BULLETS) for _ in range(2 + next(self._bytes) % 3))
            else:
                block = " ".join(self._filled(SENTENCES) for _ in range(2 + next(self._bytes) % 4))
            blocks.append(block)
            size += len(block) + 2
        return "\n\n".join(blocks)

    def question(self, length: int) -> str:
        """Write a user's message: what it is about, then ``length`` characters of detail."""
        opener = self._filled(OPENERS)
        return f"{opener} {self.paragraphs(length - len(opener))}" if length > len(opener) else opener

    def token(self, letters: int) -> str:
        """Write a random id of letters and digits."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(self._random.choices(alphabet, k=letters))

    def number(self, low: int, high: int) -> int:
        """Choose a whole number, both ends included."""
        return self._random.randint(low, high)

    def vector(self, length: int) -> list[float]:
        """Give a vector of about unit length, as read from the JSON of a server that computes in 32 bits."""
        scale = length**-0.5
        return [_printed(self._random.gauss(0.0, scale)) for _ in range(length)]

    def widened(self, length: int) -> list[float]:
        """Give such a vector as doubles that hold 32-bit floats: what a server writes that prints them as doubles."""
        scale = length**-0.5
        return [_single(self._random.gauss(0.0, scale)) for _ in range(length)]


def _single(value: float) -> float:
    (single,) = _SINGLE.unpack(_SINGLE.pack(value))
    return float(single)


def _printed(value: float) -> float:
    """Give the shortest decimal that stands for the same 32-bit float: what such a server writes."""
    single = _single(value)
    for digits in range(6, 9):
        shortest = float(f"{single:.{digits}g}")
        if _SINGLE.unpack(_SINGLE.pack(shortest))[0] == single:
            return shortest
    return float(f"{single:.9g}")
