"""Values of anybody's files, read without trust."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.interchange.source import Unusable
from playhead.interchange.values import (
    MAX_DEPTH,
    body_bytes,
    from_base64,
    header,
    headers_of,
    is_list,
    json_bytes,
    number,
    size_of,
    utf8,
    words,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_scalars_are_words_and_nothing_else_is() -> None:
    """Text, bytes and numbers are written; a truth value, a list and nothing are not."""
    assert list(map(words, ("a", b"\xe9", 105, 1.5))) == ["a", "é", "105", "1.5"]
    assert list(map(words, (None, True, (), ()))) == ["", "", "", ""]


def test_a_whole_number_may_stand_as_text() -> None:
    """Digits and floats without a fraction are numbers; anything else is none."""
    assert [number(one) for one in (200, "200", 200.0)] == [200, 200, 200]
    assert list(map(number, (None, True, "2x", 1.5, "²", "9" * 99, ()))) == [None] * 7


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, b""),
        ("ü", "ü".encode()),
        (b"\x00\xff", b"\x00\xff"),
        ({"string": "a"}, b"a"),
        ({"string": b"\xff"}, b"\xff"),
        ({"string": None}, b""),
        ({"string": {"a": 1}}, b'{"a":1}'),
        ({"encoding": "US-ASCII", "string": "a"}, b"a"),
        ({"encoding": "base64", "string": "/w=="}, b"\xff"),
        ({"base64_string": "/w"}, b"\xff"),
        ({"string": "a", "other": 1}, b'{"string":"a","other":1}'),
        ({"a": [1, None]}, b'{"a":[1,null]}'),
        ([1], b"[1]"),
    ],
)
def test_a_body_stands_in_many_shapes(body: object, expected: bytes) -> None:
    """Text, bytes, the objects that say how a body is kept, and a JSON value that is the body itself."""
    assert body_bytes(body) == expected


def test_a_lone_surrogate_becomes_its_byte_again() -> None:
    """Bytes that passed through text as surrogates come back; any other surrogate is still written."""
    assert utf8("a\udcff") == b"a\xff"
    assert utf8("\ud800") == b"\xed\xa0\x80"


def test_base64_that_is_none_is_no_body() -> None:
    """Line ends and missing padding pass, other letters do not."""
    assert from_base64("aG\nk") == b"hi"
    with pytest.raises(Unusable, match="base64"):
        from_base64("a*b")


@given(JSON)
def test_json_reads_back_as_the_same_value(value: Any) -> None:
    """A value is written in its shortest form and loses nothing."""
    written = json_bytes(value)
    assert json.loads(written.decode("utf-8", "surrogatepass")) == value
    assert size_of(value) + 2 >= 0


def test_bytes_in_a_json_value_are_written() -> None:
    """YAML has bytes where JSON has none: they are text where they can be."""
    assert json_bytes({"a": b"hi", "b": b"\xff"}) == b'{"a":"hi","b":"/w=="}'


def test_a_value_that_stands_for_a_huge_one_is_refused_at_once() -> None:
    """Aliases of aliases would be written out for ever; their size is known in the time it takes to see each once."""
    bomb: list[Any] = ["x" * 100]
    for _ in range(60):
        bomb = [bomb, bomb]
    began = time.perf_counter()
    with pytest.raises(Unusable, match="more than"):
        json_bytes(bomb)
    assert time.perf_counter() - began < 1


def test_a_value_that_holds_itself_or_is_too_deep_is_refused() -> None:
    """Neither has an end that could be written."""
    loop: list[Any] = []
    loop.append({"again": loop})
    deep: Any = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    for value in (loop, deep):
        with pytest.raises(Unusable, match="nested too deeply"):
            json_bytes(value)


def test_a_value_json_cannot_say_is_refused() -> None:
    """A key that is no text, and a type of neither language."""
    for value in ({("a", "b"): 1}, {"a": object()}):
        with pytest.raises(Unusable, match="cannot say"):
            json_bytes(value)


@pytest.mark.parametrize(
    "headers",
    [
        {"A": ["1", "2"], "b": "3"},
        {"A": [b"1", b"2"], "b": b"3"},
        [["A", "1"], ["A", "2"], ["b", "3"]],
        [["A", ["1", "2"]], ["b", 3]],
        [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "b", "value": "3"}],
        [[["A", "1"], ["A", "2"], ["b", "3"]]],
        {":status": "200", "A": ["1", "2"], "b": "3"},
    ],
)
def test_headers_keep_order_case_and_repeats(headers: object) -> None:
    """In whatever shape they stand; what HTTP/2 writes for the first line is no header."""
    assert headers_of(headers) == [("A", "1"), ("A", "2"), ("b", "3")]


@given(st.recursive(st.none() | st.text() | st.integers() | st.binary(), st.lists) | JSON)
def test_reading_headers_never_fails(value: object) -> None:
    """Anything gives headers, each on one line."""
    assert all("\n" not in given and "\r" not in given for _, given in headers_of(value))


def test_a_header_is_found_whatever_its_case() -> None:
    """The first of the name counts; where there is none it is empty."""
    assert header([("Content-Type", "a"), ("content-type", "b")], "content-type") == "a"
    assert header([], "content-type") == ""


def test_an_array_is_a_list() -> None:
    """Nothing else is one."""
    assert is_list([])
    assert not is_list(())
    assert not is_list({})
