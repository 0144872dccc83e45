"""The rule for provider names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.names import CAPTURED_PROVIDER, DEFAULT_PROVIDER, check_own_name, check_provider_name
from playhead.errors import UsageError


@pytest.mark.parametrize(
    "name", ["openai", "local:llama-3", "azure/gpt-4o", "me@host", "_x", "7", "a.b", DEFAULT_PROVIDER]
)
def test_good_names(name: str) -> None:
    """A stable lower-case id is given back."""
    assert check_provider_name(name) is name


@pytest.mark.parametrize(
    "name", ["", "OpenAI", "open ai", "-x", ".x", ":x", "a\n", "a\x00", "\u00e4", "a\u0660", "a=b", "/x", "a,b"]
)
def test_bad_names(name: str) -> None:
    """Anything else is refused with the name shown and an example."""
    with pytest.raises(UsageError, match="is not a stable lower-case id") as caught:
        check_provider_name(name)
    assert repr(name) in str(caught.value)
    assert caught.value.hint is not None


@given(st.text(max_size=6))
def test_a_name_is_plain(name: str) -> None:
    """Whatever is accepted is ASCII, lower case and without blanks."""
    try:
        check_provider_name(name)
    except UsageError:
        return
    assert name.isascii()
    assert name == name.lower()
    assert name == "".join(name.split())
    assert name


@pytest.mark.parametrize("name", ["OpenAI", "My Mistral", "é", "openai", "x" * 200])
def test_names_of_the_users_own(name: str) -> None:
    """Where users name providers as they like, what prints is a name."""
    assert check_own_name(name) is name


@pytest.mark.parametrize("name", ["", " ", " x", "x ", "a\nb", "a\x00", "x" * 201])
def test_names_that_cannot_stand_in_evidence(name: str) -> None:
    """What is empty, blank at an end, too long or does not print is none."""
    with pytest.raises(UsageError, match="cannot stand in a recording"):
        check_own_name(name)


def test_the_name_of_captured_calls_is_no_providers() -> None:
    """A provider of that name would pass for a function."""
    with pytest.raises(UsageError, match="kept for captured calls"):
        check_provider_name(CAPTURED_PROVIDER)
