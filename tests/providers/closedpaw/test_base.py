"""What every chat provider has."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from tests.providers.closedpaw.conftest import HELLO, Echo, Stopwatch, Upstream

from playhead.errors import InferenceProviderError, UsageError
from playhead.providers.closedpaw.base import BaseProvider
from playhead.providers.closedpaw.configuration import ProviderConfig, ProviderType
from playhead.providers.secrets import SecretResolver, resolved_values


def config(**fields: Any) -> ProviderConfig:
    """Give a configuration of a bespoke provider."""
    return ProviderConfig(ProviderType.CUSTOM, "echo", **fields)


@pytest.mark.parametrize("missing", ["chat", "list_models", "health_check"])
def test_a_provider_without_one_of_the_methods_cannot_be_made(missing: str) -> None:
    """It would fail when it is first asked."""
    kept = {name: getattr(Echo, name) for name in ("chat", "list_models", "health_check") if name != missing}
    part: Any = type("Part", (BaseProvider,), kept)
    with pytest.raises(TypeError, match=missing):
        part(config())


async def test_the_client_has_the_time_out_of_the_configuration() -> None:
    """It is made when it is needed, once."""
    provider = Echo(config(timeout=7.5))
    client = provider.client
    assert client.timeout == httpx.Timeout(7.5)
    assert provider.client is client
    await provider.close()
    await provider.close()
    assert client.is_closed
    assert provider.client is client


async def test_a_provider_that_never_needed_a_client_has_none_after_its_end() -> None:
    """Closing makes nothing."""
    provider = Echo(config())
    await provider.close()
    with pytest.raises(UsageError, match="provider 'echo' has been closed"):
        provider.client  # noqa: B018 - reading it is the test


async def test_a_client_may_be_set() -> None:
    """Recipes make one in the constructor."""
    provider = Echo(config())
    provider.client = own = httpx.AsyncClient(timeout=1)
    assert provider.client is own
    await provider.close()
    assert own.is_closed


def test_a_second_loop_has_a_client_of_its_own() -> None:
    """Connections end with their loop, and a script may run several."""
    upstream = Upstream(httpx.Response(200, text="ok"))
    provider = Echo(config(), transport=upstream.transport)

    async def ask() -> httpx.AsyncClient:
        await provider.client.get("https://x.example/")
        return provider.client

    assert asyncio.run(ask()) is not asyncio.run(ask())
    assert len(upstream.requests) == 2


async def test_requests_are_timed() -> None:
    """In whole milliseconds, by a stopwatch that a test can own; one that fails is timed too."""
    provider = Echo(config(), stopwatch=Stopwatch(0.125))
    assert (provider.requests, provider.last_latency_ms) == (0, None)
    assert (await provider.chat(HELLO)).latency_ms == 125

    def fail() -> None:
        with provider.timed():
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - any
        fail()
    assert (provider.requests, provider.last_latency_ms) == (2, 125)


def test_a_key_is_read_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """By value, by reference, or not at all; each is redacted from then on."""
    monkeypatch.setenv("PLAYHEAD_CLOSEDPAW_KEY", "base-env-key")
    assert Echo(config()).resolve_key() is None
    assert Echo(config(api_key="base-literal-key")).resolve_key() == "base-literal-key"
    assert Echo(config(api_key="env:PLAYHEAD_CLOSEDPAW_KEY")).resolve_key() == "base-env-key"
    assert {"base-literal-key", "base-env-key"} <= resolved_values()
    provider = Echo(config(api_key="vault:openai"))
    with pytest.raises(InferenceProviderError, match="unsupported key reference 'vault:openai'"):
        provider.resolve_key()
    provider.secrets = SecretResolver().with_scheme("vault", lambda _: "base-vault-key")
    assert provider.resolve_key() == "base-vault-key"


def test_a_provider_shows_no_key() -> None:
    """Its configuration hides it."""
    shown = repr(Echo(config(api_key="base-shown-key")))
    assert shown.startswith("Echo(ProviderConfig(")
    assert "base-shown-key" not in shown
