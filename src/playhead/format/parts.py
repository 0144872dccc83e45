"""
Shared parts: what many requests repeat is stored once.

How a request is split depends on that request alone, so equal calls give equal entries in every cassette. Three
things become parts: a string of 1,024 characters or more, a tools array of 1,024 bytes or more, and each run of
leading messages that reaches 1,024 bytes. A run names the run before it, so the history an agent resends costs one
reference a turn. Layout: docs/format.md, "Parts".
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any, cast

import msgspec

from playhead.core.canonical import MALFORMED, encode_normal
from playhead.errors import CassetteDamaged, LimitExceeded
from playhead.format.limits import DEFAULT_LIMITS
from playhead.format.numbers import KEY_LENGTH, PART_MIN_LENGTH

Parts = dict[bytes, bytes]
"""Keys of parts with their entries' canonical bytes."""

Fetch = Callable[[bytes], bytes]
"""Gives the entry bytes of a part by its key."""


def part_key(value: bytes) -> bytes:
    """Give the key of a part: 16 bytes of the SHA-256 of its value's canonical bytes."""
    return sha256(value).digest()[:KEY_LENGTH]


def split_request(request: bytes) -> tuple[bytes, Parts]:
    """
    Split the canonical bytes of a request.

    Returns:
        The canonical bytes with references in them, and the parts referred to.
    """
    parts: Parts = {}
    if len(request) < PART_MIN_LENGTH:
        return request, parts
    fields: dict[str, Any] = dict(_RAW_FIELDS.decode(request))
    for name, raw in fields.items():
        # Canonical bytes go in and out as they are; what is too short for a part in them is not even read.
        if len(raw) < PART_MIN_LENGTH:
            continue
        if name == "tools":
            fields[name] = {"$part": _store(raw, parts)}
        elif name == "messages":
            fields[name] = _split_messages(_RAW_LIST.decode(raw), parts)
        else:
            fields[name] = _split_strings(msgspec.json.decode(raw), parts)
    return (encode_normal(fields), parts) if parts else (request, parts)


_RAW_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def _split_messages(messages: list[msgspec.Raw], parts: Parts) -> Any:
    run: list[msgspec.Raw] = []
    size = 0
    previous: str | None = None
    for message in messages:
        split = message
        if len(message) >= PART_MIN_LENGTH:
            data, own = _known_split(bytes(message)) if len(message) <= _MOST_KNOWN else _split_message(bytes(message))
            split = msgspec.Raw(data)
            parts.update(own)
        run.append(split)
        size += len(split) + 1
        if size >= PART_MIN_LENGTH:
            node: dict[str, Any] = {"$run": run}
            if previous is not None:
                node["$after"] = previous
            previous = _store(node, parts)
            run, size = [], 0
    return run if previous is None else {"$prefix": previous, "$tail": run}


def _split_message(message: bytes) -> tuple[bytes, Parts]:
    parts: Parts = {}
    fields: dict[str, Any] = dict(_RAW_FIELDS.decode(message))
    for name, raw in fields.items():
        if len(raw) >= PART_MIN_LENGTH:
            fields[name] = _split_strings(msgspec.json.decode(raw), parts, raw)
    return encode_normal(fields), parts


# A suite sends its system prompt with every call, and an agent its history with every turn.
_known_split = lru_cache(maxsize=64)(_split_message)
_MOST_KNOWN = 64 * 1024
"""Bytes of a message that may be kept in mind."""


def _split_strings(value: Any, parts: Parts, raw: msgspec.Raw | None = None) -> Any:
    if isinstance(value, str):
        return {"$part": _store(raw or value, parts)} if len(value) >= PART_MIN_LENGTH else value
    if isinstance(value, dict):
        return {key: _split_strings(item, parts) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_split_strings(item, parts) for item in cast("list[Any]", value)]
    return value


