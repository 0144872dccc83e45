"""
The sealed profile, ``name.cassette``: one zstd frame an entry between skippable frames that index and check them.

Encode and decode of each piece stand together, in the order of the file. Specification: docs/format.md.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple
from zlib import crc32

import msgspec

from playhead.core.calls import CallEntry, decode_call
from playhead.core.canonical import MALFORMED
from playhead.errors import CassetteDamaged, LimitExceeded, NotACassette, UnsupportedVersion
from playhead.format.compression import Unpacker, dictionary_by_id
from playhead.format.entries import Outline
from playhead.format.index import Index, Row, encode_index, fan_row
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import (
    EMBEDDED_DICTIONARY,
    FAN,
    FIRST_RESERVED_N,
    FOOTER,
    FRAME_HEAD,
    HEADER,
    KEY_LENGTH,
    MAGIC,
    MAJOR,
    MAX_BUCKET_BITS,
    MINOR,
    PART_N,
    ROW,
    SKIPPABLE_DICTIONARY,
    SKIPPABLE_FOOTER,
    SKIPPABLE_HEADER,
    SKIPPABLE_INDEX,
    SKIPPABLE_SEGMENTS,
    TAIL_MAGIC,
)
from playhead.format.parts import join_request
from playhead.format.segments import decode_segments

HEADER_SIZE = FRAME_HEAD.size + HEADER.size
FOOTER_SIZE = FRAME_HEAD.size + FOOTER.size


def encode_header(dictionary_id: int) -> bytes:
    """Encode the header, the file's first frame."""
    checked = HEADER.pack(MAGIC, MAJOR, MINOR, dictionary_id, 0)[:-4]
    return FRAME_HEAD.pack(SKIPPABLE_HEADER, HEADER.size) + checked + crc32(checked).to_bytes(4, "little")


def decode_header(data: bytes) -> int:
    """
    Check a header and give the dictionary id.

    Raises:
        NotACassette: The bytes do not start like a cassette.
        UnsupportedVersion: The major version is another one.
        CassetteDamaged: The checksum does not hold.
    """
    if len(data) < HEADER_SIZE or data[: FRAME_HEAD.size + 8] != _OPENING:
        raise NotACassette("not a Playhead cassette", hint=_conflict_hint(data))
    payload = data[FRAME_HEAD.size : HEADER_SIZE]
    _, major, _minor, dictionary_id, check = HEADER.unpack(payload)
    if check != crc32(payload[:-4]):
        raise CassetteDamaged("the header does not match its checksum", offset=0)
    if major != MAJOR:
        raise UnsupportedVersion(
            f"written in format {major}, this release reads format {MAJOR}",
            hint="upgrade playhead: pip install -U playhead",
        )
    return int(dictionary_id)


_OPENING = FRAME_HEAD.pack(SKIPPABLE_HEADER, HEADER.size) + MAGIC


def _conflict_hint(data: bytes) -> str | None:
    if data[:7] == b"<<<<<<<" or b"\n<<<<<<< " in data[:4096]:
        return "the file holds git conflict markers: run 'playhead recover' on it, or check one side out again"
    if data[:20] == b"version https://git-":
        return "the file is a pointer to large-file storage: fetch the content first"
    return None


class Footer(NamedTuple):
    """The facts a reader opens a file with, in the order of the frame."""

    calls: int
    others: int
    index_offset: int
    segments_length: int
    dictionary_length: int
    dictionary_check: int
    bits: int
    digest: bytes


def encode_footer(footer: Footer) -> bytes:
    """Encode the footer, the file's last frame."""
    checked = FOOTER.pack(*footer, 0, TAIL_MAGIC)[:-8]
    return FRAME_HEAD.pack(SKIPPABLE_FOOTER, FOOTER.size) + checked + crc32(checked).to_bytes(4, "little") + TAIL_MAGIC


def decode_footer(data: bytes) -> Footer:
    """
    Check the last bytes of a file and give the footer's facts.

    Raises:
        CassetteDamaged: The file is cut off or its footer damaged.
    """
    tail = data[-FOOTER_SIZE:]
    if len(tail) < FOOTER_SIZE or tail[-4:] != TAIL_MAGIC:
        raise CassetteDamaged("the file is cut off: its footer is missing", hint="playhead recover FILE --out NEW")
    *facts, check, _ = FOOTER.unpack(tail[FRAME_HEAD.size :])
    if check != crc32(tail[FRAME_HEAD.size : -8]) or tail[: FRAME_HEAD.size] != FRAME_HEAD.pack(
        SKIPPABLE_FOOTER, FOOTER.size
    ):
        raise CassetteDamaged("the footer does not match its checksum", hint="playhead recover FILE --out NEW")
    return Footer(*facts)


