"""The second provider system, CP-01 to CP-21: providers by configuration, recorded and replayed as they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conformance.closedpaw import FORMATS, KEY, TALK, AcmeProvider, Format, Upstream, body_of, refuse
from tests.sdks.servers.openai_like import OpenAIServer
from tests.sdks.servers.words import KNOWN_MODELS

import playhead
from playhead.compat import closedpaw
from playhead.compat.closedpaw import (
    BaseProvider,
    ChatMessage,
    ChatResponse,
    DataVault,
    OllamaProvider,
    OpenAIProvider,
    ProviderConfig,
    ProviderManager,
    ProviderType,
    RateLimiter,
)
from playhead.format.assembly import whole_entries
from playhead.gateway import create_app
from playhead.providers.closedpaw import manager as manager_module
from playhead.providers.secrets import SecretResolver

HELLO = [ChatMessage("user", "hello")]
each_format = pytest.mark.parametrize("form", FORMATS, ids=[str(form.kind) for form in FORMATS])
each_cloud = pytest.mark.parametrize("form", FORMATS[1:], ids=[str(form.kind) for form in FORMATS[1:]])


def acme(upstream: Any, name: str = "acme", **further: Any) -> ProviderConfig:
    """Give the configuration of the bespoke provider."""
    settings = {"transport": httpx.MockTransport(upstream)}
    return ProviderConfig(ProviderType.CUSTOM, name, **{"api_key": KEY, "settings": settings, **further})


def clean(path: Path) -> bool:
    """Tell whether a cassette is without the key, as it lies there and decompressed."""
    cassette = playhead.open_cassette(path)
    texts = [path.read_bytes(), *(entry.data for entry in whole_entries(cassette.reader))]
    return not any(KEY.encode() in text for text in texts)


async def test_cp_01_a_subclass_is_recorded_and_replayed_with_all_six_fields(cassette: Path, no_sockets: None) -> None:
    """The replayed answer equals the recorded one, with the provider and without any."""
    upstream = Upstream({"text": "Paris", "tokens": 5})
    recorded: list[ChatResponse] = []
    with playhead.use_cassette(cassette, mode="record") as session:
        provider = session.wrap(AcmeProvider(acme(upstream)), name="acme")
        recorded.append(await provider.chat(TALK, model=None, top_k=3))
        recorded.append(await provider.chat(TALK, model="acme-2"))
        assert await provider.list_models() == {"text": "Paris", "tokens": 5}
        await provider.close()
    assert [type(answer) for answer in recorded] == [ChatResponse, ChatResponse]
    assert (recorded[0].content, recorded[0].model, recorded[1].model) == ("Paris", "acme-1", "acme-2")
    for again in (AcmeProvider(acme(refuse)), None):
        with playhead.use_cassette(cassette) as session:
            provider = session.wrap(again, name="acme", convention="closedpaw")
            replayed = [await provider.chat(TALK, model=None, top_k=3), await provider.chat(TALK, model="acme-2")]
            await provider.close()
        assert replayed == recorded
        compared = [field.name for field in fields(ChatResponse) if field.compare]
        assert compared == ["content", "model", "provider", "tokens_used", "finish_reason", "latency_ms"]
    assert len(upstream.requests) == 3


@pytest.mark.parametrize("missing", ["chat", "list_models", "health_check"])
def test_cp_02_a_missing_method_cannot_be_instantiated(missing: str) -> None:
    """Python says which one."""
    kept = {name: getattr(AcmeProvider, name) for name in ("chat", "list_models", "health_check") if name != missing}
    with pytest.raises(TypeError, match=missing):
        type("Part", (BaseProvider,), kept)(ProviderConfig(ProviderType.CUSTOM, "part"))


async def test_cp_03_every_field_of_a_configuration_has_its_use() -> None:
    """Sensible defaults; the time-out reaches the client; settings are passed on as they are."""
    names = [field.name for field in fields(ProviderConfig)]
    assert names[:5] == ["provider_type", "name", "api_key", "base_url", "models"]
    assert names[5:] == ["default_model", "enabled", "rate_limit", "timeout", "settings"]
    settings = {"region": "eu", "nested": {"a": [1]}}
    provider = OllamaProvider(ProviderConfig(ProviderType.OLLAMA, "local", timeout=7, settings=settings))
    assert provider.client.timeout == httpx.Timeout(7)
    assert provider.config.settings is settings
    assert settings == {"region": "eu", "nested": {"a": [1]}}
    await provider.close()


@each_cloud
async def test_cp_04_the_key_is_shown_nowhere(form: Format, cassette: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not by printing, not in a log of ours or of the HTTP library, not in the cassette of either seam."""
    upstream = Upstream(form.answer)
    with caplog.at_level(logging.DEBUG), playhead.use_cassette(cassette, mode="record") as session:
        inner = form.make(form.config(), transport=playhead.transport(session, inner=upstream.transport))
        await inner.chat(TALK)
        await session.wrap(inner, name="acme").chat(TALK)
        await inner.close()
    assert len(playhead.open_cassette(cassette)) == 2
    assert clean(cassette)
    for shown in (caplog.text, repr(inner), repr(form.config()), str(form.config()), f"{form.config()!r:s}"):
        assert KEY not in shown
    sent = upstream.requests[0]
    assert KEY in f"{sent.headers} {sent.url}".replace("[secure]", KEY)


