"""
Google's ``countTokens``, embeddings and list of models.

Embeddings are asked for by ``embedContent`` and ``batchEmbedContents``, and at Vertex AI by ``predict``.

Source: https://ai.google.dev/api/tokens, https://ai.google.dev/api/embeddings, https://ai.google.dev/api/models and
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api. Vectors are in the body only.
"""

from __future__ import annotations

from typing import Any

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.dialects.answers import Counts, read_counts, write_counts
from playhead.dialects.bodies import read_body, write_body
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.gemini_requests import (
    FIELDS,
    PROVIDER,
    claims_verb,
    model_of,
    path_of,
    read_contents,
    write_contents,
)
from playhead.dialects.openai_wire import mapping, refuse_error, sequence, text
from playhead.dialects.paths import body_of, never_streams
from playhead.dialects.vectors import vectors_said
from playhead.errors import ProviderError

COUNT = "countTokens"
MODELS = "models"
PREDICT = "predict"
_TOKENS = Counts(("token_count",))
_COUNTED = Counts(("totalTokens",))
_EMBEDDED = Counts(("promptTokenCount",), (), ("totalTokenCount",))
_GREATEST = 2**53
# A key may stand in the query; it says who asks, not what.
_CREDENTIALS = ("key", "access_token")


def _claims_count(asked: Asked) -> bool:
    return claims_verb(asked, COUNT)


def _decode_count_request(asked: Asked) -> CompletionRequest:
    return read_contents(body_of(asked), COUNT, model_of(asked.path, COUNT), Family.HTTP)


def _encode_count_request(request: CompletionRequest, _stream: bool) -> Asked:
    return Asked("POST", path_of(request.model, COUNT), write_contents(request))


def _decode_count(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    usage = read_counts(answer, _COUNTED)
    if not usage.reported:
        raise ProviderError(f"the answer has no count of tokens: its fields are {sorted(answer)!r}")
    return Completion(usage=usage)


def _encode_count(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    return {"totalTokens": 0, **write_counts(completion.usage, _COUNTED)}


def _embedding(operation: str, field: str) -> Dialect:
    """
    Make the dialect of an operation that gives vectors.

    Args:
        operation: Its name, the path's verb.
        field: What its answer must hold.
    """

    def claims(asked: Asked) -> bool:
        return claims_verb(asked, operation)

    def decode_request(asked: Asked) -> CompletionRequest:
        model = model_of(asked.path, operation)
        return read_body(body_of(asked), operation=operation, family=Family.EMBEDDING, names=FIELDS, model=model)

    def encode_request(request: CompletionRequest, _stream: bool) -> Asked:
        return Asked("POST", path_of(request.model, operation), write_body(request, {}, names=FIELDS, model=False))

    def decode_response(value: Any) -> Completion:
        answer = mapping(value)
        refuse_error(answer)
        if not mapping(answer.get(field)) and not sequence(answer.get(field)):
            raise ProviderError(f"the answer has no {field}: its fields are {sorted(answer)!r}")
        version = text(answer.get("modelVersion"))
        usage = read_counts(answer.get("usageMetadata"), _EMBEDDED)
        given: Any = answer[field]
        vectors = sequence(given) or [given]
        said = vectors_said(usage, vectors)
        return Completion(model=version, model_version=version or None, usage=usage, output=said)

    def encode_response(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
        vectors = [{"values": vector} for vector in sequence(completion.output)] or [{"values": []}]
        answer: dict[str, Any] = {field: vectors if field == "embeddings" else vectors[0]}
        usage = write_counts(completion.usage, _EMBEDDED)
        if usage:
            answer["usageMetadata"] = usage
        if completion.model:
            answer["modelVersion"] = completion.model
        return answer

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


def _claims_predict(asked: Asked) -> bool:
    # Models of every kind predict; texts to be made vectors of stand under "content".
    instances = sequence(body_of(asked).get("instances"))
    return bool(instances) and "content" in mapping(instances[0]) and claims_verb(asked, PREDICT)


def _decode_predict_request(asked: Asked) -> CompletionRequest:
    model = model_of(asked.path, PREDICT)
    return read_body(body_of(asked), operation=PREDICT, family=Family.EMBEDDING, names=FIELDS, model=model)


def _encode_predict_request(request: CompletionRequest, _stream: bool) -> Asked:
    return Asked("POST", path_of(request.model, PREDICT), write_body(request, {}, names=FIELDS, model=False))


def _decode_predict(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    vectors = [mapping(mapping(item).get("embeddings")) for item in sequence(answer.get("predictions"))]
    if not vectors:
        raise ProviderError(f"the answer has no predictions: its fields are {sorted(answer)!r}")
    counts: list[Any] = [mapping(vector.get("statistics")).get("token_count") for vector in vectors]
    tokens = [int(count) for count in counts if type(count) in (int, float) and 0 <= count < _GREATEST]
    # A text has a count of its own each.
    usage = read_counts({"token_count": sum(tokens)} if tokens else None, _TOKENS)
    return Completion(usage=usage, output=vectors_said(usage, vectors))


def _encode_predict(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    vectors: list[dict[str, Any]] = [{"values": vector} for vector in sequence(completion.output)] or [{"values": []}]
    usage = write_counts(completion.usage, _TOKENS)
    if usage:
        vectors[0]["statistics"] = usage
    return {"predictions": [{"embeddings": vector} for vector in vectors]}


def _claims_models(asked: Asked) -> bool:
    # Other vendors list their models at /v1/models: the version is what tells this one.
    return asked.method == "GET" and asked.body is None and asked.path.endswith(("/v1beta/models", "/v1alpha/models"))


def _decode_models_request(asked: Asked) -> CompletionRequest:
    query = [list(pair) for pair in asked.query if pair[0] not in _CREDENTIALS]
    params = {"query": query} if query else {}
    return CompletionRequest(params=params, family=Family.HTTP, operation=MODELS)


def _encode_models_request(request: CompletionRequest, _stream: bool) -> Asked:
    query = tuple((text(pair[0]), text(pair[1])) for pair in sequence(request.params.get("query")))
    return Asked("GET", "/v1beta/models", None, query)


def _decode_models(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    if answer and "models" not in answer:
        raise ProviderError(f"the answer has no models: its fields are {sorted(answer)!r}")
    return Completion()


def _encode_models(_completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    return {"models": []}


FURTHER: tuple[Dialect, ...] = (
    Dialect(
        provider=PROVIDER,
        operation=COUNT,
        claims=_claims_count,
        streams=never_streams,
        decode_request=_decode_count_request,
        encode_request=_encode_count_request,
        decode_response=_decode_count,
        encode_response=_encode_count,
    ),
    _embedding("embedContent", "embedding"),
    _embedding("batchEmbedContents", "embeddings"),
    Dialect(
        provider=PROVIDER,
        operation=MODELS,
        claims=_claims_models,
        streams=never_streams,
        decode_request=_decode_models_request,
        encode_request=_encode_models_request,
        decode_response=_decode_models,
        encode_response=_encode_models,
    ),
    Dialect(
        provider=PROVIDER,
        operation=PREDICT,
        claims=_claims_predict,
        streams=never_streams,
        decode_request=_decode_predict_request,
        encode_request=_encode_predict_request,
        decode_response=_decode_predict,
        encode_response=_encode_predict,
    ),
)
"""All operations but the two that generate."""
