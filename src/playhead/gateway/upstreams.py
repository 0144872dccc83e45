"""Who answers what is not replayed: a server, or a provider of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playhead.core.model import Origin
from playhead.errors import UsageError
from playhead.gateway.replies import Rejected
from playhead.wire.exchange import Read

DEFAULT = "default"
"""The name of an upstream that answers whatever no other one is named for."""

_ALIASES: Mapping[str, str] = {"gemini": "google", "claude": "anthropic"}
_STANDS_IN: Mapping[str, tuple[str, ...]] = {"mistral": ("openai",), "openai": ("mistral",)}
"""Vendors that speak the same dialect at the same paths, so that a server of the one is asked for the other."""


class Upstream(NamedTuple):
    """
    Who answers.

    Attributes:
        name: Its name.
        base: A server's address, without a trailing slash; empty for a provider.
        provider: A provider of ours; ``None`` for a server.
    """

    name: str
    base: str = ""
    provider: Any = None

    @property
    def origin(self) -> Origin:
        """Where its answers come from."""
        return getattr(self.provider, "origin", Origin.LIVE) if self.provider is not None else Origin.LIVE

    @property
    def shown(self) -> str:
        """What it is, for people: an address without credentials, or a provider's class."""
        return self.base or type(self.provider).__name__


class Upstreams:
    """The upstreams of a gateway, by name."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """
        Take the upstreams.

        Args:
            given: By name: an address, or a provider.

        Raises:
            UsageError: An address is none, or what is given is no provider.
        """
        self._by_name = {_ALIASES.get(name, name): _upstream(name, one) for name, one in given.items()}

    def __iter__(self) -> Any:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def named(self, name: str) -> Upstream:
        """
        Give the upstream that a request names.

        Raises:
            Rejected: There is none of that name.
        """
        found = self._by_name.get(_ALIASES.get(name, name))
        if found is None:
            known = ", ".join(sorted(self._by_name)) or "none"
            raise Rejected(400, "unknown_upstream", f"there is no upstream {name!r}", hint=f"known: {known}")
        return found

    def choose(self, vendor: str) -> Upstream | None:
        """Give the upstream for a vendor's requests, or ``None``."""
        names = (vendor, *_STANDS_IN.get(vendor, ()), DEFAULT)
        return next((self._by_name[name] for name in names if name in self._by_name), None)


def vendor_of(read: Read, route_vendor: str, *, anthropic: bool) -> str:
    """
    Say whose server a request is for.

    Args:
        read: What the request says.
        route_vendor: Whose the route is.
        anthropic: Whether the request has Anthropic's header; the lists of models are at one path.
    """
    if read.dialect is None:
        return route_vendor
    return "anthropic" if anthropic and read.dialect.operation == "models" else read.provider


def _upstream(name: str, given: Any) -> Upstream:
    if not isinstance(given, str):
        if not callable(getattr(given, "complete", None)):
            raise UsageError(
                f"the upstream {name!r} is a {type(given).__name__}, which has no method complete(request)",
                hint="an address such as 'https://api.openai.com/v1', or a provider",
            )
        return Upstream(name, provider=given)
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"the upstream {name!r} has no address", hint=f"{name}=https://api.example.com/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            f"the address of upstream {name!r} holds more than scheme, host and path",
            hint="a key is sent by the client, in its own header",
        )
    return Upstream(name, base=given.rstrip("/"))
