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

_CHUNK, _AT_ONCE = 1 << 14, 1 << 20
_FEW = 64
"""Bytes given at a time to a decoder that takes no limit; each may stand for some megabytes."""


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


def _inflate(data: bytes, limit: int, wbits: int, *, members: bool) -> bytes | None:
    whole = bytearray()
    inflater = zlib.decompressobj(wbits)
    chunk, at, start = b"", 0, 0
    while chunk or at < len(data):
        if not chunk:
            chunk, at = data[at : at + _CHUNK], at + _CHUNK
        try:
            whole += inflater.decompress(chunk, limit + 1 - len(whole))
        except zlib.error:
            if 0 < start == len(whole):
                break  # padding after the last member, which clients pass over
            raise
        if len(whole) > limit:
            return None
        chunk = inflater.unconsumed_tail
        if inflater.eof:
            if not members:
                break
            chunk, start, inflater = inflater.unused_data, len(whole), zlib.decompressobj(wbits)
    return bytes(whole)


def _gzip(data: bytes, limit: int) -> bytes | None:
    return _inflate(data, limit, 16 + zlib.MAX_WBITS, members=True)


def _deflate(data: bytes, limit: int) -> bytes | None:
    # RFC 9110 wants the zlib format; some servers send the bare one.
    try:
        return _inflate(data, limit, zlib.MAX_WBITS, members=False)
    except zlib.error:
        return _inflate(data, limit, -zlib.MAX_WBITS, members=False)


def _zstd(data: bytes, limit: int) -> bytes | None:
    decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    whole = bytearray()
    with decoder.stream_reader(data, read_across_frames=True) as reader:
        while len(whole) <= limit:
            found = reader.read(min(limit + 1 - len(whole), _AT_ONCE))
            if not found:
                return bytes(whole)
            whole += found
    return None


def _brotli(data: bytes, limit: int) -> bytes | None:
    for name in ("brotli", "brotlicffi"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        try:
            return _unbrotli(module.Decompressor(), data, limit)
        except module.error:
            return None
    return None


def _unbrotli(decoder: Any, data: bytes, limit: int) -> bytes | None:
    take: Callable[..., bytes] = getattr(decoder, "process", None) or decoder.decompress
    whole = bytearray()
    if hasattr(decoder, "can_accept_more_data"):  # brotli 1.2 takes a limit
        whole += take(data, output_buffer_limit=limit + 1)
        while len(whole) <= limit and not decoder.can_accept_more_data() and not decoder.is_finished():
            whole += take(b"", output_buffer_limit=limit + 1 - len(whole))
    else:
        for at in range(0, len(data), _FEW):
            if len(whole) > limit or decoder.is_finished():
                break
            whole += take(data[at : at + _FEW])
    return None if len(whole) > limit else bytes(whole)


_MALFORMED = (zlib.error, zstandard.ZstdError, EOFError)
_DECODERS: dict[str, Callable[[bytes, int], bytes | None]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
    "br": _brotli,
}
