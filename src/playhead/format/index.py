"""
The sealed profile's index: sorted rows in buckets, and a fan-out table that checks each bucket.

A lookup reads two fan-out rows and one bucket of some eight rows, whatever the size of the cassette, and every byte
it trusts is under a CRC that it has just checked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from zlib import crc32

from playhead.errors import CassetteDamaged
from playhead.format.numbers import FAN, FIRST_RESERVED_N, KEY_LENGTH, MAX_BUCKET_BITS, ROW, ROWS_PER_BUCKET


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


def bucket_bits(rows: int) -> int:
    """Give the number of leading key bits that name a bucket, for some eight rows a bucket."""
    return min(MAX_BUCKET_BITS, max(0, (rows // ROWS_PER_BUCKET).bit_length()))


def bucket_of(key: bytes, bits: int) -> int:
    """Give the number of the bucket a key belongs to."""
    return int.from_bytes(key[:4], "big") >> (32 - bits)


_NEXT = struct.Struct("<IIQIQ")


def fan_check(bucket: int, first: int, offset: int, next_first: int, next_offset: int, rows: bytes) -> int:
    """Give the CRC-32 of a bucket: its number, its bounds as both fan-out rows say them, its rows."""
    return crc32(rows, crc32(_NEXT.pack(bucket, first, offset, next_first, next_offset)))


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
    fans = [
        FAN.pack(*bounds[number], fan_check(number, *bounds[number], *bounds[number + 1], encoded[number]))
        for number in range(len(buckets))
    ]
    last = FAN.pack(*bounds[-1], fan_check(len(buckets), *bounds[-1], 0, 0, b""))
    return bits, b"".join([*encoded, *fans, last])


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
        self._frames_start = frames_start
        self._frames_end = start

    def _bucket(self, number: int) -> tuple[bytes, int, int]:
        """Give a checked bucket: its rows, the offset of its first frame, the number of its first row."""
        at = self._fans + number * FAN.size
        first, offset, check, next_first, next_offset, _ = _TWO_FANS.unpack(self._data[at : at + 2 * FAN.size])
        if (
            not first <= next_first <= self._count
            or not self._frames_start <= offset <= next_offset <= self._frames_end
        ):
            raise CassetteDamaged("the index has impossible bounds", offset=at)
        rows = self._data[self._rows + first * ROW.size : self._rows + next_first * ROW.size]
        if check != crc32(rows, crc32(_NEXT.pack(number, first, offset, next_first, next_offset))):
            raise CassetteDamaged("a part of the index does not match its checksum", offset=at)
        return rows, offset, first

    def find(self, key: bytes, n: int) -> tuple[int, int] | None:
        """
        Find an entry.

        Returns:
            Offset and length of its frame, or ``None``.

        Raises:
            CassetteDamaged: The bucket does not match its checksum.
        """
        rows, offset, _ = self._bucket(int.from_bytes(key[:4], "big") >> self._shift)
        wanted = key[:KEY_LENGTH] + n.to_bytes(4, "little")
        at = rows.find(wanted)
        while at >= 0 and at % ROW.size:
            at = rows.find(wanted, at + 1)
        if at < 0:
            return None
        lengths = _lengths(at // ROW.size + 1).unpack_from(rows)
        return offset + sum(lengths[:-1]), lengths[-1]

    def takes(self, key: bytes) -> int:
        """
        Count the takes of a fingerprint.

        Raises:
            CassetteDamaged: The bucket does not match its checksum.
        """
        rows, _, _ = self._bucket(int.from_bytes(key[:4], "big") >> self._shift)
        short = key[:KEY_LENGTH]
        return sum(1 for name, n, _ in ROW.iter_unpack(rows) if name == short and n < FIRST_RESERVED_N)

    def __iter__(self) -> Iterator[Row]:
        """
        Yield every row in file order.

        Raises:
            CassetteDamaged: A bucket does not match its checksum, or the rows are out of order.
        """
        previous = (b"", -1)
        for number in range(1 << (32 - self._shift)):
            rows, offset, _ = self._bucket(number)
            for key, n, length in ROW.iter_unpack(rows):
                if (key, n) <= previous:
                    raise CassetteDamaged("the index is out of order", record=key.hex())
                previous = (key, n)
                yield Row(key, n, offset, length)
                offset += length


_TWO_FANS = struct.Struct("<IQIIQI")
_LENGTHS: dict[int, struct.Struct] = {}


def _lengths(count: int) -> struct.Struct:
    """Give a reader of the lengths of ``count`` rows."""
    known = _LENGTHS.get(count)
    if known is None:
        known = _LENGTHS[count] = struct.Struct("<" + "20xI" * count)
    return known
