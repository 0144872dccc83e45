"""
OpenAI's ``/embeddings``.

Source: https://platform.openai.com/docs/api-reference/embeddings. Of a provider's answer the vectors are the
completion's ``output``. At the wire seam they are not: the answer's bytes are kept with it, and vectors once more would
double every file.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.dialects.answers import write_counts
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.openai_choices import COUNTS
from playhead.dialects.openai_requests import read_posted, write_posted
from playhead.dialects.openai_wire import decode_usage, mapping, merge, refuse_error, sequence, text
from playhead.dialects.paths import never_streams
from playhead.errors import ProviderError, UsageError

PROVIDER = "openai"
OPERATION = "embeddings"

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


def _claims(asked: Asked) -> bool:
    body = asked.body
    # Any service may have embeddings to post; these are asked for.
    return (
        asked.method == "POST"
        and type(body) is dict
        and asked.path.endswith("/embeddings")
        and ("input" in body or "model" in body)
    )


def _decode_request(asked: Asked) -> CompletionRequest:
    given = asked.body.get("input")
    if type(given) is not str:
        return read_posted(asked, OPERATION, family=Family.EMBEDDING)
    return read_posted(asked, OPERATION, family=Family.EMBEDDING, prompt=given, taken=("input",))


def _encode_request(request: CompletionRequest, _stream: bool) -> Asked:
    fields = {} if request.prompt is None else {"input": request.prompt}
    return write_posted(request, "/v1/embeddings", fields)


def _decode_response(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    if not isinstance(answer.get("data"), list):
        raise ProviderError(f"the answer has no data: its fields are {sorted(answer)!r}")
    for place, item in enumerate(sequence(answer["data"])):
        if not isinstance(mapping(item).get("embedding"), (list, str)):
            raise ProviderError(f"embedding {place} of the answer is not a vector of numbers")
    return Completion(model=text(answer.get("model")), usage=decode_usage(answer.get("usage")))


def _encode_response(completion: Completion, request: CompletionRequest) -> dict[str, Any]:
    """Write the vectors of the completion's output, as base64 where the request asks for it."""
    packed = request.params.get("encoding_format") == "base64"
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": place, "embedding": _to_base64(vector) if packed else list(vector)}
            for place, vector in enumerate(sequence(completion.output))
        ],
        "model": completion.model,
        "usage": write_counts(completion.usage, COUNTS),
    }


def _to_base64(vector: Vector) -> str | Vector:
    try:
        packed = struct.pack(f"<{len(vector)}f", *vector)
    except OverflowError:
        return vector  # what single precision cannot hold
    return base64.b64encode(packed).decode("ascii")


DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        provider=PROVIDER,
        operation=OPERATION,
        claims=_claims,
        streams=never_streams,
        decode_request=_decode_request,
        encode_request=_encode_request,
        decode_response=_decode_response,
        encode_response=_encode_response,
    ),
)
