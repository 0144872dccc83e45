"""
The sealed profile's index: sorted rows in buckets, and a fan-out table that checks each bucket.

A lookup reads two fan-out rows and one bucket of some eight rows, whatever the size of the cassette, and every byte
it trusts is under a CRC that it has just checked.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from zlib import crc32

from playhead.errors import CassetteDamaged
from playhead.format.numbers import (
    BOUNDS,
    FAN,
    FIRST_RESERVED_N,
    FRAME_HEAD,
    KEY_LENGTH,
    MAX_BUCKET_BITS,
    ROW,
    ROWS_PER_BUCKET,
)


class Row(NamedTuple):
    """
    One entry's place.

    Attributes:
        key: First 16 bytes of a call's fingerprint, or a part's key.
        n: The take's number, or a reserved number for other kinds.
        offset: The frame's first byte.
        length: The frame's length.
    """

    key: bytes
    n: int
    offset: int
    length: int


MAX_KEPT_BUCKETS = 1024
"""Buckets kept once checked, at some 250 bytes each."""


def bucket_bits(rows: int) -> int:
    """Give the number of leading key bits that name a bucket, for some eight rows a bucket."""
    return min(MAX_BUCKET_BITS, max(0, (rows // ROWS_PER_BUCKET).bit_length()))


def bucket_of(key: bytes, bits: int) -> int:
    """Give the number of the bucket a key belongs to."""
    return int.from_bytes(key[:4], "big") >> (32 - bits)


def fan_check(bucket: int, bounds: bytes, rows: bytes) -> int:
    """Give the CRC-32 of a bucket, started from its number: its fan-out row's first 12 bytes, then its rows."""
    return crc32(rows, crc32(bounds, bucket))


def encode_index(rows: Iterable[Row], *, count: int, start: int) -> tuple[int, bytes]:
    """
    Encode the rows of all entries.

    Args:
        rows: In order of key, then n; their frames lie back to back.
        count: How many there are.
        start: Offset of the first frame.

    Returns:
        The bucket bits and the payload: rows, then ``2**bits + 1`` fan-out rows.
    """
    bits = bucket_bits(count)
    buckets: list[list[Row]] = [[] for _ in range(1 << bits)]
    for row in rows:
        buckets[bucket_of(row.key, bits)].append(row)
    encoded = [b"".join(ROW.pack(row.key, row.n, row.length) for row in bucket) for bucket in buckets]
    bounds = [(0, start)]
    for bucket in buckets:
        first, offset = bounds[-1]
        bounds.append((first + len(bucket), offset + sum(row.length for row in bucket)))
    fans = [fan_row(number, *bounds[number], content) for number, content in enumerate([*encoded, b""])]
    return bits, b"".join([*encoded, *fans])


def fan_row(bucket: int, first: int, offset: int, rows: bytes) -> bytes:
    """Encode a bucket's fan-out row."""
    bounds = BOUNDS.pack(first, offset)
    return bounds + fan_check(bucket, bounds, rows).to_bytes(4, "little")


