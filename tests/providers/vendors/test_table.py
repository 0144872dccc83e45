"""The vendors' table."""

from __future__ import annotations

import pytest

from playhead.errors import UsageError
from playhead.providers.vendors.table import VENDORS, KeyPlace, vendor_named


def test_each_vendor_has_its_address_and_its_way_of_taking_a_key() -> None:
    """The facts a user would otherwise look up."""
    assert {name: (vendor.base_url, vendor.model, vendor.key) for name, vendor in VENDORS.items()} == {
        "openai": ("https://api.openai.com/v1", "gpt-4o-mini", KeyPlace.BEARER),
        "anthropic": ("https://api.anthropic.com/v1", "claude-3-5-sonnet-20241022", KeyPlace.HEADER),
        "google": ("https://generativelanguage.googleapis.com/v1beta", "gemini-1.5-flash", KeyPlace.QUERY),
        "mistral": ("https://api.mistral.ai/v1", "mistral-small-latest", KeyPlace.BEARER),
        "ollama": ("http://127.0.0.1:11434", "llama3.2:3b", KeyPlace.NONE),
    }
    assert [name for name, vendor in VENDORS.items() if vendor.vectors is None] == ["anthropic"]
    assert all(vendor.name == name for name, vendor in VENDORS.items())


def test_an_unknown_vendor_is_named() -> None:
    """The error lists those there are."""
    assert vendor_named("google") is VENDORS["google"]
    with pytest.raises(UsageError, match=r"unknown vendor 'Google'\nhint: one of openai, anthropic, google"):
        vendor_named("Google")
