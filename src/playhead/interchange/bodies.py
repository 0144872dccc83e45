"""
Headers that say what the kept body is: other tools keep a body as they like it better and its headers as they came.

A client that replays believes the headers, so where both do not fit, the header goes and a note says so.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from playhead.format.content import decode_content
from playhead.interchange.values import header

Headers = list[tuple[str, str]]

NOT_ENCODED = "its content-encoding header is left out: the file holds the body decoded"
OTHER_LENGTH = "its content-length is that of the body in the file"
NO_KIND = "its content-type is left out: that of what the body is stands in its place"


class Settled(NamedTuple):
    """
    Headers that fit their body.

    Attributes:
        headers: Names and values in order.
        notes: What was changed.
    """

    headers: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def settle(headers: Headers, body: bytes, *, decoded: bool = False) -> Settled:
    """
    Make an answer's headers fit the body that was kept.

    Args:
        headers: As they came.
        body: As it was kept.
        decoded: Whether it is known that the content encoding was undone.
    """
    notes: list[str] = []
    encoding = header(headers, "content-encoding")
    if encoding and body and (decoded or not is_encoded(encoding, body)):
        headers = [(name, value) for name, value in headers if name.lower() != "content-encoding"]
        notes.append(NOT_ENCODED)
    length = header(headers, "content-length")
    if length and body and length != str(len(body)):
        right = str(len(body))
        headers = [(name, right if name.lower() == "content-length" else value) for name, value in headers]
        notes.append(OTHER_LENGTH)
    kind = header(headers, "content-type")
    if kind and "/" not in kind:
        found = _likely_kind(body)
        others = [pair for pair in headers if pair[0].lower() != "content-type"]
        headers = [*others, ("content-type", found)] if found else others
        notes.append(NO_KIND)
    return Settled(tuple(headers), tuple(notes))


def is_encoded(encoding: str, body: bytes) -> bool:
    """Tell whether a body is in the encoding its header names, as far as that can be known."""
    if encoding.strip().lower() in ("", "identity"):
        return True
    if _is_text(body):
        return False
    if decode_content(encoding, body) is not None:
        return True
    # An encoding that cannot be undone here (br without its package) may well be what it is said to be.
    known = {"gzip", "x-gzip", "deflate", "zstd"}
    return not {part.strip().lower() for part in encoding.split(",")} <= known


def kind_of(headers: Headers, body: bytes) -> str:
    """Give a request's content type; where the recorder put something else in its place, the body's own."""
    kind = header(headers, "content-type")
    return kind if "/" in kind or not kind else _likely_kind(body)


_EVENT_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")


def _likely_kind(body: bytes) -> str:
    if body.lstrip()[:1] in (b"{", b"["):
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            return ""  # it only looks like JSON
        return "application/json"
    return "text/event-stream" if body.lstrip().startswith(_EVENT_FIELDS) else ""


def undo_request_encoding(headers: Headers, body: bytes) -> bytes:
    """Give a request's body without its content encoding, as it is if that cannot be undone."""
    encoding = header(headers, "content-encoding")
    if not encoding or not is_encoded(encoding, body):
        return body
    plain = decode_content(encoding, body)
    return body if plain is None else plain


_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\x0b\x0c")


def _is_text(body: bytes) -> bool:
    start = body[:4096]
    if not _CONTROLS.isdisjoint(start):
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
