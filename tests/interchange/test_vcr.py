"""Cassettes of vcrpy in all its versions, VCR for Ruby, pydantic-ai's serializer."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.interchange.addresses import NO_ADDRESS
from playhead.interchange.bodies import NO_KIND, NOT_ENCODED, OTHER_LENGTH
from playhead.interchange.source import Exchange, Item, LeftOut, Talk
from playhead.interchange.vcr import REWRITTEN, claims, read
from playhead.interchange.yaml_reading import read_yaml, yaml_library

yaml = yaml_library("to test it")

URL = "https://api.example.com/v1/chat/completions"
ASKED: dict[str, Any] = {"method": "POST", "uri": URL, "headers": {"Content-Type": ["application/json"]}, "body": "{}"}
ANSWERED: dict[str, Any] = {
    "status": {"code": 200, "message": "OK"},
    "headers": {"Content-Type": ["application/json"], "Set-Cookie": ["a=1", "b=2"]},
    "body": {"string": '{"a": 1}'},
}


def one(request: object = ASKED, response: object = ANSWERED, **more: Any) -> Item:
    """Read the only interaction of a cassette."""
    items = list(read({"version": 1, "interactions": [{"request": request, "response": response, **more}]}))
    assert len(items) == 1
    return items[0]


def exchange(request: object = ASKED, response: object = ANSWERED, **more: Any) -> Exchange:
    """Read the only interaction, which can be carried over."""
    item = one(request, response, **more)
    assert isinstance(item, Exchange), item
    return item


def test_request_and_answer_are_carried_over_to_the_byte() -> None:
    """Method, address, body, status line, headers with their order and repeats."""
    found = exchange()
    assert (found.number, found.sent.method, found.sent.url, found.sent.body) == (1, "POST", URL, b"{}")
    assert found.sent.content_type == "application/json"
    assert found.answer.status == 200
    assert found.answer.reason == ""
    assert found.answer.headers == (("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
    assert found.answer.pieces == (b'{"a": 1}',)
    assert found.notes == ()
    assert found.when is None


OLD_HTTPX = {"status_code": 201, "http_version": "HTTP/2", "headers": {"a": "1"}, "content": b"\xff"}
RUBY = {
    "status": {"code": 200, "message": "Fine"},
    "headers": {"a": ["1"]},
    "body": {"encoding": "US-ASCII", "string": "hi"},
    "http_version": "1.0",
}


@pytest.mark.parametrize(
    ("response", "status", "reason", "body", "http"),
    [
        (OLD_HTTPX, 201, "", b"\xff", "HTTP/2"),
        (RUBY, 200, "Fine", b"hi", "HTTP/1.0"),
        ({"status": 204, "headers": {}, "body": None}, 204, "", b"", "HTTP/1.1"),
        ({"status": "404 Gone away", "body": "x"}, 404, "Gone away", b"x", "HTTP/1.1"),
        (
            {"status": {"code": "500", "message": None}, "body": {"string": ""}, "protocol": 11},
            500,
            "",
            b"",
            "HTTP/1.1",
        ),
        ({"status": {"code": 200}, "body": {"base64_string": "/w=="}}, 200, "", b"\xff", "HTTP/1.1"),
    ],
)
def test_an_answer_is_read_in_each_of_its_forms(
    response: object, status: int, reason: str, body: bytes, http: str
) -> None:
    """Answers of httpx as vcrpy 4 kept them, VCR for Ruby, a bare status, a status line."""
    answer = exchange(response=response).answer
    assert (answer.status, answer.reason, answer.content(), answer.http) == (status, reason, body, http)


OLDEST = """\
- request: !!python/object:vcr.request.Request
    body: !!python/unicode 'a=1'
    headers: !!python/object/apply:__builtin__.frozenset
    - - !!python/tuple [Content-Type, text/plain]
    host: httpbin.org
    method: POST
    path: /post?b=2
    port: 443
    protocol: https
  response:
    body: {string: !!python/unicode 'hi'}
    headers: {content-length: ['2']}
    status: {code: 200, message: OK}
