"""
The text profile, ``name.cassette.json``: the same calls as JSON over many lines, for people who review them.

Text stands as lists of lines, each entry carries its own checksum, and nothing in the file counts or points, so that
two branches merge entry by entry. Requests stand whole; shared parts are a matter of the sealed profile.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zlib import crc32

import msgspec

from playhead.core.canonical import encode_normal
from playhead.errors import CassetteDamaged, LimitExceeded, NotACassette, UnsupportedVersion
from playhead.format.entries import Entry, call_entry, reading_order
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import FIRST_RESERVED_N, TEXT_VERSION

_HEAD = f'{{\n"playhead": "cassette text {TEXT_VERSION}",\n"entries": [\n'
_TAIL = "null]\n}\n"
_MARK = b'"playhead": "cassette text '


def encode_text(entries: Iterable[Entry]) -> bytes:
    """
    Encode entries, requests not split, in reading order; other kinds than calls follow them.

    The bytes depend on the set of entries alone.
    """
    known = list(entries)
    calls = reading_order(entry for entry in known if entry.is_call)
    others = sorted((entry for entry in known if not entry.is_call), key=lambda entry: entry.place)
    return "".join([_HEAD, *map(_encode_entry, calls + others), _TAIL]).encode()


def _encode_entry(entry: Entry) -> str:
    value = msgspec.json.decode(entry.data)
    head: dict[str, Any] = {} if entry.is_call else {"key": entry.key.hex(), "n": entry.n}
    shown = {**head, "crc": f"{crc32(entry.data):08x}", "entry": value}
    return _pretty(shown, "") + ",\n"


def _pretty(value: Any, indent: str) -> str:
    if type(value) is dict and value:
        inner = indent + " "
        fields = (f"{inner}{_json(key)}: {_pretty(item, inner)}" for key, item in value.items())  # pyright: ignore[reportUnknownVariableType]
        return "{\n" + ",\n".join(fields) + f"\n{indent}}}"
    if type(value) is list and any(type(item) in (dict, list, str) for item in value):  # pyright: ignore[reportUnknownVariableType]
        inner = indent + " "
        return "[\n" + ",\n".join(inner + _pretty(item, inner) for item in value) + f"\n{indent}]"  # pyright: ignore[reportUnknownVariableType]
    if type(value) is str and "\n" in value:
        return _pretty({"$lines": value.split("\n")}, indent)
    return _json(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _joined(value: Any) -> Any:
    if type(value) is dict:
        if len(value) == 1 and "$lines" in value:  # pyright: ignore[reportUnknownArgumentType]
            return "\n".join(value["$lines"])  # pyright: ignore[reportUnknownArgumentType]
        return {key: _joined(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if type(value) is list:
        return [_joined(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


class _Item(msgspec.Struct):
    crc: str
    entry: dict[str, Any]
    key: str | None = None
    n: int | None = None


class _File(msgspec.Struct):
    playhead: str
    entries: list[_Item | None]


_FILE = msgspec.json.Decoder(_File)


def looks_like_text(data: bytes) -> bool:
    """Tell by its first bytes whether a file is of the text profile."""
    return data.lstrip()[:1] == b"{" and _MARK[:11] in data[:200]


def decode_text(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> list[Entry]:
    """
    Decode a file of the text profile.

    Returns:
        The entries in order of their place.

    Raises:
        CassetteError: The file is too large, of another version, or an entry's checksum does not hold.
    """
    if len(data) > limits.text:
        raise LimitExceeded(f"a text cassette of {len(data)} bytes is over the limit of {limits.text}")
    try:
        file = _FILE.decode(data)
    except (msgspec.DecodeError, ValueError) as error:
        hint = "the file holds git conflict markers: run 'playhead recover' on it" if b"<<<<<<<" in data else None
        raise CassetteDamaged(f"the text cassette is not valid JSON of its shape: {error}", hint=hint) from None
    if not file.playhead.startswith("cassette text "):
        raise NotACassette("not a Playhead cassette in text")
    if file.playhead != f"cassette text {TEXT_VERSION}":
        raise UnsupportedVersion(f"a {file.playhead!r}, this release reads version {TEXT_VERSION}")
    if not file.entries or file.entries[-1] is not None or None in file.entries[:-1]:
        raise CassetteDamaged("the text cassette does not end as it should")
    return unique(decode_item(item, number) for number, item in enumerate(file.entries) if item is not None)


def decode_item(item: _Item, number: int) -> Entry:
    """
    Decode one element of the entries.

    Raises:
        CassetteDamaged: Its checksum does not hold.
    """
    try:
        data = encode_normal(_joined(item.entry))
    except TypeError as error:
        raise CassetteDamaged(f"lines are malformed: {error}", record=str(number)) from None
    if f"{crc32(data):08x}" != item.crc:
        raise CassetteDamaged(
            "an entry does not match its checksum",
            record=str(number),
            hint="an entry edited on purpose is taken over by 'playhead recover --accept-edits'",
        )
    if item.n is not None and item.n >= FIRST_RESERVED_N and item.key is not None:
        try:
            return Entry(bytes.fromhex(item.key), item.n, data)
        except ValueError as error:
            raise CassetteDamaged(f"a key cannot be read: {error}", record=str(number)) from None
    return call_entry(data)


def unique(entries: Iterable[Entry]) -> list[Entry]:
    """
    Sort entries by place; equal ones count once.

    Raises:
        CassetteDamaged: Two entries share a place and differ.
    """
    found: dict[tuple[bytes, int], Entry] = {}
    for entry in entries:
        known = found.setdefault(entry.place, entry)
        if known.data != entry.data or known.key != entry.key:
            raise CassetteDamaged(
                f"two entries differ for one key, take {entry.n}",
                record=entry.key.hex(),
                hint="unite the two recordings with 'playhead recover A B --out NEW'",
            )
    return [found[place] for place in sorted(found)]
