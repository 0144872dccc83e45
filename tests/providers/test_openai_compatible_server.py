"""The OpenAI-compatible provider against a real inference server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from playhead.core.model import CompletionRequest
from playhead.errors import PermanentError, ProviderError
from playhead.providers.tiny_server import TinyServer, missing_dependency

absent = missing_dependency()
pytestmark = [
    pytest.mark.real_server,
    pytest.mark.skipif(absent is not None, reason=f"{absent} is not installed (extra demo)"),
]

SEEDED = CompletionRequest("Tell me a story.", max_tokens=24, temperature=1.0, params={"seed": 11})
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    },
}


@pytest.fixture(scope="module")
def server() -> Iterator[TinyServer]:
    """Give one server for all tests of this module."""
    with TinyServer(embeddings=True) as running:
        yield running


@pytest.fixture
def provider(driver: Any, server: TinyServer) -> Iterator[Any]:
    """Give a provider of either class for the server."""
    made = driver.make(server.base_url, model=server.model, name="llama.cpp", api_key="unused")
    yield made
    driver.close(made)


def test_answer(driver: Any, provider: Any, server: TinyServer) -> None:
    """A real answer has text, model, build and counts, and a seed repeats it."""
    first = driver.complete(provider, SEEDED)
    assert first.text
    assert (first.provider, first.model) == ("llama.cpp", server.model)
    assert first.model_version
    assert first.finish_reason in ("stop", "length")
    assert first.usage.reported
    assert first.usage.total_tokens == first.usage.prompt_tokens + first.usage.completion_tokens > 0
    assert driver.complete(provider, SEEDED).text == first.text


def test_stream_equals_the_whole_answer(driver: Any, provider: Any) -> None:
    """The pieces of a seeded stream are several, and add up to the whole answer with its counts."""
    whole = driver.complete(provider, SEEDED)
    stream = provider.stream(SEEDED)
    pieces = driver.read(stream)
    assert len(pieces) > 1
    assert "".join(pieces) == stream.completion.text == whole.text
    assert stream.completion.finish_reason == whole.finish_reason
    assert stream.completion.usage.completion_tokens == whole.usage.completion_tokens
    assert stream.completion.model_version == whole.model_version


def test_closing_a_stream_early(driver: Any, provider: Any) -> None:
    """After a stream was left in the middle the provider goes on answering."""
    stream = provider.stream(CompletionRequest("Tell me a story.", max_tokens=64))
    driver.first(stream)
    assert driver.complete(provider, SEEDED).text


def test_forced_tool_call(driver: Any, provider: Any) -> None:
    """A forced tool call comes with its name and its arguments as text, whole and streamed alike."""
    request = CompletionRequest(
        "Look up a word.", tools=(TOOL,), max_tokens=48, params={"tool_choice": "required", "seed": 5}
    )
    whole = driver.complete(provider, request)
    stream = provider.stream(request)
    driver.read(stream)
    for completion in (whole, stream.completion):
        [call] = completion.tool_calls
        assert call.name == "look_up"
        assert call.arguments.startswith("{")
    assert stream.completion.tool_calls[0].arguments == whole.tool_calls[0].arguments


def test_embeddings(driver: Any, provider: Any) -> None:
    """Vectors of the same text are equal, those of others differ, and base64 gives the same numbers."""
    plain = driver.run(provider.embed(["one", "two", "one"]))
    assert len(plain.output) == 3
    assert plain.output[0] == pytest.approx(plain.output[2])
    assert plain.output[0] != pytest.approx(plain.output[1])
    packed = driver.run(provider.embed(["one", "two", "one"], encoding_format="base64"))
    for vector, other in zip(plain.output, packed.output, strict=True):
        assert vector == pytest.approx(other, rel=1e-4, abs=1e-6)


def test_real_errors(driver: Any, provider: Any) -> None:
    """A request the server refuses, and a prompt beyond its context, are permanent errors in its own words."""
    with pytest.raises(PermanentError, match="answered 400") as refused:
        driver.complete(provider, CompletionRequest("hi", params={"messages": "no list"}))
    assert refused.value.context == {"provider": "llama.cpp", "model": "tiny-random", "status": 400}
    too_long = CompletionRequest("word " * 20_000)
    with pytest.raises((PermanentError, ProviderError), match="answered 400"):
        driver.read(provider.stream(too_long))
