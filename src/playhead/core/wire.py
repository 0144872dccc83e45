"""
An answer as it came over the wire, to the byte, and as it stands in a file.

What an answer says stands with the evidence; what is of the moment (headers, ids, server times, where the network cut
the bytes) stands with the volatile facts, so that recording the same answer again does not change the file. Putting
both together gives every byte again. Layout: docs/format.md, "Wire".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from playhead.core.bodies import EMPTY_BODY, Body, Values, cut, pack, unpack
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
        joined: The same where there are many: each value once, put together.
        order: Which of those each mark stands for.
    """

    headers: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    http: str = "HTTP/1.1"
    cuts: tuple[int, ...] = ()
    values: tuple[str | int, ...] = ()
    joined: str = ""
    order: str = ""


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
    body, values = pack(answer.content(), volatile=volatile)
    wire = Wire(status=answer.status, body=body, error=answer.error, left=answer.left)
    # A body of one piece has no cuts, but for a piece of nothing, which is more than no piece.
    cuts = () if len(answer.pieces) == 1 and answer.pieces[0] else tuple(map(len, answer.pieces))
    return wire, WireFacts(answer.headers, answer.reason, answer.http, cuts, *values)


def put_together(wire: Wire, facts: WireFacts) -> Answer:
    """
    Give an answer again from its two parts.

    Raises:
        ValueError: The parts do not fit each other.
    """
    data = unpack(wire.body, Values(facts.values, facts.joined, facts.order))
    pieces = tuple(cut(data, facts.cuts)) if facts.cuts else (data,) if data else ()
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
