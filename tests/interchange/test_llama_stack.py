"""Recordings of Llama Stack: what is asked, in each of the forms its recorder has had."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.interchange.llama_stack import LISTING, NO_WORKSPACE, claims, read
from playhead.interchange.llama_stack_answers import REBUILT
from playhead.interchange.source import Exchange, Item, LeftOut

URL = "https://api.openai.com/v1/v1/chat/completions"
BODY: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
ASKED: dict[str, Any] = {"method": "POST", "url": URL, "headers": {}, "body": BODY, "endpoint": "/v1/chat/completions"}
ANSWERED: dict[str, Any] = {
    "body": {"__type__": "openai.types.chat.ChatCompletion", "__data__": {"id": "rec-1", "created": 0}},
    "is_streaming": False,
}


def one(asked: object = ASKED, answered: object = ANSWERED, **more: Any) -> Item:
    """Read the only recording of a file."""
    (item,) = read({"test_id": None, "request": asked, "response": answered, **more})
    return item


def exchange(asked: object = ASKED, answered: object = ANSWERED, **more: Any) -> Exchange:
    """Read the only recording, which can be carried over."""
    item = one(asked, answered, **more)
    assert isinstance(item, Exchange), item
    return item


def test_the_sdks_arguments_are_the_request() -> None:
    """Address and method are as they stand, the body is JSON, and a note says that it was written anew."""
    found = exchange()
    assert (found.sent.method, found.sent.url, found.sent.content_type) == ("POST", URL, "application/json")
    assert json.loads(found.sent.body) == BODY
    assert found.answer.content() == b'{"id":"rec-1","created":0}'
    assert found.notes == (REBUILT,)
    assert found.when is None


def test_what_the_sdk_puts_elsewhere_stands_elsewhere() -> None:
    """Extra fields are in the body, extra parameters in the address; a time-out is not sent."""
    body = {**BODY, "extra_body": {"top_k": 1}, "extra_query": {"v": "2 3"}, "extra_headers": {"a": "1"}, "timeout": 5}
    found = exchange({**ASKED, "body": body})
    assert json.loads(found.sent.body) == {**BODY, "top_k": 1}
    assert found.sent.url == URL + "?v=2%203"


def test_a_payload_is_the_body_as_it_was() -> None:
    """The recorder keeps some calls below the SDK, with their status."""
    asked = {"url": "http://h/v1/messages", "method": "POST", "payload": {"model": "m", "extra_body": {"a": 1}}}
    found = exchange(asked, {"status": 400, "body": {"error": {"message": "no"}}, "is_streaming": False})
    assert json.loads(found.sent.body) == {"model": "m", "extra_body": {"a": 1}}
    assert (found.answer.status, found.answer.content()) == (400, b'{"error":{"message":"no"}}')


@pytest.mark.parametrize("path", ["/v1/v1/models", "/api/ps", "/api/tags", "/v1beta/openai/v1/models"])
def test_a_listing_is_a_get(path: str) -> None:
    """The recorder writes POST for every call; a client that replays sends what vendors take."""
    found = exchange({**ASKED, "url": f"http://h{path}", "body": {}}, {"body": [], "is_streaming": False})
    assert (found.sent.method, found.sent.body) == ("GET", b"")
    assert LISTING in found.notes
    told = exchange({**ASKED, "method": "GET", "url": f"http://h{path}", "body": {}})
    assert told.notes == (REBUILT,)


def test_a_workspace_that_was_left_out_stays_out() -> None:
    """The recorder takes the host of Databricks out of the address; the path is what matters."""
    found = exchange({**ASKED, "url": "__databricks__/serving-endpoints/v1/chat/completions"})
    assert found.sent.url == "https://workspace.cloud.databricks.com/serving-endpoints/v1/chat/completions"
    assert NO_WORKSPACE in found.notes


def test_ids_are_those_that_the_recorder_plays() -> None:
    """Where a file maps the ids it plays to those it holds, they are put in their place, in question and answer."""
    answered = {"body": {"id": "call_xyz"}, "is_streaming": False}
    asked = {**ASKED, "body": {**BODY, "user": "call_xyz"}}
    found = exchange(asked, answered, id_normalization_mapping={"call_0": "call_xyz", "same": "same"})
    assert found.answer.content() == b'{"id":"call_0"}'
    assert json.loads(found.sent.body)["user"] == "call_0"


def test_a_call_without_http_is_named() -> None:
    """A tool's call has no address; what it was stands in the reason."""
    tool = one({"test_id": "t", "provider": "tavily", "tool_name": "web_search", "kwargs": {"query": "q"}})
    assert isinstance(tool, LeftOut)
    assert "'web_search' of 'tavily'" in tool.reason
    other = one({"endpoint": "/x"})
    assert isinstance(other, LeftOut)
    assert "no address" in other.reason


def test_googles_calls_are_found_by_their_address() -> None:
    """They are kept at the SDK's seam, without any address of HTTP."""
    asked = {**ASKED, "url": "vertexai:///generate_content", "endpoint": "/generate_content"}
    found = exchange(asked, {"body": {"candidates": []}, "is_streaming": False})
    assert found.sent.path.endswith(":generateContent")


def test_the_date_is_the_recorders() -> None:
    """Where it wrote one."""
    found = exchange(recorded_at="2026-04-01T10:29:48Z")
    assert found.when == 1775039388 * 1_000_000_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"request": ASKED, "response": ANSWERED}, True),
        ([{"request": ASKED, "response": ANSWERED}], True),
        ({"request": {"tool_name": "x"}, "response": {"body": 1}}, True),
        ({"request": {"a": 1}, "response": {"body": 1}}, False),
        ({"request": ASKED, "response": {}}, False),
        ({"request": ASKED}, False),
        ([], False),
        (None, False),
    ],
)
def test_a_recording_is_known_by_what_it_holds(value: object, expected: bool) -> None:
    """A request and a response with the recorder's fields."""
    assert claims(value) is expected


KEYS = st.sampled_from(
    ["url", "body", "payload", "headers", "method", "endpoint", "__type__", "__data__", "is_exception", "extra_body"]
)
ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, ODD), st.dictionaries(st.sampled_from(["body", "is_streaming", "exception_data"]), ODD))
def test_reading_never_fails(asked: dict[str, Any], answered: dict[str, Any]) -> None:
    """Whatever the fields hold, the recording is carried over or named."""
    (found,) = read({"request": asked, "response": answered, "id_normalization_mapping": {"a": "b"}})
    assert isinstance(found, (Exchange, LeftOut))
