"""What the requests of Google's operations have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.model import CompletionRequest
from playhead.dialects.dialect import Asked
from playhead.dialects.gemini_requests import claims_verb, model_of, path_of, read_contents, write_contents

VERB = "generateContent"


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro"),
        ("/v1beta/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro"),
        ("/v1beta1/projects/p/locations/l/publishers/google/models/m:generateContent", "m"),
        ("/v1/projects/p/locations/l/endpoints/12:generateContent", "endpoints/12"),
        ("/v1beta/tunedModels/mine-1:generateContent", "tunedModels/mine-1"),
        ("/proxy/v1beta/models/a%20b:generateContent", "a b"),
        ("/v1beta/models/a:b:generateContent", "a:b"),
        ("/v1beta/models/m:streamGenerateContent", ""),
        ("/v1beta/models/:generateContent", ""),
        ("/v1beta/models/m", ""),
        ("/v1beta/things/m:generateContent", ""),
        ("models:generateContent", ""),
        (":generateContent", ""),
        ("", ""),
    ],
)
def test_model_of(path: str, model: str) -> None:
    """The model stands in the path, in the collection it belongs to."""
    assert model_of(path, VERB) == model
    assert claims_verb(Asked("POST", path, {}), VERB) is bool(model)
    assert not claims_verb(Asked("GET", path, {}), VERB)


@given(st.one_of(st.text(min_size=1), st.sampled_from(["tunedModels/a", "endpoints/1", "endpoints/", "a/b:c?d#e"])))
def test_path_there_and_back(model: str) -> None:
    """Every model has a path, which names it."""
    assert model_of(path_of(model, VERB), VERB) == model
    assert model_of(path_of(None, VERB), VERB)


def test_write_a_request_of_ours() -> None:
    """A prompt, a temperature and a bound have their places in the vendor's body."""
    request = CompletionRequest(prompt="hi", temperature=0.5, max_tokens=7)
    assert write_contents(request) == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "generationConfig": {"temperature": 0.5, "maxOutputTokens": 7},
    }


def test_read_contents() -> None:
    """The instructions lead the conversation; what the vendor has inside its configuration stays there."""
    told = {"parts": [{"text": "be brief"}]}
    contents = [{"role": "user", "parts": [{"text": "hi"}]}]
    body = {"systemInstruction": told, "contents": contents, "generationConfig": {"temperature": 1.0}, "tools": [{}]}
    assert read_contents(body, VERB, "m") == CompletionRequest(
        messages=({"role": "system", "content": told}, *contents),
        model="m",
        tools=({},),
        params={"generationConfig": {"temperature": 1.0}},
        operation=VERB,
    )
