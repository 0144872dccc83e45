"""The framing of AWS event streams: two lengths and their checksum, headers, a payload, a checksum of all."""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Mapping

STRING = 7
"""The type of a header whose value is text: two bytes of length, then UTF-8."""


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Frame a message; lengths and checksums are big-endian 32-bit numbers, the total counts all of them."""
    named = b"".join(_header(name, value) for name, value in headers.items())
    lengths = struct.pack(">II", 16 + len(named) + len(payload), len(named))
    message = lengths + struct.pack(">I", crc32(lengths)) + named + payload
    return message + struct.pack(">I", crc32(message))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack(">B", len(key)) + key + struct.pack(">BH", STRING, len(text)) + text