def _store(value: Any, parts: Parts) -> str:
    data = bytes(value) if isinstance(value, msgspec.Raw) else encode_normal(value)
    key = part_key(data)
    parts[key] = b'{"part":' + data + b',"type":"part"}'
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii")


class _PartEntry(msgspec.Struct):
    part: msgspec.Raw
    type: str


_PART = msgspec.json.Decoder(_PartEntry)


def part_value(entry: bytes, key: bytes) -> Any:
    """
    Read a part's value out of its entry.

    Raises:
        CassetteDamaged: The entry is not a part, or not the one of that key.
    """
    try:
        raw = bytes(_PART.decode(entry).part)
        if part_key(raw) != key:
            raise CassetteDamaged("a part does not match its key", record=key.hex())
        return msgspec.json.decode(raw)
    except MALFORMED as error:
        raise CassetteDamaged(f"a part cannot be read: {error}", record=key.hex()) from None


_REFERRING = ("$part", "$prefix", "$after")


def references(fields: Any) -> set[bytes]:
    """
    Give the keys a split value refers to directly.

    Raises:
        CassetteDamaged: A reference is malformed.
    """
    found: set[bytes] = set()
    if isinstance(fields, dict):
        for key, value in cast("dict[str, Any]", fields).items():
            found |= {_reference(value)} if key in _REFERRING else references(value)
    elif isinstance(fields, list):
        for item in cast("list[Any]", fields):
            found |= references(item)
    return found


def _reference(text: Any) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text.encode("ascii") + b"==")
    except (AttributeError, ValueError) as error:
        raise CassetteDamaged(f"a reference to a part is malformed: {error}") from None
    if len(key) != KEY_LENGTH:
        raise CassetteDamaged("a reference to a part has the wrong length")
    return key


def join_request(request: bytes, fetch: Fetch, *, limit: int = DEFAULT_LIMITS.entry) -> bytes:
    """
    Undo ``split_request``.

    Args:
        request: The canonical bytes with references in them.
        fetch: Gives a part's entry by its key.
        limit: Bytes all parts together may come to.

    Raises:
        CassetteDamaged: A part is missing, or is not what its key says.
        LimitExceeded: The parts come to more than the limit.
    """
    if b'"$p' not in request:
        return request
    try:
        return encode_normal(_Joiner(fetch, limit).join(msgspec.json.decode(request)))
    except MALFORMED as error:
        raise CassetteDamaged(f"a request cannot be read: {error}") from None


class _Joiner:
    """Fills parts in, within a budget: a few kilobytes of references could otherwise stand for gigabytes."""

    def __init__(self, fetch: Fetch, limit: int) -> None:
        self._fetch = fetch
        self._left = limit
        self._limit = limit

    def join(self, value: Any) -> Any:
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            if "$part" in fields and len(fields) == 1:
                return self._value(fields["$part"])
            if "$prefix" in fields and len(fields) == 2 and isinstance(fields.get("$tail"), list):
                return [self.join(message) for message in self._chain(fields["$prefix"]) + fields["$tail"]]
            return {key: self.join(item) for key, item in fields.items()}
        if isinstance(value, list):
            return [self.join(item) for item in cast("list[Any]", value)]
        return value

    def _value(self, reference: Any) -> Any:
        key = _reference(reference)
        entry = self._fetch(key)
        self._left -= len(entry)
        if self._left < 0:
            raise LimitExceeded(f"the shared parts of a call come to more than {self._limit} bytes")
        return part_value(entry, key)

    def _chain(self, reference: Any) -> list[Any]:
        runs: list[list[Any]] = []
        while reference is not None:
            node = self._value(reference)
            fields = cast("dict[str, Any]", node) if isinstance(node, dict) else {}
            run = fields.get("$run")
            if not isinstance(run, list):
                raise CassetteDamaged("a run of messages is malformed")
            runs.append(cast("list[Any]", run))
            reference = fields.get("$after")
        return [message for run in reversed(runs) for message in run]
