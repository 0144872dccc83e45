"""Requests sent again: the key where its vendor looks for it, at hosts that may have it, and nowhere else."""

from __future__ import annotations

import httpx
import pytest
from tests.harness.refreshing_parts import serving

from playhead import InferenceProviderError, UsageError
from playhead.dialects.sending import Wired
from playhead.providers.resending import HOSTS, NO_KEY, Outward, Sender, authorized, why_not

OPENAI = "https://api.openai.com/v1/chat/completions"
KEY = "kk-0123456789-secret-value"


@pytest.mark.parametrize(
    ("url", "provider", "headers"),
    [
        (OPENAI, "openai", {"authorization": f"Bearer {KEY}"}),
        ("https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1", "openai", {"api-key": KEY}),
        ("https://x.openai.azure.com/openai/v1/responses", "openai", {"api-key": KEY}),
        (
            "https://api.anthropic.com/v1/messages",
            "anthropic",
            {"x-api-key": KEY, "anthropic-version": "2023-06-01"},
        ),
        (
            "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
            "anthropic",
            {"authorization": f"Bearer {KEY}"},
        ),
        (
            "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent",
            "google",
            {"x-goog-api-key": KEY},
        ),
        (
            "https://aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models/g:generateContent",
            "google",
            {"authorization": f"Bearer {KEY}"},
        ),
        ("https://api.mistral.ai/v1/chat/completions", "mistral", {"authorization": f"Bearer {KEY}"}),
        ("https://api.cohere.com/v2/chat", "cohere", {"authorization": f"Bearer {KEY}"}),
        ("https://ollama.com/api/chat", "ollama", {"authorization": f"Bearer {KEY}"}),
        (
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse",
            "bedrock",
            {"authorization": f"Bearer {KEY}"},
        ),
    ],
)
def test_the_key_stands_where_its_vendor_looks_for_it(url: str, provider: str, headers: dict[str, str]) -> None:
    """Each vendor has a header of its own, and each of these hosts may have the vendor's key."""
    assert authorized(url, provider, KEY) == (url, headers)
    assert why_not(url, provider, {provider: "env:X"}) is None


def test_a_key_goes_back_into_the_parameter_it_was_taken_from() -> None:
    """Google's REST examples send it in the address; written so that no character of it is another parameter."""
    url = "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent?alt=sse&key=[REDACTED]"
    sent, headers = authorized(url, "google", "a&b=c")
    assert sent.endswith("?alt=sse&key=a%26b%3Dc")
    assert headers == {}
    assert why_not(url, "google", {"google": "env:X"}) is None


@pytest.mark.parametrize(
    ("url", "provider", "keys", "reason"),
    [
        (OPENAI, "openai", {}, "there is no key for 'openai'"),
        (OPENAI, "http", {"http": "env:X"}, "nothing is known of how 'http' is told who asks"),
        ("https://evil.test/v1/chat/completions", "openai", {"openai": "env:X"}, "may not go to 'evil.test'"),
        ("https://api.openai.com.evil.test/v1", "openai", {"openai": "env:X"}, "may not go to"),
        ("https://api.openai.com@evil.test/v1", "openai", {"openai": "env:X"}, "may not go to 'evil.test'"),
        ("https://x.execute-api.us-east-1.amazonaws.com/model/m/converse", "bedrock", {"bedrock": "env:X"}, "may not"),
        ("https://evil.test/v1beta/models/g:generateContent?key=[REDACTED]", "google", {"google": "env:X"}, "may not"),
        (f"{OPENAI}?token=[REDACTED]", "openai", {"openai": "env:X"}, "a credential was taken out of its address"),
        ("https://[REDACTED]@api.openai.com/v1", "openai", {"openai": "env:X"}, "its address was redacted"),
        ("file:///etc/passwd", "openai", {"openai": "env:X"}, "its address was redacted, or is none"),
        ("", "openai", {"openai": "env:X"}, "its address was redacted, or is none"),
    ],
)
def test_what_cannot_be_sent_says_why(url: str, provider: str, keys: dict[str, str], reason: str) -> None:
    """A cassette's address is not trusted with a key, and nothing is sent half."""
    found = why_not(url, provider, keys)
    assert found is not None
    assert reason in found


def test_a_host_of_ones_own_may_be_named() -> None:
    """A gateway or another vendor of the same format gets its key when it is named, at its port alone."""
    url, keys = "https://api.groq.com/openai/v1/chat/completions", {"openai": "env:X"}
    assert why_not(url, "openai", keys) is not None
    assert why_not(url, "openai", keys, ["api.groq.com"]) is None
    assert why_not(url, "openai", keys, ["api.groq.com:8443"]) is not None
    assert why_not(url, "openai", {"openai": NO_KEY}) is None


def test_this_machine_needs_no_key() -> None:
    """A server on the loopback interface is asked as it was, with a key or without."""
    for host in ("127.0.0.1", "localhost", "[::1]"):
        for keys in ({}, {"openai": "env:X"}):
            assert why_not(f"http://{host}:8080/v1/chat/completions", "openai", keys) is None


def sender(keys: dict[str, str], seen: list[httpx.Request]) -> Sender:
    """Make a sender whose requests end here."""

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    return Sender(httpx.MockTransport(answer), keys)


def test_a_request_goes_out_as_it_was_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Method, address, content type and body as recorded; the key as it is now, and in no repr."""
    monkeypatch.setenv("SOME_KEY", KEY)
    seen: list[httpx.Request] = []
    made = sender({"openai": "env:SOME_KEY"}, seen)
    made.send(Wired("POST", OPENAI, "application/json", b'{"a":1}'), "openai")
    made.close()
    (request,) = seen
    assert (request.method, str(request.url), request.read()) == ("POST", OPENAI, b'{"a":1}')
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(made)


def test_nothing_goes_out_that_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither to a strange host nor without the key that was named."""
    monkeypatch.delenv("SOME_KEY", raising=False)
    seen: list[httpx.Request] = []
    made = sender({"openai": "env:SOME_KEY"}, seen)
    with pytest.raises(UsageError, match=r"may not go to 'evil.test'"):
        made.send(Wired("POST", "https://evil.test/v1/chat/completions", "", b""), "openai")
    with pytest.raises(InferenceProviderError, match="SOME_KEY"):
        made.send(Wired("POST", OPENAI, "", b""), "openai")
    assert not seen
    made.close()


def test_the_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the network is left through a proxy, a request goes through it too, and not where none is wanted."""
    with serving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        made = Sender(Outward(), {"openai": NO_KEY})
        made.send(Wired("POST", "http://models.test/v1/chat/completions", "", b"{}"), "openai")
        ((path, _, _),) = proxy.seen
        assert path == "http://models.test/v1/chat/completions"
        made.send(Wired("POST", proxy.url, "", b"{}"), "openai")
        assert proxy.seen[1][0] == "/v1/chat/completions"
        made.close()


def test_every_vendor_has_its_hosts() -> None:
    """A dialect of a vendor without hosts could never be sent again."""
    from playhead.dialects.registry import DIALECTS

    assert {dialect.provider for dialect in DIALECTS} <= set(HOSTS)
