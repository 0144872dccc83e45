"""The second provider system, CP-08 to CP-21: providers by name, over HTTP, their limits and their vault."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conformance.closedpaw import (
    FORMATS,
    HELLO,
    KEY,
    TALK,
    AcmeProvider,
    Upstream,
    acme,
    refuse,
)
from tests.sdks.servers.openai_like import OpenAIServer
from tests.sdks.servers.words import KNOWN_MODELS

import playhead
from playhead.compat import closedpaw
from playhead.compat.closedpaw import (
    ChatMessage,
    ChatResponse,
    DataVault,
    OpenAIProvider,
    ProviderConfig,
    ProviderManager,
    ProviderType,
    RateLimiter,
)
from playhead.gateway import create_app
from playhead.providers.closedpaw import manager as manager_module
from playhead.providers.secrets import SecretResolver


class Broken(AcmeProvider):
    """Fails at everything."""

    async def chat(self, messages: Sequence[ChatMessage], model: str | None = None, **kwargs: Any) -> ChatResponse:
        """Fail."""
        raise RuntimeError("no chat")

    async def list_models(self) -> list[str]:
        """Fail."""
        raise RuntimeError("no list")

    async def health_check(self) -> bool:
        """Fail."""
        raise RuntimeError("no health")

    async def close(self) -> None:
        """Fail, the connections closed."""
        await super().close()
        raise RuntimeError("no end")


def test_cp_08_registering_says_whether_it_worked() -> None:
    """The first one becomes the default, and an unknown type is not taken."""
    manager = ProviderManager()
    assert manager.register_provider(ProviderConfig(ProviderType.OLLAMA, "one")) is True
    assert manager.register_provider(ProviderConfig(ProviderType.OPENAI, "two")) is True
    assert manager.get_status()["default_provider"] == "one"
    unknown: Any = "acme"
    assert manager.register_provider(ProviderConfig(unknown, "three")) is False
    assert list(manager.get_status()["providers"]) == ["one", "two"]


async def test_cp_09_custom_is_for_an_endpoint_of_one_s_own() -> None:
    """The recipe's last steps: register it, make it the default, chat."""
    manager = ProviderManager()
    upstream = Upstream({"text": "Paris"})
    assert manager.register_provider(acme(upstream)) is False
    assert manager.register_provider(acme(upstream), factory=AcmeProvider) is True
    config = acme(upstream, "second")
    config.settings["factory"] = AcmeProvider
    assert manager.register_provider(config) is True
    assert manager.set_default("second") is True
    assert (await manager.chat(HELLO)).provider == "second"
    assert (await manager.chat(HELLO, provider="acme")).provider == "acme"
    await manager.close_all()


async def test_cp_10_names_and_the_default() -> None:
    """An unknown name is an error that names it."""
    manager = ProviderManager()
    for name in ("one", "two"):
        manager.register_provider(acme(Upstream({"text": name}), name), factory=AcmeProvider)
    assert manager.get_provider().config.name == "one"
    assert manager.get_provider("two").config.name == "two"
    assert manager.get_provider("three") is None
    assert manager.set_default("three") is False
    assert (await manager.chat(HELLO)).content == "one"
    assert (await manager.chat(HELLO, provider="two")).content == "two"
    assert manager.set_default("two") is True
    assert (await manager.chat(HELLO)).content == "two"
    with pytest.raises(playhead.UsageError, match="unknown provider 'three'"):
        await manager.chat(HELLO, provider="three")
    await manager.close_all()


async def test_cp_11_one_failing_provider_is_its_own_affair() -> None:
    """Its list is empty, its health is bad, and the others are as they are."""
    manager = ProviderManager()
    manager.register_provider(acme(refuse, "broken"), factory=Broken)
    manager.register_provider(acme(Upstream(["acme-1"])), factory=AcmeProvider)
    manager.register_provider(ProviderConfig(ProviderType.OPENAI, "keyless", models=["gpt-4o-mini"]))
    assert await manager.list_all_models() == {"broken": [], "acme": ["acme-1"], "keyless": ["gpt-4o-mini"]}
    assert await manager.health_check_all() == {"broken": False, "acme": True, "keyless": False}
    await manager.close_all()