@each_format
async def test_cp_05_each_wire_format_goes_out_as_the_vendor_wants_it(form: Format) -> None:
    """Address, key, roles and parameters; what comes back is read into the six fields."""
    upstream = Upstream(form.answer)
    provider = form.provider(upstream)
    answer = await provider.chat(TALK, keep_alive="5m")
    await provider.close()
    [request] = upstream.requests
    assert (request.method, str(request.url)) == ("POST", form.url)
    assert {name: request.headers[name] for name in form.headers} == form.headers
    assert request.headers["content-type"] == "application/json"
    for name in ("authorization", "x-api-key", "x-goog-api-key"):
        assert (name in request.headers) is (name in form.headers)
    assert body_of(request) == form.body
    assert (answer.content, answer.model, answer.provider) == ("Paris", form.model, f"my-{form.kind}")
    assert (answer.tokens_used, answer.finish_reason) == (form.tokens, form.reason)
    assert isinstance(answer.latency_ms, int)


@each_format
@pytest.mark.usefixtures("no_sockets")
async def test_cp_05_each_wire_format_is_recorded_and_replayed_without_a_transport(
    form: Format, cassette: Path
) -> None:
    """The replay needs neither network nor key nor provider."""
    upstream = Upstream(form.answer)
    with playhead.use_cassette(cassette, mode="record") as session:
        recorded = await session.wrap(form.provider(upstream), name=f"my-{form.kind}").chat(TALK, keep_alive="5m")
    assert len(upstream.requests) == 1
    for inner in (form.make(form.config(api_key=None)), None):
        with playhead.use_cassette(cassette) as session:
            wrapped = session.wrap(inner, name=f"my-{form.kind}", convention="closedpaw")
            assert await wrapped.chat(TALK, keep_alive="5m") == recorded
    assert clean(cassette)


@each_format
@pytest.mark.usefixtures("no_sockets")
async def test_cp_05_each_wire_format_is_recorded_and_replayed_below_the_provider_too(
    form: Format, cassette: Path
) -> None:
    """At the wire seam the provider's own code reads the recorded bytes."""
    upstream = Upstream(form.answer)
    answers: list[ChatResponse] = []
    for mode, inner in (("record", upstream.transport), ("replay", httpx.MockTransport(refuse))):
        with playhead.use_cassette(cassette, mode=mode) as session:
            transport = playhead.transport(session, inner=inner)
            provider = form.make(form.config(), transport=transport, stopwatch=lambda: 0.0)
            answers.append(await provider.chat(TALK))
            await provider.close()
    assert answers[0] == answers[1]
    assert len(upstream.requests) == 1
    assert clean(cassette)


@each_cloud
async def test_cp_06_a_missing_key_fails_before_anything_is_sent(form: Format) -> None:
    """The error names the provider and says where a key could come from."""
    provider = form.provider(refuse, api_key=None)
    with pytest.raises(playhead.InferenceProviderError, match=f"provider 'my-{form.kind}' has no key") as caught:
        await provider.chat(TALK)
    assert caught.value.error_code == "INFERENCE_PROVIDER_KEY_MISSING"
    assert await provider.health_check() is False
    await provider.close()


async def test_cp_06_ollama_needs_no_key() -> None:
    """It is on the user's own machine."""
    upstream = Upstream(FORMATS[0].answer)
    assert (await FORMATS[0].provider(upstream).chat(TALK)).content == "Paris"


_ERRORS: dict[str, Any] = {
    "ollama": {"error": f"model not found, says {KEY}"},
    "openai": {"error": {"message": f"model not found, says {KEY}", "type": "invalid_request_error"}},
    "anthropic": {"type": "error", "error": {"type": "not_found_error", "message": f"model not found, says {KEY}"}},
    "google": {"error": {"code": 404, "message": f"model not found, says {KEY}", "status": "NOT_FOUND"}},
    "mistral": {"object": "error", "message": f"model not found, says {KEY}"},
}


@each_format
@pytest.mark.parametrize(
    ("status", "kind"), [(404, playhead.PermanentError), (429, playhead.RateLimitError), (500, playhead.ProviderError)]
)
async def test_cp_07_a_failure_names_the_provider_and_replays(
    form: Format, status: int, kind: type[playhead.PlayheadError], cassette: Path
) -> None:
    """The upstream's own words are in it, its secrets are not; the replay raises the same class and message."""
    upstream = Upstream(_ERRORS[form.kind], status=status)
    # One of the texts holds a key that the provider is not given where it needs none.
    provider = form.provider(upstream, api_key=KEY)
    seen: list[str] = []
    for mode, inner in (("record", provider), ("replay", None)):
        with playhead.use_cassette(cassette, mode=mode) as session:
            wrapped = session.wrap(inner, name="acme", convention="closedpaw")
            with pytest.raises(kind) as caught:
                await wrapped.chat(TALK)
        assert type(caught.value) is kind
        seen.append(caught.value.message)
    assert seen[0] == seen[1]
    assert f"provider 'my-{form.kind}' answered {status}: 'model not found, says" in seen[0]
    assert KEY not in seen[0]
    assert len(upstream.requests) == 1
    assert clean(cassette)


