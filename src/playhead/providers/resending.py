"""
Sending a recorded request again: with a key by reference, to a host that may have it, written as its vendor wants it.

No recording holds a key, so the header is made anew. A cassette is a file that others may have written, and its
addresses are theirs: a key goes to its vendor's own hosts, to this machine, and to hosts the caller names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import httpx

from playhead.core.hosts import host_in
from playhead.core.secret_names import MASK
from playhead.dialects.sending import Wired
from playhead.errors import UsageError
from playhead.providers.endpoint import Key

NO_KEY = "none"
"""The reference that says that a server wants no key."""

_VERTEX = r"([a-z0-9-]+-)?aiplatform\.googleapis\.com"

HOSTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        name: re.compile(pattern, re.IGNORECASE)
        for name, pattern in {
            "openai": r"([a-z]+\.)?api\.openai\.com|[a-z0-9-]+\.(openai|services\.ai)\.azure\.com",
            "anthropic": rf"api\.anthropic\.com|{_VERTEX}",
            "google": rf"generativelanguage\.googleapis\.com|{_VERTEX}",
            "mistral": r"(api|codestral)\.mistral\.ai",
            "cohere": r"api\.cohere\.(com|ai)",
            "ollama": r"ollama\.com",
            "bedrock": r"bedrock-runtime(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?",
        }.items()
    }
)
"""
Where a vendor's key may go, by the provider's name, as the vendors' references give it.

Only names that nobody else can take: anyone may have a host below ``amazonaws.com``.
"""

ANTHROPIC_VERSION = "2023-06-01"
"""Which the API wants with every request: https://docs.anthropic.com/en/api/versioning."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SECONDS = 600.0


class Sender:
    """
    Sends requests again, one at a time.

    Args:
        transport: What the requests go through: one that records them.
        keys: References to keys, by the provider's name; ``none`` where a server wants none.
        allowed: Further hosts that keys may go to: ``name``, ``name:port`` or ``*.name``.
    """

    def __init__(self, transport: Any, keys: Mapping[str, str], allowed: Sequence[str] = ()) -> None:
        self._client = httpx.Client(transport=transport, timeout=_SECONDS, follow_redirects=False)
        self._keys = keys
        self._allowed = allowed

    def __repr__(self) -> str:
        return f"<sender with keys for {sorted(self._keys)!r}>"

    def send(self, asked: Wired, provider: str) -> None:
        """
        Send a request and read its answer to the end.

        Raises:
            UsageError: It cannot be sent, as ``why_not`` says; nothing went out.
            InferenceProviderError: There is no key at its reference.
            httpx.HTTPError: The exchange broke.
        """
        reason = why_not(asked.url, provider, self._keys, self._allowed)
        if reason is not None:
            raise UsageError(f"a request to {provider!r} cannot be sent again: {reason}")
        url, headers = authorized(asked.url, provider, _current(self._keys.get(provider)))
        if asked.content_type:
            headers["content-type"] = asked.content_type
        with self._client.stream(asked.method, url, headers=headers, content=asked.body) as response:
            for _ in response.iter_raw():
                pass

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class Outward(httpx.BaseTransport):
    """What really sends: through the proxies of the environment, as any client of the library would."""

    def __init__(self) -> None:
        self._client = httpx.Client(timeout=_SECONDS, follow_redirects=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its answer is read by whoever asked."""
        return self._client.send(request, stream=True, auth=None)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _current(reference: str | None) -> str | None:
    if reference is None or reference == NO_KEY:
        return None
    secret = Key(literal=None, reference=reference).current()
    return None if secret is None else secret.reveal()


def why_not(url: str, provider: str, keys: Mapping[str, str], allowed: Sequence[str] = ()) -> str | None:
    """
    Say why a request cannot be sent again, or give ``None`` where it can.

    Args:
        url: Where it was sent, credentials masked.
        provider: Whose it was.
        keys: As for ``Sender``.
        allowed: As for ``Sender``.
    """
    if provider not in HOSTS:
        return f"nothing is known of how {provider!r} is told who asks"
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "its address was redacted, or is none that can be sent to"
    if MASK in _with_key(url, provider, "key"):
        return "a credential was taken out of its address"
    here = parts.hostname in _LOOPBACK
    if provider not in keys:
        return None if here else f"there is no key for {provider!r}"
    if keys[provider] == NO_KEY or here or HOSTS[provider].fullmatch(parts.hostname):
        return None
    if host_in(allowed, parts.hostname, _port(parts)):
        return None
    return f"a key for {provider!r} may not go to {parts.hostname!r}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _port(parts)
    except ValueError:  # what redaction left of a user's name and password reads as an IPv6 address
        return None
    return parts


def _port(parts: SplitResult) -> int | None:
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def authorized(url: str, provider: str, key: str | None) -> tuple[str, dict[str, str]]:
    """
    Give address and headers of a request with its key where the vendor looks for it.

    Sources: https://platform.openai.com/docs/api-reference/authentication,
    https://learn.microsoft.com/azure/ai-services/openai/reference, https://docs.anthropic.com/en/api/overview,
    https://ai.google.dev/gemini-api/docs/api-key and, for Bedrock's,
    https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html.
    """
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path
    cloud = "/projects/" in path  # Vertex AI, which takes tokens of Google's, whatever the model's vendor
    headers = {"anthropic-version": ANTHROPIC_VERSION} if provider == "anthropic" and not cloud else {}
    if key is None:
        return url, headers
    with_key = _with_key(url, provider, quote(key, safe=""))
    if with_key != url:
        return with_key, headers
    if provider == "anthropic" and not cloud:
        return url, {**headers, "x-api-key": key}
    if provider == "google" and not cloud:
        return url, {**headers, "x-goog-api-key": key}
    if provider == "openai" and ("/deployments/" in path or host_in(("*.azure.com",), host)):
        return url, {**headers, "api-key": key}
    return url, {**headers, "authorization": f"Bearer {key}"}


def _with_key(url: str, provider: str, key: str) -> str:
    """Put a key back where one was taken out of the parameter that Google's clients send it in."""
    if provider != "google":
        return url
    for mark in ("?key=", "&key="):
        url = url.replace(f"{mark}{MASK}", f"{mark}{key}")
    return url
