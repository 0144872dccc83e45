"""Answers over ASGI."""

from __future__ import annotations

import gzip
import json

import pytest

from playhead.core.wire import Answer, WireError
from playhead.errors import CassetteDamaged, Exhausted, NetworkBlocked, NoMatch, PlayheadError, UsageError
from playhead.gateway.replies import Rejected, passed_on, readable, rejection, unreachable


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (NoMatch("nothing"), 422, b"no-match"),
        (Exhausted("played"), 422, b"exhausted"),
        (NetworkBlocked("shut"), 422, b"network"),
        (CassetteDamaged("odd"), 422, None),
        (UsageError("wrong"), 400, None),
        (Rejected(413, "too_large", "too large"), 413, None),
    ],
)
def test_no_sdk_tries_a_refusal_again(error: PlayheadError | Rejected, status: int, word: bytes | None) -> None:
    """The status is none that SDKs retry, and the header that OpenAI's and Anthropic's obey says so too."""
    reply = rejection("openai", error)
    assert reply.status == status
    assert status not in (408, 409, 429)
    assert status < 500
    assert dict(reply.headers).get(b"x-playhead-refused") == word
    assert dict(reply.headers)[b"x-should-retry"] == b"false"


def test_a_refusal_holds_the_explanation_and_the_hint() -> None:
    """People read it in the error's message, programs beside it."""
    body = json.loads(rejection("openai", NoMatch("nothing recorded", hint="record it")).body)
    assert body["error"]["message"] == "nothing recorded\nhint: record it"
    assert body["playhead"]["hint"] == "record it"


def test_headers_of_one_connection_are_not_passed_on() -> None:
    """Nor are a length, which the body's sender sets, and what is about the vendor's host."""
    given = [
        ("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Content-Length", "3"), ("Alt-Svc", "h3"),
        ("X-Request-Id", "r1"), ("Content-Type", "text/plain"),
    ]  # fmt: skip
    assert passed_on(given) == [(b"x-request-id", b"r1"), (b"content-type", b"text/plain")]


def test_a_client_gets_an_encoding_that_it_takes() -> None:
    """A recording made by a client that takes gzip is readable for one that does not."""
    packed = Answer(200, (("Content-Encoding", "gzip"), ("X-A", "1")), (gzip.compress(b"{}"),))
    assert readable(packed, b"br, gzip;q=0.5") is packed
    assert readable(packed, b"*") is packed
    plain = readable(packed, b"")
    assert (plain.content(), plain.headers) == (b"{}", (("X-A", "1"),))


def test_an_unknown_encoding_is_left_as_it_is() -> None:
    """What nobody here can undo is given as it came."""
    odd = Answer(200, (("content-encoding", "rot13"),), (b"{}",))
    assert readable(odd, b"gzip") is odd


@pytest.mark.parametrize(("kind", "status"), [("connect", 502), ("read-timeout", 504), ("other", 502)])
def test_a_server_that_was_not_reached_is_a_gateways_error(kind: str, status: int) -> None:
    """The status is the one proxies use, and the header says what happened."""
    reply = unreachable("openai", WireError("httpx.ConnectError", kind, "refused"))
    assert (reply.status, reply.headers) == (status, ((b"x-playhead-upstream", kind.encode()),))
    assert "refused" in json.loads(reply.body)["error"]["message"]
