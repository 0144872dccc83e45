"""Vectors of each vendor that gives them."""

from __future__ import annotations

from typing import Any

import pytest

from playhead.core.model import CompletionRequest, Family
from playhead.core.usage import Usage
from playhead.errors import ProviderError
from playhead.providers.vendors.embeddings import (
    ask_google_embeddings,
    ask_ollama_embeddings,
    ask_openai_embeddings,
    read_google_embeddings,
    read_ollama_embeddings,
    read_openai_embeddings,
)


def texts(*given: str, **params: Any) -> CompletionRequest:
    """Give a request for the vectors of some texts."""
    return CompletionRequest(model="e", params={"input": list(given), **params}, family=Family.EMBEDDING)


def test_openai() -> None:
    """The body is the vendor's, and vectors come in the order of the texts."""
    assert ask_openai_embeddings(texts("a", dimensions=2)).body == {"model": "e", "input": ["a"], "dimensions": 2}
    answer = {"data": [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}]}
    assert read_openai_embeddings(answer).output == [[1.0], [2.0]]


def test_google() -> None:
    """Each text is a request of its own; the length has the vendor's name."""
    asked = ask_google_embeddings(texts("a", "b", dimensions=2, encoding_format="float", taskType="X"))
    assert asked.path == "/models/e:batchEmbedContents"
    further = {"outputDimensionality": 2, "taskType": "X"}
    assert asked.body == {
        "requests": [
            {"model": "models/e", "content": {"parts": [{"text": "a"}]}, **further},
            {"model": "models/e", "content": {"parts": [{"text": "b"}]}, **further},
        ]
    }
    assert read_google_embeddings({"embeddings": [{"values": [1, 0.5]}, {"values": [2]}]}).output == [[1.0, 0.5], [2.0]]


def test_ollama() -> None:
    """The counts come with the vectors."""
    assert ask_ollama_embeddings(texts("a", encoding_format="float")).body == {"model": "e", "input": ["a"]}
    read = read_ollama_embeddings({"model": "e", "embeddings": [[0.25]], "prompt_eval_count": 3})
    assert (read.output, read.usage) == ([[0.25]], Usage(3))


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        (read_google_embeddings, {"embeddings": [{"values": []}]}),
        (read_google_embeddings, {"embeddings": [{"values": ["x"]}]}),
        (read_google_embeddings, {"error": {"message": "no"}}),
        (read_ollama_embeddings, {"embeddings": [["x"]]}),
        (read_ollama_embeddings, {"error": "no"}),
        (read_openai_embeddings, {}),
    ],
)
def test_what_is_no_vector_is_refused(read: Any, answer: Any) -> None:
    """An answer without numbers is an error of the provider, never a vector of nothing."""
    with pytest.raises(ProviderError):
        read(answer)
