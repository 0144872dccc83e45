"""The provider's own edges; what its system asks of it is in tests/conformance/test_executionkit.py."""

from __future__ import annotations

import dataclasses
from typing import Any

import httpx
import pytest

from playhead import PermanentError, UsageError
from playhead.providers.executionkit.provider import Provider

ASKED = [{"role": "user", "content": "hello"}]


def refusing(_: httpx.Request) -> httpx.Response:
    """Answer that the call is wrong."""
    return httpx.Response(400, json={"error": {"message": "no"}})


def test_a_provider_cannot_be_changed_and_equals_its_like() -> None:
    """Two with the same settings are equal; none can be changed."""
    one, other = (Provider("http://x/v1", "m", "k") for _ in range(2))
    assert one == other
    assert one != Provider("http://x/v1", "m", "other")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.model = "n"  # type: ignore[misc]


def test_an_address_with_a_password_is_shown_without() -> None:
    """Credentials in an address do not show, nor does an address that is refused."""
    assert "pass-1" not in repr(Provider("http://user:pass-1@x/v1", "m"))
    with pytest.raises(UsageError) as caught:
        Provider("ftp://user:pass-1@x/v1", "m")
    assert "pass-1" not in str(caught.value)


@pytest.mark.parametrize("setting", [{"timeout": 0.0}, {"model": ""}])
def test_settings_are_checked(setting: dict[str, Any]) -> None:
    """A setting that cannot work is refused when the provider is made."""
    with pytest.raises(UsageError):
        Provider(**{"base_url": "http://x/v1", "model": "m", **setting})


async def test_a_stream_that_is_refused_gives_no_counts() -> None:
    """A refusal before the first piece is the class of its status, and the list stays as it was."""
    sink: list[Any] = []
    async with Provider("http://x/v1", "m", transport=httpx.MockTransport(refusing)) as provider:
        with pytest.raises(PermanentError):
            await anext(provider.stream(ASKED, usage_sink=sink))
    assert sink == []
