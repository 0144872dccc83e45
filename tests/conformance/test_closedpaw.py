"""The second provider system, CP-01 to CP-20: a provider by its configuration, recorded and replayed as it is."""

from __future__ import annotations

import logging
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conformance.closedpaw import (
    FORMATS,
    KEY,
    TALK,
    AcmeProvider,
    Format,
    Upstream,
    acme,
    body_of,
    clean,
    each_cloud,
    each_format,
    refuse,
)

import playhead
from playhead.compat.closedpaw import (
    BaseProvider,
    ChatResponse,
    OllamaProvider,
    ProviderConfig,
    ProviderType,
)


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


@each_format
async def test_cp_20_the_evidence_has_the_model_that_answered(form: Format, cassette: Path) -> None:
    """The answer echoes the model asked for; the cassette keeps both."""
    with playhead.use_cassette(cassette, mode="record") as session:
        answer = await session.wrap(form.provider(Upstream(form.answer)), name="acme").chat(TALK)
    [interaction] = playhead.open_cassette(cassette)
    outcome = interaction.outcome
    assert isinstance(outcome, playhead.Completion)
    assert (answer.model, outcome.model) == (form.model, form.served)
