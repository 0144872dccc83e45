"""The vendor providers against servers on this machine: one for each vendor's protocol, and a real inference server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.providers.conftest import Driver
from tests.sdks.servers.anthropic import AnthropicServer
from tests.sdks.servers.base import LoopbackServer
from tests.sdks.servers.gemini import GeminiServer
from tests.sdks.servers.mistral import MistralServer
from tests.sdks.servers.ollama import OllamaServer
from tests.sdks.servers.openai_like import OpenAIServer
from tests.sdks.servers.words import KNOWN_MODELS

import playhead
from playhead.compat.closedpaw import ChatMessage, ProviderConfig, ProviderManager, ProviderType
from playhead.core.model import CompletionRequest
from playhead.errors import PermanentError
from playhead.providers.tiny_server import TinyServer, missing_dependency
from playhead.providers.vendors import AsyncVendorProvider, VendorProvider

MODEL = KNOWN_MODELS[0]
SERVERS: dict[str, tuple[type[LoopbackServer], str]] = {
    "openai": (OpenAIServer, "/v1"),
    "anthropic": (AnthropicServer, "/v1"),
    "google": (GeminiServer, "/v1beta"),
    "mistral": (MistralServer, "/v1"),
    "ollama": (OllamaServer, ""),
}
ASKED = CompletionRequest(
    messages=({"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is the capital?"}),
    max_tokens=64,
)
absent = missing_dependency()


@pytest.fixture(params=SERVERS)
def vendor(request: pytest.FixtureRequest) -> str:
    """Give a vendor's name."""
    return str(request.param)


@pytest.fixture
def server(vendor: str) -> Iterator[LoopbackServer]:
    """Give the vendor's server."""
    with SERVERS[vendor][0]() as running:
        yield running


@pytest.fixture
def provider(driver: Driver, vendor: str, server: LoopbackServer) -> Iterator[Any]:
    """Give a provider for the server, of either class."""
    kind = AsyncVendorProvider if driver.is_async else VendorProvider
    made = kind(vendor, api_key="not-a-real-key", base_url=f"{server.root}{SERVERS[vendor][1]}", model=MODEL)
    yield made
    driver.close(made)


def test_an_answer_and_a_stream(driver: Driver, provider: Any, server: LoopbackServer) -> None:
    """Both have text, the model that answered and a reason; the stream comes in several pieces."""
    whole = driver.complete(provider, ASKED)
    stream = provider.stream(ASKED)
    pieces = driver.read(stream)
    assert len(pieces) > 1
    for completion in (whole, stream.completion):
        assert completion.text
        assert completion.model.startswith(MODEL)
        assert completion.finish_reason
    assert "".join(pieces) == stream.completion.text
    assert whole.usage.reported
    assert len(server.asked) == 2


def test_models_health_and_vectors(driver: Driver, provider: Any, server: LoopbackServer, vendor: str) -> None:
    """Models come by the names they are asked by; vectors where the vendor gives any."""
    assert driver.run(provider.list_models()) == list(KNOWN_MODELS)
    assert driver.run(provider.health_check()) is True
    if vendor != "anthropic":
        embedded = driver.run(provider.embed(["a", "b"], model=MODEL))
        assert len(embedded.output) == 2
        assert all(isinstance(number, float) for vector in embedded.output for number in vector)
    server.stop()
    assert driver.run(provider.health_check()) is False


def test_an_error_is_in_the_vendor_s_words(driver: Driver, provider: Any) -> None:
    """A model that is not there is named, and asked for once."""
    with pytest.raises(PermanentError, match=r"answered 404: .*no-such-model"):
        driver.complete(provider, CompletionRequest("hello", model="no-such-model"))


def test_the_wire_seam_takes_it_for_the_vendor(driver: Driver, provider: Any, vendor: str, tmp_path: Path) -> None:
    """What it sends is read as the vendor's own, is kept without the key, and replays without the server."""
    path = tmp_path / "vendor.cassette"
    with playhead.use_cassette(path, mode="record"):
        recorded = driver.complete(provider, ASKED)
    [interaction] = playhead.open_cassette(path)
    assert interaction.request.conversation()
    with playhead.use_cassette(path):
        assert driver.complete(provider, ASKED) == recorded
    assert b"not-a-real-key" not in path.read_bytes()


@pytest.mark.real_server
@pytest.mark.skipif(absent is not None, reason=f"{absent} is not installed (extra demo)")
async def test_a_real_inference_server_through_a_manager(tmp_path: Path) -> None:
    """Recorded live under its configured name, and replayed with the server gone."""
    path = tmp_path / "real.cassette"
    hello = [ChatMessage("user", "Tell me a story.")]
    answers = []
    with TinyServer() as running:
        config = ProviderConfig(
            ProviderType.OPENAI,
            "tiny",
            api_key="not-a-real-key",
            base_url=running.base_url,
            default_model=running.model,
        )
        for mode in ("record", "replay"):
            with playhead.use_cassette(path, mode=mode) as session:
                manager = ProviderManager(through=session.wrap)
                assert manager.register_provider(config)
                if mode == "record":
                    assert await manager.health_check_all() == {"tiny": True}
                    assert await manager.list_all_models() == {"tiny": [running.model]}
                else:
                    running.stop()
                answers.append(await manager.chat(hello, max_tokens=16, temperature=1.0, seed=7))
                await manager.close_all()
    recorded, replayed = answers
    assert replayed == recorded
    assert recorded.content
    assert recorded.tokens_used is not None
    assert recorded.latency_ms is not None
