"""Instructions that have a field of their own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import same

from playhead.dialects.system_field import with_system, without_system

TOLD = {"role": "system", "content": "be brief"}
HELLO = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("body", "messages", "expected", "name"),
    [
        ({"system": "be brief"}, (HELLO,), (TOLD, HELLO), "system"),
        ({"system": "be brief"}, (TOLD,), (TOLD, TOLD), "system"),
        ({"system": []}, (), ({"role": "system", "content": []},), "system"),
        ({"instruct": "x"}, (HELLO,), ({"role": "system", "instruct": "x"}, HELLO), "instruct"),
        ({"system": "be brief", "instruct": "x"}, (), (TOLD,), "system"),
        ({"system": {"a": 1}}, (HELLO,), (HELLO,), None),
        ({"system": None}, (TOLD,), ({"role": "system"}, TOLD), None),
        ({}, ({"role": "system"},), ({"role": "system"}, {"role": "system"}), None),
        ({}, ({"role": "system", "cache": 1},), ({"role": "system", "cache": 1},), None),
        ({}, (), (), None),
    ],
)
def test_with_system(body: Any, messages: Any, expected: Any, name: str | None) -> None:
    """The field leads the conversation, whose own messages are never taken for it."""
    assert with_system(body, messages, "system", "instruct") == (expected, name)


KEYS = st.sampled_from(["role", "content", "system", "instruct", "other"])
ANY: st.SearchStrategy[Any] = st.sampled_from(["system", "user", None, []])
MESSAGES: st.SearchStrategy[Any] = st.lists(st.dictionaries(KEYS, ANY), max_size=2).map(tuple)


@given(st.dictionaries(KEYS, st.sampled_from(["x", [], {}, None])), MESSAGES)
def test_there_and_back(body: dict[str, Any], messages: Any) -> None:
    """What was put in front comes out again, and nothing else."""
    joined, name = with_system(body, messages, "system", "instruct")
    found, rest = without_system(joined, "system", "instruct")
    assert same(found, {} if name is None else {name: body[name]})
    assert same(rest, messages)
