"""
OpenAI's ``/embeddings``.

Source: https://platform.openai.com/docs/api-reference/embeddings. The vectors are the completion's
``output``.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from playhead.core.model import Completion, CompletionRequest
from playhead.dialects.openai_wire import decode_usage, mapping, merge, refuse_error, sequence, text
from playhead.errors import ProviderError, UsageError

Vector = list[float]
"""JSON's own form: a vector that was recorded comes back equal to the live one."""

# encoding_format "base64" is the vector's 32-bit floats, little endian.
_FLOAT_BYTES = 4


def encode_embeddings(request: CompletionRequest, *, model: str | None) -> dict[str, Any]:
    """
    Give the JSON object that asks for vectors.

    Args:
        request: The texts as ``params["input"]`` (a text, a list of texts, or token numbers as the vendor
            takes them) or as its prompt. All other params are sent as they are.
        model: The model to ask, the request's own or a default; ``None`` is not sent.

    Raises:
        UsageError: There is nothing to embed.
    """
    given = request.params.get("input", request.prompt)
    if not given:
        raise UsageError(
            "a request for embeddings has neither input nor prompt",
            hint="CompletionRequest(family=Family.EMBEDDING, params={'input': ['...']})",
        )
    return merge({"model": model, "input": given}, request.params)


def decode_embeddings(body: object) -> Completion:
    """
    Read the vectors of an answer, in the order of their index; one without an index keeps its place.

    Raises:
        ProviderError: The body holds an error, no data, or something that is not a vector.
    """
    answer = mapping(body)
    refuse_error(answer)
    if not isinstance(answer.get("data"), (list, tuple)):
        raise ProviderError(f"the answer has no data: its fields are {sorted(answer)!r}")
    items = [mapping(item) for item in sequence(answer["data"])]
    ordered = sorted(enumerate(items), key=lambda pair: _place(*pair))
    return Completion(
        model=text(answer.get("model")),
        usage=decode_usage(answer.get("usage")),
        output=[_vector(item.get("embedding"), place) for place, item in ordered],
    )


def _place(position: int, item: Mapping[str, Any]) -> int:
    index = item.get("index")
    return index if type(index) is int else position


def _vector(value: object, place: int) -> Vector:
    if isinstance(value, str):
        return _from_base64(value, place)
    numbers = sequence(value)
    if numbers and all(type(number) in (int, float) for number in numbers):
        with suppress(OverflowError):
            return [float(number) for number in numbers]
    raise ProviderError(f"embedding {place} of the answer is not a vector of numbers")


def _from_base64(value: str, place: int) -> Vector:
    packed = b""
    with suppress(ValueError):
        packed = base64.b64decode(value, validate=True)
    if not packed:
        raise ProviderError(f"embedding {place} of the answer is not base64")
    if len(packed) % _FLOAT_BYTES:
        raise ProviderError(
            f"embedding {place} of the answer has {len(packed)} bytes, which is no number of 32-bit floats"
        )
    return list(struct.unpack(f"<{len(packed) // _FLOAT_BYTES}f", packed))
