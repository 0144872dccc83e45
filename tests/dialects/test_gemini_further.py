"""Google's counting of tokens, embeddings and list of models."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import bodies, conversations, key, there_and_back, vcr_exchanges

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.core.usage import Usage
from playhead.dialects.dialect import Asked
from playhead.dialects.gemini_further import FURTHER
from playhead.errors import ProviderError

COUNT, EMBED, BATCH, MODELS, PREDICT = FURTHER
REQUEST = CompletionRequest(prompt="hi")
BODIES = bodies(
    "taskType", "content", "requests", "generateContentRequest", contents=conversations, systemInstruction=st.just({})
)


def asked(dialect: Any, body: Any) -> Asked:
    """Give a request to a model."""
    return Asked("POST", f"/v1beta/models/m:{dialect.operation}", body)


@pytest.mark.parametrize("dialect", [COUNT, EMBED, BATCH], ids=lambda one: one.name)
@given(BODIES)
def test_request_there_and_back(dialect: Any, body: dict[str, Any]) -> None:
    """Every body is a request, and the request gives the body again."""
    request = there_and_back(dialect, asked(dialect, body))
    assert request.model == "m"
    assert request.family is (Family.HTTP if dialect is COUNT else Family.EMBEDDING)


def test_count() -> None:
    """A count is usage without an answer; an answer without a count is none."""
    completion = Completion(usage=Usage(7, details={"totalBillableCharacters": 20}))
    assert COUNT.decode_response({"totalTokens": 7, "totalBillableCharacters": 20}) == completion
    assert COUNT.decode_response(COUNT.encode_response(completion, REQUEST)) == completion
    for body in ({}, None, {"totalTokens": "7"}):
        with pytest.raises(ProviderError, match="no count"):
            COUNT.decode_response(body)


@pytest.mark.parametrize(
    ("dialect", "body", "count"),
    [
        (EMBED, {"embedding": {"values": [0.5]}}, 1),
        (BATCH, {"embeddings": [{"values": [0.5]}, {"values": [1]}]}, 2),
    ],
)
def test_vectors(dialect: Any, body: dict[str, Any], count: int) -> None:
    """Vectors stay in the body, and how many came is told; the counts, where a server gives them, are found."""
    assert dialect.decode_response(body) == Completion(output={"vectors": count, "dimensions": 1})
    completion = Completion(usage=Usage(3), model="m-2", model_version="m-2")
    assert dialect.decode_response(dialect.encode_response(completion, REQUEST)) == completion
    written = dialect.encode_response(Completion(output=[[0.5], [1.0]]), REQUEST)
    assert dialect.decode_response(written).output == {"vectors": count, "dimensions": 1}
    with pytest.raises(ProviderError, match=r"no embeddings?: its fields are \['other'\]"):
        dialect.decode_response({"other": 1})
    with pytest.raises(ProviderError, match="'no key'"):
        dialect.decode_response({"error": {"code": 403, "message": "no key"}})


def test_models() -> None:
    """A list of models is told by its version, and by its page, never by the key of who asks."""
    first, second = (
        Asked("GET", "/v1beta/models", None, (("pageToken", token), ("key", "AIza1"))) for token in ("a", "b")
    )
    assert key(MODELS, first) != key(MODELS, second)
    assert key(MODELS, first) == key(MODELS, first._replace(query=(("key", "AIza2"), ("pageToken", "a"))))
    assert MODELS.decode_request(first) == CompletionRequest(
        params={"query": [["pageToken", "a"]]}, family=Family.HTTP, operation="models"
    )
    there_and_back(MODELS, Asked("GET", "/v1beta/models"))
    again = MODELS.encode_request(MODELS.decode_request(first), False)
    assert again == Asked("GET", "/v1beta/models", None, (("pageToken", "a"),))
    assert not MODELS.claims(Asked("GET", "/v1/models"))
    assert not MODELS.claims(Asked("POST", "/v1beta/models", {}))
    assert MODELS.decode_response({"models": [{"name": "m"}]}) == Completion()
    assert MODELS.decode_response({}) == Completion()
    assert MODELS.decode_response(MODELS.encode_response(Completion(), REQUEST)) == Completion()
    with pytest.raises(ProviderError, match="no models"):
        MODELS.decode_response({"data": []})


def test_real_recordings() -> None:
    """Real counts and vectors are read."""
    seen = []
    for _, request, _, answer in vcr_exchanges("test_google", "test_embeddings"):
        for dialect in FURTHER:
            if dialect.claims(request):
                there_and_back(dialect, request)
                found = dialect.decode_response(answer)
                assert found.usage.prompt_tokens or dialect is BATCH
                seen.append(dialect.operation)
    assert sorted(seen) == ["batchEmbedContents", "countTokens", "countTokens"]


TEXTS = {"instances": [{"content": "a"}, {"content": "b"}]}


@given(BODIES, st.sampled_from([TEXTS["instances"], [{"content": 5, "title": "x"}]]))
def test_predict_there_and_back(body: dict[str, Any], instances: Any) -> None:
    """Vertex AI is asked for vectors of texts as models of other kinds are asked for anything."""
    request = there_and_back(PREDICT, asked(PREDICT, {**body, "instances": instances}))
    assert (request.model, request.family) == ("m", Family.EMBEDDING)


@pytest.mark.parametrize("body", [{"instances": [{"prompt": "a cat"}]}, {"instances": []}, {"instances": 5}, {}, None])
def test_other_predictions_are_not_claimed(body: Any) -> None:
    """Images and the like are plain HTTP."""
    assert not PREDICT.claims(asked(PREDICT, body))


def test_predicted_vectors() -> None:
    """Each text has its own count; without counts the vectors are told."""
    vectors = [{"embeddings": {"values": [1, 2], "statistics": {"token_count": tokens}}} for tokens in (3, 4.0)]
    assert PREDICT.decode_response({"predictions": vectors}) == Completion(usage=Usage(7))
    bare = {"predictions": [{"embeddings": {"values": [1, 2], "statistics": {"token_count": "x"}}}]}
    assert PREDICT.decode_response(bare) == Completion(output={"vectors": 1, "dimensions": 2})
    answer = Completion(usage=Usage(7))
    assert PREDICT.decode_response(PREDICT.encode_response(answer, REQUEST)) == answer
    nothing: tuple[Any, ...] = ({}, None, {"predictions": []})
    for body in nothing:
        with pytest.raises(ProviderError, match="no predictions"):
            PREDICT.decode_response(body)
