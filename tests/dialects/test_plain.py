"""Plain HTTP as requests that can be matched."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playhead.core.canonical import decode, encode
from playhead.core.fingerprint import fingerprint
from playhead.core.model import CompletionRequest, Family
from playhead.dialects.plain import MAX_DEPTH, PLAIN_PROVIDER, decode_plain, encode_plain

URL = "https://api.example.com/v1/things"
JSON_TYPE = "application/json"
FORM = "application/x-www-form-urlencoded"


def body_of(content_type: str, body: bytes) -> Any:
    """Give the body a request is read to hold."""
    return decode_plain("POST", URL, content_type, body).params.get("body")


def key(method: str, url: str, content_type: str, body: bytes) -> str:
    """Give the match key of some traffic."""
    return fingerprint(decode_plain(method, url, content_type, body), PLAIN_PROVIDER).hex


def test_everything() -> None:
    """Method, address, query and body are params of a request that is no model call."""
    request = decode_plain("post", f"{URL}?b=2&a=%20x&b=#frag", "application/json; charset=utf-8", b'{"q": [1, 2.5]}')
    assert request == CompletionRequest(
        family=Family.HTTP,
        operation="http",
        params={
            "method": "POST",
            "url": URL,
            "query": [["b", "2"], ["a", " x"], ["b", ""]],
            "content_type": "application/json; charset=utf-8",
            "body": {"json": {"q": [1, 2.5]}},
        },
    )


def test_no_body() -> None:
    """A request without a body has neither body nor content type, whatever the header says."""
    assert decode_plain("GET", URL, JSON_TYPE, b"").params == {"method": "GET", "url": URL, "query": []}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pass@API.example.com:443/a%2Fb?", "https://api.example.com/a%2Fb"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:8080/x;y=1", "http://localhost:8080/x;y=1"),
        ("https://[::1]:9/", "https://[::1]:9/"),
        ("http://h:443/", "http://h:443/"),
        ("/only/a/path?x=1", "/only/a/path"),
        ("http://[bad#f", "http://[bad"),
        ("http://h:port/", "http://h:port/"),
        ("", ""),
    ],
)
def test_url(url: str, expected: str) -> None:
    """The address keeps scheme, host, port and path; neither credentials nor a port that says nothing."""
    assert decode_plain("GET", url, "", b"").params["url"] == expected


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        (JSON_TYPE, b"[1, 1.0, true, null]", {"json": [1, 1.0, True, None]}),
        ("application/vnd.api+json; v=1", b'{"a": 1}', {"json": {"a": 1}}),
        ("Application/JSON", b"\xef\xbb\xbf1", {"json": 1}),
        (JSON_TYPE, b'{"a": 1', {"text": '{"a": 1'}),
        (JSON_TYPE, b"\xff\xfe\xfd", {"bytes": b"\xff\xfe\xfd"}),
        (JSON_TYPE, b"123456789012345678901234567890", {"json": 123456789012345678901234567890}),
        (JSON_TYPE, b"1" * 4200, {"text": "1" * 4200}),
        (JSON_TYPE, b"1" * 9000, {"text": "1" * 9000}),
        (JSON_TYPE, b'"\\ud800"', {"json": "\ud800"}),
        ("", b'{"a": 1}', {"text": '{"a": 1}'}),
        ("text/plain", "zwölf".encode(), {"text": "zwölf"}),
        ("text/plain", "zwölf".encode("latin-1"), {"bytes": "zwölf".encode("latin-1")}),
        (FORM, b"b=2&a=%C3%BC+x&b=&c", {"form": {"b": ["2", ""], "a": ["ü x"], "c": [""]}}),
        (FORM, b"&&", {"text": "&&"}),
        ("application/octet-stream", b"\x00\xff", {"bytes": b"\x00\xff"}),
        ("multipart/form-data", b"--x\r\n", {"text": "--x\r\n"}),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_body(content_type: str, body: bytes, expected: Any) -> None:
    """A body is values where it can be, text where it is text, and bytes else."""
    found = body_of(content_type, body)
    assert found == expected
    assert encode(found) == encode(expected)


def test_credentials_are_no_part_of_a_request() -> None:
    """A key in the address is neither kept nor matched."""
    keys = {key("GET", f"https://{user}h/x?key={value}", "", b"") for user, value in (("", "k1"), ("u:p@", "k2"))}
    assert len(keys) == 1
    request = decode_plain("GET", "https://u:hunter2@h/x?api_key=hunter2&q=1", "", b"")
    assert "hunter2" not in repr(request)


def test_numbers_json_cannot_say() -> None:
    """NaN and infinities are values, and canonical."""
    found = body_of(JSON_TYPE, b"[NaN, Infinity, -Infinity, 1e999]")
    assert math.isnan(found["json"][0])
    assert found["json"][1:] == [math.inf, -math.inf, math.inf]
    assert encode(decode(encode(found))) == encode(found)


@pytest.mark.parametrize(("depth", "kept"), [(MAX_DEPTH, "json"), (MAX_DEPTH + 1, "text"), (5000, "text")])
def test_depth(depth: int, kept: str) -> None:
    """JSON that a file could not hold as values is kept as its text."""
    body = b"[" * depth + b"]" * depth
    assert list(body_of(JSON_TYPE, body)) == [kept]
    key("POST", URL, JSON_TYPE, body)


def multipart(boundary: str, quoted: bool = False) -> tuple[str, bytes]:
    """Give content type and body of a form with a file."""
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\nhello\r\n--{boundary}--\r\n"
    )
    shown = f'"{boundary}"' if quoted else boundary
    return f"multipart/form-data; boundary={shown}", body.encode()


def test_multipart() -> None:
    """A random boundary is no part of a request; the headers of the parts are."""
    first, second = multipart("abc123"), multipart("zz-9", quoted=True)
    assert decode_plain("POST", URL, *first) == decode_plain("POST", URL, *second)
    params = decode_plain("POST", URL, *first).params
    assert params["content_type"] == "multipart/form-data; boundary=boundary"
    assert "abc123" not in params["body"]["multipart"]
    assert 'filename="a.txt"' in params["body"]["multipart"]
    other = first[0], first[1].replace(b"hello", b"\xff\x00")
    assert isinstance(body_of(*other)["multipart"], bytes)
    assert key("POST", URL, *first) != key("POST", URL, *other)


def test_what_differs_has_another_key() -> None:
    """Method, address, query, content type and body all count; the order of an object's keys does not."""
    same = [key("POST", URL, JSON_TYPE, b'{"a": 1, "b": 2}'), key("POST", URL, JSON_TYPE, b'{"b":2,"a":1}')]
    assert same[0] == same[1]
    others = {
        key("PUT", URL, JSON_TYPE, b'{"a": 1, "b": 2}'),
        key("POST", URL + "/2", JSON_TYPE, b'{"a": 1, "b": 2}'),
        key("POST", URL + "?x=1", JSON_TYPE, b'{"a": 1, "b": 2}'),
        key("POST", URL + "?x=1&x=2", JSON_TYPE, b'{"a": 1, "b": 2}'),
        key("POST", URL + "?x=2&x=1", JSON_TYPE, b'{"a": 1, "b": 2}'),
        key("POST", URL, "text/plain", b'{"a": 1, "b": 2}'),
        key("POST", URL, JSON_TYPE, b'{"a": 1, "b": 3}'),
        key("POST", URL, JSON_TYPE, b'{"a": 1, "b": "2"}'),
        key("POST", URL, "", b""),
    }
    assert len(others) == 9
    assert same[0] not in others


