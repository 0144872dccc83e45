"""The segment table: what is kept of each call, and what damage does to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.fingerprint import HEAD_SEGMENTS, fingerprint
from playhead.core.model import CompletionRequest
from playhead.errors import CassetteDamaged, CassetteError, LimitExceeded
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import SEGMENT_PREFIX
from playhead.format.segments import decode_segments, encode_segments

HEAD = len(HEAD_SEGMENTS)

digests = st.binary(min_size=32, max_size=32)
calls = st.lists(st.lists(digests, min_size=HEAD, max_size=HEAD + 5).map(tuple), max_size=8)


@given(calls)
def test_prefixes_come_back(segments: list[tuple[bytes, ...]]) -> None:
    """The first four bytes of every segment of every call come back, in order."""
    if not segments:
        return
    expected = [tuple(digest[:SEGMENT_PREFIX] for digest in call) for call in segments]
    assert decode_segments(encode_segments(segments), len(segments), DEFAULT_LIMITS) == expected


@given(calls.filter(bool))
def test_prefixes_are_kept_as_they_are(segments: list[tuple[bytes, ...]]) -> None:
    """A table made of prefixes is that of the whole digests, so a journal need not keep more."""
    short = [tuple(digest[:SEGMENT_PREFIX] for digest in call) for call in segments]
    assert encode_segments(short) == encode_segments(segments)


def test_number_of_calls() -> None:
    """A table for another number of calls is damage."""
    table = encode_segments([(bytes(32),) * HEAD] * 3)
    for count in (0, 2, 4):
        with pytest.raises(CassetteDamaged, match="does not fit the calls"):
            decode_segments(table, count, DEFAULT_LIMITS)


def test_many_equal_calls() -> None:
    """The table of a hundred thousand takes of one request, which shrinks to nothing, can be read."""
    call = fingerprint(CompletionRequest("x"), "p").segments
    table = encode_segments([call] * 100_000)
    found = decode_segments(table, 100_000, DEFAULT_LIMITS)
    assert len(found) == 100_000
    assert set(found) == {tuple(digest[:SEGMENT_PREFIX] for digest in call)}


def test_long_history() -> None:
    """A conversation of more messages than two bytes count keeps the first of them."""
    call = (bytes(4),) * (HEAD + 0xFFFF + 10)
    found = decode_segments(encode_segments([call]), 1, DEFAULT_LIMITS)
    assert [len(segments) for segments in found] == [HEAD + 0xFFFF]


def test_damage_at_every_byte() -> None:
    """A table cut anywhere or with any byte changed is damage."""
    table = encode_segments([fingerprint(CompletionRequest(f"{n}"), "p").segments for n in range(5)])
    assert len(decode_segments(table, 5, DEFAULT_LIMITS)) == 5
    for at in range(len(table)):
        with pytest.raises(CassetteDamaged):
            decode_segments(table[:at], 5, DEFAULT_LIMITS)
        for mask in (0xFF, 1, 128):
            with pytest.raises(CassetteDamaged):
                decode_segments(table[:at] + bytes([table[at] ^ mask]) + table[at + 1 :], 5, DEFAULT_LIMITS)
    with pytest.raises(CassetteDamaged):
        decode_segments(table + b"\x00", 5, DEFAULT_LIMITS)


@given(st.binary(max_size=50))
def test_junk(data: bytes) -> None:
    """Arbitrary bytes for a table are an error of ours."""
    with pytest.raises(CassetteError):
        decode_segments(data, 1, DEFAULT_LIMITS)


def test_limits() -> None:
    """The reader's limits hold for the table as well."""
    table = encode_segments([(bytes(32),) * HEAD] * 100)
    with pytest.raises(LimitExceeded):
        decode_segments(table, 100, Limits(entry=100))
