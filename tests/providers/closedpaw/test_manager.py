"""Chat providers by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from tests.providers.closedpaw.conftest import HELLO, Echo, Upstream

from playhead.errors import RateLimitError, UsageError
from playhead.providers.closedpaw import manager as module
from playhead.providers.closedpaw.configuration import ProviderConfig, ProviderType
from playhead.providers.closedpaw.manager import ProviderManager, get_provider_manager
from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse
from playhead.providers.closedpaw.vendors import OllamaProvider, OpenAIProvider
from playhead.providers.secrets import SecretResolver


def config(name: str = "echo", **fields: Any) -> ProviderConfig:
    """Give a configuration of a bespoke provider."""
    return ProviderConfig(ProviderType.CUSTOM, name, **fields)


class Broken(Echo):
    """Fails whatever it is asked, and when it is closed."""

    async def chat(self, messages: Sequence[ChatMessage], model: str | None = None, **kwargs: Any) -> ChatResponse:
        raise RuntimeError("no chat")

    async def list_models(self) -> list[str]:
        raise RuntimeError("no list, key manager-broken-key")

    async def health_check(self) -> bool:
        raise RuntimeError("not well")

    async def close(self) -> None:
        raise RuntimeError("not closed")


class Hanging(Echo):
    """Never answers."""

    async def list_models(self) -> list[str]:
        await asyncio.Event().wait()
        return []

    async def health_check(self) -> bool:
        await asyncio.Event().wait()
        return True


class Plain:
    """A provider without our base class."""

    def __init__(self, _config: ProviderConfig) -> None:
        self.closed = 0

    async def chat(self, messages: Sequence[ChatMessage], model: str | None = None, **kwargs: Any) -> ChatResponse:
        return ChatResponse("plain", model or "p", "plain")

    async def list_models(self) -> list[str]:
        return ["p"]

    async def health_check(self) -> bool:
        return True

    async def close(self) -> None:
        self.closed += 1


async def test_each_type_has_its_provider() -> None:
    """The first one registered is the default."""
    manager = ProviderManager()
    for kind in ProviderType:
        if kind is not ProviderType.CUSTOM:
            assert manager.register_provider(ProviderConfig(kind, str(kind)))
    assert isinstance(manager.get_provider("openai"), OpenAIProvider)
    assert isinstance(manager.get_provider(), OllamaProvider)
    assert repr(manager) == (
        "ProviderManager(['ollama', 'openai', 'anthropic', 'google', 'mistral'], default='ollama')"
    )
    await manager.close_all()


def test_a_custom_provider_is_a_class_a_function_or_a_setting() -> None:
    """And needs no base class of ours; a type given as a text is read."""
    manager = ProviderManager()
    assert manager.register_provider(config("a"), factory=Echo)
    assert manager.register_provider(config("b", settings={"factory": Plain}))
    assert manager.register_provider(ProviderConfig("ollama", "c"))  # type: ignore[arg-type]
    assert type(manager.get_provider("b")) is Plain


@pytest.mark.parametrize(
    ("given", "factory", "reason"),
    [
        (config(), None, "a custom provider needs a class"),
        (ProviderConfig("acme", "a"), None, "invalid provider type 'acme'"),  # type: ignore[arg-type]
        (config(""), Echo, "needs a name"),
        (config(rate_limit=0), Echo, "rate_limit must be at least 1"),
        (config(), object, "takes no arguments"),
        (config(), lambda _: object(), "is not a chat provider: it has no chat, list_models, health_check, close"),
        (ProviderConfig(ProviderType.OPENAI, "a", base_url="nowhere"), None, "is not an http or https address"),
    ],
)
def test_what_cannot_be_registered_is_false_and_the_log_says_why(
    given: ProviderConfig, factory: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is held, and nothing raised."""
    manager = ProviderManager()
    with caplog.at_level(logging.WARNING, logger="playhead.closedpaw"):
        assert manager.register_provider(given, factory=factory) is False
    assert reason in caplog.text
    assert manager.get_provider(given.name) is None


def test_names_match_exactly() -> None:
    """The default moves to known names only."""
    manager = ProviderManager()
    assert manager.get_provider() is None
    manager.register_provider(config("one"), factory=Echo)
    manager.register_provider(config("two"), factory=Echo)
    assert not manager.set_default("Two")
    assert manager.get_provider() is manager.get_provider("one")
    assert manager.set_default("two")
    assert manager.get_provider() is manager.get_provider("two")
    assert manager.get_provider("One") is None


async def test_a_chat_goes_to_the_named_or_the_default_provider() -> None:
    """With the model and all that is given; a name that nobody has is named."""
    manager = ProviderManager()
    with pytest.raises(UsageError, match="no provider is registered"):
        await manager.chat(HELLO)
    manager.register_provider(config("one"), factory=Echo)
    manager.register_provider(config("two"), factory=Echo)
    assert (await manager.chat(HELLO)).provider == "one"
    assert (await manager.chat(HELLO, provider="two", model="m", temperature=0)).model == "m"
    with pytest.raises(UsageError, match=r"unknown provider 'three'\nhint: .* 'one', 'two'"):
        await manager.chat(HELLO, provider="three")


async def test_a_provider_that_is_not_enabled_is_not_asked() -> None:
    """It is listed all the same."""
    manager = ProviderManager()
    manager.register_provider(config("off", enabled=False), factory=Echo)
    with pytest.raises(UsageError, match="provider 'off' is not enabled"):
        await manager.chat(HELLO)
    assert await manager.list_all_models() == {"off": []}
    assert await manager.health_check_all() == {"off": False}


