"""The fields of a JSON object that are ours, and the rest."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import bodies, conversations
from tests.strategies import same

from playhead.core.model import CompletionRequest, Family
from playhead.dialects.bodies import PLAIN, message_list, read_body, write_body

RENAMED = {**PLAIN, "max_tokens": "max_output_tokens"}
BODIES = bodies(
    "tools", "temperature", "max_tokens", "max_output_tokens", "operation", "params", messages=conversations
)


def read(body: dict[str, Any], **options: Any) -> CompletionRequest:
    """Read a body whose conversation is in ``messages``."""
    messages = message_list(body.get("messages"))
    taken = () if messages is None else ("messages",)
    return read_body(body, operation="op", messages=messages, taken=taken, **options)


@given(BODIES, st.sampled_from([PLAIN, RENAMED]))
def test_every_body_has_a_request_and_every_request_its_body(body: dict[str, Any], names: dict[str, str]) -> None:
    """Nothing is lost and nothing refused, whatever the fields hold, and the body itself is left alone."""
    before = copy.deepcopy(body)
    request = read(body, names=names)
    fields = {} if request.messages is None else {"messages": list(request.messages)}
    assert same(write_body(request, fields, names=names), body)
    assert same(body, before)


@given(BODIES)
def test_a_request_is_one_that_passes_its_own_checks(body: dict[str, Any]) -> None:
    """What is read has the types and bounds that a request made by hand must have."""
    request = read(body)
    checked = CompletionRequest(
        messages=request.messages,
        model=request.model,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        tools=request.tools,
        params=request.params,
        operation=request.operation,
    )
    assert same(checked, request)


def test_fields() -> None:
    """Our fields are found under the vendor's names; the others are params."""
    tool = {"type": "function"}
    request = read(
        {"model": "m", "tools": [tool], "temperature": 0, "max_output_tokens": 5, "max_tokens": 6, "seed": 1},
        names=RENAMED,
        family=Family.EMBEDDING,
    )
    assert request == CompletionRequest(
        model="m",
        tools=(tool,),
        temperature=0,
        max_tokens=5,
        params={"max_tokens": 6, "seed": 1},
        family=Family.EMBEDDING,
        operation="op",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", ""),
        ("model", 5),
        ("model", None),
        ("tools", []),
        ("tools", [1]),
        ("tools", {}),
        ("temperature", -0.5),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("temperature", True),
        ("temperature", "0.5"),
        ("temperature", 10**400),
        ("max_tokens", -1),
        ("max_tokens", 1.0),
        ("max_tokens", True),
        ("messages", "hi"),
        ("messages", [{"role": "user"}, "hi"]),
        ("messages", None),
    ],
)
def test_a_value_of_another_type_is_a_param(name: str, value: Any) -> None:
    """A field of ours that holds something else is kept as it is."""
    request = read({name: value})
    assert request.params == {name: value} or value != value
    assert request == CompletionRequest(operation="op", params=request.params)


def test_a_model_of_the_path() -> None:
    """Where the path names the model, one in the body is a further param and is written as one."""
    request = read({"model": "body", "x": 1}, model="path")
    assert (request.model, request.params) == ("path", {"model": "body", "x": 1})
    assert write_body(request, {}, model=False) == {"model": "body", "x": 1}
    assert write_body(read({}, model="path"), {}, model=False) == {}


def test_prompt_and_context() -> None:
    """A single text is the prompt, and what nothing matches by is the context."""
    request = read_body({"prompt": "", "x": 1}, operation="op", prompt="", taken=("prompt",), context={"path": "/p"})
    assert request == CompletionRequest(prompt="", params={"x": 1}, operation="op", context={"path": "/p"})


def test_requests_share_nothing() -> None:
    """Requests of one operation are independent of each other, whatever their families."""
    first = read({"a": 1})
    second = read({"b": 2}, family=Family.HTTP)
    third = read({})
    assert (first.params, second.params, third.params) == ({"a": 1}, {"b": 2}, {})
    assert (first.family, second.family, third.family) == (Family.LLM, Family.HTTP, Family.LLM)


@pytest.mark.parametrize(("value", "expected"), [([], ()), ([{}], ({},)), ([1], None), ({}, None), ("", None)])
def test_message_list(value: Any, expected: Any) -> None:
    """Only a list of objects is a conversation."""
    assert message_list(value) == expected
