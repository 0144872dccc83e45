"""Paths of requests and what they post."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.dialects.dialect import Asked
from playhead.dialects.paths import always_streams, asks_stream, body_of, never_streams, posted, read, written


def test_posted() -> None:
    """Only a JSON object that is posted is what a vendor's operation takes."""
    assert posted(Asked("POST", "/", {"a": 1})) == {"a": 1}
    for other in (Asked("GET", "/", {}), Asked("POST", "/"), Asked("POST", "/", []), Asked("POST", "/", "{}")):
        assert posted(other) is None


def test_body_of() -> None:
    """A body that is no object has no fields."""
    assert body_of(Asked("POST", "/", {"a": 1})) == {"a": 1}
    assert body_of(Asked("POST", "/", [1])) == {}


@pytest.mark.parametrize(("value", "expected"), [(True, True), (False, False), (1, False), ("true", False)])
def test_asks_stream(value: object, expected: bool) -> None:
    """Only true asks for a stream."""
    assert asks_stream(Asked("POST", "/", {"stream": value})) is expected
    assert not never_streams(Asked("POST", "/", {"stream": value}))
    assert always_streams(Asked("POST", "/", {"stream": value}))


@given(st.text())
def test_names_in_paths(name: str) -> None:
    """Every name is one part of a path and comes out again; a lone surrogate cannot be sent."""
    assert "/" not in written(name)
    assert "?" not in written(name)
    assert read(written(name)) == name
    assert written("\ud800") == "%3F"


@pytest.mark.parametrize(("part", "name"), [("a%3A0", "a:0"), ("%ff", "\ufffd"), ("%", "%"), ("%zz", "%zz")])
def test_read_as_it_is_sent(part: str, name: str) -> None:
    """Escapes are undone, and what is none stands."""
    assert read(part) == name