async def test_one_provider_s_failure_is_no_other_s(caplog: pytest.LogCaptureFixture) -> None:
    """All are asked at once; what fails or hangs is left out, and the log says why without a key."""
    manager = ProviderManager(survey_timeout=0.05)
    for name, kind in (("broken", Broken), ("hanging", Hanging), ("plain", Plain), ("echo", Echo)):
        manager.register_provider(config(name, api_key="manager-broken-key"), factory=kind)
    models = await manager.list_all_models()
    assert models == {"broken": [], "hanging": [], "plain": ["p"], "echo": ["echo-1"]}
    well = await manager.health_check_all()
    assert well == {"broken": False, "hanging": False, "plain": True, "echo": True}
    assert "provider 'broken' did not list its models: RuntimeError: no list" in caplog.text
    assert "manager-broken-key" not in caplog.text


async def test_the_status_has_no_secret() -> None:
    """What a configuration leaves out is filled in from the provider."""
    manager = ProviderManager()
    manager.register_provider(
        ProviderConfig(
            ProviderType.OPENAI, "openai", api_key="manager-status-key", base_url="https://u:pw1234@x.example"
        )
    )
    manager.register_provider(ProviderConfig(ProviderType.OLLAMA, "local", enabled=False))
    manager.register_provider(config("plain"), factory=Plain)
    status = manager.get_status()
    assert "manager-status-key" not in str(status)
    assert "pw1234" not in str(status)
    openai = status["providers"]["openai"]
    assert status["default_provider"] == "openai"
    assert (openai["type"], openai["enabled"], openai["default_model"]) == ("openai", True, "gpt-4o-mini")
    assert status["providers"]["local"] == {
        "type": "ollama",
        "enabled": False,
        "default_model": "llama3.2:3b",
        "base_url": "http://127.0.0.1:11434",
    }
    assert status["providers"]["plain"]["base_url"] is None


async def test_a_replaced_provider_is_closed() -> None:
    """At once where a loop runs; the default stays."""
    manager = ProviderManager()
    manager.register_provider(config("plain"), factory=Plain)
    manager.register_provider(config("other"), factory=Plain)
    old = manager.get_provider("plain")
    assert manager.register_provider(config("plain"), factory=Plain)
    await asyncio.sleep(0)
    assert old.closed == 1
    assert manager.get_provider("plain").closed == 0
    assert manager.get_provider() is manager.get_provider("plain")


def test_a_provider_replaced_where_no_loop_runs_is_closed_by_the_next_call() -> None:
    """A script may register before it starts its loop."""
    manager = ProviderManager()
    manager.register_provider(config("plain"), factory=Plain)
    old = manager.get_provider("plain")
    manager.register_provider(config("plain"), factory=Plain)
    assert old.closed == 0
    asyncio.run(manager.health_check_all())
    assert old.closed == 1


async def test_all_are_closed_whatever_becomes_of_one(caplog: pytest.LogCaptureFixture) -> None:
    """The second time nothing happens."""
    manager = ProviderManager()
    manager.register_provider(config("broken"), factory=Broken)
    manager.register_provider(config("plain"), factory=Plain)
    plain = manager.get_provider("plain")
    await manager.close_all()
    await manager.close_all()
    assert plain.closed == 1
    assert "provider 'broken' was not closed: RuntimeError: not closed" in caplog.text
    assert manager.get_status() == {"default_provider": None, "providers": {}}


async def test_a_rate_limit_refuses_before_anything_is_sent() -> None:
    """As many a minute as the configuration allows, each provider for itself."""
    now = [0.0]
    upstream = Upstream(httpx.Response(200, json={"response": "hi", "done": True}))
    manager = ProviderManager(clock=lambda: now[0])

    def make(given: ProviderConfig) -> OllamaProvider:
        return OllamaProvider(given, transport=upstream.transport)

    manager.register_provider(ProviderConfig(ProviderType.OLLAMA, "a", rate_limit=2), factory=make)
    manager.register_provider(ProviderConfig(ProviderType.OLLAMA, "b", rate_limit=None), factory=make)
    await manager.chat(HELLO)
    now[0] = 15.0
    await manager.chat(HELLO)
    with pytest.raises(RateLimitError, match="provider 'a' may be asked 2 times a minute") as caught:
        await manager.chat(HELLO)
    assert caught.value.retry_after == 45.0
    assert caught.value.retryable
    assert len(upstream.requests) == 2
    for _ in range(5):
        await manager.chat(HELLO, provider="b")
    now[0] = 60.0
    await manager.chat(HELLO)
    await manager.close_all()


async def test_the_manager_s_resolver_reads_the_keys() -> None:
    """A vault serves every provider."""
    upstream = Upstream(httpx.Response(200, json={"choices": [{"message": {"content": "hi"}}]}))
    manager = ProviderManager(secrets=SecretResolver().with_scheme("vault", lambda _: "manager-vault-key"))
    manager.register_provider(
        ProviderConfig(ProviderType.OPENAI, "openai", api_key="vault:openai"),
        factory=lambda given: OpenAIProvider(given, transport=upstream.transport),
    )
    await manager.chat(HELLO)
    assert upstream.requests[0].headers["Authorization"] == "Bearer manager-vault-key"
    await manager.close_all()


def test_the_first_access_registers_ollama(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one manager in a process."""
    monkeypatch.setattr(module, "_shared", None)
    manager = get_provider_manager()
    assert get_provider_manager() is manager
    assert manager.get_status() == {
        "default_provider": "ollama",
        "providers": {
            "ollama": {
                "type": "ollama",
                "enabled": True,
                "default_model": "llama3.2:3b",
                "base_url": "http://127.0.0.1:11434",
            }
        },
    }
