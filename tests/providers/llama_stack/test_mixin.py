"""The mixin without OpenAI's SDK, and what it does with one that is there; the real SDK is in tests/sdks."""

from __future__ import annotations

import importlib.machinery
import logging
import sys
import types
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.conformance.llama_stack import KEY, MESSAGES, MODEL, StackServer, TinyProvider, every_call, read

import playhead
from playhead.errors import MissingDependencyError, PermanentError, ReplayRefused, UsageError
from playhead.providers import secrets
from playhead.providers.conventions.rehydrated import JSONObject
from playhead.providers.llama_stack import mixin
from playhead.providers.llama_stack.mixin import OpenAIMixin, has_sdk, status_of

without_sdk = pytest.mark.usefixtures("no_sdk")


@pytest.fixture
def no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no SDK, wherever these tests run."""
    monkeypatch.setitem(sys.modules, "openai", None)


@pytest.fixture
async def provider(no_sdk: None) -> AsyncIterator[TinyProvider]:
    """Give a provider of a server that runs."""
    with StackServer() as server:
        made = TinyProvider(server.base_url)
        yield made
        await made.aclose()


class FakeClient:
    """An SDK's client as far as the mixin touches it."""

    def __init__(self, base_url: str = "", api_key: str = "", **further: Any) -> None:
        self.given = {"base_url": base_url, "api_key": api_key, **further}
        self.asked: dict[str, Any] = {}
        self.failure: Exception | None = None
        self.closed = False
        self.chat = types.SimpleNamespace(completions=types.SimpleNamespace(create=self._create))
        self.models = types.SimpleNamespace(retrieve=self._retrieve)

    async def _create(
        self,
        *,
        model: str,
        messages: Any,
        extra_body: Any = None,
        extra_headers: Any = None,
        timeout: Any = None,  # noqa: ASYNC109 - the SDK's own argument
    ) -> Any:
        self.asked = {name: value for name, value in locals().items() if name != "self" and value is not None}
        return "the SDK's object"

    async def _retrieve(self, model: str) -> Any:
        if self.failure is not None:
            raise self.failure
        return model

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def fake_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an SDK whose client sends nothing."""
    module = types.ModuleType("openai")
    module.AsyncOpenAI = FakeClient  # type: ignore[attr-defined]
    module.__spec__ = importlib.machinery.ModuleSpec("openai", None)
    monkeypatch.setitem(sys.modules, "openai", module)


class TestClass:
    def test_both_methods_are_needed(self) -> None:
        """A class without one of the two cannot be made."""
        for missing in ("get_api_key", "get_base_url"):
            methods = {name: lambda _: "x" for name in ("get_api_key", "get_base_url") if name != missing}
            with pytest.raises(TypeError, match=missing):
                type("Half", (OpenAIMixin,), methods)()

    def test_it_keeps_no_state(self) -> None:
        """A class with slots, which nothing can be set on, is a provider as any other."""

        class Slotted(OpenAIMixin):
            __slots__ = ()
            get_api_key = get_base_url = lambda self: ""

        assert Slotted().get_extra_client_params() == {}


class TestWithoutSdk:
    @without_sdk
    def test_the_client_says_what_is_missing(self) -> None:
        """Without the SDK the client is an error that names the package and how to get it."""
        assert not has_sdk()
        with pytest.raises(MissingDependencyError, match="'openai' is not installed") as caught:
            _ = TinyProvider("http://127.0.0.1:9/v1").client
        assert caught.value.hint == "pip install 'openai'"

    async def test_every_call_is_answered(self, provider: TinyProvider) -> None:
        """All four methods work over httpx, streams too, and give objects that read as the SDK's."""
        found = await every_call(provider)
        assert found["chat"]["choices"][0]["message"]["content"].startswith("Réponse 0")
        assert found["chunks"][-1]["choices"][0]["finish_reason"] == "stop"
        assert "".join(chunk["choices"][0]["text"] for chunk in found["prompt chunks"]).startswith("Réponse")
        assert len(found["vectors"]["data"]) == 2
        assert (found["there"], found["absent"]) == (True, False)
        assert type(await provider.openai_chat_completion(MODEL, MESSAGES)) is JSONObject

    async def test_a_key_is_hidden_once_it_was_used(self, provider: TinyProvider) -> None:
        """The key is known to redaction from the first call on."""
        await provider.check_model_availability(MODEL)
        assert KEY in secrets.resolved_values()

    async def test_a_refusal_by_the_server_is_an_error_of_ours(self, provider: TinyProvider) -> None:
        """A status that is no success is typed, with the status in its context."""
        with pytest.raises(PermanentError, match="no model 'other'") as caught:
            await provider.openai_chat_completion("other", MESSAGES)
        assert status_of(caught.value) == 404

    async def test_a_call_that_makes_no_sense_is_not_sent(self, provider: TinyProvider) -> None:
        """A parameter too many is refused before anything is sent."""
        with pytest.raises(UsageError):
            await provider.openai_embeddings("m", "text", "float", 4, "me", "more")


