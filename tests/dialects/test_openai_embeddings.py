"""OpenAI's embeddings."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.core.usage import Usage
from playhead.dialects.openai_embeddings import decode_embeddings, encode_embeddings
from playhead.errors import ProviderError, UsageError


def packed(*numbers: float) -> str:
    """Give the numbers as base64 of 32-bit floats, little endian."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


@pytest.mark.parametrize("given_input", ["one", ["one", "two"], [1, 2, 3], [[1, 2], [3]]])
def test_encode_input(given_input: Any) -> None:
    """Texts and token numbers are sent as they were given, with all other params."""
    request = CompletionRequest(
        family=Family.EMBEDDING, params={"input": given_input, "dimensions": 2, "encoding_format": None}
    )
    assert encode_embeddings(request, model="m") == {"model": "m", "input": given_input, "dimensions": 2}


def test_encode_prompt() -> None:
    """A prompt is the text to embed."""
    request = CompletionRequest(prompt="one", family=Family.EMBEDDING)
    assert encode_embeddings(request, model=None) == {"input": "one"}


@pytest.mark.parametrize("given_input", [None, "", []])
def test_encode_refuses_nothing(given_input: Any) -> None:
    """A request without anything to embed is the caller's mistake."""
    request = CompletionRequest(family=Family.EMBEDDING, params={"input": given_input})
    with pytest.raises(UsageError, match="neither input nor prompt"):
        encode_embeddings(request, model="m")


def test_decode() -> None:
    """Vectors come in the order of their index, numbers and base64 alike."""
    body = {
        "object": "list",
        "data": [
            {"index": 2, "embedding": packed(0.5, -2.0)},
            {"index": 0, "embedding": [0.1, 1]},
            {"index": 1, "embedding": [-0.0, 1e-300]},
        ],
        "model": "e-1",
        "usage": {"prompt_tokens": 4, "total_tokens": 4},
    }
    assert decode_embeddings(body) == Completion(
        model="e-1",
        usage=Usage(prompt_tokens=4, total_tokens=4),
        output=[[0.1, 1.0], [-0.0, 1e-300], [0.5, -2.0]],
    )


def test_decode_without_index() -> None:
    """Vectors without an index, or all with the same, keep their place."""
    vectors = [[1.0], [2.0], [3.0]]
    assert decode_embeddings({"data": [{"embedding": v} for v in vectors]}).output == vectors
    same = {"data": [{"embedding": v, "index": 0} for v in vectors]}
    assert decode_embeddings(same).output == vectors


FINITE = st.floats(allow_nan=False, allow_infinity=False)


def bits(numbers: list[float]) -> bytes:
    """Give the bit pattern, so that -0.0 and 0.0 differ."""
    return struct.pack(f"<{len(numbers)}d", *numbers)


@given(st.lists(FINITE, min_size=1, max_size=9))
def test_numbers_are_exact_to_the_bit(numbers: list[float]) -> None:
    """A vector of 64-bit floats goes through JSON and comes out with the same bits."""
    body = json.loads(json.dumps({"data": [{"index": 0, "embedding": numbers}]}))
    assert bits(decode_embeddings(body).output[0]) == bits(numbers)


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=9))
def test_base64_is_exact_to_the_bit(numbers: list[float]) -> None:
    """A vector of 32-bit floats comes out with the same bits."""
    assert bits(decode_embeddings({"data": [{"embedding": packed(*numbers)}]}).output[0]) == bits(numbers)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, r"no data: its fields are \[\]"),
        ({"data": None, "model": "m"}, r"no data: its fields are \['data', 'model'\]"),
        ({"error": "busy"}, "'busy'"),
        ({"data": [{}]}, "embedding 0 of the answer is not a vector"),
        ({"data": [{"embedding": []}]}, "is not a vector"),
        ({"data": [{"embedding": [1.0, None]}]}, "is not a vector"),
        ({"data": [{"embedding": [True]}]}, "is not a vector"),
        ({"data": [{"embedding": [10**400]}]}, "is not a vector"),
        ({"data": [{"embedding": "***"}]}, "is not base64"),
        ({"data": [{"embedding": ""}]}, "is not base64"),
        ({"data": [{"embedding": "é"}]}, "is not base64"),
        ({"data": [{"embedding": base64.b64encode(b"12345").decode()}]}, "has 5 bytes"),
    ],
)
def test_decode_says_what_is_wrong(body: Any, words: str) -> None:
    """A body without vectors is refused by naming what is wrong."""
    with pytest.raises(ProviderError, match=words):
        decode_embeddings(body)
