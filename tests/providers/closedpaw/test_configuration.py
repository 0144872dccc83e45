"""How a chat provider is configured."""

from __future__ import annotations

from dataclasses import fields

import pytest

from playhead.providers.closedpaw.configuration import ProviderConfig, ProviderType, is_key_reference
from playhead.providers.secrets import resolved_values

KEY = "configuration-test-key"


def test_types_are_their_lower_case_names() -> None:
    """A type can be read from a text."""
    assert [str(one) for one in ProviderType] == ["ollama", "openai", "anthropic", "google", "mistral", "custom"]
    assert ProviderType("openai") is ProviderType.OPENAI


def test_ten_fields_of_which_two_are_required() -> None:
    """The defaults are of use as they are."""
    config = ProviderConfig(ProviderType.OLLAMA, "local")
    assert [field.name for field in fields(config)] == [
        *("provider_type", "name", "api_key", "base_url", "models", "default_model", "enabled", "rate_limit"),
        *("timeout", "settings"),
    ]
    assert (config.api_key, config.base_url, config.models, config.default_model) == (None, None, [], None)
    assert (config.enabled, config.rate_limit, config.timeout, config.settings) == (True, 60, 60, {})
    assert ProviderConfig(ProviderType.OLLAMA, "a").settings is not config.settings


def test_no_way_of_printing_shows_a_key() -> None:
    """Neither the key's own field nor another that holds one."""
    config = ProviderConfig(
        ProviderType.OPENAI,
        "openai",
        api_key=KEY,
        base_url="https://user:configuration-password@x.example/v1",
        settings={"api_key": "configuration-other-key", "region": "eu"},
    )
    for shown in (repr(config), str(config), f"{config}"):
        assert KEY not in shown
        assert "configuration-password" not in shown
        assert "configuration-other-key" not in shown
        assert "api_key='***'" in shown
        assert "eu" in shown
    assert KEY in resolved_values()
    assert config.settings["api_key"] == "configuration-other-key"


@pytest.mark.parametrize("reference", ["env:NAME", "file:/k.json#a", "vault:openai#key"])
def test_a_reference_is_told_apart_and_shown(reference: str) -> None:
    """It is no secret."""
    assert is_key_reference(reference)
    assert reference in repr(ProviderConfig(ProviderType.OPENAI, "a", api_key=reference))


def test_a_key_is_no_reference() -> None:
    """Not even one with a colon in it."""
    assert not is_key_reference("abc:def")
    assert "api_key=None" in repr(ProviderConfig(ProviderType.OLLAMA, "a"))
