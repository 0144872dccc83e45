"""Answers over ASGI: the gateway's own, and recorded ones as their server gave them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, NamedTuple

import msgspec

from playhead.core.wire import Answer, WireError
from playhead.errors import Exhausted, NoMatch, PlayheadError, ReplayRefused, UsageError
from playhead.format.content import decode_content
from playhead.gateway.vendors import error_body

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

REFUSED_STATUS = 422
"""
A miss is answered so: the request was understood and has no answer here. The SDKs of OpenAI and Anthropic try 408, 409,
429 and 5xx again, and 404 would say that there is no such model.
"""

HOP_BY_HOP = frozenset(
    (
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"),
        *("trailer", "trailers", "transfer-encoding", "upgrade"),
    )
)
"""Headers that are about one connection (RFC 9110, 7.6.1), with two old ones."""

# They are about the vendor's host: a client would hold the gateway's to them.
_OF_THE_HOST = frozenset(("alt-svc", "strict-transport-security"))
_UNREACHABLE_IN_TIME = frozenset(("connect-timeout", "read-timeout", "write-timeout", "pool-timeout", "timeout"))


class BrokenOff(ConnectionError):
    """The connection to the client is to be broken, as the recorded one was: raised after the answer has begun."""


class Rejected(Exception):
    """
    A request that the gateway does not take.

    Attributes:
        status: The HTTP status.
        code: A stable word for programs.
        message: What is wrong.
        hint: What to do next, or ``None``.
    """

    def __init__(self, status: int, code: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"


class Reply(NamedTuple):
    """
    An answer of the gateway's own.

    Attributes:
        status: The HTTP status.
        body: The bytes, JSON.
        headers: Further headers.
    """

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


def rejection(vendor: str, error: Rejected | PlayheadError) -> Reply:
    """Word an error for a client of a vendor's."""
    status, code = _verdict(error)
    body = error_body(vendor, status, code, str(error))
    facts: dict[str, Any] = {"code": code, "message": error.message, "hint": error.hint}
    headers: list[tuple[bytes, bytes]] = [(b"x-should-retry", b"false")]
    if isinstance(error, ReplayRefused):
        headers.append((b"x-playhead-refused", refusal_word(error).encode()))
        facts["differences"] = list(getattr(error.evidence, "differences", ()))
        facts["nearest"] = getattr(error.evidence, "nearest", None)
        facts["fingerprint"] = getattr(error.evidence, "fingerprint", None)
    body["playhead"] = facts
    return Reply(status, msgspec.json.encode(body), tuple(headers))


def _verdict(error: Rejected | PlayheadError) -> tuple[int, str]:
    if isinstance(error, Rejected):
        return error.status, error.code
    if isinstance(error, ReplayRefused):
        return REFUSED_STATUS, refusal_word(error).replace("-", "_")
    return 400 if isinstance(error, UsageError) else REFUSED_STATUS, error.error_code.lower()


def refusal_word(error: ReplayRefused) -> str:
    """Name the kind of a refusal: ``no-match``, ``exhausted`` or ``network``."""
    if isinstance(error, NoMatch):
        return "no-match"
    return "exhausted" if isinstance(error, Exhausted) else "network"


def unreachable(vendor: str, error: WireError) -> Reply:
    """Tell a client that its server could not be reached, the same while recording and in replay."""
    status = 504 if error.kind in _UNREACHABLE_IN_TIME else 502
    message = f"the upstream could not be reached: {error.message or error.kind}"
    body = error_body(vendor, status, error.kind.replace("-", "_"), message)
    return Reply(status, msgspec.json.encode(body), ((b"x-playhead-upstream", error.kind.encode()),))


async def send_reply(send: Send, reply: Reply) -> None:
    """Give an answer of the gateway's own."""
    headers: Headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(reply.body)),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def passed_on(headers: Iterable[tuple[str, str]]) -> Headers:
    """Give an answer's headers as they are passed on; a length is set by who sends the body."""
    kept: Headers = []
    for name, value in headers:
        lower = name.lower()
        if lower not in HOP_BY_HOP and lower != "content-length" and lower not in _OF_THE_HOST:
            kept.append((lower.encode("latin-1"), value.encode("latin-1", "replace")))
    return kept


def readable(answer: Answer, accepted: bytes) -> Answer:
    """Give an answer in an encoding that a client takes: the one it was recorded with may have taken others."""
    encoding = answer.header("content-encoding")
    if encoding is None or not answer.pieces:
        return answer
    taken = {part.partition(b";")[0].strip().lower() for part in accepted.split(b",")}
    if b"*" in taken or all(part.strip().lower().encode() in taken for part in encoding.split(",")):
        return answer
    content = decode_content(encoding, answer.content())
    if content is None:
        return answer
    headers = tuple((name, value) for name, value in answer.headers if name.lower() != "content-encoding")
    return answer._replace(headers=headers, pieces=(content,))
