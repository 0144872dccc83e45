"""The first provider system, PX-01 to PX-13: any object with ``complete(request)``, its key, name and requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
import respx
from tests.conformance.paxman import (
    CHAT,
    KEY_VARIABLE,
    OpenAIProvider,
    Scripted,
    chat_body,
    ours,
    record_one,
    replay_one,
)

import playhead
from playhead import Completion, CompletionRequest, InferenceProviderError, Usage
from playhead.compat.paxman import capabilities
from playhead.providers.openai_compatible import OpenAICompatibleProvider
from playhead.providers.secrets import SecretResolver


def test_px_01_any_object_with_complete_is_a_provider(cassette: Path) -> None:
    """An object with ``complete(request)`` is recorded without inheritance or registration."""
    assert record_one(cassette, Scripted("Paris")).text == "Paris"
    assert replay_one(cassette).text == "Paris"


@pytest.mark.parametrize("thing", [object(), None.__class__, 3, "complete", type("NotCallable", (), {"complete": 1})()])
def test_px_01_an_object_without_complete_is_refused(cassette: Path, thing: object) -> None:
    """What has no ``complete`` to call is refused with an error of ours, not with ``AttributeError``."""
    with (
        playhead.use_cassette(cassette, mode="live") as session,
        pytest.raises(playhead.UsageError, match="is not a provider"),
    ):
        session.wrap(thing)


@respx.mock
@pytest.mark.usefixtures("key")
def test_px_02_a_frozen_slotted_attrs_provider_is_recorded_and_replayed(cassette: Path) -> None:
    """A frozen, slotted attrs provider works as it is, and nothing is set on it."""
    route = respx.post(CHAT).respond(json=chat_body())
    provider = OpenAIProvider(api_key_ref=f"env:{KEY_VARIABLE}")
    before = attrs.asdict(provider)
    first = record_one(cassette, provider)
    assert first == Completion("Paris", model="gpt-5", model_version="gpt-5-2025-08-07", usage=Usage(7, 1, 8))
    assert attrs.asdict(provider) == before
    assert replay_one(cassette, provider=provider) == first
    assert route.call_count == 1


def test_px_03_the_types_have_the_named_fields() -> None:
    """Request, completion and usage have the fields that the system's code reads and writes."""
    request = CompletionRequest(prompt="p", temperature=0.0, id="x-1")
    assert (request.prompt, request.temperature, request.id) == ("p", 0.0, "x-1")
    usage = Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
    full = Completion(text="t", model="m", model_version="v", usage=usage)
    assert (full.text, full.model, full.model_version, full.usage) == ("t", "m", "v", usage)
    assert Completion(text="t", model="m", usage=usage).model_version is None


def test_px_04_a_failure_comes_back_as_it_was(cassette: Path) -> None:
    """Class, message, code and context come back on replay; live, the cause is there too."""
    cause = TimeoutError("30 s")

    class Failing:
        def complete(self, request: CompletionRequest) -> Completion:
            raise InferenceProviderError("no answer", error_code="UPSTREAM", context={"n": 3}) from cause

    with pytest.raises(InferenceProviderError) as live, playhead.use_cassette(cassette, mode="record") as session:
        session.wrap(Failing(), name="openai").complete(CompletionRequest("hello"))
    assert live.value.__cause__ is cause
    assert not cassette.exists()
    with playhead.use_cassette(cassette, mode="record") as session:
        wrapped = session.wrap(Failing(), name="openai")
        with pytest.raises(InferenceProviderError):
            wrapped.complete(CompletionRequest("hello"))
    with pytest.raises(InferenceProviderError) as replayed:
        replay_one(cassette)
    error = replayed.value
    assert type(error) is InferenceProviderError
    assert (str(error), error.error_code, error.context) == ("no answer", "UPSTREAM", {"n": 3})


def test_px_05_a_reference_is_read_at_call_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider made before its variable is set works after, and a rotated key is used by the next call."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["authorization"])
        return httpx.Response(200, json=chat_body())

    provider = OpenAICompatibleProvider(
        "https://api.openai.com/v1",
        model="gpt-5",
        api_key_ref=f"env:{KEY_VARIABLE}",
        transport=httpx.MockTransport(answer),
    )
    for value in ("first-of-two-values", "second-of-two-values"):
        monkeypatch.setenv(KEY_VARIABLE, value)
        provider.complete(CompletionRequest("hello"))
    assert sent == ["Bearer first-of-two-values", "Bearer second-of-two-values"]


