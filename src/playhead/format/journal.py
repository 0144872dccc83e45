"""
The journal: one line an interaction, written while recording.

Line = CRC-32 of the JSON in eight hexadecimal digits, a space, the JSON, a line feed. The first line says what the
journal is for, a last line that it was closed in order. A torn last line is routine after a crash, and is dropped;
anything else that does not hold is damage.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from typing import cast
from zlib import crc32

import msgspec

from playhead.core.canonical import MALFORMED
from playhead.core.matching import Matching
from playhead.core.modes import Mode
from playhead.errors import CassetteDamaged, UnsupportedVersion
from playhead.format.entries import Outline
from playhead.format.numbers import JOURNAL_VERSION
from playhead.format.segments import pack_outline, unpack_outline


class JournalHead(msgspec.Struct, frozen=True, tag="journal", tag_field="type"):
    """
    A journal's first line.

    Attributes:
        mode: The mode of its session; ``record`` replaces the cassette, the others add to it.
        opened: Nanoseconds since the epoch when it was opened.
        version: The journal format.
        rules: The rules that its calls' keys were computed under; left out where matching is exact.
    """

    mode: Mode
    opened: int
    version: int = JOURNAL_VERSION
    rules: Matching | None = None


class JournalCall(msgspec.Struct, frozen=True, tag="call", tag_field="type"):
    """
    A line for one finished call.

    Attributes:
        start: Nanoseconds since the epoch when the call started, strictly rising within a journal.
        entry: The canonical call entry, its request not split.
        outline: ``pack_outline`` of the call in base64, so that sealing need not compute it again.
    """

    start: int
    entry: msgspec.Raw
    outline: str = ""

    def unpacked_outline(self) -> Outline | None:
        """
        Give the call's outline, if the line has it.

        Raises:
            CassetteDamaged: It is malformed.
        """
        try:
            packed = base64.b64decode(self.outline, validate=True)
        except ValueError as error:
            raise CassetteDamaged(f"a journal line has a malformed outline: {error}") from None
        return unpack_outline(packed) if packed else None


class JournalEnd(msgspec.Struct, frozen=True, tag="end", tag_field="type"):
    """
    The line of an orderly close.

    Attributes:
        ok: Whether the run ended well.
        closed: Nanoseconds since the epoch when it was closed.
    """

    ok: bool
    closed: int


Line = JournalHead | JournalCall | JournalEnd
_DECODER = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder(order="sorted")


def encode_line(line: Line) -> bytes:
    """Encode one line with its checksum."""
    data = _ENCODER.encode(line)
    if isinstance(line, JournalHead) and line.rules is None:
        data = data.replace(b'"rules":null,', b"")
    return b"%08x %b\n" % (crc32(data), data)


def encode_call_line(start: int, entry: bytes, outline: Outline) -> bytes:
    """Encode a call's line from its canonical entry; the same bytes as ``encode_line`` gives."""
    packed = base64.b64encode(pack_outline(outline))
    data = b'{"entry":%b,"outline":"%b","start":%d,"type":"call"}' % (entry, packed, start)
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
