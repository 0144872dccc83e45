"""What OpenAI's endpoints have in common."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.openai_wire import decode_usage, error_text, loads, merge, refuse_error
from playhead.errors import ProviderError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("given_usage", "expected"),
    [
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
            Usage(prompt_tokens=10, completion_tokens=5, total_tokens=15),
        ),
        ({"input_tokens": 3, "output_tokens": 4}, Usage(prompt_tokens=3, completion_tokens=4)),
        ({"prompt_tokens": 1, "input_tokens": 2}, Usage(prompt_tokens=1, details={"input_tokens": 2})),
        ({"prompt_tokens": 8.0}, Usage(prompt_tokens=8)),
        (
            {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 7}, "x": None},
            Usage(prompt_tokens=1, details={"prompt_tokens_details": {"cached_tokens": 7}}),
        ),
        ({"prompt_tokens": 0}, Usage()),
        ({"prompt_tokens": -1, "completion_tokens": True, "total_tokens": "3"}, UNREPORTED),
        (
            {"prompt_tokens": math.inf, "total_tokens": 2},
            Usage(total_tokens=2, details={"prompt_tokens": math.inf}),
        ),
        ({}, UNREPORTED),
        (None, UNREPORTED),
        ([1], UNREPORTED),
    ],
)
def test_usage(given_usage: Any, expected: Usage) -> None:
    """Counts are read under either vendor's names; what is no count is kept, and none at all is not zero."""
    assert decode_usage(given_usage) == expected


def test_total_is_never_computed() -> None:
    """A total that was not reported stays unknown."""
    assert decode_usage({"prompt_tokens": 2, "completion_tokens": 3}).total_tokens == 0


@given(JSON)
def test_usage_of_any_json(value: Any) -> None:
    """Whatever a server sends for usage gives counts or none, never an exception."""
    assert isinstance(decode_usage(value), Usage)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "no such model", "code": 404}}, "no such model"),
        ({"error": {"code": 503}}, "503"),
        ({"error": {"type": "overloaded"}}, "overloaded"),
        ({"error": "busy"}, "busy"),
        ({"error": ["busy"]}, '["busy"]'),
        ({"message": "not found"}, "not found"),
        ({"detail": [{"loc": ["body"], "msg": "missing"}]}, '[{"loc": ["body"], "msg": "missing"}]'),
        ({"error": None, "choices": []}, None),
        ({}, None),
        ("text", None),
        (None, None),
    ],
)
def test_error_text(body: Any, expected: str | None) -> None:
    """The words of an error are found in every known shape."""
    assert error_text(body) == expected


def test_refuse_error() -> None:
    """An answer that is an error is refused with its words; a null error is none."""
    with pytest.raises(ProviderError, match="the answer is an error: 'busy'"):
        refuse_error({"error": {"message": "busy"}})
    refuse_error({"error": None, "choices": []})


def test_merge() -> None:
    """Params win over the body and None takes a field out; zero and False are values."""
    body = {"model": "m", "max_tokens": 5, "temperature": None, "seed": 1}
    params = {"max_tokens": None, "seed": 0, "logprobs": False}
    assert merge(body, params) == {"model": "m", "seed": 0, "logprobs": False}
    assert body["max_tokens"] == 5


def test_loads_reads_what_vendors_write() -> None:
    """NaN, lone surrogates, big numbers and a byte order mark are read."""
    assert loads(b'\xef\xbb\xbf{"a": "\\ud83d", "b": 123456789012345678901234567890}', "x") == {
        "a": "\ud83d",
        "b": 123456789012345678901234567890,
    }
    assert math.isnan(loads("NaN", "x"))


@pytest.mark.parametrize("data", ["", "<html>", b"\xff\xfe\xff", "[" * 100_000, '{"a": 1} x'])
def test_loads_refuses_what_is_not_json(data: str | bytes) -> None:
    """Other text is a provider's fault, without a cause that holds the text."""
    with pytest.raises(ProviderError, match="the body is not JSON") as caught:
        loads(data, "the body")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_error_nested_too_deeply() -> None:
    """An error that cannot be written as text still has words."""
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert error_text({"error": {"message": deep}}) == "an error that is nested too deeply"
