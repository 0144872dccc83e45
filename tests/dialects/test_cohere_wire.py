"""Cohere's counts and embeddings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests.dialects.exchanges import bodies, there_and_back, usages

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.cohere_wire import embed_dialect, read_usage, write_usage
from playhead.dialects.dialect import Asked, Dialect
from playhead.errors import ProviderError

FIRST, SECOND = embed_dialect("embed.v1", "/v1/embed"), embed_dialect("embed", "/v2/embed")
BILLED = {"input_tokens": 3.0, "output_tokens": 2}
BOTH = pytest.mark.parametrize("dialect", [FIRST, SECOND], ids=["v1", "v2"])


@pytest.mark.parametrize(
    ("given_usage", "expected"),
    [
        (
            {"tokens": {"input_tokens": 103.0, "output_tokens": 5}, "billed_units": BILLED, "cached_tokens": 7},
            Usage(103, 5, details={"billed_units": BILLED, "cached_tokens": 7}),
        ),
        ({"billed_units": BILLED}, Usage(3, 2, details={"billed_units": BILLED})),
        ({"billed_units": {"search_units": 1}}, UNREPORTED),
        ({"api_version": {"version": "2"}, "warnings": []}, UNREPORTED),
        ({"tokens": None, "billed_units": {"input_tokens": None}}, UNREPORTED),
        (None, UNREPORTED),
        ("odd", UNREPORTED),
    ],
)
def test_read_usage(given_usage: Any, expected: Usage) -> None:
    """Tokens are what counts, what is billed where nothing else is told."""
    assert read_usage(given_usage) == expected


@given(usages)
def test_usage_there_and_back(usage: Usage) -> None:
    """Counts that are written read as what they were."""
    assert read_usage(write_usage(usage)) == usage


@BOTH
@given(bodies("texts", "input_type", "embedding_types", "max_tokens", "temperature"))
def test_request_there_and_back(dialect: Dialect, body: dict[str, Any]) -> None:
    """Every body is a request, and the request gives the body again."""
    version = "v1" if dialect is FIRST else "v2"
    request = there_and_back(dialect, Asked("POST", f"/{version}/embed", body))
    assert request.family is Family.EMBEDDING
    assert not dialect.claims(Asked("POST", "/v3/embed", body))


@BOTH
def test_vectors(dialect: Dialect) -> None:
    """Vectors stay in the body, in the form that the request asks for."""
    completion = Completion(usage=Usage(3))
    body = {"embeddings": {"float": [[0.5]]}, "meta": {"api_version": {}, "billed_units": {"input_tokens": 3}}}
    assert dialect.decode_response(body).usage.prompt_tokens == 3
    request = CompletionRequest(operation=dialect.operation, params={"texts": ["a"]})
    written = dialect.encode_response(Completion(usage=Usage(3), output=[[0.5]]), request)
    assert written["embeddings"] == ([[0.5]] if dialect is FIRST else {"float": [[0.5]]})
    assert written["texts"] == ["a"]
    assert dialect.decode_response(written) == completion


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "no embeddings"),
        (None, "no embeddings"),
        ({"message": "invalid api token"}, "invalid api token"),
    ],
)
def test_decode_says_what_is_missing(body: Any, words: str) -> None:
    """A value without vectors is refused by naming what it lacks."""
    with pytest.raises(ProviderError, match=words):
        SECOND.decode_response(body)


def test_any_usage() -> None:
    """Values of any kind are read without a crash."""
    odd: list[Any] = [[], 5, {"tokens": []}, {"tokens": {"input_tokens": "3"}}, {"billed_units": 5}]
    for value in odd:
        assert read_usage(value) == UNREPORTED
