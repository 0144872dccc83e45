"""Lists of models."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.exchanges import key

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_models import DIALECTS
from playhead.errors import ProviderError

(MODELS,) = DIALECTS


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/models", {}),
        ("/models", {}),
        ("/openai/v1/models", {}),
        ("/openai/models", {}),
        ("/v1/models/gpt-4o", {"id": "gpt-4o"}),
        ("/models/gpt-4o", {"id": "gpt-4o"}),
        ("/v1/models/meta-llama/Llama%203", {"id": "meta-llama/Llama%203"}),
        ("/openai/models/ft:gpt-4o:org::1", {"id": "ft:gpt-4o:org::1"}),
    ],
)
def test_requests(path: str, params: dict[str, Any]) -> None:
    """A list and one model of it are plain questions, which hold the query and the id."""
    asked = Asked("GET", path, None, (("limit", "5"), ("after", "x")))
    assert MODELS.claims(asked)
    request = MODELS.decode_request(asked)
    query = [["limit", "5"], ["after", "x"]]
    assert request == CompletionRequest(params={**params, "query": query}, family=Family.HTTP, operation="models")
    again = MODELS.encode_request(request, False)
    assert MODELS.decode_request(again) == request
    assert not MODELS.streams(asked)


@pytest.mark.parametrize(
    "asked",
    [
        Asked("POST", "/v1/models", {}),
        Asked("DELETE", "/v1/models/ft:x"),
        Asked("GET", "/v1/models", {"a": 1}),
        Asked("GET", "/api/models/bert-base-uncased"),
        Asked("GET", "/v1/models/"),
        Asked("GET", "/v1/files"),
    ],
)
def test_claims_nothing_else(asked: Asked) -> None:
    """A hub of models and what changes models are something else."""
    assert not MODELS.claims(asked)


def test_keys() -> None:
    """Pages and models differ; the same list does not."""
    keys = [
        key(MODELS, asked)
        for asked in (
            Asked("GET", "/v1/models"),
            Asked("GET", "/v1/models", None, (("after", "x"),)),
            Asked("GET", "/v1/models/a"),
            Asked("GET", "/openai/v1/models"),
        )
    ]
    assert len(set(keys)) == 3
    assert keys[0] == keys[3]


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ({"object": "list", "data": [{"id": "a", "object": "model"}, {"id": "b"}]}, ["a", "b"]),
        ({"data": [], "has_more": False}, []),
        ({"models": [{"name": "models/gemini-pro"}]}, ["models/gemini-pro"]),
        ([{"id": "a"}], ["a"]),
        ({"id": "a", "object": "model"}, ["a"]),
    ],
)
def test_answers(value: Any, ids: list[str]) -> None:
    """The ids are the output, whatever the vendor's list is called."""
    assert MODELS.decode_response(value) == Completion(output=ids)


@pytest.mark.parametrize("ids", [[], ["a"], ["a", "b"]])
@pytest.mark.parametrize("params", [{}, {"id": "a"}])
def test_answers_there_and_back(ids: list[str], params: dict[str, str]) -> None:
    """A list that is written is read as the same."""
    request = CompletionRequest(params=params, family=Family.HTTP, operation="models")
    written = MODELS.encode_response(Completion(output=ids), request)
    assert MODELS.decode_response(written) == Completion(output=ids)
    assert ("data" in written) == (params == {} or len(ids) != 1)


@pytest.mark.parametrize("value", [None, {}, {"data": [{}]}, {"data": [5]}, {"error": "no"}, {"message": "no"}, "a"])
def test_what_is_no_answer(value: Any) -> None:
    """What names no model is refused."""
    with pytest.raises(ProviderError):
        MODELS.decode_response(value)
