"""What a file of another tool holds: requests, status lines, times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.wire import Answer
from playhead.dialects.errors import usual_reason
from playhead.interchange.source import instant, odd_reason, sent_from, server_time

SECOND = 1_000_000_000


def test_a_request_is_as_a_client_sends_it() -> None:
    """The method is in upper case, the fragment is gone, and path and query stand apart."""
    sent = sent_from("post", "https://api.example.com/v1/chat?a=1&b=%20#stream", b"{}", "application/json")
    assert sent.method == "POST"
    assert sent.url == "https://api.example.com/v1/chat?a=1&b=%20"
    assert (sent.path, sent.query) == ("/v1/chat", "a=1&b=%20")
    assert (sent.body, sent.content_type) == (b"{}", "application/json")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://h/ü", "/%C3%BC"),
        ("https://h/a%3Ab:c", "/a%3Ab:c"),
        ("https://h", "/"),
        ("http://[broken/x", "http://[broken/x"),
    ],
)
def test_a_path_is_percent_encoded_and_always_there(url: str, path: str) -> None:
    """What stands in the file unencoded is encoded, what is encoded stays, and an address that is none is kept."""
    assert sent_from("GET", url, b"").path == path


@given(st.text(), st.text())
def test_no_address_is_too_odd(method: str, url: str) -> None:
    """Whatever a file names as method and address makes a request."""
    sent = sent_from(method, url, b"")
    assert sent.url.isascii()
    assert sent.path


def test_only_odd_words_of_a_status_line_are_kept() -> None:
    """The usual words are left out, and so are words that cannot stand in a status line."""
    assert usual_reason(404) == "Not Found"
    assert usual_reason(799) == ""
    assert odd_reason(200, "OK") == ""
    assert odd_reason(200, "Fine") == "Fine"
    assert odd_reason(200, "a\r\nb") == ""
    assert odd_reason(200, "gut für dich") == ""


@pytest.mark.parametrize(
    "value",
    [
        "2025-07-17T02:52:00Z",
        "2025-07-17T04:52:00+02:00",
        "2025-07-17T02:52:00",
        "Thu, 17 Jul 2025 02:52:00 GMT",
        1752720720,
        1752720720.0,
    ],
)
def test_a_time_is_read_in_each_of_its_forms(value: object) -> None:
    """ISO 8601, RFC 2822 and seconds since the epoch are the same instant; without a zone it is UTC."""
    assert instant(value) == 1752720720 * SECOND


@pytest.mark.parametrize(
    "value", [None, "", "soon", 0, -5, True, 1e30, float("nan"), "9999-01-01", [], "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_is_none(value: object) -> None:
    """Words, zero, what is before the epoch and after 2100, and other types."""
    assert instant(value) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.binary()))
def test_reading_a_time_never_fails(value: object) -> None:
    """Any value gives a time or none."""
    found = instant(value)
    assert found is None or 0 < found < 4_102_444_800 * SECOND


def test_the_server_says_when_it_answered() -> None:
    """In its Date header, or else in the answer; a listing's times are of what it lists, and zero is none."""
    dated = Answer(200, (("Date", "Thu, 17 Jul 2025 02:52:00 GMT"),), (b'{"created": 1700000000}',))
    assert server_time(dated) == 1752720720 * SECOND
    assert server_time(Answer(200, (), (b'{"id": 1, "created": 1700000000}',))) == 1700000000 * SECOND
    assert server_time(Answer(200, (), (b'data: {"created_at":"2025-07-17T02:52:00Z"}',))) == 1752720720 * SECOND
    assert server_time(Answer(200, (), (b'{"created": 0}',))) is None
    assert server_time(Answer(200, (), (b'{"object":"list","data":[{"created":1700000000}]}',))) is None
    assert server_time(Answer(404, (), (b'{"created": 1700000000}',))) is None
    assert server_time(Answer(200)) is None