def test_cp_13_the_status_has_its_shape_and_no_secret() -> None:
    """The default, and each provider's type, whether it is enabled, its model and address."""
    manager = ProviderManager()
    manager.register_provider(
        ProviderConfig(ProviderType.OPENAI, "openai", api_key=KEY, default_model="m", base_url="https://x.example/v1")
    )
    manager.register_provider(ProviderConfig(ProviderType.OLLAMA, "local", enabled=False))
    assert manager.get_status() == {
        "default_provider": "openai",
        "providers": {
            "openai": {
                "type": "openai",
                "enabled": True,
                "default_model": "m",
                "base_url": "https://x.example/v1",
            },
            "local": {
                "type": "ollama",
                "enabled": False,
                "default_model": "llama3.2:3b",
                "base_url": "http://127.0.0.1:11434",
            },
        },
    }


async def test_cp_14_closing_closes_every_client_once() -> None:
    """One that fails does not keep the others open, and a replaced one is closed too."""
    manager = ProviderManager()
    manager.register_provider(acme(refuse, "broken"), factory=Broken)
    manager.register_provider(acme(refuse), factory=AcmeProvider)
    clients = [manager.get_provider(name).client for name in ("broken", "acme")]
    manager.register_provider(acme(refuse), factory=AcmeProvider)
    clients.append(manager.get_provider("acme").client)
    await asyncio.sleep(0)
    assert clients[1].is_closed
    await manager.close_all()
    await manager.close_all()
    assert all(client.is_closed for client in clients)