class EvidenceDigest:
    """The identity of a cassette: SHA-256 over key, take number and evidence digest of every entry, in order."""

    def __init__(self) -> None:
        self._hash = sha256()

    def add(self, key: bytes, n: int, entry: bytes) -> None:
        """Take the next entry's canonical bytes in; calls count without their volatile facts."""
        self._hash.update(key[:KEY_LENGTH] + n.to_bytes(4, "little") + sha256(evidence_bytes(entry, n)).digest())

    def digest(self) -> bytes:
        """Give the 32 bytes."""
        return self._hash.digest()


class _Evidence(msgspec.Struct):
    call: msgspec.Raw


_EVIDENCE = msgspec.json.Decoder(_Evidence)


def evidence_bytes(entry: bytes, n: int) -> bytes:
    """
    Give the bytes of an entry that count as evidence: a call without volatile facts, all of any other kind.

    Raises:
        CassetteDamaged: A call's entry has no evidence.
    """
    if n >= FIRST_RESERVED_N:
        return entry
    try:
        return bytes(_EVIDENCE.decode(entry).call)
    except MALFORMED as error:
        raise CassetteDamaged(f"an entry cannot be read: {error}") from None


class Frame(NamedTuple):
    """One entry as it goes into a sealed file."""

    key: bytes
    n: int
    data: bytes


def write_sealed(
    write: Callable[[bytes], object],
    frames: Iterable[Frame],
    *,
    dictionary_id: int,
    dictionary: bytes,
    digest: Callable[[], bytes],
    segments: bytes = b"",
) -> None:
    """
    Write a whole sealed file.

    Args:
        write: Takes the bytes, in order.
        frames: The compressed entries in order of key, then n.
        dictionary_id: The id their frames name.
        dictionary: The embedded dictionary's bytes, if that is the one.
        digest: Gives the evidence digest, called after the last frame.
        segments: The encoded segment table, or nothing.
    """
    embedded = dictionary if dictionary_id == EMBEDDED_DICTIONARY else b""
    write(encode_header(dictionary_id))
    start = offset = HEADER_SIZE
    if embedded:
        write(FRAME_HEAD.pack(SKIPPABLE_DICTIONARY, len(embedded)) + embedded)
        start = offset = HEADER_SIZE + FRAME_HEAD.size + len(embedded)
    rows: list[Row] = []
    for frame in frames:
        rows.append(Row(frame.key[:KEY_LENGTH], frame.n, offset, len(frame.data)))
        write(frame.data)
        offset += len(frame.data)
    bits, index = encode_index(rows, count=len(rows), start=start)
    write(FRAME_HEAD.pack(SKIPPABLE_INDEX, len(index)) + index)
    if segments:
        write(FRAME_HEAD.pack(SKIPPABLE_SEGMENTS, len(segments)) + segments)
    calls = sum(1 for row in rows if row.n < FIRST_RESERVED_N)
    write(
        encode_footer(
            Footer(
                calls=calls,
                others=len(rows) - calls,
                index_offset=offset,
                segments_length=len(segments),
                dictionary_length=len(embedded),
                dictionary_check=crc32(embedded) if embedded else 0,
                bits=bits,
                digest=digest(),
            )
        )
    )


