"""A request's facts."""

from __future__ import annotations

from typing import Any

import pytest

from playhead.gateway.arriving import Arrived, ClientGone, joined
from playhead.gateway.replies import Rejected


def arrived(path: str = "/v1/models", *, headers: dict[str, str] | None = None, **scope: Any) -> Arrived:
    """Make a request."""
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Arrived({"method": "POST", "path": path, "query_string": b"", "headers": raw, **scope})


def receiving(*messages: dict[str, Any]) -> Any:
    """Give what gives messages one by one."""
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return receive


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://api.openai.com/v1", "/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com", "/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
        ("https://api.groq.com/openai/v1", "/v1/models", "https://api.groq.com/openai/v1/models"),
        ("https://api.openai.com/v1", "/chat/completions", "https://api.openai.com/v1/chat/completions"),
        ("https://g.example", "/v1beta/models/m:generateContent", "https://g.example/v1beta/models/m:generateContent"),
        ("http://127.0.0.1:11434", "/api/chat", "http://127.0.0.1:11434/api/chat"),
    ],
)
def test_a_version_that_address_and_path_name_stands_once(base: str, path: str, url: str) -> None:
    """An upstream may be given as vendors print their base URLs, with or without the version."""
    assert joined(base, path) == url


def test_the_path_is_taken_as_it_was_sent_and_below_the_mount() -> None:
    """Percent signs stay, since they are part of what is matched; where the app is mounted is not."""
    request = arrived("/gw/v1/a b", raw_path=b"/gw/v1/a%20b", root_path="/gw", query_string=b"key=1")
    request.base = "https://host"
    assert request.path == "/v1/a%20b"
    assert request.url == "https://host/v1/a%20b?key=1"


def test_headers_of_the_connection_and_ours_are_not_sent_on() -> None:
    """The client's authorization is; one that holds the gateway's own token is not."""
    headers = {
        "Host": "h", "Connection": "x", "Content-Length": "2", "X-Playhead-Test": "t", "Authorization": "Bearer sk",
        "X-Api-Key": "tok-1234", "Accept": "*/*",
    }  # fmt: skip
    request = arrived(headers=headers)
    assert request.wishes.test == "t"
    assert request.sent_on(token="tok-1234") == [(b"authorization", b"Bearer sk"), (b"accept", b"*/*")]
    assert (b"x-api-key", b"tok-1234") in request.sent_on(token=None)


async def test_a_body_comes_in_pieces() -> None:
    """It is whole when it has been read."""
    request = arrived()
    await request.read(receiving({"type": "http.request", "body": b"ab", "more_body": True},
                                 {"type": "http.request", "body": b"c"}), 3)  # fmt: skip
    assert request.body == b"abc"


@pytest.mark.parametrize("length", ["10", ""])
async def test_a_body_over_the_limit_is_not_read_on(length: str) -> None:
    """Whether its length was announced or not."""
    request = arrived(headers={"content-length": length} if length else {})
    receive = receiving({"type": "http.request", "body": b"ab", "more_body": True},
                        {"type": "http.request", "body": b"cd", "more_body": True})  # fmt: skip
    with pytest.raises(Rejected) as caught:
        await request.read(receive, 3)
    assert caught.value.status == 413


async def test_a_client_that_hangs_up_before_its_request_is_whole() -> None:
    """There is nobody to answer."""
    receive = receiving({"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"})
    with pytest.raises(ClientGone):
        await arrived().read(receive, 10)


@pytest.mark.parametrize("body", [b"", b"hello", b'{"a": ', b"\xff\xfe", b"[" * 3000])
def test_a_body_that_is_no_json_is_named_so(body: bytes) -> None:
    """The error comes before anything is looked up."""
    request = arrived()
    request.body = body
    with pytest.raises(Rejected) as caught:
        request.check_json()
    assert caught.value.status == 400


@pytest.mark.parametrize("body", [b"{}", b'{"a": NaN}', b'"\\ud800"'])
def test_json_is_taken_as_clients_write_it(body: bytes) -> None:
    """Also what Python's own module writes and the standard has not."""
    request = arrived()
    request.body = body
    request.check_json()


def test_a_packed_body_is_not_guessed_at() -> None:
    """No SDK packs its requests; whoever does is told."""
    request = arrived(headers={"content-encoding": "gzip"})
    request.body = b"x"
    with pytest.raises(Rejected) as caught:
        request.check_json()
    assert caught.value.status == 415
