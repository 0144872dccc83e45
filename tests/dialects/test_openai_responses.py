"""Requests to OpenAI's responses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import bodies, conversations, key, listen, there_and_back, vcr_exchanges
from tests.strategies import any_text, same

from playhead.core.model import Completion, CompletionRequest
from playhead.core.usage import Usage
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_responses import DIALECTS
from playhead.errors import ProviderError

RESPONSES, COMPACT, RETRIEVE, COUNT = DIALECTS
PATH = "/v1/responses"
ITEMS = st.one_of(
    conversations,
    any_text,
    st.sampled_from(
        [
            [{"content": "hi"}],
            [{"role": "system", "content": "be brief"}],
            [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
            [{"role": "system"}],
            [{"role": "system"}, {"content": "hi"}],
            [{"type": "function_call_output", "call_id": "c", "output": "42"}],
            [],
        ]
    ),
)
BODIES = bodies(
    *("tools", "temperature", "max_output_tokens", "max_tokens", "previous_response_id", "reasoning", "text"),
    input=ITEMS,
    instructions=any_text,
)


@pytest.mark.parametrize(
    ("dialect", "path"), [(RESPONSES, PATH), (COMPACT, f"{PATH}/compact"), (COUNT, f"{PATH}/input_tokens")]
)
@given(body=BODIES)
def test_requests_there_and_back(dialect: Any, path: str, body: dict[str, Any]) -> None:
    """Every body is in its request, to the field, and comes out of it again."""
    body = {"model": "m", **body} | ({} if dialect is RESPONSES else {"stream": False})
    there_and_back(dialect, Asked("POST", path, body))


@given(BODIES, BODIES)
def test_bodies_that_differ_give_requests_that_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two bodies give the same request only where they are the same."""
    first, second = (RESPONSES.decode_request(Asked("POST", PATH, body)) for body in (one, other))
    assert same(first, second) == same(one, other)


def test_ways_to_say_the_same_are_told_apart() -> None:
    """Instructions and a system message, a text and a list of one are different bodies with different keys."""
    given_inputs: list[dict[str, Any]] = [
        {"instructions": "x", "input": "hi"},
        {"instructions": "x", "input": [{"content": "hi"}]},
        {"instructions": "x", "input": [{"role": "user", "content": "hi"}]},
        {"input": [{"role": "system", "content": "x"}, {"content": "hi"}]},
        {"input": [{"role": "system", "content": "x"}, {"role": "user", "content": "hi"}]},
        {"instructions": "x"},
        {"instructions": "x", "input": []},
        {"instructions": None, "input": []},
        {"input": []},
        {"input": ""},
        {"input": None},
        {},
    ]
    keys = [key(RESPONSES, Asked("POST", PATH, {"model": "m", **body})) for body in given_inputs]
    assert len(set(keys)) == len(keys)


def test_read_request() -> None:
    """Instructions lead the conversation, and the bound of the answer's length has another name."""
    body = {"model": "m", "instructions": "be brief", "input": "hi", "max_output_tokens": 5, "temperature": 0.5}
    asked = Asked("POST", PATH, body)
    assert RESPONSES.decode_request(asked) == CompletionRequest(
        messages=({"role": "system", "content": "be brief"}, {"content": "hi"}),
        model="m",
        max_tokens=5,
        temperature=0.5,
        operation="responses",
    )
    assert not RESPONSES.streams(asked)
    assert RESPONSES.streams(Asked("POST", PATH, {**body, "stream": True}))


def test_a_request_made_by_hand_is_written() -> None:
    """A prompt is the input, and a conversation its items."""
    assert RESPONSES.encode_request(CompletionRequest(prompt="hi", model="m"), True) == Asked(
        "POST", PATH, {"model": "m", "input": "hi", "stream": True}
    )
    messages = ({"role": "system", "content": "x"}, {"role": "user", "content": "hi"})
    assert RESPONSES.encode_request(CompletionRequest(messages=messages), False).body == {
        "instructions": "x",
        "input": [messages[1]],
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked("POST", PATH, {"input": "hi"}), RESPONSES),
        (Asked("POST", "/openai/responses", {"model": "m"}), RESPONSES),
        (Asked("POST", PATH, {"prompt": {"id": "pmpt_1"}}), RESPONSES),
        (Asked("POST", f"{PATH}/compact", {"model": "m"}), COMPACT),
        (Asked("GET", f"{PATH}/resp_1"), RETRIEVE),
        (Asked("POST", "/api/surveys/5/responses", {"answers": [1]}), None),
        (Asked("POST", PATH, []), None),
        (Asked("GET", PATH), None),
        (Asked("DELETE", f"{PATH}/resp_1"), None),
        (Asked("GET", "/api/surveys/5/responses/7"), None),
        (Asked("POST", f"{PATH}/resp_1/cancel", {}), None),
    ],
)
def test_claims(asked: Asked, expected: Any) -> None:
    """What is asked of a model is claimed, and the responses to other things are not."""
    assert [one.name for one in DIALECTS if one.claims(asked)] == ([expected.name] if expected else [])


@pytest.mark.parametrize("query", [(), (("stream", "true"),), (("include", "a"), ("stream", "false"))])
def test_retrieval_there_and_back(query: tuple[tuple[str, str], ...]) -> None:
    """A response that is asked for by its id has no conversation; the query says whether it is streamed."""
    asked = Asked("GET", f"{PATH}/resp_1", None, query)
    request = there_and_back(RETRIEVE, asked)
    assert request.params["id"] == "resp_1"
    assert RETRIEVE.streams(asked) == (("stream", "true") in query)
    assert RETRIEVE.encode_request(request, True).query[-1:] != ()


def test_evidence_of_real_recordings() -> None:
    """Every recorded exchange is claimed and read; one that is only queued has its status for an end."""
    ends: list[str | None] = []
    folders = ("test_openai_responses", "test_openai", "test_mistral", "test_cohere")
    for one in vcr_exchanges(*folders):
        if "/responses" not in one.asked.path:
            continue
        asked = one.asked._replace(body=one.asked.body or None)
        (dialect,) = [each for each in DIALECTS if each.claims(asked)]
        request = there_and_back(dialect, asked)
        found = listen(dialect, one.answer).completion if isinstance(one.answer, bytes) else None
        found = found or dialect.decode_response(one.answer)
        ends.append(found.finish_reason)
        assert found.usage.reported == (found.finish_reason != "queued")
        if dialect is not COMPACT:
            assert found.model
            assert found.text or found.tool_calls or found.finish_reason == "queued"
        assert same(dialect.decode_response(dialect.encode_response(found, request)), found), one.name
    assert len(ends) >= 18
    assert sorted({end or "" for end in ends}) == ["", "completed", "queued"]


def test_count() -> None:
    """A count is usage without an answer; an answer without a count is none."""
    completion = Completion(usage=Usage(7))
    assert COUNT.decode_response({"object": "response.input_tokens", "input_tokens": 7}) == completion
    assert COUNT.decode_response(COUNT.encode_response(completion, CompletionRequest(prompt="hi"))) == completion
    for body in ({}, None, {"input_tokens": "7"}):
        with pytest.raises(ProviderError, match="no count"):
            COUNT.decode_response(body)