class TestAvailability:
    @without_sdk
    async def test_a_server_that_is_not_there_is_a_warning(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is no 404 is False with a warning, and no exception; the key is not in it."""
        respond = httpx.MockTransport(lambda _: httpx.Response(401, json={"error": f"bad key {KEY}"}))
        monkeypatch.setattr(mixin, "Server", lambda url, key: _server(url, key, respond))
        provider = TinyProvider("https://api.example/v1")
        with caplog.at_level(logging.WARNING, mixin.LOGGER.name):
            assert await provider.check_model_availability("m") is False
        await provider.aclose()
        assert "whether model 'm' is available could not be asked: PermanentError" in caplog.text
        assert KEY not in caplog.text

    async def test_a_missing_model_is_no_warning(
        self, provider: TinyProvider, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A 404 is an answer."""
        assert await provider.check_model_availability("absent") is False
        assert caplog.text == ""

    @pytest.mark.parametrize("wrap", [True, False], ids=["provider seam", "wire seam"])
    async def test_a_refusal_in_replay_is_no_answer(self, provider: TinyProvider, wrap: bool, tmp_path: Any) -> None:
        """A question that was not recorded is refused, not answered with False."""
        with playhead.use_cassette(tmp_path / "a.cassette", mode="record"):
            await provider.check_model_availability(MODEL)
        with playhead.use_cassette(tmp_path / "a.cassette") as session:
            asked = session.wrap(provider) if wrap else provider
            with pytest.raises(ReplayRefused):
                await asked.check_model_availability("never-asked")

    @pytest.mark.usefixtures("fake_sdk")
    async def test_a_refusal_that_the_sdk_wraps_is_found(self) -> None:
        """An SDK's connection error that a refusal caused is raised as the refusal."""
        provider = TinyProvider("https://api.example/v1")
        failure = RuntimeError("Connection error.")
        failure.__cause__ = ReplayRefused("no match")
        provider.client.failure = failure
        with pytest.raises(ReplayRefused, match="no match"):
            await provider.check_model_availability("m")


class TestWithSdk:
    @pytest.mark.usefixtures("fake_sdk")
    async def test_the_client_is_made_of_the_two_methods(self) -> None:
        """Address and key are the provider's; a server that wants no key gets one that says so."""
        provider = TinyProvider("https://api.example/v1")
        assert provider.client.given == {"base_url": "https://api.example/v1", "api_key": KEY}
        assert TinyProvider("https://other.example/v1", "").client.given["api_key"] == "unused"

    @pytest.mark.usefixtures("fake_sdk")
    async def test_a_client_is_kept_while_nothing_changes(self) -> None:
        """One client serves a loop; another key makes another, and closing lets go."""
        provider = TinyProvider("https://api.example/v1")
        first = provider.client
        assert provider.client is first
        provider.api_key = "another"
        assert provider.client is not first
        provider.api_key = KEY
        await provider.aclose()
        assert first.closed
        assert provider.client is not first

    @pytest.mark.usefixtures("fake_sdk")
    async def test_further_arguments_of_the_client(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A provider may give the client more, such as headers; it is kept while they are the same."""
        monkeypatch.setattr(TinyProvider, "get_extra_client_params", lambda _: {"default_headers": {"x": "1"}})
        provider = TinyProvider("https://api.example/v1")
        first = provider.client
        assert first.given["default_headers"] == {"x": "1"}
        assert provider.client is first
        monkeypatch.setattr(TinyProvider, "get_extra_client_params", lambda _: {"default_headers": {"x": "2"}})
        assert provider.client is not first
        await provider.aclose()
        assert not first.closed

    @pytest.mark.usefixtures("fake_sdk")
    async def test_what_the_sdk_does_not_know_goes_through_its_body(self) -> None:
        """A parameter of a server's own is sent, though the SDK's method has no argument for it."""
        provider = TinyProvider("https://api.example/v1")
        answer = await provider.openai_chat_completion(
            MODEL, MESSAGES, top_k=4, extra_headers={"x-a": "1"}, timeout=2.0
        )
        assert answer == "the SDK's object"
        assert provider.client.asked == {
            "model": MODEL,
            "messages": MESSAGES,
            "extra_body": {"top_k": 4},
            "extra_headers": {"x-a": "1"},
            "timeout": 2.0,
        }

    @pytest.mark.usefixtures("fake_sdk")
    async def test_a_client_of_the_provider_s_own_is_used(self) -> None:
        """A subclass that has a client is asked through it."""
        own = FakeClient()
        provider = type("Own", (TinyProvider,), {"client": own})("https://api.example/v1")
        await provider.openai_chat_completion(model=MODEL, messages=MESSAGES)
        assert own.asked["model"] == MODEL


def test_a_status_is_found_wherever_it_stands() -> None:
    """Ours have it in the context, SDKs' as an attribute, others have none."""
    error = ValueError("odd")
    assert status_of(error) is None
    error.status_code = 404  # type: ignore[attr-defined]
    assert status_of(error) == 404
    assert status_of(PermanentError("odd", context={"status": 410})) == 410


async def test_both_seams_see_one_question(provider: TinyProvider, tmp_path: Any) -> None:
    """A call is the same call at either seam: its fingerprint's parts are, but for the provider's name."""
    found: list[Any] = []
    for name, wrap in (("a", True), ("b", False)):
        with playhead.use_cassette(tmp_path / name, mode="record") as session:
            asked: Any = session.wrap(provider, name="openai") if wrap else provider
            await asked.openai_chat_completion(MODEL, MESSAGES, temperature=0.5)
            await read(await asked.openai_completion(MODEL, "once", stream=True))
            await asked.openai_embeddings(MODEL, "text")
        kept = playhead.open_cassette(tmp_path / name)
        found.append([entry.fingerprint for entry in kept])
    assert found[0] == found[1]


def _server(url: str, key: str | None, transport: httpx.AsyncBaseTransport) -> Any:
    from playhead.providers.llama_stack.server import Server

    return Server(url, key, transport=transport)