class Index:
    """Looks rows up in a file's bytes, checking each bucket it reads."""

    def __init__(self, data: bytes, *, start: int, count: int, bits: int, frames_start: int) -> None:
        """
        Take the place of an index.

        Args:
            data: The whole file: bytes or a memory map (slices must be bytes).
            start: Offset of the index payload.
            count: Number of rows.
            bits: Bucket bits.
            frames_start: Offset of the first entry's frame.
        """
        self._data = data
        self._rows = start
        self._fans = start + count * ROW.size
        self._shift = 32 - bits
        self._count = count
        self._checked: dict[int, tuple[bytes, int]] = {}
        self._frames_start = frames_start
        self._frames_end = start - FRAME_HEAD.size

    def _bucket(self, number: int) -> tuple[bytes, int]:
        """Give a bucket's rows and the offset of its first frame, checked."""
        known = self._checked.get(number)
        if known is not None:
            return known
        data, start = self._data, self._rows
        at = self._fans + number * _FAN_SIZE
        fan = data[at : at + _BUCKET_SIZE]
        first, offset, check, next_first = _BUCKET.unpack(fan)
        rows = data[start + first * _ROW_SIZE : start + next_first * _ROW_SIZE]
        if next_first > self._count or check != crc32(rows, crc32(fan[:_BOUNDS_SIZE], number)):
            raise CassetteDamaged("a part of the index does not match its checksum", offset=at)
        if len(self._checked) < MAX_KEPT_BUCKETS:
            self._checked[number] = rows, offset
        return rows, offset

    def find(self, key: bytes, n: int) -> tuple[int, int] | None:
        """
        Find an entry.

        Returns:
            First byte of its frame and the byte after its last, or ``None``.

        Raises:
            CassetteDamaged: The bucket does not match its checksum.
        """
        rows, offset = self._bucket(int.from_bytes(key[:4], "big") >> self._shift)
        wanted = key[:KEY_LENGTH] + n.to_bytes(4, "little")
        at = rows.find(wanted)
        while at >= 0 and at % _ROW_SIZE:
            at = rows.find(wanted, at + 1)
        if at < 0:
            return None
        lengths = _lengths(at // _ROW_SIZE + 1)(rows)
        end = offset + sum(lengths)
        if end > self._frames_end:
            raise CassetteDamaged("the index points past the entries", offset=end)
        return end - lengths[-1], end

    def takes(self, key: bytes) -> int:
        """
        Count the takes of a fingerprint.

        Raises:
            CassetteDamaged: The bucket does not match its checksum.
        """
        rows, _ = self._bucket(int.from_bytes(key[:4], "big") >> self._shift)
        short = key[:KEY_LENGTH]
        return sum(1 for name, n, _ in ROW.iter_unpack(rows) if name == short and n < FIRST_RESERVED_N)

    def calls(self) -> Iterator[tuple[bytes, int]]:
        """
        Yield key and take number of every call, in file order.

        Raises:
            CassetteDamaged: A bucket does not match its checksum.
        """
        for number in range(1 << (32 - self._shift)):
            for key, n, _ in ROW.iter_unpack(self._bucket(number)[0]):
                if n < FIRST_RESERVED_N:
                    yield key, n

    def __iter__(self) -> Iterator[Row]:
        """
        Yield every row in file order.

        Raises:
            CassetteDamaged: A bucket does not match its checksum, or the rows are out of order.
        """
        previous = (b"", -1)
        end = self._frames_start
        for number in range(1 << (32 - self._shift)):
            rows, offset = self._bucket(number)
            if offset != end:
                raise CassetteDamaged("the entries do not lie back to back", offset=offset)
            for key, n, length in ROW.iter_unpack(rows):
                if (key, n) <= previous:
                    raise CassetteDamaged("the index is out of order", record=key.hex())
                previous = (key, n)
                yield Row(key, n, offset, length)
                offset = end = offset + length
        if end != self._frames_end:
            raise CassetteDamaged("the entries do not reach the index", offset=end)


_BUCKET = struct.Struct("<IQII")
"""A fan-out row and the first field of the next."""

# Looked up once: a lookup takes two microseconds, and each attribute a thirtieth of one.
_ROW_SIZE, _FAN_SIZE, _BOUNDS_SIZE, _BUCKET_SIZE = ROW.size, FAN.size, BOUNDS.size, _BUCKET.size

_LENGTHS: dict[int, Callable[[bytes], tuple[int, ...]]] = {}


def _lengths(count: int) -> Callable[[bytes], tuple[int, ...]]:
    """Give a reader of the lengths in the first ``count`` rows."""
    known = _LENGTHS.get(count)
    if known is None:
        known = _LENGTHS[count] = struct.Struct("<" + "20xI" * count).unpack_from
    return known
