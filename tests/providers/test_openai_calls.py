"""Settings, requests and decoded answers of the OpenAI-compatible provider, without sending anything."""

from __future__ import annotations

import json
import math
import traceback
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from playhead.core.model import CompletionRequest, Family, ToolCall
from playhead.errors import InferenceProviderError, ProviderError, UsageError
from playhead.providers.openai_calls import Call, OpenAISettings
from playhead.providers.secrets import resolved_values

BASE_URL = "https://api.example/v1"


def settings(**given: Any) -> OpenAISettings:
    """Give settings with these options."""
    return OpenAISettings(given.pop("base_url", BASE_URL), **{"model": "m-1", **given})


def sent(call: Call) -> dict[str, Any]:
    """Give the JSON that a call sends."""
    with httpx.Client() as client:
        body: dict[str, Any] = json.loads(call.request(client).content)
        return body


def chat(request: CompletionRequest, **given: Any) -> dict[str, Any]:
    """Give the JSON that a request is sent as."""
    return sent(settings(**given).call_for(request))


def test_ek_03_defaults() -> None:
    """The defaults are those of the conformance list, and are sent where a request says nothing."""
    provider = settings()
    assert (provider.default_temperature, provider.default_max_tokens, provider.timeout) == (0.7, 4096, 120.0)
    assert chat(CompletionRequest("hi")) == {
        "model": "m-1",
        "messages": [{"role": "user", "content": "hi"}],
        "temperature": 0.7,
        "max_tokens": 4096,
    }


@pytest.mark.parametrize("temperature", [0, 0.0, 1.5])
@pytest.mark.parametrize("max_tokens", [0, 1])
def test_ek_03_values_of_the_call_win(temperature: float, max_tokens: int) -> None:
    """What a request says wins over the defaults, zero included."""
    body = chat(CompletionRequest("hi", model="m-2", temperature=temperature, max_tokens=max_tokens))
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("m-2", temperature, max_tokens)
    assert chat(CompletionRequest("hi", params={"temperature": 0.0}))["temperature"] == 0.0


def test_ek_03_no_defaults() -> None:
    """A default of ``None`` sends nothing."""
    body = chat(CompletionRequest("hi"), default_temperature=None, default_max_tokens=None)
    assert set(body) == {"model", "messages"}
    assert chat(CompletionRequest("hi"), default_temperature=0.0)["temperature"] == 0.0


def test_ek_06_supports_tools() -> None:
    """The class says that tools may be sent."""
    assert OpenAISettings.supports_tools is True
    assert settings().supports_tools is True


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"base_url": "ftp://x"}, "base_url 'ftp://x' is not"),
        ({"model": ""}, "needs a model"),
        ({"name": "OpenAI"}, "provider name 'OpenAI'"),
        ({"name": ""}, "provider name ''"),
        ({"timeout": 0}, "timeout must be"),
        ({"timeout": math.inf}, "timeout must be"),
        ({"retries": 0}, "retries counts all tries"),
        ({"api_key": "a", "api_key_ref": "env:A"}, "both given"),
        ({"headers": {"a b": "c"}}, "header 'a b'"),
    ],
)
def test_settings_are_checked(given: dict[str, Any], words: str) -> None:
    """A setting that cannot work is refused when the provider is made."""
    with pytest.raises(UsageError, match=words):
        settings(**given)


@pytest.mark.parametrize("name", ["openai", "anthropic", "cohere", "local:llama-3", "my_company_internal"])
def test_px_11_names(name: str) -> None:
    """Stable lower-case names are taken."""
    assert settings(name=name).name == name


@pytest.mark.parametrize("length", [1, 3, 1000])
@pytest.mark.parametrize("prefix", ["", "sk-", "Zz9"])
def test_ek_07_repr_masks_the_key(length: int, prefix: str) -> None:
    """A key of any length and prefix is three stars in every printed form of the provider."""
    key = (prefix + "\u007e" * length)[:length]
    provider = settings(api_key=key)
    shown = [repr(provider), str(provider), repr(vars(provider)), f"{[provider]}"]
    assert all("~" not in text for text in shown)
    assert "api_key='***'" in repr(provider)
    assert repr(provider) == f"OpenAISettings('{BASE_URL}', model='m-1', api_key='***', name='openai-compatible')"


