"""The provider a command line names, and the key it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead import (
    CompletionRequest,
    CyclingStubInferenceProvider,
    InferenceProviderError,
    StubInferenceProvider,
    UsageError,
)
from playhead.cli.choosing import check_key_reference, choose_provider, stable_name
from playhead.providers.openai_compatible import OpenAICompatibleProvider

MODULE = """
from playhead import Completion

class Own:
    name = "own"
    def complete(self, request):
        return Completion(request.prompt)

class Holder:
    inner = Own()

def make():
    return Own()

number = 3
ready = Own()
"""


def choose(kind: str, *, base_url: str | None = None, model: str | None = None, key: str | None = None) -> object:
    """Choose a provider, options left out."""
    return choose_provider(kind, base_url=base_url, model=model, key=key)


@pytest.fixture(autouse=True)
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a module with providers into the current folder."""
    (tmp_path / "own_providers_of_this_test.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    monkeypatch.delitem(__import__("sys").modules, "own_providers_of_this_test", raising=False)


def test_the_stubs_have_names() -> None:
    """Both stubs can be recorded from."""
    assert isinstance(choose("stub"), StubInferenceProvider)
    assert isinstance(choose("cycling-stub"), CyclingStubInferenceProvider)


def test_a_server_is_described_by_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Address, model and key reference reach the provider; what is not in a request is not sent."""
    monkeypatch.setenv("CHOOSING_KEY", "a-key-for-this-test")
    provider = choose("openai-compatible", base_url="http://127.0.0.1:1/v1", model="m", key="env:CHOOSING_KEY")
    assert isinstance(provider, OpenAICompatibleProvider)
    assert (provider.model, provider.default_temperature, provider.default_max_tokens) == ("m", None, None)
    assert "a-key-for-this-test" not in repr(provider)


@pytest.mark.parametrize("attribute", ["Own", "make", "ready", "Holder.inner"])
def test_a_provider_of_the_users_own_is_found(attribute: str) -> None:
    """An object, a class and a function that makes one are all providers."""
    provider = choose(f"own_providers_of_this_test:{attribute}")
    assert provider.complete(CompletionRequest("hi")).text == "hi"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "options", "fault"),
    [
        ("gpt", {}, "unknown provider 'gpt'"),
        ("openai-compatible", {"model": "m"}, "needs --base-url"),
        ("openai-compatible", {"base_url": "http://x"}, "needs --model"),
        ("stub", {"key": "env:A"}, "--key belongs to --provider openai-compatible"),
        ("cycling-stub", {"base_url": "http://x"}, "--base-url belongs to"),
        ("no_such_module_here:a", {}, "cannot import the provider's module"),
        (":a", {}, "cannot import the provider's module"),
        ("own_providers_of_this_test:absent", {}, "has no 'absent'"),
        ("own_providers_of_this_test:number", {}, "is a int, not a provider"),
    ],
)
def test_what_makes_no_provider_is_explained(kind: str, options: dict[str, str], fault: str) -> None:
    """A wrong choice is a usage error that says what is lacking."""
    with pytest.raises(UsageError, match=fault):
        choose(kind, **options)


def test_a_key_that_is_not_there_is_found_before_the_first_call() -> None:
    """A missing variable is one error, not one for each request."""
    with pytest.raises(InferenceProviderError):
        choose("openai-compatible", base_url="http://x", model="m", key="env:PLAYHEAD_NO_SUCH_VARIABLE")


@pytest.mark.parametrize("key", ["sk-0123456789abcdef", "hunter2", "sk-abc:def", "vault:secret", ""])
def test_a_literal_key_is_refused_and_not_shown(key: str) -> None:
    """Only references are taken; what may be a key does not get into the error."""
    with pytest.raises(UsageError, match="never the key itself") as caught:
        check_key_reference(key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("key", [None, "env:NAME", "file:~/.key"])
def test_a_reference_is_taken(key: str | None) -> None:
    """Variables and files can be referred to."""
    assert check_key_reference(key) == key


def test_the_name_is_the_providers_own_where_it_is_stable() -> None:
    """Recordings are named after their provider, else by the default."""

    class Named:
        def __init__(self, name: object) -> None:
            self.name = name

    assert stable_name(Named("own")) == "own"
    assert [stable_name(one) for one in (Named("Not Stable"), Named(3), object())] == ["default"] * 3