class SealedReader:
    """
    Random access to a sealed file's bytes.

    Opening checks header, footer and exact geometry; a lookup checks the bucket and the frame it reads.
    """

    def __init__(self, data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> None:
        """
        Open a file's bytes.

        Args:
            data: The whole file, as bytes or a memory map.
            limits: Bounds of what is decompressed.

        Raises:
            CassetteError: The bytes are not a whole cassette of this version.
        """
        self.dictionary_id = decode_header(data[:4096])
        footer = self._footer = decode_footer(data[-FOOTER_SIZE:])
        rows = footer.calls + footer.others
        if footer.bits > MAX_BUCKET_BITS or footer.dictionary_length > limits.dictionary:
            raise LimitExceeded("the footer's numbers are over the limits")
        fans = ((1 << footer.bits) + 1) * 16
        index_length = rows * ROW.size + fans
        segments = FRAME_HEAD.size + footer.segments_length if footer.segments_length else 0
        start = HEADER_SIZE + (FRAME_HEAD.size + footer.dictionary_length if footer.dictionary_length else 0)
        end = footer.index_offset + FRAME_HEAD.size + index_length + segments + FOOTER_SIZE
        if end != len(data) or footer.index_offset < start:
            raise CassetteDamaged(f"the file has {len(data)} bytes, its footer speaks of {end}")
        head = data[footer.index_offset : footer.index_offset + FRAME_HEAD.size]
        if head != FRAME_HEAD.pack(SKIPPABLE_INDEX, index_length):
            raise CassetteDamaged("the index is not where the footer says", offset=footer.index_offset)
        last = data[len(data) - segments - FOOTER_SIZE - FAN.size : len(data) - segments - FOOTER_SIZE]
        if last != fan_row(1 << footer.bits, rows, footer.index_offset, b""):
            raise CassetteDamaged("the index does not end as the footer says", offset=footer.index_offset)
        self._data = data
        self._limits = limits
        self.dictionary = self._embedded_dictionary(footer, data)
        self._unpacker = Unpacker(dictionary_by_id(self.dictionary_id, self.dictionary), limits)
        self._lock = threading.Lock()
        self._index = Index(
            data,
            start=footer.index_offset + FRAME_HEAD.size,
            count=rows,
            bits=footer.bits,
            frames_start=start,
        )

    def _embedded_dictionary(self, footer: Footer, data: bytes) -> bytes:
        if not footer.dictionary_length:
            return b""
        at = HEADER_SIZE + FRAME_HEAD.size
        if data[HEADER_SIZE:at] != FRAME_HEAD.pack(SKIPPABLE_DICTIONARY, footer.dictionary_length):
            raise CassetteDamaged("the dictionary is not where it belongs", offset=HEADER_SIZE)
        dictionary = data[at : at + footer.dictionary_length]
        if crc32(dictionary) != footer.dictionary_check:
            raise CassetteDamaged("the dictionary does not match its checksum", offset=at)
        return dictionary

    def __len__(self) -> int:
        """Count the calls."""
        return self._footer.calls

    @property
    def digest(self) -> bytes:
        """The evidence digest as the footer holds it; ``verify`` computes it anew."""
        return self._footer.digest

    def takes(self, key: bytes) -> int:
        """Count the takes of a fingerprint."""
        return self._index.takes(key)

    def get(self, key: bytes, n: int) -> CallEntry | None:
        """
        Give a recorded call, its request still split.

        Args:
            key: The fingerprint, or the 16 bytes of it that the index has; no file holds two that begin alike, and
                nobody can make a request whose SHA-256 begins like another's.
            n: The take's number.

        Raises:
            CassetteDamaged: What the index or the frame says does not hold.
        """
        place = self._index.find(key, n)
        if place is None:
            return None
        offset, end = place
        with self._lock:
            data = self._unpacker.unpack(self._data[offset:end])
        try:
            entry = decode_call(data)
        except MALFORMED as error:
            raise CassetteDamaged(f"a call cannot be read: {error}", offset=offset) from None
        if entry.n != n:
            raise CassetteDamaged(f"an entry says it is take {entry.n}, the index says {n}", offset=offset)
        return entry

    def rows(self) -> Iterator[Row]:
        """Yield every entry's row, in file order."""
        return iter(self._index)

    def calls(self) -> Iterator[tuple[bytes, int]]:
        """Yield key and take number of every call, in file order."""
        return self._index.calls()

    def frame(self, row: Row) -> bytes:
        """Give an entry's compressed frame."""
        return self._data[row.offset : row.offset + row.length]

    def entry(self, row: Row) -> bytes:
        """
        Give an entry's canonical bytes.

        Raises:
            CassetteError: The frame is damaged or over a limit.
        """
        with self._lock:
            return self._unpacker.unpack(self.frame(row))

    def part(self, key: bytes) -> bytes:
        """
        Give a part's canonical entry bytes.

        Raises:
            CassetteDamaged: There is no such part, or it is damaged.
        """
        place = self._index.find(key, PART_N)
        if place is None:
            raise CassetteDamaged("a shared part is missing", record=key.hex())
        with self._lock:
            return self._unpacker.unpack(self._data[place[0] : place[1]])

    def other(self, key: bytes, n: int) -> bytes | None:
        """
        Give the canonical bytes of an entry of another kind than calls and parts, or ``None``.

        Raises:
            CassetteDamaged: It is damaged.
        """
        place = self._index.find(key, n) if self._footer.others else None
        if place is None:
            return None
        with self._lock:
            return self._unpacker.unpack(self._data[place[0] : place[1]])

    def request(self, entry: CallEntry) -> bytes:
        """
        Give the canonical bytes of a call's request, shared parts filled in.

        Raises:
            CassetteDamaged: A part is missing or damaged.
        """
        return join_request(bytes(entry.call.request), self.part)

    def outlines(self) -> Sequence[Outline] | None:
        """
        Give the outline of every call in row order, or ``None`` where the file has no table.

        Raises:
            CassetteDamaged: The table does not match its checksum.
        """
        if not self._footer.segments_length:
            return None
        at = len(self._data) - FOOTER_SIZE - self._footer.segments_length
        return decode_segments(self._data[at : at + self._footer.segments_length], len(self), self._limits)
