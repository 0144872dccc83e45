"""
A provider bound under a name, so that what consumes it names neither: Paxman's capabilities.

    register_capability(capabilities.inference.with_provider("openai", provider))
    registered_capability("inference").complete(request)

A call belongs to the session that is open where it is made, and is recorded or replayed there under the name. Without
a session it goes to the provider.
"""

from __future__ import annotations

import threading
from typing import Any, ClassVar, NamedTuple

from playhead.core.names import check_provider_name
from playhead.errors import UsageError
from playhead.harness.golden_calls import Asked
from playhead.providers.conventions.table import convention_for, convention_of
from playhead.sessions import routing


class InferenceCapability:
    """
    Asking a model, whoever answers.

    Attributes:
        id: What it is registered under.
        version: With the id, what makes it one of a kind.
        provider_name: The name that evidence has, or ``None`` where no provider is bound.
        provider: The provider; ``None`` is enough where a session replays.
    """

    id: ClassVar[str] = "inference"
    version: ClassVar[int] = 1

    def __init__(self, provider_name: str | None = None, provider: Any = None) -> None:
        self.provider_name = provider_name
        self.provider = provider

    def __repr__(self) -> str:
        bound = "unbound" if self.provider_name is None else repr(self.provider_name)
        return f"{type(self).__name__}({bound})"

    def with_provider(self, name: str, provider: Any) -> InferenceCapability:
        """
        Give a new capability with a provider bound; this one stays as it is.

        Args:
            name: The provider's stable name, without the model.
            provider: The provider, or ``None`` where only recordings will answer.

        Raises:
            UsageError: The name is not a stable id, or the object is no provider.
        """
        checked = check_provider_name(name)
        if provider is not None:
            convention_of(provider)
        return type(self)(checked, provider)

    def complete(self, request: Any) -> Any:
        """
        Ask the bound provider, through the session that is open here; a coroutine where the provider is async.

        Raises:
            UsageError: No provider is bound, or none is there and no session is open.
        """
        if self.provider_name is None:
            raise UsageError("no provider is bound", hint='bind one: capability.with_provider("openai", provider)')
        session = routing.current()
        if session is not None:
            provider = session.wrap(self.provider, name=self.provider_name)
        elif self.provider is not None:
            provider = self.provider
        else:
            raise UsageError(
                f"{self.provider_name!r} has no provider behind it, and no session is open to replay from",
                hint="make the call inside: with playhead.use_cassette(...)",
            )
        return Asked(provider, convention_for(self.provider, None)).complete(request)


class Capabilities(NamedTuple):
    """What can be bound to a provider."""

    inference: InferenceCapability = InferenceCapability()


capabilities = Capabilities()

_lock = threading.Lock()
_registered: dict[tuple[str, int], InferenceCapability] = {}


def register_capability(capability: InferenceCapability, *, replace: bool = False) -> None:
    """
    Make a capability the one that consumers find.

    Args:
        capability: The capability, a provider bound.
        replace: Whether it may take the place of one that is registered.

    Raises:
        UsageError: One of this id and version is registered.
    """
    key = (capability.id, capability.version)
    with _lock:
        if key in _registered and not replace:
            raise UsageError(
                f"capability {capability.id!r} version {capability.version} is registered already",
                hint="pass replace=True to put this one in its place",
            )
        _registered[key] = capability


def registered_capability(name: str) -> InferenceCapability:
    """
    Give the capability that is registered under an id, of several versions the newest.

    Raises:
        UsageError: There is none.
    """
    with _lock:
        found = [capability for (known, _), capability in sorted(_registered.items()) if known == name]
    if not found:
        raise UsageError(f"no capability {name!r} is registered", hint="register_capability(...) registers one")
    return found[-1]


def forget_capabilities() -> None:
    """Forget every registration, as between two tests."""
    with _lock:
        _registered.clear()
