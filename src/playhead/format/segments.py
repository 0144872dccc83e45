"""The segment table: short digests of each call's segments, so that a miss ranks candidates without reading them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from zlib import crc32

from playhead.core.fingerprint import HEAD_SEGMENTS
from playhead.errors import CassetteDamaged
from playhead.format.compression import Packer, Unpacker
from playhead.format.limits import Limits
from playhead.format.numbers import SEGMENT_PREFIX

_COUNT = struct.Struct("<H")


def encode_segments(calls: Iterable[tuple[bytes, ...]]) -> bytes:
    """
    Encode the segments of every call, in row order.

    Returns:
        CRC-32 of the rest, then one zstd frame: for each call the number of its messages and the first four bytes
        of each segment's digest.
    """
    pieces: list[bytes] = []
    for segments in calls:
        pieces.append(_COUNT.pack(min(len(segments) - len(HEAD_SEGMENTS), 0xFFFF)))
        pieces += [digest[:SEGMENT_PREFIX] for digest in segments[: len(HEAD_SEGMENTS) + 0xFFFF]]
    packed = Packer().pack(b"".join(pieces))
    return crc32(packed).to_bytes(4, "little") + packed


def decode_segments(data: bytes, calls: int, limits: Limits) -> list[tuple[bytes, ...]]:
    """
    Decode a segment table.

    Raises:
        CassetteDamaged: The checksum or the number of calls does not hold.
    """
    if crc32(data[4:]) != int.from_bytes(data[:4], "little"):
        raise CassetteDamaged("the segment table does not match its checksum")
    table = Unpacker(b"", limits).unpack(data[4:])
    found: list[tuple[bytes, ...]] = []
    at = 0
    while at + _COUNT.size <= len(table):
        count = len(HEAD_SEGMENTS) + _COUNT.unpack_from(table, at)[0]
        at += _COUNT.size
        end = at + count * SEGMENT_PREFIX
        found.append(tuple(table[i : i + SEGMENT_PREFIX] for i in range(at, end, SEGMENT_PREFIX)))
        at = end
    if at != len(table) or len(found) != calls:
        raise CassetteDamaged("the segment table does not fit the calls")
    return found
