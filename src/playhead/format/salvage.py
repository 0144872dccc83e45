"""Whole entries out of files that do not hold: cut off, with flipped bytes, with git conflict markers."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec
import zstandard

from playhead.core.canonical import MALFORMED, encode_normal
from playhead.errors import CassetteError
from playhead.format.compression import Unpacker, dictionary_by_id
from playhead.format.entries import Entry, call_entry, edited, evidence_of, shell_of, with_request
from playhead.format.limits import Limits
from playhead.format.numbers import (
    BUILTIN_DICTIONARY,
    EMBEDDED_DICTIONARY,
    FRAME_HEAD,
    NO_DICTIONARY,
    RULES_N,
    SKIPPABLE_DICTIONARY,
    TAIL_MAGIC,
)
from playhead.format.parts import join_request, part_key
from playhead.format.rules import RULES_KEY
from playhead.format.sealed import HEADER_SIZE, decode_header
from playhead.format.text import decode_item, joined_lines, text_item

_RULES_END = b',"type":"rules"}'
FRAME_MAGIC = b"\x28\xb5\x2f\xfd"


class Salvaged(NamedTuple):
    """
    What could be kept of a file.

    Attributes:
        entries: Whole calls and entries of other kinds, requests whole.
        dropped: What could not, in words.
    """

    entries: list[Entry]
    dropped: list[str]


def salvage_sealed(data: bytes, limits: Limits) -> Salvaged:
    """Keep every frame of a sealed file whose checksum holds, whatever its index says."""
    dropped: list[str] = []
    # A frame is found by its own magic, without the padding that would keep its ratio in bounds.
    unpack = _unpackers(data, msgspec.structs.replace(limits, ratio=limits.entry))
    found: list[tuple[int, bytes]] = []
    at = data.find(FRAME_MAGIC)
    while at >= 0:
        entry, length = _frame_at(data, at, unpack)
        if entry is None:
            dropped.append(f"a frame at byte {at} does not hold")
        else:
            found.append((at, entry))
        at = data.find(FRAME_MAGIC, at + max(1, length))
    parts = {key: entry for _, entry in found if (key := _key_of_part(entry)) is not None}
    entries: list[Entry] = []
    for at, entry in found:
        if _key_of_part(entry) is not None or not entry.startswith(b"{"):
            continue
        if entry.endswith(_RULES_END):
            entries.append(Entry(RULES_KEY, RULES_N, entry))
            continue
        try:
            request = bytes(evidence_of(shell_of(entry)).request)
            entries.append(call_entry(with_request(entry, join_request(request, parts.__getitem__))))
        except KeyError as missing:
            dropped.append(f"the call at byte {at} lacks part {missing.args[0].hex()[:12]}")
        except CassetteError as error:
            dropped.append(f"the entry at byte {at}: {error.reason}")
    if not data.endswith(TAIL_MAGIC):
        dropped.append("what follows the last whole entry: the file is cut off")
    return Salvaged(entries, dropped)


def _unpackers(data: bytes, limits: Limits) -> list[Unpacker]:
    """Give a reader for each dictionary the frames may need; a damaged header leaves all of them possible."""
    at = HEADER_SIZE + FRAME_HEAD.size
    embedded = b""
    if len(data) >= at and FRAME_HEAD.unpack(data[HEADER_SIZE:at])[0] == SKIPPABLE_DICTIONARY:
        embedded = data[at : at + FRAME_HEAD.unpack(data[HEADER_SIZE:at])[1]]
    try:
        numbers = [decode_header(data[:HEADER_SIZE])]
    except CassetteError:
        numbers = [EMBEDDED_DICTIONARY] if embedded else []
        numbers += [BUILTIN_DICTIONARY, NO_DICTIONARY]
    readers: list[Unpacker] = []
    for number in [*numbers, NO_DICTIONARY]:
        try:
            readers.append(Unpacker(dictionary_by_id(number, embedded), limits))
        except CassetteError:
            continue
    return readers


def _frame_at(data: bytes, at: int, readers: list[Unpacker]) -> tuple[bytes | None, int]:
    """Give a frame's content and length, or ``None`` and 0 where no reader makes sense of it."""
    length = _frame_length(data, at)
    if length:
        for reader in readers:
            try:
                return reader.unpack(data[at : at + length]), length
            except CassetteError:
                continue
    return None, 0


def _frame_length(data: bytes, at: int) -> int:
    """
    Walk a frame's block headers to its end.

    RFC 8878, 3.1.1: after the frame header each block starts with three bytes: last flag, type, size.
    """
    try:
        head = zstandard.frame_header_size(data[at : at + 18])
        checksum = zstandard.get_frame_parameters(data[at : at + 18]).has_checksum
    except zstandard.ZstdError:
        return 0
    position = at + head
    while position + 3 <= len(data):
        word = int.from_bytes(data[position : position + 3], "little")
        last, kind, size = word & 1, word >> 1 & 3, word >> 3
        position += 3 + (1 if kind == 1 else size)
        if last:
            position += 4 if checksum else 0
            return position - at if position <= len(data) else 0
    return 0


class _Kind(msgspec.Struct):
    type: str
    part: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def _key_of_part(entry: bytes) -> bytes | None:
    try:
        found = msgspec.json.decode(entry, type=_Kind)
    except MALFORMED:
        return None
    return part_key(bytes(found.part)) if found.type == "part" and isinstance(found.part, msgspec.Raw) else None


_CONFLICT = re.compile(
    rb"^<<<<<<<[^\n]*\n(.*?)(?:^\|\|\|\|\|\|\|[^\n]*\n.*?)?^=======\n(.*?)^>>>>>>>[^\n]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_BLOCK = re.compile(rb"^\{\n(.*?)^\},?$", re.DOTALL | re.MULTILINE)


def both_sides(data: bytes) -> list[bytes]:
    """Give the two files that git's conflict markers stand for; one file where there are none."""
    if not _CONFLICT.search(data):
        return [data]
    return [_CONFLICT.sub(rb"\1", data), _CONFLICT.sub(rb"\2", data)]


def salvage_text(data: bytes, *, accept_edits: bool = False) -> Salvaged:
    """
    Keep every entry of a text cassette whose checksum holds, from both sides of a conflict.

    Args:
        data: The file.
        accept_edits: Whether an entry that was changed by hand is taken over, with the origin ``edited``.
    """
    entries: list[Entry] = []
    dropped: list[str] = []
    for side in both_sides(data):
        start = side.find(b'"entries": [\n')
        for number, block in enumerate(_BLOCK.finditer(side, start + 13 if start >= 0 else 0)):
            try:
                entries.append(_item(block.group().rstrip(b","), number, accept_edits=accept_edits))
            except CassetteError as error:
                dropped.append(f"entry {number}: {error.reason}")
        if not side.rstrip().endswith(b"null]\n}"):
            dropped.append("what follows the last whole entry: the file is cut off")
    return Salvaged(entries, dropped)


def _item(block: bytes, number: int, *, accept_edits: bool) -> Entry:
    item = text_item(block, number)
    try:
        return decode_item(item, number)
    except CassetteError:
        if not accept_edits or item.n is not None:
            raise
        return call_entry(edited(encode_normal(joined_lines(item.entry))))
