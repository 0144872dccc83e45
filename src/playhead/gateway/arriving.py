"""A request as it comes to the gateway: its facts, its body within a limit, and what is sent on of it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from playhead.dialects.openai_wire import loads
from playhead.errors import ProviderError
from playhead.gateway.replies import HOP_BY_HOP, Headers, Receive, Rejected, Scope

CASSETTE_HEADER = b"x-playhead-cassette"
TEST_HEADER = b"x-playhead-test"
UPSTREAM_HEADER = b"x-playhead-upstream"
TOKEN_HEADER = b"x-playhead-token"
OURS = b"x-playhead-"

CREDENTIALS = (b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key")
"""Headers that the vendors' SDKs put a key into."""

_NOT_SENT_ON = frozenset((*(name.encode() for name in HOP_BY_HOP), b"host", b"content-length", b"expect"))


class ClientGone(Exception):
    """The client hung up before its request was whole; there is nobody to answer."""


class Wishes(NamedTuple):
    """
    What a request asks of the gateway itself, by headers.

    Attributes:
        cassette: The cassette's name in the folder.
        test: A test's id, which names its cassette.
        upstream: The upstream's name.
    """

    cassette: str = ""
    test: str = ""
    upstream: str = ""


class Arrived:
    """
    A request, in the form the exchange takes.

    Attributes:
        base: The address of the server it is for, without a trailing slash; empty where nobody knows it.
    """

    __slots__ = ("base", "body", "headers", "method", "path", "query", "wishes")

    def __init__(self, scope: Scope) -> None:
        self.method: str = scope["method"]
        raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
        root: str = scope.get("root_path", "")
        path = raw.decode("latin-1")
        self.path = path[len(root) :] or "/" if root and path.startswith(root) else path
        self.query: str = scope["query_string"].decode("latin-1")
        self.headers: Headers = scope["headers"]
        self.body = b""
        self.base = ""
        cassette = test = upstream = ""
        for name, value in self.headers:
            if name.startswith(OURS):
                if name == CASSETTE_HEADER:
                    cassette = value.decode("utf-8", "replace")
                elif name == TEST_HEADER:
                    test = value.decode("utf-8", "replace")
                elif name == UPSTREAM_HEADER:
                    upstream = value.decode("latin-1")
        self.wishes = Wishes(cassette, test, upstream)

    @property
    def url(self) -> str:
        """Where the request is for: at its server, as it is stored."""
        address = joined(self.base or "http://playhead.invalid", self.path)
        return f"{address}?{self.query}" if self.query else address

    @property
    def content_type(self) -> str:
        """The header's value, empty where there is none."""
        return self.header(b"content-type").decode("latin-1")

    def header(self, name: bytes) -> bytes:
        """Give a header's value, empty where there is none; the name in lower case."""
        return next((value for found, value in self.headers if found == name), b"")

    def sent_on(self, *, token: str | None) -> Headers:
        """Give the headers that go on to the upstream; a credential that holds the gateway's own token does not."""
        secret = token.encode() if token else None
        return [
            (name, value)
            for name, value in self.headers
            if name not in _NOT_SENT_ON
            and not name.startswith(OURS)
            and not (secret and name in CREDENTIALS and secret in value)
        ]

    async def read(self, receive: Receive, limit: int) -> None:
        """
        Read the body.

        Raises:
            Rejected: It is over the limit.
            ClientGone: The client hung up.
        """
        announced = self.header(b"content-length")
        if announced.isdigit() and int(announced) > limit:
            raise _too_large(limit)
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            self.body = message.get("body", b"")
        else:
            pieces: list[bytes] = []
            size = 0
            while True:
                if message["type"] == "http.disconnect":
                    raise ClientGone
                piece: bytes = message.get("body", b"")
                size += len(piece)
                if size > limit:
                    raise _too_large(limit)
                pieces.append(piece)
                if not message.get("more_body"):
                    break
                message = await receive()
            self.body = b"".join(pieces)
        if len(self.body) > limit:
            raise _too_large(limit)

    def check_json(self) -> None:
        """
        See that the body is JSON, as every route wants it that takes one.

        Raises:
            Rejected: It is not.
        """
        encoding = self.header(b"content-encoding")
        if encoding not in (b"", b"identity"):
            raise Rejected(415, "unsupported_encoding", f"the body comes as {encoding.decode('latin-1')!r}")
        if not self.body:
            raise Rejected(400, "not_json", "the request has no body", hint="send JSON")
        try:
            msgspec.json.decode(self.body, type=msgspec.Raw)
        except (msgspec.DecodeError, RecursionError):
            try:
                loads(self.body, "the body")
            except ProviderError as error:
                raise Rejected(400, "not_json", f"the body is no JSON: {error.message}") from None


def _too_large(limit: int) -> Rejected:
    return Rejected(413, "too_large", f"the body is over the limit of {limit} bytes", hint="raise --max-body")


def joined(base: str, path: str) -> str:
    """
    Put an upstream's address and a request's path together.

    A version that both name (``https://api.openai.com/v1`` and ``/v1/models``) stands once.
    """
    last = base.rpartition("/")[2]
    first = path[1:].partition("/")[0]
    if first and first == last:
        return base + path[1 + len(first) :]
    return base + path
