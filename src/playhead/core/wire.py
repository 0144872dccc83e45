"""
An answer as it came over the wire, to the byte, and as it stands in a file.

What an answer says stands with the evidence; what is of the moment (headers, ids, server times, where the network cut
the bytes) stands with the volatile facts, so that recording the same answer again does not change the file. Putting
both together gives every byte again. Layout: docs/format.md, "Wire".
"""

from __future__ import annotations

import array
import base64
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from playhead.core.placeholders import bind_text


class WireError(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    How an exchange broke.

    Attributes:
        type: The exception's class in the HTTP library, as in ``httpx.ReadTimeout``; never imported because a file
            names it.
        kind: What happened, in a word every library's edge knows (``KINDS``).
        message: Its text.
    """

    type: str
    kind: str
    message: str = ""


KINDS = (
    *("connect", "connect-timeout", "read-timeout", "write-timeout", "pool-timeout", "timeout", "tls", "proxy"),
    *("read", "write", "protocol", "other"),
)
"""Everything that can break an exchange."""


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The bytes of an answer as they are kept.

    Attributes:
        text: The bytes as UTF-8, marks standing for what is kept elsewhere (``_NEXT``, ``_FLOATS``).
        base64: The bytes where they are not UTF-8.
        floats: Lists of numbers in single precision, base64 of little-endian values, each with what separates them.
        marked: Whether the text holds marks.
    """

    text: str = ""
    base64: str = ""
    floats: tuple[tuple[str, str], ...] = ()
    marked: bool = False


EMPTY_BODY = Body()


class Wire(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The part of an answer that counts as evidence.

    Attributes:
        status: The HTTP status; 0 where no answer came.
        body: What came of the body, content encoding as it came.
        error: How the exchange broke, after the bytes that came.
        left: Whether the consumer wanted no more before the end.
    """

    status: int = 0
    body: Body = EMPTY_BODY
    error: WireError | None = None
    left: bool = False


class WireFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The part that is of the moment.

    Attributes:
        headers: Names and values, in order and case as they came.
        reason: The status line's words, where they are not the usual ones.
        http: The protocol, as in ``HTTP/2``.
        cuts: The length in bytes of each piece of the body as it came; none where it came in one.
        values: What the marks of the body stand for, in order; a number names an earlier place with the same value.
    """

    headers: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    http: str = "HTTP/1.1"
    cuts: tuple[int, ...] = ()
    values: tuple[str | int, ...] = ()


def header_in(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """Give the first value of a header, found whatever its case."""
    wanted, length = name.lower(), len(name)
    for found, value in headers:
        if len(found) == length and found.lower() == wanted:
            return value
    return None


class Answer(NamedTuple):
    """
    An answer as it came, or comes again.

    Attributes:
        status: The HTTP status; 0 where no answer came.
        headers: Names and values, in order and case.
        pieces: The body as it was cut, content encoding as it came.
        error: How the exchange broke after the pieces, or ``None``.
        left: Whether the consumer wanted no more before the end.
        reason: The status line's words; empty for the usual ones.
        http: The protocol.
    """

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[bytes, ...] = ()
    error: WireError | None = None
    left: bool = False
    reason: str = ""
    http: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """Give the first value of a header, found whatever its case."""
        return header_in(self.headers, name)

    def content(self) -> bytes:
        """Give the body's bytes, content encoding as it came."""
        return self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)


def take_apart(answer: Answer, *, volatile: bool) -> tuple[Wire, WireFacts]:
    """
    Give an answer's two parts.

    Args:
        answer: The answer, secrets redacted.
        volatile: Whether ids and server times in the body are of the moment: so in a model's answer, not in plain
            HTTP, where nothing is known of them.
    """
    body, values = _pack(answer.content(), volatile=volatile)
    wire = Wire(status=answer.status, body=body, error=answer.error, left=answer.left)
    # A body of one piece has no cuts, but for a piece of nothing, which is more than no piece.
    cuts = () if len(answer.pieces) == 1 and answer.pieces[0] else tuple(map(len, answer.pieces))
    return wire, WireFacts(headers=answer.headers, reason=answer.reason, http=answer.http, cuts=cuts, values=values)


def put_together(wire: Wire, facts: WireFacts) -> Answer:
    """
    Give an answer again from its two parts.

    Raises:
        ValueError: The parts do not fit each other.
    """
    data = _unpack(wire.body, facts)
    pieces = tuple(_cut(data, facts.cuts)) if facts.cuts else (data,) if data else ()
    return Answer(wire.status, facts.headers, pieces, wire.error, wire.left, facts.reason, facts.http)


def with_body(answer: Answer, pieces: Sequence[bytes]) -> Answer:
    """Give an answer with another body, no longer encoded; the headers that speak of the old one follow."""
    length = str(sum(map(len, pieces)))
    headers = tuple(
        (name, length if name.lower() == "content-length" else value)
        for name, value in answer.headers
        if name.lower() != "content-encoding"
    )
    return answer._replace(headers=headers, pieces=tuple(piece for piece in pieces if piece))


def bind_answer(answer: Answer, values: Sequence[str]) -> Answer:
    """Give an answer with values for the placeholders in its body."""
    content = answer.content()
    if _OPEN_BYTES not in content:
        return answer
    in_json = content.lstrip()[:1] in (b"{", b"[", b"d", b"e", b":")  # JSON, NDJSON or server-sent events of it
    texts = [piece.decode("utf-8", "surrogateescape") for piece in answer.pieces]
    bound = [bind_text(text, values, in_json=in_json).encode("utf-8", "surrogateescape") for text in texts]
    return with_body(answer, bound)


_OPEN_BYTES = "⟦".encode()


def _cut(data: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    if sum(cuts) != len(data) or min(cuts) < 0:
        raise ValueError(f"the cuts of a body come to {sum(cuts)} bytes, it has {len(data)}")
    start = 0
    for length in cuts:
        yield data[start : start + length]
        start += length


# --- bodies

# Marks are characters that no provider sends; a body that has one all the same is kept without marks.
_NEXT, _FLOATS = "\ue000", "\ue001"
_MARK = re.compile(f"[{_NEXT}{_FLOATS}]")

_VOLATILE = re.compile(
    r'"(?:id|created(?:_at)?|completed_at|response_?[iI]d|request_id|item_id|call_id|system_fingerprint|timings'
    r"|obfuscation|createTime|total_duration|load_duration|prompt_eval_duration|eval_duration)"
    r'"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d[-+.\deE]*|\{[^{}]*\})'
)
"""Fields whose values change with every answer although it says the same."""

_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_VECTOR = re.compile(rf"\[\s*({_NUMBER}(?:\s*,\s*{_NUMBER}){{15,}})\s*\]")
_SEPARATOR = re.compile(r"\s*,\s*")


def _pack(data: bytes, *, volatile: bool) -> tuple[Body, tuple[str | int, ...]]:
    if not data:
        return EMPTY_BODY, ()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Body(base64=base64.b64encode(data).decode("ascii")), ()
    if not text.isascii() and _MARK.search(text):
        return Body(text=text), ()
    found: list[str] = []
    floats: list[tuple[str, str]] = []
    if volatile:
        text, found = _without_volatile(text)
    if len(text) > 200 and "," in text:
        text, floats = _without_floats(text)
    if not found and not floats:
        return Body(text=text), ()
    return Body(text=text, floats=tuple(floats), marked=True), tuple(_once(found))


def _without_volatile(text: str) -> tuple[str, list[str]]:
    found: list[str] = []
    parts: list[str] = []
    at = 0
    for match in _VOLATILE.finditer(text):
        start, end = match.span(1)
        parts += (text[at:start], _NEXT)
        found.append(text[start:end])
        at = end
    return ("".join(parts) + text[at:], found) if found else (text, found)


def _once(found: list[str]) -> Iterator[str | int]:
    """
    Give each value where it comes first, and its place there where it comes again: a stream repeats its id.

    That two values happen to be equal is of the moment too, so the evidence has the same mark for all.
    """
    first: dict[str, int] = {}
    for at, value in enumerate(found):
        known = first.setdefault(value, at)
        yield value if known == at else known


def _without_floats(text: str) -> tuple[str, list[tuple[str, str]]]:
    floats: list[tuple[str, str]] = []
    parts: list[str] = []
    at = 0
    for match in _VECTOR.finditer(text):
        packed = _packed(match.group(1))
        if packed is not None:
            floats.append(packed)
            parts += (text[at : match.start(1)], _FLOATS)
            at = match.end(1)
    return ("".join(parts) + text[at:], floats) if floats else (text, floats)


def _packed(numbers: str) -> tuple[str, str] | None:
    """Give a list of numbers in single precision, if writing it again gives the same text."""
    found = _SEPARATOR.search(numbers)
    separator = found.group() if found else ","
    try:
        values = array.array("f", map(float, numbers.split(separator)))
    except (ValueError, OverflowError):
        return None
    if separator.join(map(repr, values)) != numbers:
        return None
    if sys.byteorder == "big":
        values.byteswap()
    return base64.b64encode(values.tobytes()).decode("ascii"), separator


def _unpack(body: Body, facts: WireFacts) -> bytes:
    if body.base64:
        return base64.b64decode(body.base64, validate=True)
    if not body.marked:
        return body.text.encode()
    text = body.text
    if body.floats or _FLOATS in text:
        text = _filled(text, _FLOATS, [_written(*packed) for packed in body.floats])
    return _filled(text, _NEXT, _every(facts.values)).encode()


def _filled(text: str, mark: str, values: list[str]) -> str:
    """Put values where a mark stands, in order."""
    parts = text.split(mark)
    if len(parts) != len(values) + 1:
        raise ValueError(f"a body has {len(parts) - 1} marks for {len(values)} values")
    whole = [""] * (2 * len(values) + 1)
    whole[::2] = parts
    whole[1::2] = values
    return "".join(whole)


def _every(values: Sequence[str | int]) -> list[str]:
    every: list[str] = []
    for at, value in enumerate(values):
        meant = values[value] if type(value) is int and 0 <= value < at else value
        if type(meant) is not str:
            raise ValueError(f"value {at} of a body names no value before it")
        every.append(meant)
    return every


def _written(packed: str, separator: str) -> str:
    values = array.array("f")
    values.frombytes(base64.b64decode(packed, validate=True))
    if sys.byteorder == "big":
        values.byteswap()
    return separator.join(map(repr, values))
