"""The five chat providers that need no code."""

from __future__ import annotations

import json
import traceback
from typing import Any

import httpx
import pytest
from tests.providers.closedpaw.conftest import HELLO, Stopwatch, Upstream

from playhead.errors import PermanentError, UsageError
from playhead.providers.closedpaw.configuration import ProviderConfig, ProviderType
from playhead.providers.closedpaw.messages import ChatResponse
from playhead.providers.closedpaw.vendors import GoogleProvider, MistralProvider, OllamaProvider, OpenAIProvider

OLLAMA = {"model": "llama3.2:3b", "response": "Paris", "done": True, "done_reason": "stop", "eval_count": 4}
OPENAI = {"model": "gpt-4o-mini-2024-07-18", "choices": [{"message": {"content": "Paris"}, "finish_reason": "stop"}]}


def openai(upstream: Upstream, **fields: Any) -> OpenAIProvider:
    """Make a provider that asks the upstream."""
    config = ProviderConfig(ProviderType.OPENAI, "openai", **{"api_key": "closedpaw-test-key", **fields})
    return OpenAIProvider(config, transport=upstream.transport, stopwatch=Stopwatch(0.042))


async def test_a_chat_gives_all_six_fields() -> None:
    """The model is the one asked for; the one that answered is kept beside it."""
    provider = openai(Upstream(httpx.Response(200, json={**OPENAI, "usage": {"total_tokens": 8}})))
    answer = await provider.chat(HELLO)
    assert answer == ChatResponse("Paris", "gpt-4o-mini", "openai", 8, "stop", 42)
    assert answer.served_model == "gpt-4o-mini-2024-07-18"


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (None, None),
        ({}, None),
        ({"prompt_tokens": 7, "completion_tokens": 1}, 8),
        ({"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 9}, 9),
        ({"total_tokens": 0}, 0),
    ],
)
async def test_tokens_are_what_the_server_counted(usage: Any, tokens: int | None) -> None:
    """No count is None, never 0."""
    provider = openai(Upstream(httpx.Response(200, json={**OPENAI, "usage": usage})))
    assert (await provider.chat(HELLO)).tokens_used == tokens


async def test_ollama_counts_the_answer() -> None:
    """The server's eval_count; a question that was counted alone says nothing of the answer."""
    for fields, tokens in (({}, 4), ({"eval_count": None}, None), ({"eval_count": None, "prompt_eval_count": 9}, None)):
        upstream = Upstream(httpx.Response(200, json={**OLLAMA, **fields}))
        provider = OllamaProvider(ProviderConfig(ProviderType.OLLAMA, "local"), transport=upstream.transport)
        assert (await provider.chat(HELLO)).tokens_used == tokens


async def test_a_configuration_is_used_and_not_changed() -> None:
    """Address, model and time-out are the configuration's; what it leaves out is the vendor's."""
    upstream = Upstream(httpx.Response(200, json=OPENAI))
    provider = openai(upstream, base_url="https://proxy.example/v9", default_model="m-9", timeout=3)
    before = dict(vars(provider.config))
    await provider.chat(HELLO, temperature=0.5, top_p=0.9)
    await provider.chat(HELLO, model="m-10")
    assert [str(request.url) for request in upstream.requests] == ["https://proxy.example/v9/chat/completions"] * 2
    assert json.loads(upstream.requests[0].content) == {
        "model": "m-9",
        "messages": [{"role": "user", "content": "hello"}],
        "temperature": 0.5,
        "top_p": 0.9,
    }
    assert json.loads(upstream.requests[1].content)["model"] == "m-10"
    assert set(upstream.requests[0].extensions["timeout"].values()) == {3}
    assert vars(provider.config) == before
    plain = GoogleProvider(ProviderConfig(ProviderType.GOOGLE, "g"))
    assert (plain.base_url, plain.default_model) == (GoogleProvider.vendor.base_url, "gemini-1.5-flash")
    assert plain.config.base_url is None


async def test_models_are_configured_or_asked_for() -> None:
    """A list that is known needs no request."""
    upstream = Upstream(httpx.Response(200, json={"data": [{"id": "m-1"}]}))
    assert await openai(upstream, models=["a", "b"]).list_models() == ["a", "b"]
    assert upstream.requests == []
    assert await openai(upstream).list_models() == ["m-1"]


async def test_health_is_a_bool() -> None:
    """It is asked with a short time-out, and closed is not well."""
    upstream = Upstream(httpx.Response(200, json={"data": []}))
    provider = openai(upstream)
    assert await provider.health_check() is True
    assert set(upstream.requests[0].extensions["timeout"].values()) == {5.0}
    await provider.close()
    assert await provider.health_check() is False
    assert await openai(Upstream(httpx.ConnectError("refused"))).health_check() is False
    assert await openai(upstream, api_key=None).health_check() is False
    assert len(upstream.requests) == 1


async def test_a_failure_names_the_provider_as_it_is_configured() -> None:
    """Upper-case letters too, since the name is the user's."""
    upstream = Upstream(httpx.Response(401, json={"message": "no such key"}))
    config = ProviderConfig(ProviderType.MISTRAL, "My Mistral", api_key="closedpaw-test-key")
    provider = MistralProvider(config, transport=upstream.transport)
    with pytest.raises(PermanentError, match="provider 'My Mistral' answered 401: 'no such key'"):
        await provider.chat(HELLO)
    assert len(upstream.requests) == 1


async def test_a_closed_provider_is_not_asked() -> None:
    """Closing twice is closing once."""
    provider = openai(Upstream(httpx.Response(200, json=OPENAI)))
    await provider.chat(HELLO)
    await provider.close()
    await provider.close()
    for call in (provider.chat(HELLO), provider.list_models()):
        with pytest.raises(UsageError, match="provider 'openai' has been closed"):
            await call


def test_a_configuration_that_cannot_be_used_is_refused_at_once() -> None:
    """Rather than by the first call."""
    with pytest.raises(UsageError, match="timeout"):
        openai(Upstream(httpx.Response(200)), timeout=0)
    with pytest.raises(UsageError, match="base_url"):
        openai(Upstream(httpx.Response(200)), base_url="not an address")


async def test_a_failure_shows_no_key_with_its_locals() -> None:
    """Whether the configuration is refused or the vendor fails."""
    upstream = Upstream(httpx.Response(401, json={"error": "no"}))
    errors: list[Exception] = []
    with pytest.raises(UsageError) as refused:
        openai(upstream, timeout=-1)
    errors.append(refused.value)
    with pytest.raises(PermanentError) as failed:
        await openai(upstream).chat(HELLO)
    errors.append(failed.value)
    for error in errors:
        frames = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert not any(
            "closedpaw-test-key" in str(frame.locals) for frame in frames.stack if frame.filename != __file__
        )