async def test_cp_07_an_exception_of_the_user_s_own_replays(cassette: Path) -> None:
    """The system's users raise ``Exception`` with a text."""
    upstream = Upstream({"detail": "out of order"}, status=503)
    for mode, inner in (("record", AcmeProvider(acme(upstream))), ("replay", None)):
        with playhead.use_cassette(cassette, mode=mode) as session:
            wrapped = session.wrap(inner, name="acme", convention="closedpaw")
            with pytest.raises(Exception, match=r"Acme API error: .*out of order") as caught:
                await wrapped.chat(TALK)
        assert type(caught.value) is Exception
    assert len(upstream.requests) == 1


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


async def test_cp_11_one_failing_provider_is_its_own_affair() -> None:
    """Its list is empty, its health is bad, and the others are as they are."""
    manager = ProviderManager()
    manager.register_provider(acme(refuse, "broken"), factory=Broken)
    manager.register_provider(acme(Upstream(["acme-1"])), factory=AcmeProvider)
    manager.register_provider(ProviderConfig(ProviderType.OPENAI, "keyless", models=["gpt-4o-mini"]))
    assert await manager.list_all_models() == {"broken": [], "acme": ["acme-1"], "keyless": ["gpt-4o-mini"]}
    assert await manager.health_check_all() == {"broken": False, "acme": True, "keyless": False}
    await manager.close_all()


@each_format
async def test_cp_12_health_is_a_bool_within_seconds(form: Format) -> None:
    """It never raises, whatever the server does."""
    well = Upstream({"models": [], "data": []})
    assert await form.provider(well).health_check() is True
    assert set(well.requests[0].extensions["timeout"].values()) == {5.0}
    assert await form.provider(Upstream({}, status=500)).health_check() is False

    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    assert await form.provider(hang).health_check() is False


@pytest.mark.usefixtures("no_sockets")
async def test_cp_12_health_in_replay_needs_no_network(cassette: Path) -> None:
    """It is what was recorded, or good where nothing was."""
    with playhead.use_cassette(cassette, mode="record") as session:
        recorded = session.wrap(FORMATS[1].provider(Upstream({}, status=500)), name="openai")
        assert await recorded.health_check() is False
    with playhead.use_cassette(cassette) as session:
        assert await session.wrap(FORMATS[1].provider(refuse), name="openai").health_check() is False
        assert await session.wrap(FORMATS[1].provider(refuse), name="other").health_check() is True


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


@each_format
async def test_cp_17_no_count_is_none(form: Format, cassette: Path) -> None:
    """What the server did not count is None, live and replayed; a latency is replayed as it was measured."""
    bare = {name: value for name, value in form.answer.items() if name not in ("usage", "eval_count")}
    with playhead.use_cassette(cassette, mode="record") as session:
        recorded = await session.wrap(form.provider(Upstream(bare)), name="acme").chat(TALK)
    with playhead.use_cassette(cassette) as session:
        replayed = await session.wrap(None, name="acme", convention="closedpaw").chat(TALK)
    assert recorded.tokens_used is replayed.tokens_used is None
    assert recorded.latency_ms == replayed.latency_ms is not None


async def test_cp_17_a_latency_is_measured(cassette: Path) -> None:
    """From the call to the whole answer, and exactly that is replayed."""
    ticks = iter((1.0, 1.2345))
    provider = OllamaProvider(
        ProviderConfig(ProviderType.OLLAMA, "local"),
        transport=Upstream(FORMATS[0].answer).transport,
        stopwatch=lambda: next(ticks),
    )
    with playhead.use_cassette(cassette, mode="record") as session:
        assert (await session.wrap(provider, name="local").chat(TALK)).latency_ms == 234
    with playhead.use_cassette(cassette) as session:
        assert (await session.wrap(None, name="local", convention="closedpaw").chat(TALK)).latency_ms == 234


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


@each_format
async def test_cp_20_the_evidence_has_the_model_that_answered(form: Format, cassette: Path) -> None:
    """The answer echoes the model asked for; the cassette keeps both."""
    with playhead.use_cassette(cassette, mode="record") as session:
        answer = await session.wrap(form.provider(Upstream(form.answer)), name="acme").chat(TALK)
    [interaction] = playhead.open_cassette(cassette)
    outcome = interaction.outcome
    assert isinstance(outcome, playhead.Completion)
    assert (answer.model, outcome.model) == (form.model, form.served)


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