def test_repr_shows_a_reference() -> None:
    """A reference is no secret."""
    assert "api_key_ref='env:SOME_KEY'" in repr(settings(api_key_ref="env:SOME_KEY"))
    assert "api_key=None" in repr(settings())


def test_base_url_is_shown_without_credentials() -> None:
    """The address can be read back, with its password masked."""
    assert settings().base_url == BASE_URL
    assert "calls-pass-1" not in settings(base_url="https://user:calls-pass-1@x.example/v1").base_url


def test_ek_07_a_refused_setting_shows_no_key() -> None:
    """A traceback with locals of a refused provider holds no key in any frame of ours."""
    given = {"api_key": "~" * 9, "headers": {"api-key": "~" * 9}, "timeout": -1}
    with pytest.raises(UsageError) as caught:
        OpenAISettings(BASE_URL, model="m", **given)  # type: ignore[arg-type]
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack[1:]
    assert frames
    assert all("~~~" not in text for frame in frames for text in (frame.locals or {}).values())


def test_ek_09_literal_keys_are_known_to_redaction() -> None:
    """A literal key is redacted by value like a resolved one."""
    settings(api_key="calls-literal-key-1")
    assert "calls-literal-key-1" in resolved_values()


def test_request_headers() -> None:
    """A request says what it is, who asks, and what the user adds; the user's headers win."""
    call = settings(api_key="k-1", headers={"accept": "text/plain", "X-Team": "a"}).call_for(CompletionRequest("hi"))
    with httpx.Client() as client:
        request = call.request(client)
    assert request.method == "POST"
    assert request.headers["Authorization"] == "Bearer k-1"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers.get_list("Accept") == ["text/plain"]
    assert request.headers["X-Team"] == "a"


def test_an_authorization_header_wins() -> None:
    """A user's own ``Authorization`` takes the place of the key's."""
    call = settings(api_key="k-1", headers={"Authorization": "Basic abc"}).call_for(CompletionRequest("hi"))
    with httpx.Client() as client:
        assert call.request(client).headers.get_list("Authorization") == ["Basic abc"]


def test_values_are_sent_as_json() -> None:
    """Read-only mappings, tuples, structs and lone surrogates have a JSON form."""
    request = CompletionRequest(
        messages=(MappingProxyType({"role": "user", "content": "\ud83d é"}),),
        params={"stop": ("a", "b"), "empty": MappingProxyType({}), "call": ToolCall("1", "f", "{}")},
    )
    body = chat(request)
    assert body["messages"] == [{"role": "user", "content": "\ud83d é"}]
    assert (body["stop"], body["empty"]) == (["a", "b"], {})
    assert body["call"] == {"id": "1", "name": "f", "arguments": "{}"}


@pytest.mark.parametrize("value", [math.nan, math.inf, b"bytes", {1, 2}, object()])
def test_values_without_json_are_refused(value: Any) -> None:
    """What JSON cannot say is the caller's mistake, before anything is sent."""
    with pytest.raises(UsageError, match="cannot be sent as JSON"):
        settings().call_for(CompletionRequest("hi", params={"x": value}))


def test_embeddings_by_family() -> None:
    """A request of the embedding family goes to the other endpoint, without sampling values."""
    request = CompletionRequest(family=Family.EMBEDDING, params={"input": ["a"]})
    call = settings().call_for(request)
    with httpx.Client() as client:
        assert str(call.request(client).url) == f"{BASE_URL}/embeddings"
    assert sent(call) == {"model": "m-1", "input": ["a"]}


def test_other_families_are_refused() -> None:
    """A family without an endpoint is the caller's mistake."""
    with pytest.raises(UsageError, match="family 'img_gen'"):
        settings().call_for(CompletionRequest("hi", family=Family.IMG_GEN))


