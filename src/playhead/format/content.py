"""
Content encodings undone, to see what an answer says; what is recorded stays as it came.

Every step is bounded before it starts: a few kilobytes can stand for gigabytes. ``br`` needs a package that clients
which accept it have; without one the answer is kept and not understood.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any

import zstandard

MAX_CONTENT = 256 * 1024 * 1024
"""Bytes a body may come to; a larger one is kept as it came and not understood."""

_CHUNK = 1 << 16


def decode_content(encoding: str | None, data: bytes, *, limit: int = MAX_CONTENT) -> bytes | None:
    """
    Undo the encodings of a ``Content-Encoding`` header, the last one first.

    Args:
        encoding: The header's value; ``None`` where there is none.
        data: The body as it came, which may be cut off: what can be read of it is given.
        limit: Bytes the result may come to.

    Returns:
        The content, or ``None`` where an encoding is unknown, damaged, or comes to more than the limit.
    """
    if not data:
        return data
    for name in reversed([part.strip().lower() for part in (encoding or "").split(",")]):
        if name in ("", "identity"):
            continue
        decode = _DECODERS.get(name)
        if decode is None:
            return None
        try:
            found = decode(data, limit)
        except _MALFORMED:
            return None
        if found is None:
            return None
        data = found
    return data


def _inflate(wbits: int) -> Callable[[bytes, int], bytes | None]:
    def decode(data: bytes, limit: int) -> bytes | None:
        whole = b""
        while data:
            inflater = zlib.decompressobj(wbits)
            whole += inflater.decompress(data, limit + 1 - len(whole))
            if len(whole) > limit:
                return None
            # gzip members may follow one another
            data = inflater.unused_data if inflater.eof else b""
        return whole

    return decode


def _deflate(data: bytes, limit: int) -> bytes | None:
    # RFC 9110 wants the zlib format; some servers send the bare one.
    try:
        return _inflate(zlib.MAX_WBITS)(data, limit)
    except zlib.error:
        return _inflate(-zlib.MAX_WBITS)(data, limit)


def _zstd(data: bytes, limit: int) -> bytes | None:
    decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj(read_across_frames=True)
    whole = bytearray()
    for at in range(0, len(data), _CHUNK):
        whole += decoder.decompress(data[at : at + _CHUNK])
        if len(whole) > limit:
            return None
    return bytes(whole)


def _brotli(data: bytes, limit: int) -> bytes | None:
    for name in ("brotli", "brotlicffi"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        decoder = module.Decompressor()
        take: Callable[[bytes], bytes] = getattr(decoder, "process", None) or decoder.decompress
        whole = bytearray()
        try:
            for at in range(0, len(data), _CHUNK):
                whole += take(data[at : at + _CHUNK])
                if len(whole) > limit:
                    return None
        except module.error:
            return None
        return bytes(whole)
    return None


_MALFORMED = (zlib.error, zstandard.ZstdError, EOFError)
_DECODERS: dict[str, Callable[[bytes, int], bytes | None]] = {
    "gzip": _inflate(16 + zlib.MAX_WBITS),
    "x-gzip": _inflate(16 + zlib.MAX_WBITS),
    "deflate": _deflate,
    "zstd": _zstd,
    "br": _brotli,
}
