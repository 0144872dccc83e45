"""OpenAI's embeddings."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import bodies, there_and_back

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.core.usage import Usage
from playhead.dialects.answers import to_bytes
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_embeddings import DIALECTS, decode_embeddings, encode_embeddings
from playhead.dialects.openai_wire import loads
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


# --- the dialect

(EMBEDDINGS,) = DIALECTS
PATH = "/v1/embeddings"
ASKED = CompletionRequest(prompt="one", model="m", family=Family.EMBEDDING, operation="embeddings")
VECTORS = st.lists(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=3), max_size=3)


@given(bodies("dimensions", "encoding_format", "user", input=st.one_of(st.text(max_size=5), st.just(["a", "b"]))))
def test_requests_there_and_back(body: dict[str, Any]) -> None:
    """Every body is in its request, to the field, and comes out of it again."""
    request = there_and_back(EMBEDDINGS, Asked("POST", PATH, {"model": "m", **body}))
    assert request.family is Family.EMBEDDING


def test_read_request() -> None:
    """A text is the prompt; a list of texts is a param."""
    one = EMBEDDINGS.decode_request(Asked("POST", PATH, {"model": "m", "input": "one"}))
    assert (one, one.params) == (ASKED, {})
    many = EMBEDDINGS.decode_request(Asked("POST", PATH, {"model": "m", "input": ["one"]}))
    assert (many.prompt, many.params) == (None, {"input": ["one"]})


@pytest.mark.parametrize(
    "asked", [Asked("POST", PATH, {"vector": [1]}), Asked("GET", PATH), Asked("POST", "/v1/embed", {"input": "a"})]
)
def test_claims_nothing_else(asked: Asked) -> None:
    """Embeddings that another service keeps are something else."""
    assert not EMBEDDINGS.claims(asked)


@pytest.mark.parametrize("encoding", [None, "float", "base64"])
@given(vectors=VECTORS)
def test_vectors_there_and_back(encoding: str | None, vectors: list[list[float]]) -> None:
    """Vectors are written as the request asks for them, and read as the same numbers."""
    request = CompletionRequest(prompt="one", params={"encoding_format": encoding}, operation="embeddings")
    completion = Completion(model="m", usage=Usage(4, 0, 4), output=vectors)
    written = loads(to_bytes(EMBEDDINGS.encode_response(completion, request)), "it")
    assert all(isinstance(item["embedding"], str) == (encoding == "base64") for item in written["data"])
    assert decode_embeddings(written) == completion
    assert EMBEDDINGS.decode_response(written) == Completion(model="m", usage=Usage(4, 0, 4))


def test_vectors_single_precision_cannot_hold() -> None:
    """A number that does not fit base64's form stands as a number."""
    request = CompletionRequest(prompt="one", params={"encoding_format": "base64"}, operation="embeddings")
    assert EMBEDDINGS.encode_response(Completion(output=[[1e300]]), request)["data"][0]["embedding"] == [1e300]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"error": {"message": "busy"}}, "'busy'"),
        ({"data": None}, "no data"),
        ({"data": [{"index": 0}]}, "embedding 0 of the answer"),
    ],
)
def test_what_is_no_answer(value: Any, words: str) -> None:
    """A body without vectors is refused."""
    with pytest.raises(ProviderError, match=words):
        EMBEDDINGS.decode_response(value)
