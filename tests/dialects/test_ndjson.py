"""Streams of JSON values, one a line."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import any_text, plain_values, same

from playhead.dialects.ndjson import LineFrames, write_line
from playhead.errors import ProviderError

VALUES = st.lists(st.one_of(plain_values, any_text), max_size=4)


def read(data: bytes, cuts: Any = ()) -> list[Any]:
    """Read bytes that are cut at the given places."""
    frames = LineFrames()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found = [value for start, end in itertools.pairwise(edges) for value in frames.feed(data[start:end])]
    return [*found, *frames.finish()]


@given(VALUES, st.lists(st.integers(0, 200), max_size=5), st.booleans())
def test_there_and_back(values: list[Any], cuts: list[int], ended: bool) -> None:
    """Values come out as they went in, however the bytes are cut, whether or not the last line is ended."""
    data = b"".join(map(write_line, values))
    data = data if ended else data.removesuffix(b"\n")
    assert same(read(data, cuts), values)
    assert same(read(data, range(len(data))), values)


def test_empty_lines() -> None:
    """Empty lines and carriage returns say nothing; a line is given as soon as it ends."""
    assert read(b'\n\r\n{"a": 1}\r\n  \n[]') == [{"a": 1}, []]
    frames = LineFrames()
    assert list(frames.feed(b'{"a": 1}\n{"b"')) == [{"a": 1}]


def test_separators_inside_of_a_text() -> None:
    """What ends a line elsewhere is text here."""
    assert read('"a\u2028b\u0085c"\n"d"'.encode()) == ["a\u2028b\u0085c", "d"]


@pytest.mark.parametrize("data", [b"oops\n", b'{"a": \n', b'{"a"'])
def test_what_is_not_json(data: bytes) -> None:
    """A line that is not JSON, or was cut, is a provider's fault."""
    with pytest.raises(ProviderError, match="a piece of the stream is not JSON"):
        read(data)
