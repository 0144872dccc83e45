"""
Where an answer is cut into pieces on its way, apart from what it says.

A network cuts bytes anywhere: inside a character, inside a line, byte by byte. What reads an answer must come to the
same whatever the cuts are.
"""

from __future__ import annotations

import enum
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar, cast, overload

import msgspec
from hypothesis import strategies as st

from playhead.core.evidence import Interaction
from playhead.core.model import Stream
from playhead.core.wire import Answer
from playhead.errors import UsageError
from playhead.strategies.shown import shown

T = TypeVar("T")


class Cut(enum.StrEnum):
    """A way to cut."""

    RECORDED = "recorded"
    """The pieces as they are."""
    WHOLE = "whole"
    """All at once."""
    LINES = "inside-lines"
    """In the middle of every line, and before its end."""
    CHARACTERS = "inside-characters"
    """Inside every character that takes more than one byte."""
    EACH = "each"
    """One byte at a time; of text, one character."""
    SIZES = "sizes"
    """Pieces of given lengths, round and round."""


class Chunking(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    How an answer is cut, whatever the answer is.

    Attributes:
        cut: The way.
        sizes: Lengths in bytes (of text, in characters) for ``sizes``; each at least 1.

    Raises:
        UsageError: There are no sizes where there must be, or one is below 1.
    """

    cut: Cut = Cut.RECORDED
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        try:
            msgspec.structs.force_setattr(self, "cut", Cut(self.cut))
        except ValueError:
            raise UsageError(f"unknown way to cut {self.cut!r}", hint=f"one of {', '.join(Cut)}") from None
        if (self.cut is Cut.SIZES) != bool(self.sizes) or any(size < 1 for size in self.sizes):
            raise UsageError(
                f"sizes of pieces must be positive, and there for the way 'sizes' alone, got {self.sizes!r}"
            )

    def __repr__(self) -> str:
        return shown(self)

    def cut_bytes(self, pieces: Sequence[bytes]) -> tuple[bytes, ...]:
        """Give the bytes of some pieces in other pieces; joined they are the same."""
        if self.cut is Cut.RECORDED:
            return tuple(pieces)
        data = b"".join(pieces)
        return tuple(_between(data, _BYTE_PLACES[self.cut](data, self.sizes)))

    def cut_text(self, pieces: Sequence[str]) -> tuple[str, ...]:
        """Give the text of some pieces in other pieces; a text has no bytes to cut inside of."""
        if self.cut is Cut.RECORDED:
            return tuple(pieces)
        text = "".join(pieces)
        return tuple(_between(text, _TEXT_PLACES[self.cut](text, self.sizes)))


AS_RECORDED = Chunking()


class _Sized(Protocol):
    def __len__(self) -> int: ...

    def __getitem__(self, place: slice, /) -> Any: ...


def _between(data: _Sized, places: Iterable[int]) -> Iterator[Any]:
    if len(data):
        for start, stop in itertools.pairwise([0, *places, len(data)]):
            yield data[start:stop]


_LINE = re.compile(rb"[^\n]+")
_INSIDE_CHARACTER = re.compile(rb"[\xc2-\xf4](?=[\x80-\xbf])")


def _nowhere(_data: _Sized, _sizes: Sequence[int]) -> Iterable[int]:
    return ()


def _everywhere(data: _Sized, _sizes: Sequence[int]) -> Iterable[int]:
    return range(1, len(data))


def _by_sizes(data: _Sized, sizes: Sequence[int]) -> Iterator[int]:
    at = 0
    for size in itertools.cycle(sizes):
        at += size
        if at >= len(data):
            return
        yield at


def _in_lines(data: bytes, _sizes: Sequence[int]) -> list[int]:
    found: set[int] = set()
    for line in _LINE.finditer(data):
        found |= {(line.start() + line.end()) // 2, line.end()}
    return sorted(found - {0, len(data)})


def _in_text_lines(text: str, _sizes: Sequence[int]) -> list[int]:
    found: set[int] = set()
    for line in re.finditer(r"[^\n]+", text):
        found |= {(line.start() + line.end()) // 2, line.end()}
    return sorted(found - {0, len(text)})


def _in_characters(data: bytes, _sizes: Sequence[int]) -> list[int]:
    return [found.end() for found in _INSIDE_CHARACTER.finditer(data)]


_BYTE_PLACES: dict[Cut, Callable[[bytes, Sequence[int]], Iterable[int]]] = {
    Cut.WHOLE: _nowhere,
    Cut.LINES: _in_lines,
    Cut.CHARACTERS: _in_characters,
    Cut.EACH: _everywhere,
    Cut.SIZES: _by_sizes,
}
_TEXT_PLACES: dict[Cut, Callable[[str, Sequence[int]], Iterable[int]]] = {
    Cut.WHOLE: _nowhere,
    Cut.LINES: _in_text_lines,
    Cut.CHARACTERS: _everywhere,
    Cut.EACH: _everywhere,
    Cut.SIZES: _by_sizes,
}

_SIZES = st.lists(st.integers(1, 64), min_size=1, max_size=4).map(tuple)
_WAYS = st.sampled_from(tuple(Cut))


@st.composite
def _chunkings(draw: st.DrawFn) -> Chunking:
    cut = draw(_WAYS)
    return Chunking(cut, draw(_SIZES)) if cut is Cut.SIZES else Chunking(cut)


_CHUNKINGS = _chunkings()


def chunkings() -> st.SearchStrategy[Chunking]:
    """Draw a way to cut any answer; shrinks to the recorded pieces."""
    return _CHUNKINGS


@overload
def rechunkings(stream: bytes) -> st.SearchStrategy[tuple[bytes, ...]]: ...
@overload
def rechunkings(stream: str) -> st.SearchStrategy[tuple[str, ...]]: ...
@overload
def rechunkings(stream: Answer) -> st.SearchStrategy[Answer]: ...
@overload
def rechunkings(stream: Stream) -> st.SearchStrategy[Stream]: ...
@overload
def rechunkings(stream: Interaction) -> st.SearchStrategy[Interaction]: ...
@overload
def rechunkings(stream: Sequence[T]) -> st.SearchStrategy[tuple[T, ...]]: ...


def rechunkings(stream: Any) -> st.SearchStrategy[Any]:
    """
    Draw the same stream in other pieces.

    Args:
        stream: Bytes, a text, a sequence of either, an ``Answer``, a ``Stream`` of text, or an ``Interaction`` (whose
            answer over the wire and whose text pieces are cut).

    Returns:
        What was given, in other pieces: of bytes or a text a tuple of pieces. Shrinks to the pieces as they are.

    Raises:
        UsageError: It is none of these.
    """
    return _places_of(stream).map(lambda chunking: rechunked(stream, chunking))


def _places_of(stream: Any) -> st.SearchStrategy[Chunking]:
    if isinstance(stream, str | bytes | Answer | Stream | Interaction | Sequence):
        return _CHUNKINGS
    raise UsageError(
        f"a {type(stream).__name__} has no pieces", hint="bytes, a text, their pieces, or something recorded"
    )


def rechunked(stream: Any, chunking: Chunking) -> Any:
    """Give a stream in the pieces of a chunking; see ``rechunkings``."""
    if isinstance(stream, bytes):
        return chunking.cut_bytes((stream,) if stream else ())
    if isinstance(stream, str):
        return chunking.cut_text((stream,) if stream else ())
    if isinstance(stream, Answer):
        return stream._replace(pieces=chunking.cut_bytes(stream.pieces))
    if isinstance(stream, Stream):
        return _stream_in(stream, chunking)
    if isinstance(stream, Interaction):
        answer = None if stream.answer is None else rechunked(stream.answer, chunking)
        outcome = _stream_in(stream.outcome, chunking) if isinstance(stream.outcome, Stream) else stream.outcome
        return msgspec.structs.replace(stream, answer=answer, outcome=outcome)
    given = cast("Sequence[Any]", stream)
    if all(isinstance(piece, bytes) for piece in given):
        return chunking.cut_bytes(given)
    return chunking.cut_text(given)


def _stream_in(stream: Stream, chunking: Chunking) -> Stream:
    if stream.cuts is None:
        return stream  # pieces that are no text mean something each
    pieces = chunking.cut_text(stream.pieces())
    return msgspec.structs.replace(stream, cuts=tuple(map(len, pieces)))
