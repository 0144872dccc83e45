"""The vendor providers, sync and async, over ``httpx.MockTransport``."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest
from tests.providers.conftest import Driver
from tests.providers.vendors.conftest import ANSWERS, MODELS, STREAMS

from playhead.core.model import CompletionRequest
from playhead.errors import InferenceProviderError, PermanentError, ProviderError, RateLimitError, UsageError
from playhead.providers.vendors import VENDORS, AsyncVendorProvider, VendorProvider

HELLO = CompletionRequest(messages=({"role": "user", "content": "hello"},))
KEY = "vendor-test-key"
CLOUD = [name for name in VENDORS if name != "ollama"]


def make(driver: Driver, vendor: str, upstream: Any, **settings: Any) -> Any:
    """Make a provider of the driver's kind."""
    kind = AsyncVendorProvider if driver.is_async else VendorProvider
    transport = {"async_transport" if driver.is_async else "transport": upstream.transport}
    key = {} if vendor == "ollama" or "api_key_ref" in settings else {"api_key": KEY}
    return kind(vendor, **{**transport, **key, **settings})


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer_is_read(driver: Driver, vendor: str) -> None:
    """Text, model, counts and reason come from where each vendor puts them."""
    upstream = driver.upstream(httpx.Response(200, json=ANSWERS[vendor]))
    completion = driver.complete(make(driver, vendor, upstream, name="mine"), HELLO)
    assert (completion.text, completion.provider) == ("Paris", "mine")
    assert completion.model == ANSWERS[vendor].get("model", "gemini-1.5-flash-002")
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (7, 1)
    assert completion.finish_reason in ("stop", "end_turn", "STOP")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_key_travels_as_the_vendor_wants_it(driver: Driver, vendor: str) -> None:
    """In one place and no other."""
    upstream = driver.upstream(httpx.Response(200, json=ANSWERS[vendor]))
    driver.complete(make(driver, vendor, upstream), HELLO)
    [request] = upstream.requests
    expected = {
        "openai": ("Bearer vendor-test-key", None, None),
        "mistral": ("Bearer vendor-test-key", None, None),
        "anthropic": (None, KEY, None),
        "google": (None, None, KEY),
        "ollama": (None, None, None),
    }
    headers = request.headers
    found = (headers.get("authorization"), headers.get("x-api-key"), request.url.params.get("key"))
    assert found == expected[vendor]
    assert headers.get("anthropic-version") == ("2023-06-01" if vendor == "anthropic" else None)


@pytest.mark.parametrize("vendor", CLOUD)
def test_a_missing_key_fails_before_anything_is_sent(driver: Driver, vendor: str) -> None:
    """The error says where a key could come from."""
    upstream = driver.upstream()
    provider = make(driver, vendor, upstream, api_key=None)
    with pytest.raises(InferenceProviderError, match=f"has no key.*\nhint: .*{vendor.upper()}_API_KEY") as caught:
        driver.complete(provider, HELLO)
    assert caught.value.error_code == "INFERENCE_PROVIDER_KEY_MISSING"
    assert driver.run(provider.health_check()) is False
    assert upstream.requests == []


def test_a_key_is_read_for_every_call(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotated key is used by the next call."""
    upstream = driver.upstream(httpx.Response(200, json=ANSWERS["anthropic"]))
    provider = make(driver, "anthropic", upstream, api_key_ref="env:PLAYHEAD_VENDOR_KEY")
    for value in ("vendor-first", "vendor-second"):
        monkeypatch.setenv("PLAYHEAD_VENDOR_KEY", value)
        driver.complete(provider, HELLO)
    assert [request.headers["x-api-key"] for request in upstream.requests] == ["vendor-first", "vendor-second"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_stream_comes_in_the_server_s_pieces(driver: Driver, vendor: str) -> None:
    """Each vendor's stream gives text, and the whole answer at its end."""
    kind, body = STREAMS[vendor]
    upstream = driver.upstream(httpx.Response(200, content=body, headers={"Content-Type": kind}))
    stream = make(driver, vendor, upstream).stream(HELLO)
    assert driver.read(stream) == ["Par", "is"]
    assert (stream.completion.text, stream.completion.model, stream.completion.provider) == ("Paris", "m-2", vendor)
    assert stream.completion.finish_reason in ("stop", "end_turn", "STOP")


def test_an_error_in_a_stream_comes_after_the_text_before_it(driver: Driver) -> None:
    """What the server said is the caller's, and the error names the provider."""
    kind, body = STREAMS["anthropic"]
    failed = body[: body.index(b"event: message_delta")] + (
        b'event: error\ndata: {"type":"error","error":{"message":"overloaded"}}\n\n'
    )
    upstream = driver.upstream(httpx.Response(200, content=failed, headers={"Content-Type": kind}))
    pieces: list[str] = []
    with pytest.raises(ProviderError, match=r"provider 'anthropic' answered 200, but .*overloaded"):
        driver.read(make(driver, "anthropic", upstream).stream(HELLO), pieces)
    assert "".join(pieces) == "Paris"


def test_a_stream_that_is_cut_is_an_error(driver: Driver) -> None:
    """A part is never taken for the whole."""
    kind, body = STREAMS["ollama"]
    cut = body[: body.index(b'{"model":"m-2","message":{"content":""}')]
    upstream = driver.upstream(httpx.Response(200, content=cut, headers={"Content-Type": kind}))
    with pytest.raises(ProviderError, match="ended before the answer did"):
        driver.read(make(driver, "ollama", upstream).stream(HELLO))


@pytest.mark.parametrize("vendor", VENDORS)
def test_models_are_listed_by_the_names_they_are_asked_by(driver: Driver, vendor: str) -> None:
    """One request lists them all, and has no body."""
    upstream = driver.upstream(httpx.Response(200, json=MODELS[vendor]))
    assert driver.run(make(driver, vendor, upstream).list_models()) == ["m-1", "m-2"]
    [request] = upstream.requests
    assert (request.method, request.content) == ("GET", b"")
    assert "content-type" not in request.headers
    expected = "/api/tags" if vendor == "ollama" else f"{httpx.URL(VENDORS[vendor].base_url).path}/models"
    assert request.url.path == expected


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.ConnectError("refused"), RuntimeError("odd")])
def test_health_is_a_bool_whatever_happens(driver: Driver, answer: Any) -> None:
    """It is one try with a short time-out, and never raises."""
    upstream = driver.upstream(answer)
    assert driver.run(make(driver, "openai", upstream).health_check()) is False
    healthy = driver.upstream(httpx.Response(200, json=MODELS["openai"]))
    provider = make(driver, "openai", healthy)
    assert driver.run(provider.health_check()) is True
    assert set(healthy.requests[0].extensions["timeout"].values()) == {5.0}
    driver.close(provider)
    assert driver.run(provider.health_check()) is False
    assert len(upstream.requests) == len(healthy.requests) == 1


