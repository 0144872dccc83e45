"""A URL's parameters as part of a request."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import clean_text

from playhead.core.secret_names import MASK
from playhead.dialects.queries import join_query, read_query, split_query, write_query

PAIRS = st.lists(st.tuples(clean_text, clean_text), max_size=4)


@given(PAIRS)
def test_there_and_back(pairs: list[tuple[str, str]]) -> None:
    """Parameters that are joined and split, read and written are the same, in order."""
    kept = [pair for pair in pairs if MASK not in read_query([pair])[0]]
    assert split_query(join_query(pairs)) == pairs
    assert list(write_query(read_query(kept))) == kept


@pytest.mark.parametrize("query", ["a=%ff%C3%BC", "a=1&a=&b=+x", "q=a=b", ""])
def test_bytes_stay(query: str) -> None:
    """What is no UTF-8 comes out as it went in."""
    assert split_query(join_query(split_query(query))) == split_query(query)


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "X-Amz-Signature", "client_secret", "sig"])
def test_credentials_are_masked(name: str) -> None:
    """A parameter that carries a credential keeps its name and nothing else."""
    assert read_query([("limit", "5"), (name, "hunter2"), ("page_token", "")]) == [
        ["limit", "5"],
        [name, MASK],
        ["page_token", ""],
    ]


@pytest.mark.parametrize("name", ["q", "limit", "api-version", "model", "after"])
def test_others_are_not(name: str) -> None:
    """Other parameters say something about the question."""
    assert read_query([(name, "x")]) == [[name, "x"]]


@pytest.mark.parametrize("value", [None, 5, "ab", [1], [["a"]], [["a", "b", "c"]]])
def test_what_is_no_query(value: Any) -> None:
    """A request made by hand may hold anything there."""
    assert write_query(value) == ()


def test_a_lone_surrogate_is_written() -> None:
    """Text that UTF-8 cannot hold is written all the same."""
    assert join_query([("a", "\ud800")]) == "a=%ED%A0%80"
