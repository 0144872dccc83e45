"""Streams that are one JSON array."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import plain_values, same

from playhead.dialects.json_array import ArrayFrames
from playhead.errors import ProviderError

OBJECTS = st.lists(st.dictionaries(st.text(), plain_values, max_size=3), max_size=4)


def read(data: bytes, cuts: Any) -> list[Any]:
    """Read bytes that are cut at the given places."""
    frames = ArrayFrames()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found = [value for start, end in itertools.pairwise(edges) for value in frames.feed(data[start:end])]
    return [*found, *frames.finish()]


@given(OBJECTS, st.booleans(), st.booleans(), st.lists(st.integers(0, 200), max_size=5))
def test_objects_of_an_array(values: list[Any], ascii_only: bool, spaced: bool, cuts: list[int]) -> None:
    """The objects come out, however they are written and cut; a byte at a time too."""
    data = json.dumps(values, ensure_ascii=ascii_only, indent=2 if spaced else None).encode()
    assert same(read(data, cuts), values)
    assert same(read(data, range(len(data))), values)


def test_braces_and_quotes_in_texts() -> None:
    """What stands inside a text does not end an object."""
    values = [{"a": '}{"\\'}, {"\\\\": {"b": '\\"}'}}, {"c": "\\"}]
    data = json.dumps(values).encode()
    for cut in range(len(data)):
        assert read(data, [cut]) == values


def test_objects_come_when_they_are_whole() -> None:
    """An object is given with its last byte, not with the array's."""
    frames = ArrayFrames()
    assert list(frames.feed(b'[{"a": 1}')) == [{"a": 1}]
    assert list(frames.feed(b',\r\n{"b":')) == []
    assert list(frames.feed(b" 2}")) == [{"b": 2}]


def test_a_bare_object() -> None:
    """An error comes without an array around it."""
    assert read(b'{"error": {"code": 500}}', []) == [{"error": {"code": 500}}]


@pytest.mark.parametrize("data", [b"<html>", b"[1, {}]", b"[{}]x", b"}", b"[{}}", b"[{oops}]", b'["a", {}]'])
def test_what_is_no_array_of_objects(data: bytes) -> None:
    """Anything else is a provider's fault."""
    with pytest.raises(ProviderError, match="is not JSON"):
        read(data, [])
