"""Canonical entries on their way between profiles: their shell, their number, their place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from playhead.core.calls import key_bytes, key_text, request_from
from playhead.core.canonical import MALFORMED, encode, encode_normal, restore
from playhead.core.fingerprint import Fingerprint, fingerprint
from playhead.core.model import Origin
from playhead.core.sketch import sketch
from playhead.errors import CassetteDamaged, PlayheadError, RecordingError
from playhead.format.numbers import FIRST_RESERVED_N, KEY_LENGTH


class Shell(msgspec.Struct, frozen=True):
    """A call entry with its evidence and volatile facts left as bytes."""

    call: msgspec.Raw
    key: str
    n: int
    type: str
    escaped: bool = False
    volatile: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Evidence(msgspec.Struct, frozen=True):
    outcome: msgspec.Raw
    provider: str
    request: msgspec.Raw
    origin: str
    wire: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _OutcomeKind(msgspec.Struct):
    kind: str


_SHELL = msgspec.json.Decoder(Shell)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_EVIDENCE = msgspec.json.Decoder(_Evidence)
_KIND = msgspec.json.Decoder(_OutcomeKind)
_ENCODER = msgspec.json.Encoder(order="sorted")


class Entry(NamedTuple):
    """
    One canonical entry.

    Attributes:
        key: The fingerprint (32 bytes) of a call, or the 16-byte key of another kind.
        n: The take's number, or a reserved number.
        data: The canonical bytes; a call's request is not split.
    """

    key: bytes
    n: int
    data: bytes

    @property
    def place(self) -> tuple[bytes, int]:
        """What a sealed file sorts by."""
        return self.key[:KEY_LENGTH], self.n

    @property
    def is_call(self) -> bool:
        """Whether the entry is a call."""
        return self.n < FIRST_RESERVED_N


def shell_of(data: bytes) -> Shell:
    """
    Open a call entry.

    Raises:
        CassetteDamaged: The bytes are not a call entry.
    """
    try:
        shell = _SHELL.decode(data)
    except MALFORMED as error:
        raise CassetteDamaged(f"a call cannot be read: {error}") from None
    if shell.type != "call" or not 0 <= shell.n < FIRST_RESERVED_N:
        raise CassetteDamaged(f"not a call: type {shell.type!r}, take {shell.n}")
    return shell


def call_entry(data: bytes) -> Entry:
    """
    Read the place of a call entry out of its bytes.

    Raises:
        CassetteDamaged: The bytes are not a call entry.
    """
    shell = shell_of(data)
    try:
        return Entry(key_bytes(shell.key), shell.n, data)
    except ValueError as error:
        raise CassetteDamaged(f"a call's key cannot be read: {error}") from None


def renumbered(data: bytes, n: int) -> bytes:
    """Give a call entry's bytes with another take number."""
    if shell_of(data).n == n:
        return data
    return _with_field(data, "n", str(n).encode())


def at_take(entry: Entry, n: int) -> Entry:
    """Give a call as another take of its request."""
    return entry if entry.n == n else Entry(entry.key, n, renumbered(entry.data, n))


def _with_field(data: bytes | msgspec.Raw, name: str, value: bytes) -> bytes:
    """Replace one field of an object; the others stay as they are, those of a newer release too."""
    fields = _FIELDS.decode(data)
    fields[name] = msgspec.Raw(value)
    return _ENCODER.encode(fields)


Fields = dict[str, msgspec.Raw]
_EVIDENCE_FIELDS = {"origin", "outcome", "provider", "request"}


def opened(data: bytes) -> tuple[Fields, Fields]:
    """
    Open a call entry to its fields and those of its evidence, each left as bytes.

    Raises:
        CassetteDamaged: The bytes are not a call entry.
    """
    try:
        fields = _FIELDS.decode(data)
        call = _FIELDS.decode(fields["call"])
        if call.keys() >= _EVIDENCE_FIELDS and bytes(call["provider"])[:1] == b'"':
            return fields, call
    except (*MALFORMED, KeyError) as error:
        raise CassetteDamaged(f"a call cannot be read: {error}") from None
    raise CassetteDamaged("a call lacks a part of its evidence")


