"""The segment table: short digests and a sketch of each call, so that a miss ranks candidates without reading them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

from playhead.core.fingerprint import HEAD_SEGMENTS
from playhead.core.sketch import SIZE as SKETCH_SIZE
from playhead.errors import CassetteDamaged
from playhead.format.compression import Packer, Unpacker
from playhead.format.entries import Outline
from playhead.format.limits import Limits
from playhead.format.numbers import SEGMENT_PREFIX

_COUNT = struct.Struct("<H")
_MAX_SEGMENTS = 0xFFFF


def pack_outline(outline: Outline) -> bytes:
    """Encode one call's outline: its sketch, then the first four bytes of each segment's digest."""
    return outline.sketch + b"".join([digest[:SEGMENT_PREFIX] for digest in outline.segments[:_MAX_SEGMENTS]])


def unpack_outline(data: bytes) -> Outline:
    """
    Decode one call's outline.

    Raises:
        CassetteDamaged: The length is none an outline has.
    """
    if len(data) < SKETCH_SIZE + SEGMENT_PREFIX * len(HEAD_SEGMENTS) or (len(data) - SKETCH_SIZE) % SEGMENT_PREFIX:
        raise CassetteDamaged("the outline of a call is malformed")
    fields = _outline((len(data) - SKETCH_SIZE) // SEGMENT_PREFIX).unpack(data)
    return Outline(fields[1:], fields[0])


@lru_cache(maxsize=256)
def _outline(segments: int) -> struct.Struct:
    """Give the layout of an outline with so many segments."""
    return struct.Struct(f"{SKETCH_SIZE}s" + f"{SEGMENT_PREFIX}s" * segments)


def encode_segments(calls: Iterable[Outline]) -> bytes:
    """
    Encode the outlines of every call, in row order.

    Returns:
        CRC-32 of the rest, then one zstd frame: for each call the number of its segments, and its outline.
    """
    pieces: list[bytes] = []
    for outline in calls:
        pieces += (_COUNT.pack(min(len(outline.segments), _MAX_SEGMENTS)), pack_outline(outline))
    packed = Packer().pack(b"".join(pieces))
    return crc32(packed).to_bytes(4, "little") + packed


def decode_segments(data: bytes, calls: int, limits: Limits) -> list[Outline]:
    """
    Decode a segment table.

    Raises:
        CassetteDamaged: The checksum or the number of calls does not hold.
    """
    if crc32(data[4:]) != int.from_bytes(data[:4], "little"):
        raise CassetteDamaged("the segment table does not match its checksum")
    table = Unpacker(b"", limits).unpack(data[4:])
    found: list[Outline] = []
    at, last, count_of = 0, len(table) - _COUNT.size, _COUNT.unpack_from
    while at <= last:
        # A miss reads every row, so that none costs more than it must.
        (segments,) = count_of(table, at)
        layout = _outline(segments)
        at += _COUNT.size
        if segments < len(HEAD_SEGMENTS) or at + layout.size > len(table):
            raise CassetteDamaged("the outline of a call is malformed")
        fields = layout.unpack_from(table, at)
        found.append(Outline(fields[1:], fields[0]))
        at += layout.size
    if at != len(table) or len(found) != calls:
        raise CassetteDamaged("the segment table does not fit the calls")
    return found