@pytest.mark.parametrize("make", [OpenAIProvider, ours])
def test_px_06_a_missing_variable_is_named(make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set gives its code and its name."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(InferenceProviderError) as caught:
        make(api_key_ref=f"env:{KEY_VARIABLE}").complete(CompletionRequest("hello"))
    assert caught.value.error_code == "INFERENCE_PROVIDER_KEY_MISSING"
    assert caught.value.context == {"env_var": KEY_VARIABLE}


def test_px_07_an_unknown_scheme_is_named_and_schemes_can_be_added() -> None:
    """A scheme nobody reads gives its code and the reference; a user's own scheme is read."""
    reference = "vault:secret/openai#api_key"
    with pytest.raises(InferenceProviderError) as caught:
        ours(reference).complete(CompletionRequest("hello"))
    assert caught.value.error_code == "INFERENCE_PROVIDER_KEY_REFERENCE"
    assert caught.value.context == {"api_key_ref": reference}
    vault = SecretResolver().with_scheme("vault", lambda place: f"value-at-{place.replace('/', '-').replace('#', '-')}")
    answer = ours(reference, vault).complete(CompletionRequest("hello"))
    assert answer.text == "Bearer value-at-secret-openai-api_key"


@respx.mock
def test_px_08_replay_never_resolves_a_key(
    cassette: Path, key: str, monkeypatch: pytest.MonkeyPatch, no_sockets: None
) -> None:
    """Replay passes with the variable unset and the network shut."""
    respx.post(CHAT).respond(json=chat_body())
    provider = OpenAIProvider(api_key_ref=f"env:{KEY_VARIABLE}")
    first = record_one(cassette, provider)
    monkeypatch.delenv(KEY_VARIABLE)
    assert replay_one(cassette, provider=provider) == first


@respx.mock
@pytest.mark.usefixtures("key")
def test_px_10_evidence_says_what_answered(cassette: Path) -> None:
    """Each entry proves provider name, model, model version (which may be absent), usage and text."""
    respx.post(CHAT).respond(json=chat_body())
    with playhead.use_cassette(cassette, mode="record") as session:
        session.wrap(OpenAIProvider(f"env:{KEY_VARIABLE}"), name="openai").complete(CompletionRequest("a"))
        session.wrap(Scripted("x"), name="local:llama-3").complete(CompletionRequest("b"))
    found = {entry.evidence.provider: entry.evidence for entry in playhead.open_cassette(cassette)}
    one, two = found["openai"], found["local:llama-3"]
    assert (one.text, one.model, one.model_version, one.usage) == ("Paris", "gpt-5", "gpt-5-2025-08-07", Usage(7, 1, 8))
    assert (two.text, two.model, two.model_version, two.usage) == ("x", "scripted-1", None, Usage(1, 1, 2))


@pytest.mark.parametrize("name", ["openai", "anthropic", "cohere", "local:llama-3", "my_company_internal"])
def test_px_11_the_named_providers_are_valid(cassette: Path, name: str) -> None:
    """Each provider name the system uses is taken, and stands in the evidence."""
    with playhead.use_cassette(cassette, mode="record") as session:
        session.wrap(Scripted("x"), name=name).complete(CompletionRequest("a"))
    assert [entry.provider for entry in playhead.open_cassette(cassette)] == [name]


@pytest.mark.parametrize("name", ["", "OpenAI", "openAI", " openai", "openai\n", "öpenai"])
def test_px_11_other_names_are_refused(cassette: Path, name: str) -> None:
    """An empty name, one with upper case or a stray character is refused before any call."""
    provider = Scripted("x")
    with playhead.use_cassette(cassette, mode="live") as session, pytest.raises(playhead.UsageError, match="name"):
        session.wrap(provider, name=name)
    assert provider.count == 0


def test_px_12_binding_gives_a_new_object(cassette: Path) -> None:
    """Wrapping again under another name leaves the first wrapper with its provider and its name."""
    with playhead.use_cassette(cassette, mode="record") as session:
        one = session.wrap(Scripted("from one", "from one again"), name="one")
        other = session.wrap(Scripted("from other"), name="other")
        assert one is not other
        assert [one.complete(CompletionRequest("a")).text, other.complete(CompletionRequest("a")).text] == [
            "from one",
            "from other",
        ]
        assert one.complete(CompletionRequest("b")).text == "from one again"
    found = sorted((entry.provider, entry.evidence.text) for entry in playhead.open_cassette(cassette))
    assert found == [("one", "from one"), ("one", "from one again"), ("other", "from other")]


def test_px_12_with_provider_binds_a_name_that_evidence_shows(cassette: Path) -> None:
    """``with_provider`` gives a new capability; the first keeps its provider, and evidence has the bound name."""
    first = capabilities.inference.with_provider("openai", Scripted("from one"))
    other = first.with_provider("my_company_internal", Scripted("from other"))
    with playhead.use_cassette(cassette, mode="record"):
        assert first.complete(CompletionRequest("a")).text == "from one"
        assert other.complete(CompletionRequest("a")).text == "from other"
    found = sorted((entry.provider, entry.evidence.text) for entry in playhead.open_cassette(cassette))
    assert found == [("my_company_internal", "from other"), ("openai", "from one")]


def test_px_13_the_request_is_unchanged(cassette: Path) -> None:
    """The provider gets the caller's request itself, which is frozen and equal to what it was."""
    seen: list[CompletionRequest] = []

    class Looking:
        def complete(self, request: CompletionRequest) -> Completion:
            seen.append(request)
            with pytest.raises(AttributeError):
                request.prompt = "other"  # type: ignore[misc]
            return Completion("ok", model="m")

    request = CompletionRequest("password=hunter2hunter2", context={"a": [1, {"b": 2}]}, params={"seed": 1}, id="i")
    snapshot = json.dumps([request.prompt, dict(request.context), dict(request.params), request.id])
    with playhead.use_cassette(cassette, mode="record") as session:
        session.wrap(Looking(), name="openai").complete(request)
    assert seen[0] is request
    assert json.dumps([request.prompt, dict(request.context), dict(request.params), request.id]) == snapshot
