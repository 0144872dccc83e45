"""Recorded calls as an HTTP archive."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from importlib import metadata

import pytest

from playhead.core.evidence import Interaction
from playhead.core.model import Completion, CompletionRequest
from playhead.core.wire import Answer, WireError
from playhead.interchange import har
from playhead.interchange.har_writing import archive, entry_of
from playhead.interchange.sending import Wired
from playhead.interchange.source import Exchange

ASKED = Wired("POST", "https://h/x?a=1&b=", "application/json", b'{"q":"\xc3\xbc"}')
CALL = Interaction(
    CompletionRequest("q"),
    Completion(),
    "p",
    "0" * 64,
    0,
    recorded_on="2025-07-17",
    latency_ms=810,
    gaps_ms=(812, 5, 6),
)


def test_an_entry_has_what_the_format_asks_for() -> None:
    """Request with its parameters, answer with headers and content, the phases."""
    answer = Answer(200, (("Content-Type", "text/plain"), ("a", "1"), ("a", "2")), (b"h", b"i"), http="HTTP/2")
    found = entry_of(CALL, ASKED, answer)
    assert found["startedDateTime"] == "2025-07-17T00:00:00.000Z"
    assert found["time"] == 823
    assert found["timings"] == {"send": 0, "wait": 812, "receive": 11}
    asked, answered = found["request"], found["response"]
    assert (asked["method"], asked["url"], asked["bodySize"]) == ("POST", ASKED.url, 10)
    assert asked["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert asked["postData"] == {"mimeType": "application/json", "text": '{"q":"ü"}'}
    assert (answered["status"], answered["statusText"], answered["httpVersion"]) == (200, "OK", "HTTP/2")
    assert answered["content"] == {"size": 2, "mimeType": "text/plain", "text": "hi"}
    assert [header["name"] for header in answered["headers"]] == ["Content-Type", "a", "a"]


def test_content_is_decoded_and_bytes_are_base64() -> None:
    """As archives are; what cannot be decoded stays as it came."""
    packed = entry_of(CALL, ASKED, Answer(200, (("content-encoding", "gzip"),), (gzip.compress(b"hi"),)))["response"]
    assert packed["content"]["text"] == "hi"
    odd = entry_of(CALL, ASKED, Answer(200, (("content-encoding", "x"),), (b"\xff",)))["response"]["content"]
    assert (b64decode(odd["text"]), odd["encoding"]) == (b"\xff", "base64")


def test_a_broken_exchange_has_no_status() -> None:
    """The way browsers write it."""
    found = entry_of(CALL, ASKED, Answer(error=WireError("httpx.ReadTimeout", "read-timeout", "too slow")))
    assert (found["response"]["status"], found["_error"]) == (0, "too slow")


def test_an_archive_is_read_back() -> None:
    """The importer makes the same request and answer of it."""
    answer = Answer(404, (("a", "1"),), (b'{"no": 1}',), reason="Gone away", http="HTTP/2")
    value = json.loads(archive([entry_of(CALL, ASKED, answer)]))
    assert (value["log"]["version"], value["log"]["creator"]["name"]) == ("1.2", "playhead")
    (found,) = har.read(value)
    assert isinstance(found, Exchange)
    assert found.answer == answer
    assert (found.sent.method, found.sent.url, found.sent.body) == ASKED[:2] + ASKED[3:]


def test_an_odd_address_has_no_parameters() -> None:
    """It stands in the archive all the same."""
    odd = entry_of(CALL, ASKED._replace(url="http://[x", body=b""), Answer(200))
    assert odd["request"]["queryString"] == []
    assert "postData" not in odd["request"]


def test_a_program_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The field is there, as the format demands."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert json.loads(archive([]))["log"]["creator"]["version"] == "0"
