"""The providers in the box: complete, told apart, and each can be made."""

from __future__ import annotations

import re

import pytest

from playhead.providers.llama_stack.registry import IN_TREE
from playhead.providers.llama_stack.run_config import references
from playhead.providers.llama_stack.specs import ProviderKind, ProviderSpec, make_provider, sample_config

by_type = pytest.mark.parametrize("spec", IN_TREE, ids=lambda spec: spec.provider_type)


def test_types_are_unique_and_sorted() -> None:
    """Each type stands once, where a reader looks for it."""
    types = [spec.provider_type for spec in IN_TREE]
    assert types == sorted(set(types))
    assert {"remote::openai", "remote::ollama", "inline::stub"} <= set(types)


@by_type
def test_what_it_needs_is_declared(spec: ProviderSpec) -> None:
    """A remote provider declares the SDK it is asked through; an inline one needs nothing."""
    assert spec.pip_packages == (("openai",) if spec.kind is ProviderKind.REMOTE else ())
    assert spec.description.endswith(".")


@by_type
def test_a_sample_holds_references_and_no_value(spec: ProviderSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every field of a sample is a reference; what the environment holds is in none."""
    names = references(sample_config(spec))
    for name in names:
        monkeypatch.setenv(name, "a-value-of-the-environment")
    sample = sample_config(spec)
    assert all(re.fullmatch(r"\$\{env\.[A-Z_]+:=[^}]*\}", value) for value in sample.values())
    assert "a-value-of-the-environment" not in str(sample)


@by_type
async def test_it_can_be_made_from_its_sample(spec: ProviderSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no variable set at all, a provider is made, and has the four methods."""
    for name in references(sample_config(spec)):
        monkeypatch.delenv(name, raising=False)
    provider = await make_provider(spec)
    for method in ("openai_completion", "openai_chat_completion", "openai_embeddings", "check_model_availability"):
        assert callable(getattr(provider, method))