def closed(fields: Fields, call: Fields, request: bytes) -> bytes:
    """Put an opened entry together again with other request bytes; fields of a newer release stay."""
    call["request"] = msgspec.Raw(request)
    fields["call"] = msgspec.Raw(_ENCODER.encode(call))
    return _ENCODER.encode(fields)


def with_request(data: bytes, request: bytes) -> bytes:
    """Give a call entry's bytes with its request's bytes replaced: split, or joined."""
    fields, call = opened(data)
    return data if bytes(call["request"]) == request else closed(fields, call, request)


def edited(data: bytes) -> bytes:
    """
    Give a call entry that was changed by hand as one that says so, under the key its request now has.

    Raises:
        CassetteDamaged: What is left is not a call.
    """
    shell = shell_of(data)
    evidence_of(shell)
    marked = _with_field(data, "call", _with_field(shell.call, "origin", encode_normal(Origin.EDITED.value)))
    return _with_field(marked, "key", encode_normal(key_text(fingerprint_of(marked).key)))


def evidence_of(shell: Shell) -> _Evidence:
    """
    Open the evidence of a call entry.

    Raises:
        CassetteDamaged: It cannot be read.
    """
    try:
        return _EVIDENCE.decode(shell.call)
    except MALFORMED as error:
        raise CassetteDamaged(f"a call's evidence cannot be read: {error}") from None


def request_bytes(data: bytes) -> bytes:
    """Give the request's bytes of a call entry."""
    return bytes(evidence_of(shell_of(data)).request)


def request_of(data: bytes) -> dict[str, Any]:
    """
    Give the restored request fields of a call entry whose request is not split.

    Raises:
        CassetteDamaged: They cannot be read.
    """
    try:
        fields = restore(msgspec.json.decode(request_bytes(data)))
    except MALFORMED as error:
        raise CassetteDamaged(f"a request cannot be read: {error}") from None
    if not isinstance(fields, dict):
        raise CassetteDamaged("a request is not an object")
    return fields  # pyright: ignore[reportUnknownVariableType]


class Outline(NamedTuple):
    """
    What ranks a call against a request without reading it.

    Attributes:
        segments: Its segment digests, whole or cut to four bytes.
        sketch: ``playhead.core.sketch.sketch`` of its request.
    """

    segments: tuple[bytes, ...]
    sketch: bytes


def outline_of(data: bytes) -> Outline:
    """
    Compute the outline of a call entry whose request is not split.

    Raises:
        CassetteDamaged: The request cannot be read.
    """
    try:
        return Outline(fingerprint_of(data).segments, sketch(request_from(request_of(data))))
    except (ValueError, RecordingError) as error:
        raise CassetteDamaged(f"a request cannot be read: {error}") from None


def fingerprint_of(data: bytes) -> Fingerprint:
    """
    Compute the fingerprint of a call entry whose request is not split, from what it holds.

    Raises:
        CassetteDamaged: The request cannot be read.
    """
    evidence = evidence_of(shell_of(data))
    try:
        request = request_from(request_of(data))
        # Over the wire a request itself says whether a stream is asked for: an error answers it unstreamed.
        stream = evidence.wire is msgspec.UNSET and _KIND.decode(evidence.outcome).kind == "stream"
        return fingerprint(request, evidence.provider, stream=stream)
    except (*MALFORMED, PlayheadError) as error:
        raise CassetteDamaged(f"a request cannot be read: {error}") from None


def reading_order(entries: Iterable[Entry]) -> list[Entry]:
    """
    Sort call entries as a person would read them, independent of time.

    Provider, model and family first; then conversations by their messages, so that each turn of a conversation
    follows the turn it extends; takes of one request stand together.
    """
    return sorted(entries, key=_reading_key)


def _reading_key(entry: Entry) -> tuple[Any, ...]:
    try:
        request = request_from(request_of(entry.data))
        messages = [encode(message) for message in request.conversation()]
    except (ValueError, RecordingError) as error:
        raise CassetteDamaged(f"a request cannot be read: {error}", record=entry.key.hex()) from None
    return (
        evidence_of(shell_of(entry.data)).provider,
        request.model or "",
        request.family.value,
        messages,
        entry.place,
    )