"""


def test_the_first_format_is_read_as_data() -> None:
    """A pickled request is its fields; no class is looked for, and the address is put together from its parts."""
    value = read_yaml(OLDEST.encode())
    assert claims(value)
    (found,) = read(value)
    assert isinstance(found, Exchange)
    assert found.sent.url == "https://httpbin.org/post?b=2"
    assert (found.sent.method, found.sent.body, found.sent.content_type) == ("POST", b"a=1", "text/plain")
    assert found.answer.content() == b"hi"


@pytest.mark.parametrize(
    ("asked", "url"),
    [
        ({"url": "/x", "host": "h", "protocol": "http", "port": 8080}, "http://h:8080/x"),
        ({"path": "x", "host": "h"}, "https://h/x"),
        ({"url": "https://h/x"}, "https://h/x"),
    ],
)
def test_an_address_may_stand_in_parts(asked: dict[str, Any], url: str) -> None:
    """A port that is the usual one is left out, as clients do."""
    assert exchange({**asked, "method": "GET"}).sent.url == url


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("!!binary /w==", b"\xff"),
        ("!!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary aGk=, 0, null]}", b"hi"),
        ("!!python/object/apply:builtins.iter {args: [[!!binary aA==, i]]}", b"hi"),
        ("null", b""),
        ("''", b""),
        ("{a: 1}", b'{"a":1}'),
    ],
)
def test_a_requests_body_is_read_in_each_of_its_forms(body: str, expected: bytes) -> None:
    """Bytes, an open file and an iterator as vcrpy pickled them, nothing, a JSON value of some serializer's."""
    text = f"interactions:\n- request: {{method: POST, uri: 'https://h/', body: {body}}}\n  response: {{status: 200}}\n"
    (found,) = read(read_yaml(text.encode()))
    assert isinstance(found, Exchange)
    assert found.sent.body == expected


def test_a_parsed_body_is_json_again() -> None:
    """pydantic-ai keeps JSON bodies as values; a note says that the answer's bytes are written anew."""
    asked = {**ASKED, "parsed_body": {"model": "m", "n": 1.0}}
    answered = {**ANSWERED, "parsed_body": {"b": "ü", "a": [1, None]}, "headers": {"content-length": ["832"]}}
    del asked["body"], answered["body"]
    found = exchange(asked, answered)
    assert found.sent.body == b'{"model":"m","n":1.0}'
    assert found.answer.content() == '{"b":"ü","a":[1,null]}'.encode()
    assert found.answer.headers == (("content-length", "23"),)
    assert found.notes == (REWRITTEN, OTHER_LENGTH)


def test_a_body_that_was_decoded_loses_the_header_that_says_otherwise() -> None:
    """What is really compressed stays so, and a compressed request is matched by what it says."""
    packed = gzip.compress(b"{}")
    whole = {**ANSWERED, "headers": {"content-encoding": ["gzip"]}, "body": {"string": packed}}
    assert exchange(response=whole).answer.pieces == (packed,)
    assert exchange(response=whole).notes == ()
    plain = {**whole, "body": {"string": "{}"}}
    assert exchange(response=plain).answer.headers == ()
    assert exchange(response=plain).notes == (NOT_ENCODED,)
    asked = {**ASKED, "headers": {"content-encoding": "gzip"}, "body": packed}
    assert exchange(asked).sent.body == b"{}"


