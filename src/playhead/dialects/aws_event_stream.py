"""
Amazon's event stream, ``application/vnd.amazon.eventstream``: messages of typed headers and a payload, under checksums.

Source: https://smithy.io/2.0/aws/amazon-eventstream.html. A message is, numbers in big endian::

    total length  4    the whole message, these four bytes and the checksums included
    headers' length  4
    CRC-32 of the 8 bytes above  4
    headers            each: name's length 1, name, kind 1, value by its kind
    payload
    CRC-32 of all the bytes above  4

A header's value: nothing (true, false), 1, 2, 4 or 8 bytes (integers, a time in milliseconds), a length of 2 bytes and
as many bytes (bytes, UTF-8 text), or 16 bytes (a UUID).
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from playhead.errors import ProviderError

CONTENT_TYPE = "application/vnd.amazon.eventstream"
MAX_HEADERS = 128 * 1024
"""Longest headers of a message, by the specification."""

MAX_PAYLOAD = 24 * 1024 * 1024
"""Longest payload of a message, by the specification (16 MiB in its first version)."""

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
_AROUND = _PRELUDE.size + _CHECKSUM.size


class Kind(enum.IntEnum):
    """The type of a header's value, by its number in the format."""

    TRUE = 0
    FALSE = 1
    BYTE = 2
    SHORT = 3
    INTEGER = 4
    LONG = 5
    BYTES = 6
    TEXT = 7
    TIMESTAMP = 8
    UUID = 9


_NUMBERS = {
    Kind.BYTE: struct.Struct(">b"),
    Kind.SHORT: struct.Struct(">h"),
    Kind.INTEGER: struct.Struct(">i"),
    Kind.LONG: struct.Struct(">q"),
    Kind.TIMESTAMP: struct.Struct(">q"),
}
_LENGTH = struct.Struct(">H")
_UUID_LENGTH = 16

Value = bool | int | bytes | str


class Header(NamedTuple):
    """
    A header's value with its type.

    Attributes:
        value: ``bool``, ``int``, ``bytes`` (a UUID too) or ``str``, as the kind says.
        kind: Which of the ten types it is written as.
    """

    value: Value
    kind: Kind = Kind.TEXT


class Message(NamedTuple):
    """One message of a stream."""

    headers: Mapping[str, Header]
    payload: bytes

    def text(self, name: str) -> str:
        """Give a header that is a text; an empty one where there is none."""
        header = self.headers.get(name)
        return header.value if header is not None and isinstance(header.value, str) else ""


class Parser:
    """An incremental parser: however the bytes are cut into chunks, the messages are the same."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """
        Take the next bytes and give the messages they complete.

        Raises:
            ProviderError: A checksum, a length or a header does not hold. Nothing after it can be read.
        """
        self._held += data
        while len(self._held) >= _PRELUDE.size:
            total, headers_length, checksum = _PRELUDE.unpack_from(self._held)
            _check(self._held[: _PRELUDE.size - _CHECKSUM.size], checksum, "the lengths")
            payload_length = total - headers_length - _AROUND
            if headers_length > MAX_HEADERS or not 0 <= payload_length <= MAX_PAYLOAD:
                raise _damaged(f"a message has headers of {headers_length} and a payload of {payload_length} bytes")
            if len(self._held) < total:
                return
            message = bytes(self._held[:total])
            del self._held[:total]
            _check(message[: -_CHECKSUM.size], _CHECKSUM.unpack(message[-_CHECKSUM.size :])[0], "a message")
            body = message[_PRELUDE.size : -_CHECKSUM.size]
            yield Message(_read_headers(body[:headers_length]), body[headers_length:])

    def finish(self) -> bool:
        """
        End the stream; what is left of a message that was not completed is thrown away.

        Returns:
            Whether the stream ended between two messages.
        """
        clean = not self._held
        self._held.clear()
        return clean


def write_message(headers: Mapping[str, Header], payload: bytes) -> bytes:
    """
    Write one message.

    Raises:
        ValueError: A name or a value is too long, or a number does not fit its kind.
    """
    try:
        head = b"".join(_header(name, header) for name, header in headers.items())
    except struct.error as error:
        raise ValueError(f"a header does not fit its kind: {error}") from None
    if len(head) > MAX_HEADERS or len(payload) > MAX_PAYLOAD:
        raise ValueError(f"headers of {len(head)} and a payload of {len(payload)} bytes are too long")
    lengths = struct.pack(">II", len(head) + len(payload) + _AROUND, len(head))
    message = lengths + _CHECKSUM.pack(crc32(lengths)) + head + payload
    return message + _CHECKSUM.pack(crc32(message))


def _header(name: str, header: Header) -> bytes:
    raw = name.encode()
    start = struct.pack(">B", len(raw)) + raw + bytes((header.kind,))
    value = header.value
    if header.kind in _NUMBERS:
        return start + _NUMBERS[header.kind].pack(value)
    if header.kind is Kind.UUID:
        if not isinstance(value, bytes) or len(value) != _UUID_LENGTH:
            raise ValueError(f"a UUID is {_UUID_LENGTH} bytes, got {value!r}")
        return start + value
    if header.kind in (Kind.TRUE, Kind.FALSE):
        return start
    content = value.encode() if isinstance(value, str) else value
    if not isinstance(content, bytes):
        raise ValueError(f"header {name!r} is a text or bytes, got {value!r}")
    return start + _LENGTH.pack(len(content)) + content


# A stream's events have the same few headers again and again; what is given is never changed.
@lru_cache(maxsize=64)
def _read_headers(data: bytes) -> Mapping[str, Header]:
    headers: dict[str, Header] = {}
    at = 0
    while at < len(data):
        name, at = _take_text(data, at + 1, data[at])
        kind, at = _take_kind(data, at)
        value: Value
        if kind in _NUMBERS:
            raw, at = _take(data, at, _NUMBERS[kind].size)
            value = _NUMBERS[kind].unpack(raw)[0]
        elif kind is Kind.UUID:
            value, at = _take(data, at, _UUID_LENGTH)
        elif kind in (Kind.TRUE, Kind.FALSE):
            value = kind is Kind.TRUE
        else:
            raw, at = _take(data, at, _LENGTH.size)
            length = _LENGTH.unpack(raw)[0]
            value, at = _take_text(data, at, length) if kind is Kind.TEXT else _take(data, at, length)
        if name in headers:
            raise _damaged(f"header {name!r} stands twice in a message")
        headers[name] = Header(value, kind)
    return headers


def _take(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    if at + length > len(data):
        raise _damaged("a header goes beyond the headers' end")
    return data[at : at + length], at + length


def _take_text(data: bytes, at: int, length: int) -> tuple[str, int]:
    raw, at = _take(data, at, length)
    with suppress(UnicodeDecodeError):
        return raw.decode(), at
    raise _damaged("a text in the headers is not UTF-8")


def _take_kind(data: bytes, at: int) -> tuple[Kind, int]:
    raw, at = _take(data, at, 1)
    with suppress(ValueError):
        return Kind(raw[0]), at
    raise _damaged(f"a header is of the unknown kind {raw[0]}")


def _check(data: bytes | bytearray, checksum: int, what: str) -> None:
    if crc32(data) != checksum:
        raise _damaged(f"the checksum of {what} does not hold")


def _damaged(reason: str) -> ProviderError:
    return ProviderError(f"the event stream is damaged: {reason}")
