"""
The text profile, ``name.cassette.json``: the same calls as JSON over many lines, for people who review them.

Text stands as lists of lines, each entry carries its own checksum, and nothing in the file counts or points, so that
two branches merge entry by entry. Requests stand whole; shared parts are a matter of the sealed profile.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from zlib import crc32

import msgspec

from playhead.core.canonical import MALFORMED, encode_normal
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
    place: dict[str, Any] = {} if entry.is_call else {"key": entry.key.hex(), "n": entry.n}
    shown = {**place, "crc": _check(entry.data, **place), "entry": value}
    return _pretty(shown, "") + ",\n"


def _check(data: bytes, key: str | None = None, n: int | None = None) -> str:
    """Give an element's checksum: of its entry's canonical bytes, and of its place where that stands beside them."""
    place = b"" if key is None else f"{key} {n} ".encode()
    return f"{crc32(place + data):08x}"


def _pretty(value: Any, indent: str) -> str:
    inner = indent + " "
    if isinstance(value, dict) and value:
        fields = (f"{inner}{_json(key)}: {_pretty(item, inner)}" for key, item in cast("dict[str, Any]", value).items())
        return "{\n" + ",\n".join(fields) + f"\n{indent}}}"
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if any(isinstance(item, (dict, list, str)) for item in items):
            return "[\n" + ",\n".join(inner + _pretty(item, inner) for item in items) + f"\n{indent}]"
    if isinstance(value, str) and "\n" in value:
        return _pretty({"$lines": value.split("\n")}, indent)
    return _json(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def joined_lines(value: Any) -> Any:
    """Put texts that stand as lists of lines together again."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if len(fields) == 1 and "$lines" in fields:
            return "\n".join(fields["$lines"])
        return {key: joined_lines(item) for key, item in fields.items()}
    if isinstance(value, list):
        return [joined_lines(item) for item in cast("list[Any]", value)]
    return value


class TextItem(msgspec.Struct):
    """One element of a text cassette's entries; key and n stand only with kinds that do not hold their own."""

    crc: str
    entry: dict[str, Any]
    key: str | None = None
    n: int | None = None


class _File(msgspec.Struct):
    playhead: str
    entries: list[TextItem | None]


_FILE = msgspec.json.Decoder(_File)
_ITEM = msgspec.json.Decoder(TextItem)


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
    except MALFORMED as error:
        hint = "the file holds git conflict markers: run 'playhead recover' on it" if b"<<<<<<<" in data else None
        raise CassetteDamaged(f"the text cassette is not valid JSON of its shape: {error}", hint=hint) from None
    if not file.playhead.startswith("cassette text "):
        raise NotACassette("not a Playhead cassette in text")
    if file.playhead != f"cassette text {TEXT_VERSION}":
        raise UnsupportedVersion(f"a {file.playhead!r}, this release reads version {TEXT_VERSION}")
    if not file.entries or file.entries[-1] is not None or None in file.entries[:-1]:
        raise CassetteDamaged("the text cassette does not end as it should")
    return unique(decode_item(item, number) for number, item in enumerate(file.entries) if item is not None)


def decode_item(item: TextItem, number: int) -> Entry:
    """
    Decode one element of the entries.

    Raises:
        CassetteDamaged: Its checksum does not hold.
    """
    try:
        data = encode_normal(joined_lines(item.entry))
    except (TypeError, RecursionError) as error:
        raise CassetteDamaged(f"lines are malformed: {error}", record=str(number)) from None
    if _check(data, item.key, item.n) != item.crc:
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


def text_item(data: bytes, number: int) -> TextItem:
    """
    Decode one element of the entries from its own bytes.

    Raises:
        CassetteDamaged: They are not an element.
    """
    try:
        return _ITEM.decode(data)
    except MALFORMED as error:
        raise CassetteDamaged(f"cannot be read: {error}", record=str(number)) from None


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
