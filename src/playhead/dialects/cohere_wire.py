"""
What Cohere's two protocols have in common: counts in two kinds of units, and embeddings.

Source: https://docs.cohere.com/reference/embed and https://docs.cohere.com/reference/embed-v1.
"""

from __future__ import annotations

from typing import Any

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.core.usage import Usage
from playhead.dialects.answers import Counts, made_id, read_counts, write_counts
from playhead.dialects.bodies import read_body, write_body
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.openai_wire import error_text, mapping, sequence
from playhead.dialects.paths import body_of, never_streams, posted
from playhead.errors import ProviderError

PROVIDER = "cohere"
COUNTS = Counts(("input_tokens",), ("output_tokens",), ("total_tokens",))
_TOKENS = "tokens"
_BILLED = "billed_units"
# Facts about the protocol that stand among the counts.
_NO_COUNTS = ("api_version", "warnings")
_FIELDS = {"model": "model"}


def flat_counts(given: object) -> dict[str, Any]:
    """
    Give the counts of an answer side by side.

    Those of tokens are the answer's; where it tells only what is billed, those are. What is billed is kept whole.
    """
    fields = mapping(given)
    rest = {key: item for key, item in fields.items() if key != _TOKENS and key not in _NO_COUNTS}
    tokens = mapping(fields.get(_TOKENS))
    billed = mapping(fields.get(_BILLED))
    counted = tokens or {name: billed[name] for name in ("input_tokens", "output_tokens") if name in billed}
    return {**rest, **counted}


def read_usage(given: object) -> Usage:
    """Read the counts of an answer."""
    return read_counts(flat_counts(given), COUNTS)


def write_usage(usage: Usage) -> dict[str, Any]:
    """Write the counts of an answer, empty where usage is unreported."""
    counts = write_counts(Usage(usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), COUNTS)
    return {**usage.details, _TOKENS: counts} if usage.reported else {}


def embed_dialect(operation: str, path: str) -> Dialect:
    """
    Make the dialect of a protocol's embeddings; vectors are in the body only.

    Args:
        operation: Its name.
        path: The path's ending.
    """

    def claims(asked: Asked) -> bool:
        return asked.path.endswith(path) and posted(asked) is not None

    def decode_request(asked: Asked) -> CompletionRequest:
        return read_body(body_of(asked), operation=operation, family=Family.EMBEDDING, names=_FIELDS)

    def encode_request(request: CompletionRequest, _stream: bool) -> Asked:
        return Asked("POST", path, write_body(request, {}, names=_FIELDS))

    def decode_response(value: Any) -> Completion:
        answer = mapping(value)
        if "embeddings" not in answer:
            words = error_text(answer)
            if words:
                raise ProviderError(f"the answer is an error: {words!r}")
            raise ProviderError(f"the answer has no embeddings: its fields are {sorted(answer)!r}")
        return Completion(usage=read_usage(answer.get("meta")))

    def encode_response(completion: Completion, request: CompletionRequest) -> dict[str, Any]:
        vectors = list(sequence(completion.output))
        plain = path == "/v1/embed" and not request.params.get("embedding_types")
        return {
            "id": made_id("", completion),
            "response_type": "embeddings_floats" if plain else "embeddings_by_type",
            "embeddings": vectors if plain else {"float": vectors},
            "texts": list(sequence(request.params.get("texts"))),
            "meta": {"api_version": {"version": path[2]}, **write_usage(completion.usage)},
        }

    return Dialect(
        provider=PROVIDER,
        operation=operation,
        claims=claims,
        streams=never_streams,
        decode_request=decode_request,
        encode_request=encode_request,
        decode_response=decode_response,
        encode_response=encode_response,
    )