ANSWER = {"choices": [{"message": {"content": "ACME"}}]}


def test_answer_names_provider_and_model() -> None:
    """The completion has the provider's name, and the model asked for where the answer names none."""
    call = settings(name="acme").call_for(CompletionRequest("hi", model="m-2"))
    completion = call.completion(httpx.Response(200, json=ANSWER))
    assert (completion.text, completion.provider, completion.model, completion.raw) == ("ACME", "acme", "m-2", None)
    named = call.completion(httpx.Response(200, json={**ANSWER, "model": "m-2-2025"}))
    assert named.model == "m-2-2025"


def test_raw_is_kept_on_request() -> None:
    """The server's JSON is kept where it was asked for."""
    call = settings(keep_raw=True).call_for(CompletionRequest("hi"))
    assert call.completion(httpx.Response(200, json=ANSWER)).raw == ANSWER


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>", "answered 200, but the body is not JSON: '<html>'"),
        (b"", "answered 200, but the body is not JSON: ''"),
        (b"{}", "answered 200, but the answer has no choices"),
        (b'{"error": {"message": "busy"}}', "answered 200, but the answer is an error: 'busy'"),
        (b'{"choices": "calls-echoed-key-1"}', "has no choices"),
        (b"calls-echoed-key-1", r"is not JSON: '\[REDACTED\]'"),
    ],
)
def test_a_success_that_is_no_answer(content: bytes, words: str) -> None:
    """A body that cannot be read is a provider's error with the call's context and no secret."""
    call = settings(name="acme", api_key="calls-echoed-key-1").call_for(CompletionRequest("hi"))
    with pytest.raises(ProviderError, match=words) as caught:
        call.completion(httpx.Response(200, content=content))
    assert caught.value.context == {"provider": "acme", "model": "m-1", "status": 200}
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (httpx.Response(200, headers={"Content-Type": "text/event-stream; charset=utf-8"}), True),
        (httpx.Response(200), True),
        (httpx.Response(200, headers={"Content-Type": "Application/JSON; charset=utf-8"}), False),
        (httpx.Response(500, headers={"Content-Type": "text/event-stream"}), False),
    ],
)
def test_what_is_a_stream(response: httpx.Response, expected: bool) -> None:
    """A failure and a JSON object are read whole; everything else is a stream."""
    assert settings().chat_call(CompletionRequest("hi"), stream=True).is_stream(response) is expected


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx.Response(200, json=ANSWER), "but a whole answer came for a stream"),
        (httpx.Response(200, json={"error": "busy"}), "but the answer is an error: 'busy'"),
        (httpx.Response(200, content=b"<", headers={"Content-Type": "application/json"}), "but the body is not JSON"),
        (httpx.Response(404, json={"error": {"message": "no model"}}), "answered 404: 'no model'"),
    ],
)
def test_why_it_is_no_stream(response: httpx.Response, words: str) -> None:
    """The error says what came instead of a stream."""
    error = settings().chat_call(CompletionRequest("hi"), stream=True).stream_error(response)
    assert isinstance(error, InferenceProviderError)
    assert words in error.message
    assert error.context["status"] == response.status_code


def test_reader_errors_have_the_context() -> None:
    """An error event names provider and status and holds no secret."""
    call = settings(name="acme", api_key="calls-echoed-key-2").chat_call(CompletionRequest("hi"), stream=True)
    reader = call.reader(httpx.Response(200))
    with pytest.raises(
        ProviderError, match=r"'acme' answered 200, but the answer is an error: '\[REDACTED\]'"
    ) as caught:
        list(reader.feed(b'data: {"error": "calls-echoed-key-2"}\n\n'))
    assert caught.value.__context__ is None
    with pytest.raises(ProviderError, match="ended before the answer did") as cut:
        call.reader(httpx.Response(200)).finish()
    assert cut.value.context == {"provider": "acme", "model": "m-1", "status": 200}
    assert cut.value.__context__ is None
