"""The segment table: what is kept of each call, and what damage does to it."""

from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.fingerprint import HEAD_SEGMENTS
from playhead.core.sketch import SIZE
from playhead.errors import CassetteDamaged, CassetteError, LimitExceeded
from playhead.format.compression import Packer
from playhead.format.entries import Outline, outline_of
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import SEGMENT_PREFIX
from playhead.format.segments import decode_segments, encode_segments, pack_outline, unpack_outline
from tests.strategies import call_entry

HEAD = len(HEAD_SEGMENTS)

outlines = st.builds(
    Outline,
    segments=st.lists(st.binary(min_size=32, max_size=32), min_size=HEAD, max_size=HEAD + 5).map(tuple),
    sketch=st.binary(min_size=SIZE, max_size=SIZE),
)
BLANK = Outline((bytes(32),) * HEAD, bytes(SIZE))


def short(outline: Outline) -> Outline:
    """Give what a file keeps of an outline."""
    return Outline(tuple(digest[:SEGMENT_PREFIX] for digest in outline.segments), outline.sketch)


@given(outlines)
def test_an_outline_comes_back(outline: Outline) -> None:
    """The first four bytes of every segment and the sketch come back; packing what came back gives the same bytes."""
    data = pack_outline(outline)
    assert unpack_outline(data) == short(outline)
    assert pack_outline(short(outline)) == data
    assert len(data) == SIZE + SEGMENT_PREFIX * len(outline.segments)


@given(st.binary(max_size=80))
def test_a_malformed_outline(data: bytes) -> None:
    """Bytes of a length that no outline has are damage; others give an outline of that length."""
    try:
        outline = unpack_outline(data)
    except CassetteDamaged:
        assert len(data) < SIZE + SEGMENT_PREFIX * HEAD or (len(data) - SIZE) % SEGMENT_PREFIX
        return
    assert pack_outline(outline) == data


@given(st.lists(outlines, min_size=1, max_size=8))
def test_a_table_comes_back(calls: list[Outline]) -> None:
    """The outlines of all calls come back in order; a table of what came back is the same table."""
    table = encode_segments(calls)
    found = decode_segments(table, len(calls), DEFAULT_LIMITS)
    assert found == [short(outline) for outline in calls]
    assert encode_segments(found) == table


def test_number_of_calls() -> None:
    """A table for another number of calls is damage."""
    table = encode_segments([BLANK] * 3)
    for count in (0, 2, 4):
        with pytest.raises(CassetteDamaged, match="does not fit the calls"):
            decode_segments(table, count, DEFAULT_LIMITS)


def test_many_equal_calls() -> None:
    """The table of a hundred thousand takes of one request, which shrinks to nothing, can be read."""
    outline = outline_of(call_entry("x").data)
    found = decode_segments(encode_segments([outline] * 100_000), 100_000, DEFAULT_LIMITS)
    assert len(found) == 100_000
    assert set(found) == {short(outline)}


def test_long_history() -> None:
    """A conversation of more messages than two bytes count keeps the first of them."""
    outline = Outline((bytes(4),) * 70_000, bytes(SIZE))
    found = decode_segments(encode_segments([outline, BLANK]), 2, DEFAULT_LIMITS)
    assert [len(kept.segments) for kept in found] == [0xFFFF, HEAD]


def test_damage_at_every_byte() -> None:
    """A table cut anywhere or with any byte changed is damage."""
    table = encode_segments([outline_of(call_entry(f"{n}").data) for n in range(5)])
    assert len(decode_segments(table, 5, DEFAULT_LIMITS)) == 5
    for at in range(len(table)):
        with pytest.raises(CassetteDamaged):
            decode_segments(table[:at], 5, DEFAULT_LIMITS)
        for mask in (0xFF, 1, 128):
            with pytest.raises(CassetteDamaged):
                decode_segments(table[:at] + bytes([table[at] ^ mask]) + table[at + 1 :], 5, DEFAULT_LIMITS)
    with pytest.raises(CassetteDamaged):
        decode_segments(table + b"\x00", 5, DEFAULT_LIMITS)


@pytest.mark.parametrize("change", [b"\x00", b"\x00\x00", b"\x06\x00", b"\x06\x00" + bytes(20)])
def test_rest_behind_the_last_call(change: bytes) -> None:
    """A table whose checksum holds but which has bytes behind its calls, or too few for the last one, is damage."""
    whole = b"\x06\x00" + pack_outline(BLANK)
    for content in (whole + change, whole[: -len(change)]):
        packed = Packer().pack(content)
        with pytest.raises(CassetteDamaged):
            decode_segments(crc32(packed).to_bytes(4, "little") + packed, 1, DEFAULT_LIMITS)


@given(st.binary(max_size=50))
def test_junk(data: bytes) -> None:
    """Arbitrary bytes for a table are an error of ours."""
    with pytest.raises(CassetteError):
        decode_segments(data, 1, DEFAULT_LIMITS)


def test_limits() -> None:
    """The reader's limits hold for the table as well."""
    with pytest.raises(LimitExceeded):
        decode_segments(encode_segments([BLANK] * 100), 100, Limits(entry=100))
