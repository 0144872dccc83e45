"""Which format a file is in, found by what it holds, and what is in it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from playhead.errors import UsageError
from playhead.interchange import har, llama_stack, vcr
from playhead.interchange.source import Item
from playhead.interchange.yaml_reading import NotYaml, read_yaml

AUTO = "auto"

MAX_SOURCE = 256 * 1024 * 1024
"""Bytes of a file that is read; the values it becomes take several times as much memory."""


class Format(NamedTuple):
    """
    A format.

    Attributes:
        claims: Whether a file's value is written in it.
        read: Gives what the value holds; never raises.
    """

    claims: Callable[[object], bool]
    read: Callable[[object], Iterator[Item]]


FORMATS: dict[str, Format] = {
    "vcr": Format(vcr.claims, vcr.read),
    "llama-stack": Format(llama_stack.claims, llama_stack.read),
    "har": Format(har.claims, har.read),
}
"""Every format by the name the command line gives it, in the order they are asked."""


class Source(NamedTuple):
    """
    A file that was read.

    Attributes:
        format: The format's name.
        items: What it holds, in its order.
    """

    format: str
    items: list[Item]


NO_RECORDING = "NO_RECORDING"
"""The code of the error for a file that can be read and is in none of the formats."""

UNREADABLE = "UNREADABLE"
"""The code of the error for a file that is neither JSON nor YAML, or not whole."""


def read_source(data: bytes, name: str, wanted: str = AUTO) -> Source:
    """
    Read a file.

    Args:
        data: Its bytes.
        name: Its name, for messages.
        wanted: The format it must be in, or ``auto``.

    Raises:
        UsageError: It is in none of the formats or not in the one wanted (``NO_RECORDING``); it is neither JSON nor
            YAML, or not whole (``UNREADABLE``).
    """
    if len(data) > MAX_SOURCE:
        raise _too_long(name, f"is {len(data)} bytes long,")
    if data.startswith(_POINTER):
        raise UsageError(
            f"{name!r} is a pointer of Git LFS, not the recording itself",
            error_code=UNREADABLE,
            hint="git lfs pull fetches the recordings",
        )
    value = _value(_unpacked(data, name) if data.startswith(_GZIP) else data, name)
    names = FORMATS if wanted == AUTO else (wanted,)
    found = next((one for one in names if FORMATS[one].claims(value)), None)
    if found is None:
        raise UsageError(
            f"{name!r} is no recording of {' or '.join(names)}",
            error_code=NO_RECORDING,
            hint="a file holds a vcrpy cassette, a Llama Stack recording or an HTTP archive",
        )
    return Source(found, list(FORMATS[found].read(value)))


_GZIP = b"\x1f\x8b"
_POINTER = b"version https://git-lfs.github.com/spec/"


def _unpacked(data: bytes, name: str) -> bytes:
    """Give what a gzipped file holds, which is bounded before it is unpacked."""
    found = bytearray()
    while data:
        inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            found += inflater.decompress(data, MAX_SOURCE + 1 - len(found))
        except zlib.error as error:
            raise _unreadable(f"{name!r} is not whole gzip: {error}") from None
        if len(found) > MAX_SOURCE:
            raise _too_long(name, "unpacks to a file")
        if not inflater.eof:
            raise _unreadable(f"{name!r} is not whole gzip: it was cut off")
        # Members follow each other; what pads the last one is none.
        data = inflater.unused_data if inflater.unused_data.startswith(_GZIP) else b""
    return bytes(found)


def _value(data: bytes, name: str) -> Any:
    start = data[:256].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")[:1]
    if start in (b"{", b"["):
        try:
            return _json(data)
        except (ValueError, RecursionError) as error:
            # YAML that starts like JSON is rare; JSON that was cut off is not, and its own fault says more.
            fault = str(error).partition("\n")[0] or "nested too deeply"
            try:
                return read_yaml(data)
            except NotYaml:
                raise _unreadable(f"{name!r} is not whole JSON: {fault}") from None
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not data.strip() or (b"\x00" in data[:1024] and not is_wide):
        raise _unreadable(f"{name!r} is {'empty' if not data.strip() else 'neither JSON nor YAML'}")
    try:
        return read_yaml(data)
    except NotYaml as error:
        raise _unreadable(f"{name!r} is not whole YAML: {error}") from None


def _json(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return json.loads(data)


def _too_long(name: str, what: str) -> UsageError:
    return UsageError(
        f"{name!r} {what} over the limit of {MAX_SOURCE} bytes",
        error_code=UNREADABLE,
        hint="cut it into several files",
    )


def _unreadable(message: str) -> UsageError:
    return UsageError(message, error_code=UNREADABLE, hint="fetch the file again, or record it anew")
