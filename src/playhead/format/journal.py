"""
The journal: one line an interaction, written while recording.

Line = CRC-32 of the JSON in eight hexadecimal digits, a space, the JSON, a line feed. The first line says what the
journal is for, a last line that it was closed in order. A torn last line is routine after a crash, and is dropped;
anything else that does not hold is damage.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterable, Iterator
from typing import cast
from zlib import crc32

import msgspec

from playhead.core.canonical import MALFORMED
from playhead.core.modes import Mode
from playhead.errors import CassetteDamaged, UnsupportedVersion
from playhead.format.numbers import JOURNAL_VERSION, SEGMENT_PREFIX


class JournalHead(msgspec.Struct, frozen=True, tag="journal", tag_field="type"):
    """
    A journal's first line.

    Attributes:
        mode: The mode of its session; ``record`` replaces the cassette, the others add to it.
        version: The journal format.
    """

    mode: Mode
    version: int = JOURNAL_VERSION


class JournalCall(msgspec.Struct, frozen=True, tag="call", tag_field="type"):
    """
    A line for one finished call.

    Attributes:
        start: Nanoseconds since the epoch when the call started, strictly rising within a journal.
        entry: The canonical call entry, its request not split.
        segments: The first four bytes of each segment digest, base64, so that sealing need not compute them again.
    """

    start: int
    entry: msgspec.Raw
    segments: str = ""

    def segment_prefixes(self) -> tuple[bytes, ...]:
        """
        Give the segment prefixes, nothing where the line has none.

        Raises:
            CassetteDamaged: They are malformed.
        """
        try:
            joined = base64.b64decode(self.segments, validate=True)
        except ValueError as error:
            raise CassetteDamaged(f"a journal line has malformed segments: {error}") from None
        return tuple(joined[at : at + SEGMENT_PREFIX] for at in range(0, len(joined), SEGMENT_PREFIX))


class JournalEnd(msgspec.Struct, frozen=True, tag="end", tag_field="type"):
    """
    The line of an orderly close.

    Attributes:
        ok: Whether the run ended well.
    """

    ok: bool


Line = JournalHead | JournalCall | JournalEnd
_DECODER = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder(order="sorted")


def encode_line(line: Line) -> bytes:
    """Encode one line with its checksum."""
    data = _ENCODER.encode(line)
    return b"%08x %b\n" % (crc32(data), data)


def encode_call_line(start: int, entry: bytes, segments: Iterable[bytes]) -> bytes:
    """Encode a call's line from its canonical entry; the same bytes as ``encode_line`` gives."""
    prefixes = base64.b64encode(b"".join([digest[:SEGMENT_PREFIX] for digest in segments]))
    data = b'{"entry":%b,"segments":"%b","start":%d,"type":"call"}' % (entry, prefixes, start)
    return b"%08x %b\n" % (crc32(data), data)


def decode_line(line: bytes) -> Line:
    """
    Decode one line without its line feed.

    Raises:
        CassetteDamaged: The checksum or the JSON does not hold.
    """
    try:
        if line[8:9] != b" " or crc32(line[9:]) != int(line[:8], 16):
            raise CassetteDamaged("a journal line does not match its checksum")
        return cast("Line", _DECODER.decode(line[9:]))
    except MALFORMED as error:
        raise CassetteDamaged(f"a journal line cannot be read: {error}") from None


class Torn(msgspec.Struct, frozen=True):
    """
    A line that does not hold.

    Attributes:
        offset: Its first byte.
        length: Its bytes, line feed and all.
        last: Whether nothing follows: the routine trace of a crash.
    """

    offset: int
    length: int
    last: bool


def read_lines(data: bytes) -> Iterator[tuple[int, Line | Torn]]:
    """
    Yield every line with its offset; one that does not hold comes as ``Torn``.

    Raises:
        UnsupportedVersion: The journal is of a newer format.
    """
    at = 0
    while at < len(data):
        end = data.find(b"\n", at)
        stop = len(data) if end < 0 else end + 1
        found = _line_or_torn(data, at, end, stop)
        if isinstance(found, JournalHead) and found.version != JOURNAL_VERSION:
            raise UnsupportedVersion(f"written in journal format {found.version}, this release reads {JOURNAL_VERSION}")
        yield at, found
        at = stop


def _line_or_torn(data: bytes, at: int, end: int, stop: int) -> Line | Torn:
    if end >= 0:
        with contextlib.suppress(CassetteDamaged):
            return decode_line(data[at:end])
    return Torn(offset=at, length=stop - at, last=stop == len(data))
