"""
A few bytes that tell which of many requests is most like another, without reading them.

Calls of one suite often differ in their last message alone. An edited message mostly keeps its head or its tail, so
the sketch holds a byte of hash of each at four lengths, and the whole length.
"""

from __future__ import annotations

import struct
from itertools import compress
from operator import ne
from zlib import crc32

from playhead.core.canonical import encode
from playhead.core.model import CompletionRequest

SIZE = 10
_SCALES = (8, 32, 128, 512)
_LENGTH = struct.Struct("<H")


_WEIGHTS = (1, 2, 3, 4, 1, 2, 3, 4)


def sketch(request: CompletionRequest) -> bytes:
    """Give the sketch of a request's last message, whole where it has no content, or of its params: 10 bytes."""
    messages = request.conversation()
    content = messages[-1].get("content", messages[-1]) if messages else request.params
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else encode(content)
    heads = [crc32(data[:scale]) & 0xFF for scale in _SCALES]
    tails = [crc32(data[-scale:]) & 0xFF for scale in _SCALES]
    return bytes([*heads, *tails]) + _LENGTH.pack(min(len(data), 0xFFFF))


def unlikeness(one: bytes, other: bytes) -> tuple[int, int]:
    """Rank how far apart two sketches are: places that differ, longer scales counting more, then length."""
    far = 0
    if one[:8] != other[:8]:
        far = sum(compress(_WEIGHTS, map(ne, one, other)))
    return far, abs(one[8] + 256 * one[9] - other[8] - 256 * other[9])