def test_embeddings(driver: Driver) -> None:
    """A vendor's own model for vectors is asked where none is named; one without any says so."""
    upstream = driver.upstream(httpx.Response(200, json={"embeddings": [[0.5]], "model": "nomic-embed-text"}))
    provider = make(driver, "ollama", upstream)
    assert driver.run(provider.embed("a")).output == [[0.5]]
    assert upstream.bodies() == [{"model": "nomic-embed-text", "input": ["a"]}]
    with pytest.raises(UsageError, match="vendor 'anthropic' has no endpoint for family 'embedding'"):
        driver.run(make(driver, "anthropic", upstream).embed("a"))


def test_errors_are_classed_and_retried(driver: Driver) -> None:
    """429 is a rate limit with its pause, 400 permanent and tried once; both say what the vendor said."""
    limited = httpx.Response(429, headers={"Retry-After": "2"}, json={"error": {"message": "slow down"}})
    upstream = driver.upstream(limited, httpx.Response(200, json=ANSWERS["google"]))
    assert driver.complete(make(driver, "google", upstream), HELLO).text == "Paris"
    with pytest.raises(RateLimitError, match="provider 'google' answered 429: 'slow down'") as caught:
        driver.complete(make(driver, "google", driver.upstream(limited), retries=1), HELLO)
    assert caught.value.retry_after == 2.0
    assert caught.value.context == {"provider": "google", "model": "gemini-1.5-flash", "status": 429}
    refused = driver.upstream(httpx.Response(400, json={"message": f"key {KEY} is not valid"}))
    with pytest.raises(PermanentError, match="is not valid") as caught_too:
        driver.complete(make(driver, "mistral", refused), HELLO)
    assert KEY not in str(caught_too.value)
    assert len(refused.requests) == 1


def test_a_base_url_and_a_model_of_one_s_own(driver: Driver) -> None:
    """The path below the address stays the vendor's, and the address keeps its query."""
    upstream = driver.upstream(httpx.Response(200, json=ANSWERS["anthropic"]))
    provider = make(driver, "anthropic", upstream, base_url="https://proxy.example/a?v=1", model="c-9")
    driver.complete(provider, HELLO)
    assert str(upstream.requests[0].url) == "https://proxy.example/a/messages?v=1"
    assert upstream.bodies()[0]["model"] == "c-9"
    with pytest.raises(UsageError, match="unknown vendor 'acme'"):
        make(driver, "acme", upstream)


def test_a_given_client_sends_and_stays_open(driver: Driver) -> None:
    """It is the caller's: its time-out holds, and closing the provider leaves it open."""
    upstream = driver.upstream(httpx.Response(200, json=ANSWERS["ollama"]))
    kinds: tuple[Any, Any] = (httpx.AsyncClient, httpx.Client) if driver.is_async else (httpx.Client, httpx.AsyncClient)
    client, other = (kind(transport=upstream.transport, timeout=3.0) for kind in kinds)
    provider = make(driver, "ollama", driver.upstream(httpx.ConnectError("not here")), client=client)
    assert driver.complete(provider, HELLO).text == "Paris"
    assert set(upstream.requests[0].extensions["timeout"].values()) == {3.0}
    driver.close(provider)
    driver.close(provider)
    assert not client.is_closed
    with pytest.raises(UsageError, match="has been closed"):
        driver.complete(provider, HELLO)
    with pytest.raises(UsageError, match="has been closed"):
        driver.run(provider.list_models())
    with pytest.raises(UsageError, match="of the other kind"):
        driver.complete(make(driver, "ollama", upstream, client=other), HELLO)
    with pytest.raises(UsageError, match="follows redirects"):
        make(driver, "ollama", upstream, client=kinds[0](follow_redirects=True, transport=upstream.transport))


def test_a_key_in_the_address_stays_out_of_the_log(driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
    """Every address that is asked is logged by httpx; the vendor wants the key in it."""
    upstream = driver.upstream(httpx.Response(200, json=ANSWERS["google"]))
    provider = make(driver, "google", upstream)
    with caplog.at_level(logging.DEBUG):
        driver.complete(provider, HELLO)
    assert "generateContent" in caplog.text
    assert KEY not in caplog.text
    assert KEY not in repr(provider)
    assert KEY not in json.dumps(vars(provider), default=repr)
