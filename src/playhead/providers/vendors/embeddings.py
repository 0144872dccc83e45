"""
How each vendor is asked for vectors, and how they are read: the completion's ``output`` has one list of floats for
each text, in order.

Source: https://ai.google.dev/api/embeddings and https://github.com/ollama/ollama/blob/main/docs/api.md; the other
two are OpenAI's own way.
"""

from __future__ import annotations

from typing import Any

import msgspec

from playhead.core.model import Completion, CompletionRequest
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_embeddings import decode_embeddings, encode_embeddings
from playhead.dialects.openai_wire import mapping, merge, refuse_error, sequence, text
from playhead.dialects.paths import written
from playhead.dialects.registry import BY_NAME
from playhead.errors import ProviderError


def ask_openai_embeddings(request: CompletionRequest) -> Asked:
    """Write a question for vectors as OpenAI and Mistral take it."""
    return Asked("POST", "/embeddings", encode_embeddings(request, model=request.model))


read_openai_embeddings = decode_embeddings


def ask_google_embeddings(request: CompletionRequest) -> Asked:
    """Write a question for vectors as Google takes it: one request for each text."""
    body = encode_embeddings(request, model=request.model)
    model = f"models/{text(body.pop('model')).removeprefix('models/')}"
    texts = body.pop("input")
    length = body.pop("dimensions", None)
    body.pop("encoding_format", None)
    further = {} if length is None else {"outputDimensionality": length}
    requests = [
        {"model": model, "content": {"parts": [{"text": each}]}, **further, **body}
        for each in ([texts] if isinstance(texts, str) else texts)
    ]
    return Asked("POST", f"/models/{written(model.removeprefix('models/'))}:batchEmbedContents", {"requests": requests})


def read_google_embeddings(value: Any) -> Completion:
    """
    Read Google's vectors.

    Raises:
        ProviderError: The answer holds an error, no vectors, or something that is not one.
    """
    answered = BY_NAME["google", "batchEmbedContents"].decode_response(value)
    vectors = [mapping(each).get("values") for each in sequence(mapping(value).get("embeddings"))]
    return msgspec.structs.replace(answered, output=[_floats(each, place) for place, each in enumerate(vectors)])


def ask_ollama_embeddings(request: CompletionRequest) -> Asked:
    """Write a question for vectors as Ollama takes it."""
    body = encode_embeddings(request, model=request.model)
    return Asked("POST", "/api/embed", merge(body, {"encoding_format": None}))


def read_ollama_embeddings(value: Any) -> Completion:
    """
    Read Ollama's vectors.

    Raises:
        ProviderError: The answer holds an error, no vectors, or something that is not one.
    """
    refuse_error(mapping(value))
    answered = BY_NAME["ollama", "embed"].decode_response(value)
    vectors = sequence(mapping(value).get("embeddings"))
    return msgspec.structs.replace(answered, output=[_floats(each, place) for place, each in enumerate(vectors)])


def _floats(value: object, place: int) -> list[float]:
    numbers = sequence(value)
    if numbers and all(type(number) in (int, float) for number in numbers):
        return [float(number) for number in numbers]
    raise ProviderError(f"embedding {place} of the answer is not a vector of numbers")
