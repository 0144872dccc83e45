"""Mistral's chat and its filling in the middle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests.dialects.exchanges import bodies, conversations, listen, spoken, stream_cases, there_and_back, vcr_exchanges
from tests.strategies import any_text, same

from playhead.core.model import Completion, CompletionRequest
from playhead.dialects.dialect import Asked
from playhead.dialects.mistral import DIALECTS
from playhead.errors import ProviderError

CHAT, FIM = DIALECTS
PATH = "/v1/chat/completions"
FIM_PATH = "/v1/fim/completions"


@pytest.mark.parametrize(
    "body",
    [
        *({"model": f"{name}-latest"} for name in ("mistral-large", "magistral-medium", "codestral", "ministral-8b")),
        *({"model": f"{name}-latest"} for name in ("pixtral-12b", "devstral-small", "voxtral-mini")),
        *({"model": name} for name in ("open-mistral-7b", "open-mixtral-8x22b", "open-codestral-mamba")),
        {"model": "other", "safe_prompt": False},
        {"random_seed": None},
        {"prompt_mode": "reasoning"},
    ],
)
def test_claims_by_the_body(body: dict[str, Any]) -> None:
    """The names of Mistral's models and the fields that only it has tell it apart."""
    assert CHAT.claims(Asked("POST", PATH, body))
    assert not CHAT.claims(Asked("POST", "/v1/completions", body))
    assert not CHAT.claims(Asked("GET", PATH, body))


@pytest.mark.parametrize(
    "body",
    [
        *({"model": name} for name in ("gpt-4o", "mistralai/mistral-large", "mistral", "mistral:7b", "mixtral-8x7b")),
        *({"model": name} for name in ("open-gpt", "openhermes-2.5-mistral-7b", 5, None, ["mistral-large"])),
        {},
        {"model": "gpt-4o", "seed": 1},
        [],
        None,
    ],
)
def test_claims_nothing_else(body: Any) -> None:
    """Gateways and other vendors speak OpenAI's dialect, even with Mistral's models."""
    assert not CHAT.claims(Asked("POST", PATH, body))


@given(bodies("temperature", "tools", "random_seed", messages=conversations))
def test_chat_requests_there_and_back(body: dict[str, Any]) -> None:
    """Every body is in its request, to the field, and comes out of it again."""
    there_and_back(CHAT, Asked("POST", PATH, {"safe_prompt": True, **body}))


@given(bodies("suffix", "temperature", "max_tokens", prompt=any_text))
def test_fim_requests_there_and_back(body: dict[str, Any]) -> None:
    """Every body is in its request, to the field, and comes out of it again."""
    there_and_back(FIM, Asked("POST", FIM_PATH, body))


def test_fim_request() -> None:
    """The text before the gap is the prompt, the text behind it a param."""
    asked = Asked("POST", FIM_PATH, {"model": "codestral-latest", "prompt": "def f(", "suffix": "return 1"})
    assert FIM.decode_request(asked) == CompletionRequest(
        prompt="def f(", model="codestral-latest", params={"suffix": "return 1"}, operation="fim.completions"
    )
    assert not CHAT.claims(asked)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
@given(case=stream_cases())
def test_answers_there_and_back(dialect: Any, case: tuple[Completion, list[str], list[int]]) -> None:
    """Whole or streamed, an answer that is written is read as the same answer."""
    completion, pieces, cuts = case
    request = CompletionRequest(prompt="hi")
    assert same(dialect.decode_response(dialect.encode_response(completion, request)), completion)
    heard = listen(dialect, spoken(dialect, completion, pieces, request), cuts)
    assert heard.pieces == pieces
    assert same(heard.completion, completion)


@pytest.mark.parametrize("value", [{"detail": [{"msg": "bad"}]}, {"object": "error", "message": "bad"}])
def test_what_is_no_answer(value: Any) -> None:
    """Mistral's errors are no answers."""
    with pytest.raises(ProviderError):
        CHAT.decode_response(value)


def test_evidence_of_real_recordings() -> None:
    """Every recorded exchange with Mistral is claimed by its body, and read; thinking is not the answer."""
    seen = 0
    for one in vcr_exchanges("test_mistral"):
        if not one.asked.path.endswith("/chat/completions"):
            continue
        request = there_and_back(CHAT, one.asked)
        assert request.model
        found = (
            listen(CHAT, one.answer).completion if isinstance(one.answer, bytes) else CHAT.decode_response(one.answer)
        )
        assert found.text or found.tool_calls
        assert (found.model, found.usage.reported) == (request.model, True)
        assert same(CHAT.decode_response(CHAT.encode_response(found, request)), found)
        seen += 1
    assert seen == 5
