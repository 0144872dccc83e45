"""Headers that say what the kept body is."""

from __future__ import annotations

import gzip
import zlib

import pytest
import zstandard

from playhead.interchange.bodies import (
    NO_KIND,
    NOT_ENCODED,
    OTHER_LENGTH,
    is_encoded,
    kind_of,
    settle,
    undo_request_encoding,
)

TEXT = b'{"answer": "four"}'


def test_headers_that_fit_stay() -> None:
    """A body in the encoding and of the length that its headers name is left alone."""
    packed = gzip.compress(TEXT, mtime=0)
    headers = [("Content-Encoding", "gzip"), ("Content-Length", str(len(packed))), ("a", "1"), ("a", "2")]
    assert settle(headers, packed) == (tuple(headers), ())
    assert settle([("content-length", "832")], b"") == ((("content-length", "832"),), ())


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "gzip, br"])
def test_the_encoding_of_a_decoded_body_goes(encoding: str) -> None:
    """A recorder may decode a body and keep its header; a client would fail on it."""
    headers = [("content-encoding", encoding), ("Content-Length", "11"), ("b", "2")]
    assert settle(headers, TEXT) == ((("Content-Length", str(len(TEXT))), ("b", "2")), (NOT_ENCODED, OTHER_LENGTH))


def test_what_is_known_to_be_decoded_need_not_be_looked_at() -> None:
    """An archive holds every body decoded, one that is gzip itself too."""
    packed = gzip.compress(TEXT, mtime=0)
    assert settle([("content-encoding", "gzip")], packed, decoded=True) == ((), (NOT_ENCODED,))


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0), True),
        ("deflate", zlib.compress(TEXT), True),
        ("zstd", zstandard.ZstdCompressor().compress(TEXT), True),
        ("identity", TEXT, True),
        ("gzip", TEXT, False),
        ("deflate", TEXT, False),
        ("gzip", b"%PDF-1.4\x00\xff", False),
        ("lzma", b"\x00\xff", True),
        ("br", "Zwölf".encode(), False),
    ],
)
def test_an_encoding_is_seen_in_the_body(encoding: str, body: bytes, expected: bool) -> None:
    """Text is in none, what decodes is in it, and one that is not known here is believed."""
    assert is_encoded(encoding, body) is expected


def test_a_request_is_read_without_its_encoding() -> None:
    """What is matched is what was said; a body that cannot be decoded is matched as it is."""
    assert undo_request_encoding([("content-encoding", "gzip")], gzip.compress(TEXT, mtime=0)) == TEXT
    assert undo_request_encoding([("content-encoding", "gzip")], TEXT) == TEXT
    assert undo_request_encoding([("content-encoding", "lzma")], b"\x00\xff") == b"\x00\xff"
    assert undo_request_encoding([], TEXT) == TEXT


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (TEXT, "application/json"),
        (b"[1]", "application/json"),
        (b'event: a\ndata: {"b": 1}\n\n', "text/event-stream"),
        (b": keep-alive\n\ndata: 1\n\n", "text/event-stream"),
        (b"{not json", ""),
        (b"[" * 100_000, ""),
        (b"\x89PNG", ""),
        (b"", ""),
    ],
)
def test_a_redacted_content_type_is_the_bodys_own(body: bytes, kind: str) -> None:
    """Some recorders put a word in its place, and clients read a body by it."""
    right = (("content-type", kind),) if kind else ()
    assert settle([("Content-Type", "**REDACTED**"), ("a", "1")], body) == ((("a", "1"), *right), (NO_KIND,))
    assert kind_of([("Content-Type", "**REDACTED**")], body) == kind


def test_a_content_type_that_is_one_stays() -> None:
    """It is looked at only where it is none."""
    assert settle([("content-type", "text/plain")], TEXT) == ((("content-type", "text/plain"),), ())
    assert kind_of([("content-type", "text/plain")], TEXT) == "text/plain"
    assert kind_of([], TEXT) == ""
