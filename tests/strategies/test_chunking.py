"""Cutting elsewhere changes where, never what."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import strategies as play
from playhead.core.model import Completion, Stream
from playhead.core.wire import Answer
from playhead.dialects import sse
from playhead.errors import UsageError
from tests.strategies.recordings import recorded, shrunk

UNSPLIT = 'data: {"text": "Grüezi 🎉"}\n\ndata: [DONE]\n\n'.encode()


@given(st.binary(max_size=200), play.chunkings())
def test_bytes_in_other_pieces_are_the_same_bytes(data: bytes, chunking: play.Chunking) -> None:
    """Joined, the pieces are what was cut, and none is empty."""
    pieces = chunking.cut_bytes((data,) if data else ())
    assert b"".join(pieces) == data
    assert all(pieces)


@given(st.lists(st.text(max_size=9), max_size=4), play.chunkings())
def test_text_in_other_pieces_is_the_same_text(pieces: list[str], chunking: play.Chunking) -> None:
    """So it is with text."""
    assert "".join(chunking.cut_text(pieces)) == "".join(pieces)


@given(st.lists(st.binary(max_size=9), max_size=4))
def test_recorded_pieces_stay_as_they_are(pieces: list[bytes]) -> None:
    """Nothing changed means nothing changed, an empty piece too."""
    assert play.Chunking().cut_bytes(pieces) == tuple(pieces)


@pytest.mark.parametrize(
    ("chunking", "expected"),
    [
        (play.Chunking(play.Cut.WHOLE), (b"a\xc3\xa9b\nc",)),
        (play.Chunking(play.Cut.EACH), (b"a", b"\xc3", b"\xa9", b"b", b"\n", b"c")),
        (play.Chunking(play.Cut.CHARACTERS), (b"a\xc3", b"\xa9b\nc")),
        (play.Chunking(play.Cut.LINES), (b"a\xc3", b"\xa9b", b"\n", b"c")),
        (play.Chunking(play.Cut.SIZES, (2, 1)), (b"a\xc3", b"\xa9", b"b\n", b"c")),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_each_way_cuts_where_it_says(chunking: play.Chunking, expected: tuple[bytes, ...]) -> None:
    """The ways, on bytes with a character of two bytes and two lines."""
    assert chunking.cut_bytes((b"a\xc3", b"\xa9b\nc")) == expected


def test_no_character_of_more_bytes_is_left_whole() -> None:
    """``inside-characters`` breaks whoever decodes piece by piece."""
    for piece in play.Chunking(play.Cut.CHARACTERS).cut_bytes((UNSPLIT,))[:-1]:
        with pytest.raises(UnicodeDecodeError):
            piece.decode()


@given(play.rechunkings(UNSPLIT))
def test_a_true_parser_reads_the_same_however_it_is_cut(pieces: tuple[bytes, ...]) -> None:
    """Our own parser of events holds."""
    parser = sse.Parser()
    found = [event for piece in pieces for event in parser.feed(piece)]
    assert [event.data for event in found if isinstance(event, sse.Message)] == ['{"text": "Grüezi 🎉"}', "[DONE]"]


def _decodes_piecewise(pieces: tuple[bytes, ...]) -> bool:
    try:
        return "".join(piece.decode() for piece in pieces) == UNSPLIT.decode()
    except UnicodeDecodeError:
        return False


def test_a_reader_of_whole_characters_is_found_and_shrunk() -> None:
    """The simplest cut that breaks it is one through each character, no list of sizes."""
    simplest = shrunk(play.chunkings(), lambda chunking: not _decodes_piecewise(chunking.cut_bytes((UNSPLIT,))))
    assert simplest == play.Chunking(play.Cut.CHARACTERS)


def test_it_shrinks_to_the_pieces_as_they_are() -> None:
    """The simplest is what was recorded."""
    assert shrunk(play.chunkings(), lambda _: True) == play.Chunking()
    assert shrunk(play.rechunkings(b"abc"), lambda _: True) == (b"abc",)


def _joined(value: Any) -> Any:
    if isinstance(value, Answer):
        return value.content(), value.headers, value.status
    return value.pieces() and "".join(value.pieces()), value.end


@given(st.data())
def test_recorded_things_are_cut_too(data: st.DataObject) -> None:
    """An answer, a stream and an interaction are cut and say the same."""
    for interaction in recorded():
        cut = data.draw(play.rechunkings(interaction))
        assert cut.fingerprint == interaction.fingerprint
        if interaction.answer is not None:
            assert cut.answer is not None
            assert _joined(cut.answer) == _joined(interaction.answer)
        if isinstance(interaction.outcome, Stream):
            assert isinstance(cut.outcome, Stream)
            assert cut.outcome.joined() == interaction.outcome.joined()


def test_a_sequence_of_pieces_is_cut_anew() -> None:
    """Pieces that stand apart are taken as one."""
    assert shrunk(play.rechunkings(["ab", "c"]), lambda pieces: len(pieces) == 1) == ("abc",)
    assert shrunk(play.rechunkings([b"ab", b"c"]), lambda pieces: len(pieces) == 3) == (b"a", b"b", b"c")


def test_pieces_that_are_no_text_are_left_alone() -> None:
    """A piece that is a value of its own means something."""
    stream = Stream(end=Completion("x"), values=({"a": 1}, {"b": 2}))
    assert play.rechunked(stream, play.Chunking(play.Cut.EACH)) is stream


def test_nonsense_is_refused() -> None:
    """A way that is none, sizes that are none, a thing without pieces."""
    for make in (
        lambda: play.Chunking("sideways"),  # type: ignore[arg-type]
        lambda: play.Chunking(play.Cut.SIZES),
        lambda: play.Chunking(play.Cut.WHOLE, (1,)),
        lambda: play.Chunking(play.Cut.SIZES, (0,)),
        lambda: play.rechunkings(3),  # type: ignore[call-overload]
    ):
        with pytest.raises(UsageError):
            make()


@given(play.chunkings(), st.text(max_size=30))
def test_cutting_is_the_same_every_time(chunking: play.Chunking, text: str) -> None:
    """A chunking is a rule, not a throw of dice."""
    assert chunking.cut_text((text,)) == chunking.cut_text((text,))
    assert list(itertools.chain(*chunking.cut_text((text,)))) == list(text)
