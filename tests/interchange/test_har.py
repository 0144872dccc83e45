"""HTTP archives, as browsers and proxies export them."""

from __future__ import annotations

import gzip
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.wire import Answer, WireError
from playhead.interchange.bodies import NOT_ENCODED, OTHER_LENGTH
from playhead.interchange.har import SOCKET, claims, read
from playhead.interchange.source import Exchange, Item, LeftOut

URL = "https://api.example.com/v1/chat/completions?a=1"


def entry(**more: Any) -> dict[str, Any]:
    """Give an entry of an archive, its fields replaced as told."""
    return {
        "startedDateTime": "2025-07-17T02:52:00.000Z",
        "time": 812.5,
        "request": {
            "method": "POST",
            "url": URL,
            "headers": [{"name": ":path", "value": "/v1"}, {"name": "Content-Type", "value": "application/json"}],
            "postData": {"mimeType": "application/json", "text": '{"a": "ü"}'},
            **more.pop("request", {}),
        },
        "response": {
            "status": 200,
            "statusText": "OK",
            "httpVersion": "h2",
            "headers": [{"name": "b", "value": "1"}, {"name": "b", "value": "2"}],
            "content": {"size": 8, "mimeType": "application/json", "text": '{"a": 1}'},
            **more.pop("response", {}),
        },
        "timings": {"blocked": -1, "dns": 1, "send": 0.5, "wait": 800, "receive": 11},
        **more,
    }


def one(**more: Any) -> Item:
    """Read the only entry of an archive."""
    (item,) = read({"log": {"version": "1.2", "entries": [entry(**more)]}})
    return item


def exchange(**more: Any) -> Exchange:
    """Read the only entry, which can be carried over."""
    item = one(**more)
    assert isinstance(item, Exchange), item
    return item


def test_request_and_answer_are_carried_over() -> None:
    """With the date, the time until the answer began, and the protocol."""
    found = exchange()
    assert (found.sent.method, found.sent.url, found.sent.body) == ("POST", URL, '{"a": "ü"}'.encode())
    assert found.sent.content_type == "application/json"
    assert found.answer == Answer(200, (("b", "1"), ("b", "2")), (b'{"a": 1}',), http="HTTP/2")
    assert found.when == 1752720720 * 1_000_000_000
    assert found.waited == 801_500_000
    assert found.notes == ()


def test_a_decoded_body_has_no_encoding() -> None:
    """Archives hold content decoded and headers as they came."""
    headers = [{"name": "content-encoding", "value": "gzip"}, {"name": "content-length", "value": "20"}]
    found = exchange(response={"headers": headers})
    assert found.answer.headers == (("content-length", "8"),)
    assert found.notes == (NOT_ENCODED, OTHER_LENGTH)


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (
            {"text": b64encode(gzip.compress(b"x", mtime=0)).decode(), "encoding": "base64"},
            gzip.compress(b"x", mtime=0),
        ),
        ({"text": "ü", "mimeType": "text/plain; charset=iso-8859-1"}, b"\xfc"),
        ({"text": "ü", "mimeType": "text/plain; charset=no-such"}, "ü".encode()),
        ({"text": "☃", "mimeType": "text/plain; charset=latin-1"}, "☃".encode()),
        ({"size": 0}, b""),
        ({"size": -1, "text": ""}, b""),
    ],
)
def test_content_gives_its_bytes(content: dict[str, Any], body: bytes) -> None:
    """Base64, and text in the charset it was decoded from."""
    assert exchange(response={"content": content}).answer.content() == body


def test_a_form_is_written_from_its_fields() -> None:
    """Where the text of the request is not kept."""
    posted = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "ü&"}]}
    kind = [{"name": "Content-Type", "value": "application/x-www-form-urlencoded"}]
    found = exchange(request={"postData": posted, "headers": kind})
    assert found.sent.body == b"a+b=%C3%BC%26"
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    ("posted", "body"),
    [(None, b""), ({"text": ""}, b""), ({"text": "/w==", "encoding": "base64"}, b"\xff"), ({"text": "a"}, b"a")],
)
def test_a_requests_body_may_be_anything(posted: object, body: bytes) -> None:
    """Nothing, bytes, text."""
    assert exchange(request={"postData": posted}).sent.body == body


@pytest.mark.parametrize(
    ("message", "kind"),
    [("net::ERR_CONNECTION_REFUSED", "connect"), ("net::ERR_TIMED_OUT", "timeout"), ("", "other")],
)
def test_an_exchange_that_broke_says_how(message: str, kind: str) -> None:
    """Browsers write the status 0 where no answer came."""
    found = exchange(response={"status": 0, "_error": message})
    assert found.answer == Answer(error=WireError("har.NoAnswer", kind, message or "no answer came"))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"request": {"url": ""}}, "no address"),
        ({"request": {"url": "wss://h/"}}, SOCKET),
        ({"_webSocketMessages": []}, SOCKET),
        ({"request": {"url": "data:text/plain,x"}}, "a data address"),
        ({"response": {"content": {"size": 8}}}, "does not hold its answer's body"),
        ({"response": {"content": {"size": -1}}}, "does not hold its answer's body"),
        ({"response": {"content": {"size": 8, "_file": "a.json"}}}, "a file of its own, 'a.json'"),
        (
            {"response": {"headers": [{"name": "content-length", "value": "8"}], "content": {}}},
            "does not hold its answer's body",
        ),
        ({"response": {"status": None}}, "no status"),
        ({"request": {"postData": {"params": [{"name": "f", "fileName": "a.png"}]}}}, "a form with files"),
        ({"response": {"content": {"text": "*", "encoding": "base64"}}}, "base64"),
    ],
)
def test_what_cannot_be_carried_over_is_named(more: dict[str, Any], reason: str) -> None:
    """Each with the reason."""
    found = one(**more)
    assert isinstance(found, LeftOut)
    assert reason in found.reason


def test_an_answer_without_a_body_needs_none() -> None:
    """To HEAD, and where the status says that nothing follows."""
    assert exchange(request={"method": "HEAD"}, response={"content": {"size": 8}}).answer.pieces == ()
    assert exchange(response={"status": 304, "content": {"size": 8}}).answer.pieces == ()


def test_an_archive_is_known_by_its_log() -> None:
    """By nothing else."""
    assert claims({"log": {"entries": []}})
    assert not claims({"log": {}})
    assert not claims({"entries": []})
    assert not claims([])


KEYS = st.sampled_from(["request", "response", "url", "status", "content", "text", "encoding", "headers", "timings"])
ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(ODD, max_size=4))
def test_reading_never_fails(entries: list[Any]) -> None:
    """Whatever stands in the list, each entry is carried over or named, in order."""
    found = list(read({"log": {"entries": entries}}))
    assert [item.number for item in found] == list(range(1, len(entries) + 1))