TYPES = st.sampled_from(
    ["", JSON_TYPE, "text/plain", FORM, "multipart/form-data; boundary=ab", "multipart/mixed; boundary=", "a/b+json"]
)
BODIES = (
    st.binary(max_size=40)
    | st.text(max_size=20).map(str.encode)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
    | st.lists(st.sampled_from(["a=1", "b", "%ff=%C3", "=", "&", "+"])).map(lambda parts: "&".join(parts).encode())
)
QUERIES = st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=3)


@given(st.text(max_size=8), st.text(max_size=30), st.text(max_size=30), st.binary(max_size=60))
@example("GET", "http://h/?a=%ff", "multipart/x; boundary=\ud800", b"--x")
def test_never_raises(method: str, url: str, content_type: str, body: bytes) -> None:
    """Whatever comes over the wire is a request that has a key and can be written again."""
    request = decode_plain(method, url, content_type, body)
    fingerprint(request, PLAIN_PROVIDER)
    encode_plain(request)


@given(TYPES, BODIES, st.sampled_from(["", "?", "?a=1&b=%20&a=", "?q=%ff%C3%BC&&x", "?a=b=c#d"]))
def test_written_and_read_again(content_type: str, body: bytes, query: str) -> None:
    """What is written again is read as the same request, whatever the body is."""
    request = decode_plain("POST", URL + query, content_type, body)
    again = decode_plain(*encode_plain(request))
    assert encode(dict(again.params)) == encode(dict(request.params))
    assert encode_plain(again) == encode_plain(request)


def test_written_bytes() -> None:
    """Text and bytes come out as they went in."""
    for body in (b"\x00\xff", b"hello", "zwölf".encode()):
        assert encode_plain(decode_plain("PUT", URL, "x/y", body)) == ("PUT", URL, "x/y", body)


def test_written_from_hardly_anything() -> None:
    """A request that was made by hand is written as far as it goes."""
    assert encode_plain(CompletionRequest(family=Family.HTTP, operation="http")) == ("GET", "", "", b"")
