"""Who answers what is not replayed."""

from __future__ import annotations

from typing import Any

import pytest

from playhead import StubInferenceProvider, UsageError
from playhead.core.model import Origin
from playhead.gateway.replies import Rejected
from playhead.gateway.upstreams import Upstreams, vendor_of
from playhead.wire.exchange import Sent, read_sent


def test_a_vendors_requests_go_to_the_upstream_of_its_name() -> None:
    """A server of the same dialect stands in, and one for all others comes last."""
    upstreams = Upstreams({"openai": "https://o/v1/", "gemini": "https://g", "default": StubInferenceProvider()})
    assert [getattr(upstreams.choose(name), "base", None) for name in ("openai", "mistral", "google", "ollama")] == [
        "https://o/v1", "https://o/v1", "https://g", "",
    ]  # fmt: skip
    assert upstreams.named("google").base == "https://g"
    assert upstreams.named("default").origin is Origin.STUB
    assert upstreams.named("openai").origin is Origin.LIVE


def test_nobody_answers_where_nobody_was_named() -> None:
    """A name that is not known is told with those that are."""
    upstreams = Upstreams({"openai": "https://o"})
    assert upstreams.choose("anthropic") is None
    with pytest.raises(Rejected) as caught:
        upstreams.named("anthropic")
    assert (caught.value.status, caught.value.hint) == (400, "known: openai")


@pytest.mark.parametrize(
    "given", ["", "api.openai.com", "ftp://x", "https://", "https://me:secret@x", "https://x?key=secret", "http://[", 3]
)
def test_an_address_that_is_none_is_refused_without_its_secret(given: Any) -> None:
    """A key in an address would be stored with every call."""
    with pytest.raises(UsageError) as caught:
        Upstreams({"openai": given})
    assert "secret" not in str(caught.value)


def test_a_list_of_models_is_anthropics_where_its_header_is() -> None:
    """OpenAI's and Anthropic's are at one path."""
    read = read_sent(Sent("GET", "http://x/v1/models", "/v1/models", "", b""))
    assert vendor_of(read, "openai", anthropic=True) == "anthropic"
    assert vendor_of(read, "openai", anthropic=False) == "openai"
    plain = read_sent(Sent("POST", "http://x/v1/files", "/v1/files", "", b"x"))
    assert vendor_of(plain, "openai", anthropic=True) == "openai"
