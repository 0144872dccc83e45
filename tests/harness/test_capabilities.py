"""A provider bound under a name: consumers name neither, and calls belong to the session that is open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest, StubInferenceProvider, UsageError
from playhead.harness.capabilities import (
    InferenceCapability,
    capabilities,
    forget_capabilities,
    register_capability,
    registered_capability,
)
from playhead.providers.executionkit.response import LLMResponse

ASKED = CompletionRequest("hello")


@pytest.fixture(autouse=True)
def none_registered() -> Iterator[None]:
    """Start and end with nothing registered."""
    forget_capabilities()
    yield
    forget_capabilities()


def test_binding_gives_a_new_capability() -> None:
    """The one that was bound before, or was not, stays as it was."""
    first, second = StubInferenceProvider("a"), StubInferenceProvider("b")
    one = capabilities.inference.with_provider("openai", first)
    two = one.with_provider("local:llama-3", second)
    assert (capabilities.inference.provider_name, one.provider_name, two.provider_name) == (
        None, "openai", "local:llama-3",
    )  # fmt: skip
    assert (one.provider, two.provider) == (first, second)
    assert one.complete(ASKED).text == "a"
    assert (repr(one), repr(capabilities.inference)) == (
        "InferenceCapability('openai')",
        "InferenceCapability(unbound)",
    )


@pytest.mark.parametrize("name", ["", "OpenAI", "gpt 5"])
def test_a_name_is_a_stable_id(name: str) -> None:
    """A name that could not stand in evidence is refused when it is bound."""
    with pytest.raises(UsageError):
        capabilities.inference.with_provider(name, StubInferenceProvider())


def test_what_is_no_provider_is_refused_when_it_is_bound() -> None:
    """An object without a method is refused at once, not at its first call."""
    with pytest.raises(UsageError, match="is not a provider"):
        capabilities.inference.with_provider("openai", object())


def test_a_call_belongs_to_the_session_that_is_open(tmp_path: Path) -> None:
    """Calls inside a block are recorded under the bound name, and replayed with no provider at all."""
    cassette = tmp_path / "c.cassette"
    register_capability(capabilities.inference.with_provider("openai", StubInferenceProvider("a")))
    with playhead.use_cassette(cassette, mode="record"):
        live = registered_capability("inference").complete(ASKED)
    assert [call.provider for call in playhead.open_cassette(cassette)] == ["openai"]
    register_capability(capabilities.inference.with_provider("openai", None), replace=True)
    with playhead.use_cassette(cassette):
        assert registered_capability("inference").complete(ASKED) == live


async def test_an_async_provider_is_awaited() -> None:
    """A provider of either colour can be bound."""

    class Async:
        async def complete(self, request: Any) -> Completion:
            return Completion(request.prompt)

    bound = capabilities.inference.with_provider("openai", Async())
    assert (await bound.complete(ASKED)).text == "hello"


async def test_a_provider_of_another_convention_is_asked_in_its_words(tmp_path: Path) -> None:
    """What consumes a capability asks one way, whatever the provider takes."""

    class Messages:
        async def complete(self, messages: Any, **kwargs: Any) -> LLMResponse:
            return LLMResponse(messages[-1]["content"])

    bound = capabilities.inference.with_provider("openai", Messages())
    assert (await bound.complete(ASKED)).content == "hello"
    with playhead.use_cassette(tmp_path / "c.cassette", mode="record"):
        assert (await bound.complete(ASKED)).content == "hello"


def test_what_cannot_be_asked_says_so() -> None:
    """No provider, no session, nothing registered: each is an error that says what to do."""
    with pytest.raises(UsageError, match="no provider is bound"):
        capabilities.inference.complete(ASKED)
    with pytest.raises(UsageError, match="'openai' has no provider behind it, and no session is open"):
        capabilities.inference.with_provider("openai", None).complete(ASKED)
    with pytest.raises(UsageError, match="no capability 'inference' is registered"):
        registered_capability("inference")


def test_one_of_a_kind_is_registered() -> None:
    """A second one of the same id and version is refused unless it is to replace the first."""
    one, two = (InferenceCapability(name, StubInferenceProvider(name)) for name in ("a", "b"))
    register_capability(one)
    with pytest.raises(UsageError, match="is registered already"):
        register_capability(two)
    register_capability(two, replace=True)
    assert registered_capability("inference") is two
