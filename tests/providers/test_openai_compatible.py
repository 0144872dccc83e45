"""The OpenAI-compatible provider, sync and async, over ``httpx.MockTransport`` and ``respx``."""

from __future__ import annotations

import asyncio
import copy
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import respx

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.core.usage import Usage
from playhead.errors import InferenceProviderError, NoMatch, PermanentError, ProviderError, RateLimitError, UsageError
from playhead.providers.openai_compatible import AsyncOpenAICompatibleProvider, OpenAICompatibleProvider
from playhead.providers.secrets import SecretResolver, resolved_values

BASE_URL = "https://api.example/v1"
ANSWER = {
    "model": "gpt-5-2025-08-07",
    "choices": [{"index": 0, "message": {"content": "ACME Corp"}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}
HELLO = CompletionRequest("hello")

ENDPOINTS = [
    ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
    ("http://localhost:4000", "http://localhost:4000/chat/completions"),
    (
        "https://YOUR-RESOURCE.openai.azure.com/openai/deployments/YOUR-DEPLOYMENT",
        "https://YOUR-RESOURCE.openai.azure.com/openai/deployments/YOUR-DEPLOYMENT/chat/completions",
    ),
    ("http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions"),
    ("http://your-vllm-host:8000/v1", "http://your-vllm-host:8000/v1/chat/completions"),
    ("http://localhost:8080/v1", "http://localhost:8080/v1/chat/completions"),
    ("https://models.inference.ai.azure.com", "https://models.inference.ai.azure.com/chat/completions"),
    ("https://api.together.xyz/v1", "https://api.together.xyz/v1/chat/completions"),
    ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1/chat/completions"),
    ("https://x.example/d?api-version=2024-06-01", "https://x.example/d/chat/completions?api-version=2024-06-01"),
]


@pytest.mark.parametrize(("base_url", "expected"), ENDPOINTS)
def test_ek_01_endpoints(driver: Any, base_url: str, expected: str) -> None:
    """Each server is reached at exactly its address, with nothing but base_url, api_key and model changed."""
    upstream = driver.upstream()
    provider = driver.make(base_url, model="m", api_key="endpoint-key", transport=upstream.transport)
    assert driver.complete(provider, HELLO).text == "ACME Corp"
    [request] = upstream.requests
    assert (request.method, request.url) == ("POST", httpx.URL(expected))
    # httpx writes hosts in lower case; path and query are compared as they are.
    assert str(request.url).partition("://")[2].partition("/")[2] == expected.partition("://")[2].partition("/")[2]


def test_ek_02_no_key_no_header(driver: Any) -> None:
    """Without a key there is no ``Authorization`` header at all."""
    upstream = driver.upstream()
    driver.complete(driver.make(transport=upstream.transport), HELLO)
    driver.complete(driver.make(transport=upstream.transport, api_key="ek-02-key"), HELLO)
    assert "Authorization" not in upstream.requests[0].headers
    assert upstream.requests[1].headers["Authorization"] == "Bearer ek-02-key"


def test_ek_03_timeout_is_sent_to_the_transport(driver: Any) -> None:
    """The default of 120 seconds, or what is given instead, holds for every step."""
    upstream = driver.upstream()
    driver.complete(driver.make(transport=upstream.transport), HELLO)
    driver.complete(driver.make(transport=upstream.transport, timeout=5.5), HELLO)
    assert [set(request.extensions["timeout"].values()) for request in upstream.requests] == [{120.0}, {5.5}]


def test_ek_04_closing(driver: Any) -> None:
    """A block closes, closing twice is closing once, and a later call is refused at once."""
    upstream = driver.upstream()
    provider = driver.make(transport=upstream.transport)
    assert driver.in_block(provider, HELLO).text == "ACME Corp"
    driver.close(provider)
    driver.close(provider)
    with pytest.raises(UsageError, match="has been closed"):
        driver.complete(provider, HELLO)
    with pytest.raises(UsageError, match="has been closed"):
        provider.stream(HELLO)
    assert len(upstream.requests) == 1
    unused = driver.make()
    driver.close(unused)
    with pytest.raises(UsageError, match="has been closed"):
        driver.run(unused.embed("a"))


def test_ek_06_verbs(driver: Any) -> None:
    """The sync class has plain methods, the async class coroutines, and a stream is never awaited."""
    provider = driver.make()
    assert inspect.iscoroutinefunction(provider.complete) is driver.is_async
    assert not inspect.iscoroutinefunction(provider.stream)
    assert provider.supports_tools is True


def test_px_03_answer(driver: Any) -> None:
    """The completion holds all that the answer proves."""
    upstream = driver.upstream()
    assert driver.complete(driver.make(name="openai", transport=upstream.transport), HELLO) == Completion(
        "ACME Corp",
        model="gpt-5-2025-08-07",
        model_version="fp_1",
        finish_reason="stop",
        usage=Usage(10, 5, 15),
        provider="openai",
    )
    assert upstream.bodies()[0]["messages"] == [{"role": "user", "content": "hello"}]


def test_px_05_key_is_read_for_every_call(driver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider made before the variable was set works after it, and a rotated key is used by the next call."""
    upstream = driver.upstream()
    monkeypatch.delenv("PLAYHEAD_TEST_OPENAI_KEY", raising=False)
    provider = driver.make(api_key_ref="env:PLAYHEAD_TEST_OPENAI_KEY", transport=upstream.transport)
    for value in ("px-05-first", "px-05-second"):
        monkeypatch.setenv("PLAYHEAD_TEST_OPENAI_KEY", value)
        driver.complete(provider, HELLO)
    sent = [request.headers["Authorization"] for request in upstream.requests]
    assert sent == ["Bearer px-05-first", "Bearer px-05-second"]
    assert {"px-05-first", "px-05-second"} <= resolved_values()


def test_px_06_missing_key(driver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing variable is named, and nothing is sent or tried again."""
    upstream = driver.upstream()
    monkeypatch.delenv("PLAYHEAD_TEST_OPENAI_KEY", raising=False)
    provider = driver.make(api_key_ref="env:PLAYHEAD_TEST_OPENAI_KEY", transport=upstream.transport)
    with pytest.raises(InferenceProviderError) as called:
        driver.complete(provider, HELLO)
    with pytest.raises(InferenceProviderError) as streamed:
        driver.read(provider.stream(HELLO))
    for caught in (called, streamed):
        assert caught.value.error_code == "INFERENCE_PROVIDER_KEY_MISSING"
        assert caught.value.context == {"env_var": "PLAYHEAD_TEST_OPENAI_KEY"}
    assert upstream.requests == []


def test_px_07_own_scheme(driver: Any) -> None:
    """A reference nobody reads is an error, and a user's resolver reads it."""
    upstream = driver.upstream()
    reference = "vault:secret/openai#api_key"
    with pytest.raises(InferenceProviderError) as caught:
        driver.complete(driver.make(api_key_ref=reference, transport=upstream.transport), HELLO)
    assert caught.value.error_code == "INFERENCE_PROVIDER_KEY_REFERENCE"
    assert caught.value.context == {"api_key_ref": reference}
    vault = SecretResolver().with_scheme("vault", lambda place: f"px-07-{place.partition('#')[2]}")
    driver.complete(driver.make(api_key_ref=reference, secrets=vault, transport=upstream.transport), HELLO)
    assert upstream.requests[0].headers["Authorization"] == "Bearer px-07-api_key"


def test_px_13_request_is_unchanged(driver: Any) -> None:
    """Neither a call nor a stream changes anything in the request."""
    request = CompletionRequest(
        messages=({"role": "user", "content": [{"type": "text", "text": "hi"}]},),
        tools=({"type": "function", "function": {"name": "f"}},),
        params={"stop": ["a"], "logit_bias": {"1": 2}},
    )
    before = copy.deepcopy(request)
    provider = driver.make(transport=driver.upstream().transport)
    driver.complete(provider, request)
    provider.stream(request)
    assert request == before


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_px_22_respx(driver: Any, using: str) -> None:
    """With the upstream mocked by respx, at either depth, the completion equals the mock's body."""
    with respx.mock(using=using) as router:
        route = router.post(f"{BASE_URL}/chat/completions").mock(return_value=httpx.Response(200, json=ANSWER))
        completion = driver.complete(driver.make(api_key="px-22-key"), HELLO)
    assert route.call_count == 1
    assert route.calls.last.request.headers["Authorization"] == "Bearer px-22-key"
    assert (completion.text, completion.model) == ("ACME Corp", "gpt-5-2025-08-07")
    assert completion.usage["total_tokens"] == 15


def test_ek_10_rate_limit_twice_then_success(driver: Any) -> None:
    """429, 429, 200 is one success of three attempts, without waiting on the test's clock."""
    limited = httpx.Response(429, headers={"Retry-After": "30"}, json={"error": {"message": "slow down"}})
    upstream = driver.upstream(limited, limited, httpx.Response(200, json=ANSWER))
    assert driver.complete(driver.make(transport=upstream.transport), HELLO).text == "ACME Corp"
    assert len(upstream.requests) == 3
    assert upstream.bodies()[0] == upstream.bodies()[2]


@pytest.mark.parametrize(("retries", "sent"), [(1, 1), (2, 2), (3, 3)])
def test_ek_10_tries_are_counted(driver: Any, retries: int, sent: int) -> None:
    """``retries`` is the number of attempts in all; the last error comes out."""
    upstream = driver.upstream(httpx.Response(503, text="busy"))
    with pytest.raises(ProviderError, match="answered 503: 'busy'") as caught:
        driver.complete(driver.make(transport=upstream.transport, retries=retries, name="acme"), HELLO)
    assert len(upstream.requests) == sent
    assert caught.value.context == {"provider": "acme", "model": "m-1", "status": 503}


def test_ek_10_status_classes(driver: Any) -> None:
    """429 is a rate limit with its pause, 400 permanent and tried once, 500 a provider's error."""
    for status, kind, sent in ((429, RateLimitError, 3), (400, PermanentError, 1), (500, ProviderError, 3)):
        upstream = driver.upstream(httpx.Response(status, headers={"Retry-After": "2"}))
        with pytest.raises(kind) as caught:
            driver.complete(driver.make(transport=upstream.transport), HELLO)
        assert len(upstream.requests) == sent
        assert type(caught.value) is kind
        assert getattr(caught.value, "retry_after", 2.0) == 2.0


def test_transport_errors_are_retried(driver: Any) -> None:
    """A lost connection may pass."""
    upstream = driver.upstream(
        httpx.ConnectError("refused"), httpx.ReadTimeout("late"), httpx.Response(200, json=ANSWER)
    )
    assert driver.complete(driver.make(transport=upstream.transport), HELLO).text == "ACME Corp"


def test_errors_of_ours_pass_untouched(driver: Any) -> None:
    """A refusal raised below the client comes out as it is."""
    refusal = NoMatch("nothing recorded")
    with pytest.raises(NoMatch) as caught:
        driver.complete(driver.make(transport=driver.upstream(refusal).transport), HELLO)
    assert caught.value is refusal


def test_a_transport_of_the_other_kind_is_not_passed_over(driver: Any) -> None:
    """A provider with a transport it cannot use refuses rather than going to the network."""

    class Sync(httpx.BaseTransport):
        """Cannot be awaited."""

    class Async(httpx.AsyncBaseTransport):
        """Can only be awaited."""

    other = {"async_transport": Async()} if not driver.is_async else {"transport": Sync()}
    with pytest.raises(UsageError, match="network is not used"):
        driver.complete(driver.make(**other), HELLO)


def test_own_transport_is_preferred(driver: Any) -> None:
    """Of two transports each class takes its own."""
    right, wrong = driver.upstream(), driver.upstream(httpx.Response(500))
    pair = (right.transport, wrong.transport)
    sync_one, async_one = pair if not driver.is_async else pair[::-1]
    provider = driver.make(transport=sync_one, async_transport=async_one)
    assert driver.complete(provider, HELLO).text == "ACME Corp"


def test_embeddings(driver: Any) -> None:
    """Vectors come in the order of the texts, by ``embed`` and by a request of that family alike."""
    answer = {"data": [{"index": 1, "embedding": [0.5]}, {"index": 0, "embedding": [0.1]}], "model": "e"}
    upstream = driver.upstream(httpx.Response(200, json=answer))
    provider = driver.make(transport=upstream.transport)
    embedded = driver.run(provider.embed(["a", "b"], model="e", dimensions=1, encoding_format="float"))
    assert embedded.output == [[0.1], [0.5]]
    request = CompletionRequest(family=Family.EMBEDDING, params={"input": ["a", "b"]})
    assert driver.complete(provider, request).output == [[0.1], [0.5]]
    assert upstream.bodies() == [
        {"model": "e", "input": ["a", "b"], "dimensions": 1, "encoding_format": "float"},
        {"model": "m-1", "input": ["a", "b"]},
    ]
    assert upstream.requests[0].url.path == "/v1/embeddings"


def test_several_threads_share_a_provider() -> None:
    """Threads that start at once are all answered over one client, and closing ends it for all."""
    upstream = []

    def answer(request: httpx.Request) -> httpx.Response:
        upstream.append(request)
        return httpx.Response(200, json=ANSWER)

    provider = OpenAICompatibleProvider(BASE_URL, model="m", transport=httpx.MockTransport(answer))
    with ThreadPoolExecutor(8) as pool, provider:
        texts = list(pool.map(lambda _: provider.complete(HELLO).text, range(40)))
    assert texts == ["ACME Corp"] * 40
    assert len(upstream) == 40


async def test_ek_13_calls_side_by_side() -> None:
    """Five equal calls gathered are five requests with five answers of their own."""
    waiting: list[asyncio.Event] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        number = len(waiting)
        waiting.append(asyncio.Event())
        if number == 4:
            for event in reversed(waiting):
                event.set()
        await waiting[number].wait()
        return httpx.Response(200, json={"choices": [{"message": {"content": str(number)}}]})

    async with AsyncOpenAICompatibleProvider(
        BASE_URL, model="m", async_transport=httpx.MockTransport(answer)
    ) as provider:
        answers = await asyncio.gather(*(provider.complete(HELLO) for _ in range(5)))
    assert [one.text for one in answers] == ["0", "1", "2", "3", "4"]
