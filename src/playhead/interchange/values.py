"""
Values of files that anybody may have written, read without trust: what is not of the shape looked for is empty.

A YAML file's aliases may make a small file stand for a huge value, so nothing is written out before its size is known.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from playhead.core.wire import header_in
from playhead.dialects.openai_wire import mapping, sequence
from playhead.interchange.source import Unusable

MAX_BODY = 64 * 1024 * 1024
"""Bytes a body may come to; an entry of a cassette is bounded by the same number."""

MAX_DEPTH = 200
"""Deepest nesting that is read; a cassette's values nest at most 64 deep."""


def is_list(value: object) -> bool:
    """Tell whether a value is a JSON array."""
    return isinstance(value, list)


def words(value: object) -> str:
    """Give a scalar as text: bytes as Latin-1, which is what HTTP's headers are; nothing for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def number(value: object) -> int | None:
    """Give a whole number, written as one or as its digits; ``None`` for anything else."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is str and value.strip().isascii() and value.strip().isdigit() and len(value) < 10:
        value = int(value)
    return value if type(value) is int else None


def body_bytes(value: object) -> bytes:
    """
    Give the bytes of a body, whatever it stands as: text, bytes, a JSON value, or an object that says how.

    Known objects: ``{"string": ...}``, ``{"base64_string": ...}`` (vcrpy and VCR for Ruby), ``{"encoding": "base64",
    "string"/"text"/"content": ...}``.

    Raises:
        Unusable: It is too large, or base64 that is none.
    """
    if value is None:
        return b""
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    given = mapping(value)
    if "base64_string" in given:
        return from_base64(words(given["base64_string"]))
    for name in ("string", "text", "content"):
        if name in given and given.keys() <= {"string", "text", "content", "encoding"}:
            inner = given[name]
            if words(given.get("encoding")).lower() == "base64" and isinstance(inner, str):
                return from_base64(inner)
            return json_bytes(inner) if isinstance(inner, (dict, list)) else body_bytes(inner)
    return json_bytes(value)


def utf8(text: str) -> bytes:
    """Give a text's bytes; a lone surrogate that stands for a byte becomes that byte again."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def from_base64(text: str) -> bytes:
    """
    Undo base64, line ends and missing padding included.

    Raises:
        Unusable: It is none.
    """
    packed = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Unusable("its body is not the base64 it is said to be") from None


def json_bytes(value: Any) -> bytes:
    """
    Write a JSON value in its shortest form, keys in their order.

    Raises:
        Unusable: It is nested too deeply, holds itself, or comes to more than may be kept.
    """
    if size_of(value) > MAX_BODY:
        raise Unusable(f"its body comes to more than {MAX_BODY} bytes")
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    except (ValueError, TypeError, RecursionError):
        raise Unusable("its body is a value that JSON cannot say") from None
    return utf8(text)


def _plain(value: object) -> object:
    if isinstance(value, (bytes, bytearray)):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode("ascii")
    raise TypeError(f"no JSON value: {type(value).__name__}")


def size_of(value: object) -> int:
    """
    Give about how many characters a value comes to when it is written, in time that grows with what is in memory.

    Raises:
        Unusable: It is nested too deeply, or holds itself.
    """
    known: dict[int, int] = {}
    open_ones: set[int] = set()
    # Each step is a value, or None where all that the last open one holds is counted.
    steps: list[tuple[Any, bool]] = [(value, False)]
    depth = 0
    while steps:
        held, done = steps.pop()
        if not _holds(held):
            continue
        if done:
            depth -= 1
            open_ones.discard(id(held))
            known[id(held)] = sum(_size(inner, known) for inner in _inside(held)) + 2
        elif id(held) not in known:
            if id(held) in open_ones or depth >= MAX_DEPTH:
                raise Unusable("its body is nested too deeply, or holds itself")
            depth += 1
            open_ones.add(id(held))
            steps.append((held, True))
            steps += [(inner, False) for inner in _inside(held) if _holds(inner)]
    return _size(value, known)


def _holds(value: object) -> bool:
    return isinstance(value, (dict, list))


def _inside(held: Any) -> Iterator[Any]:
    if isinstance(held, list):
        yield from cast("list[Any]", held)
    else:
        for key, inner in held.items():
            yield key
            yield inner


def _size(value: Any, known: Mapping[int, int]) -> int:
    if isinstance(value, (str, bytes)):
        return len(value) + 3
    return known.get(id(value), 6)


def headers_of(value: object) -> list[tuple[str, str]]:
    """
    Give headers in the order they stand in, a value each, from any of the shapes they are kept in.

    Known: an object of texts or of lists of texts, a list of pairs, a list of ``{"name": ..., "value": ...}``.
    """
    found: list[tuple[str, str]] = []
    if isinstance(value, Mapping):
        for name, given in cast("Mapping[Any, Any]", value).items():
            found += [(words(name), words(one)) for one in _each(given)]
    else:
        items = sequence(value)
        # A frozen set of pairs, as the first vcrpy pickled them, is a list of one list.
        if len(items) == 1 and all(len(sequence(pair)) == 2 for pair in sequence(items[0])):
            items = sequence(items[0]) or items
        for item in items:
            pair = sequence(item)
            given = mapping(item)
            if len(pair) == 2:
                found += [(words(pair[0]), words(one)) for one in _each(pair[1])]
            elif "name" in given:
                found.append((words(given["name"]), words(given.get("value"))))
    # A name that starts with a colon is HTTP/2's way to write the first line.
    return [(name, _line(given)) for name, given in found if name and not name.startswith(":")]


def _each(value: object) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else (value,)


def _line(value: str) -> str:
    return " ".join(value.splitlines()) if not value.isprintable() else value


def header(headers: list[tuple[str, str]], name: str) -> str:
    """Give the first value of a header, whatever its case; empty where there is none."""
    return header_in(headers, name) or ""