def test_the_date_is_where_the_file_has_one() -> None:
    """Beside the call, in the metadata, in the answer's Date header or in the answer; the nearest one counts."""
    said = 1752720720 * 1_000_000_000
    dated = {**ANSWERED, "headers": {"date": ["Thu, 17 Jul 2025 02:52:00 GMT"]}}
    assert exchange(recorded_at="Thu, 17 Jul 2025 02:52:00 GMT").when == said
    assert exchange(recorded_at="2025-07-17T02:52:00Z", response=dated).when == said
    assert exchange(metadata={"recorded_at": "2025-07-17T02:52:00"}).when == said
    assert exchange(response=dated).when == said
    assert exchange(response={**ANSWERED, "body": {"string": '{"created": 1752720720}'}}).when == said


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"response": ANSWERED}, "no request"),
        ({"request": ASKED}, "no answer"),
        ({"request": {"method": "GET", "body": "x"}, "response": ANSWERED}, "no address"),
        ({"request": ASKED, "response": {"body": {"string": "x"}}}, "no status"),
        ({"request": ASKED, "response": {"status": {"code": 20000}}}, "no status"),
        ({"request": ASKED, "response": {**ANSWERED, "body": {"base64_string": "*"}}}, "base64"),
        (None, "no request"),
        ("text", "no request"),
    ],
)
def test_what_cannot_be_carried_over_is_named_and_the_rest_is(item: object, reason: str) -> None:
    """One bad interaction does not take the others with it."""
    bad, good = read({"interactions": [item, {"request": ASKED, "response": ANSWERED}]})
    assert isinstance(bad, LeftOut)
    assert (bad.number, good.number) == (1, 2)
    assert reason in bad.reason
    assert isinstance(good, Exchange)


def test_a_call_over_grpc_is_a_talk() -> None:
    """pydantic-ai keeps xAI's calls in the same files."""
    item = {
        "request_sample": {"json": {"messages": [{"role": "ROLE_USER"}], "model": "grok"}},
        "response_sample": {"json": {"model": "grok", "outputs": [{"message": {"content": "hi"}}]}},
    }
    (found,) = read({"interactions": [item]})
    assert isinstance(found, Talk)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"interactions": []}, True),
        ({"interactions": None, "version": 1}, True),
        ({"interactions": {}}, True),
        ({"interactions": {"an id": []}}, False),
        ({"interactions": None, "other": 1}, False),
        ({"requests": [], "responses": []}, True),
        ({"requests": [], "responses": None}, False),
        ({"http_interactions": [], "recorded_with": "VCR 6"}, True),
        ([{"request": ASKED, "response": ANSWERED}], True),
        ([], False),
        ([1], False),
        ({"interactions": "x"}, False),
        ({"request": ASKED, "response": ANSWERED}, False),
        (None, False),
        ("interactions: []", False),
    ],
)
def test_a_cassette_is_known_by_what_it_holds(value: object, expected: bool) -> None:
    """A list of interactions, under one of its names or alone as in the first format."""
    assert claims(value) is expected


KEYS = st.sampled_from(
    ["request", "response", "body", "headers", "status", "code", "string", "uri", "method", "parsed_body", "state", "x"]
)
ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.binary(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.integers(), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(ODD, max_size=4))
def test_reading_never_fails(items: list[Any]) -> None:
    """Whatever stands in the list, each item is carried over or named, in order."""
    found = list(read(read_yaml(yaml.safe_dump({"interactions": items}).encode())))
    assert [item.number for item in found] == list(range(1, len(items) + 1))


def test_requests_may_stand_beside_their_answers() -> None:
    """As LangChain's persister writes them; what it redacts is put together from the rest, and told."""
    asked = {"method": "POST", "uri": "**REDACTED**", "headers": {"Content-Type": ["**REDACTED**"]}, "body": b"{}"}
    said = b'data: {"object": "chat.completion.chunk"}\n\n'
    answered = {**ANSWERED, "headers": {"content-type": "**REDACTED**"}, "body": {"string": said}}
    value = {"requests": [asked, ASKED, ASKED], "responses": [answered, ANSWERED]}
    assert claims(value)
    first, second, third = read(value)
    assert isinstance(first, Exchange)
    assert isinstance(second, Exchange)
    assert first.sent.url == "https://api.openai.com/v1/chat/completions"
    assert first.sent.content_type == "application/json"
    assert first.answer.header("content-type") == "text/event-stream"
    assert set(first.notes) == {NO_KIND, NO_ADDRESS}
    assert second.sent.url == URL
    assert third == LeftOut(3, "it has no answer")