def test_cp_15_the_first_access_registers_ollama(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one manager, and it can be used at once."""
    monkeypatch.setattr(manager_module, "_shared", None)
    manager = closedpaw.get_provider_manager()
    assert closedpaw.get_provider_manager() is manager
    assert manager.get_provider().config.name == "ollama"
    assert manager.get_provider().config.default_model == "llama3.2:3b"


async def test_cp_16_six_endpoints_with_their_replies(cassette: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The system's diagram over the ASGI app: register at run time, by query or JSON, then ask for health."""
    caplog.set_level(logging.DEBUG)
    manager = ProviderManager()
    with OpenAIServer() as server:
        app = create_app(cassette=cassette, mode="record", manager=manager)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            base_url = f"{server.root}/v1"
            by_query = {"provider_type": "openai", "name": "one", "api_key": KEY, "base_url": base_url}
            by_body = {**by_query, "name": "two", "default_model": "tiny-1", "models": ["a", "b"]}
            replies = [
                await client.post("/api/providers/register", params=by_query),
                await client.post("/api/providers/register", json=by_body),
                await client.post("/api/providers/two/default"),
                await client.get("/api/providers"),
                await client.get("/api/providers/health"),
                await client.get("/api/providers/models"),
                await client.get("/api/providers/two/models"),
                await client.post("/api/providers/register", json={**by_query, "provider_type": "x"}),
                await client.post("/api/providers/register", json={**by_query, "provider_type": "custom"}),
                await client.post("/api/providers/three/default"),
                await client.get("/api/providers/three/models"),
            ]
        await app.close()
    row = {"type": "openai", "enabled": True, "base_url": base_url}
    assert [reply.json() for reply in replies[:7]] == [
        {"status": "success", "provider": "one"},
        {"status": "success", "provider": "two"},
        {"status": "success", "default_provider": "two"},
        {
            "default_provider": "two",
            "providers": {
                "one": {**row, "default_model": "gpt-4o-mini"},
                "two": {**row, "default_model": "tiny-1"},
            },
        },
        {"one": True, "two": True},
        {"one": list(KNOWN_MODELS), "two": ["a", "b"]},
        {"provider": "two", "models": ["a", "b"]},
    ]
    assert [(reply.status_code, reply.json()["detail"]) for reply in replies[7:]] == [
        (400, "Invalid provider type: x"),
        (500, "Failed to register provider"),
        (404, "Provider not found"),
        (404, "Provider not found"),
    ]
    assert KEY not in "".join(reply.text for reply in replies)
    assert KEY not in caplog.text
    await manager.close_all()


def test_cp_18_a_true_sliding_window() -> None:
    """N are let through, the next is not, and again one as soon as the oldest has left; each key for itself."""
    now = [100.0]
    limiter = RateLimiter(max_requests=3, window_seconds=60, clock=lambda: now[0])
    for at in (100.0, 110.0, 150.0):
        now[0] = at
        assert limiter.check_limit("a")
    assert not limiter.check_limit("a")
    assert limiter.check_limit("b")
    now[0] = 159.999
    assert not limiter.check_limit("a")
    now[0] = 160.0
    assert limiter.check_limit("a")
    assert not limiter.check_limit("a")
    now[0] = 170.0
    assert limiter.check_limit("a")


async def test_cp_18_a_replay_uses_up_nothing(cassette: Path) -> None:
    """The manager refuses the third live call in a minute; the replay makes as many as were recorded, and more."""
    config = acme(Upstream({"text": "Paris"}), rate_limit=2)
    with playhead.use_cassette(cassette, mode="record") as session:
        manager = ProviderManager(through=session.wrap, clock=lambda: 0.0)
        manager.register_provider(config, factory=AcmeProvider)
        await manager.chat(HELLO)
        await manager.chat(TALK)
        with pytest.raises(playhead.RateLimitError, match="may be asked 2 times a minute") as caught:
            await manager.chat([ChatMessage("user", "third")])
        assert caught.value.retry_after == 60.0
        await manager.close_all()
    with playhead.use_cassette(cassette, takes="cycle") as session:
        manager = ProviderManager(through=session.wrap, clock=lambda: 0.0)
        manager.register_provider(acme(refuse, rate_limit=2), factory=AcmeProvider)
        for _ in range(5):
            assert (await manager.chat(HELLO)).content == "Paris"
        await manager.close_all()


async def test_cp_18_a_replay_over_the_wire_uses_up_nothing(cassette: Path) -> None:
    """A manager that no session stands behind counts no call in a block that only replays, and counts outside of it."""
    with playhead.use_cassette(cassette, mode="record"):
        pass
    manager = ProviderManager(clock=lambda: 0.0)
    manager.register_provider(acme(Upstream({"text": "Paris"}), rate_limit=2), factory=AcmeProvider)
    with playhead.use_cassette(cassette):
        for _ in range(5):
            await manager.chat(HELLO)
    await manager.chat(HELLO)
    await manager.chat(HELLO)
    with pytest.raises(playhead.RateLimitError):
        await manager.chat(HELLO)
    await manager.close_all()


@pytest.mark.parametrize("reference", ["vault:openai", "vault:team#openai"])
async def test_cp_19_a_vault_serves_keys(reference: str, tmp_path: Path) -> None:
    """Ours, or any object with store and retrieve."""

    class Dictionary(dict[str, str]):
        """A user's vault."""

        def store(self, key: str, value: str) -> bool:
            """Keep a value."""
            self[key] = value
            return True

        def retrieve(self, key: str) -> str | None:
            """Give a value."""
            return self.get(key)

    for vault in (DataVault(tmp_path / "keys.vault", key=DataVault.new_key()), Dictionary()):
        assert vault.store("openai", KEY)
        assert vault.store("team", f'{{"openai": "{KEY}"}}')
        upstream = Upstream(FORMATS[1].answer)
        manager = ProviderManager(secrets=SecretResolver().with_vault(vault))
        config = ProviderConfig(ProviderType.OPENAI, "openai", api_key=reference)
        manager.register_provider(config, factory=lambda given: OpenAIProvider(given, transport=upstream.transport))  # noqa: B023
        await manager.chat(HELLO)
        assert upstream.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert reference in repr(config)
        await manager.close_all()


async def test_cp_21_names_are_the_users_own(cassette: Path) -> None:
    """A name with capitals and spaces is one, matched exactly."""
    with playhead.use_cassette(cassette, mode="record") as session:
        manager = ProviderManager(through=session.wrap)
        assert manager.register_provider(acme(Upstream({"text": "Paris"}), "My Acme"), factory=AcmeProvider)
        await manager.chat(HELLO, provider="My Acme")
        await manager.close_all()
    with playhead.use_cassette(cassette) as session:
        assert (await session.wrap(None, name="My Acme", convention="closedpaw").chat(HELLO)).content == "Paris"
        with pytest.raises(playhead.NoMatch):
            await session.wrap(None, name="my acme", convention="closedpaw").chat(HELLO)


async def test_cp_21_the_evidence_names_the_provider_as_configured(cassette: Path) -> None:
    """Through a manager it is recorded under its configuration's name, and only that name replays it."""
    with playhead.use_cassette(cassette, mode="record") as session:
        manager = ProviderManager(through=session.wrap)
        manager.register_provider(acme(Upstream({"text": "Paris"}), "acme-prod"), factory=AcmeProvider)
        await manager.chat(HELLO)
        await manager.close_all()
    [interaction] = playhead.open_cassette(cassette)
    assert interaction.provider == "acme-prod"
    with playhead.use_cassette(cassette) as session:
        assert (await session.wrap(None, name="acme-prod", convention="closedpaw").chat(HELLO)).content == "Paris"
        with pytest.raises(playhead.NoMatch):
            await session.wrap(None, name="acme-dev", convention="closedpaw").chat(HELLO)
