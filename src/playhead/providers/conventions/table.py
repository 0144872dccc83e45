"""
Every convention, in the order in which they are looked for: a row that asks for more stands above one that asks for
less. A further convention is one more entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playhead.core.names import DEFAULT_PROVIDER, check_own_name, check_provider_name
from playhead.errors import UsageError
from playhead.providers.conventions import callables, chat, messages, neutral, openai_mixin, workers
from playhead.providers.conventions.convention import Convention

CONVENTIONS: Mapping[str, Convention] = {
    convention.name: convention
    for convention in (
        openai_mixin.ASYNC,
        chat.ASYNC,
        workers.ASYNC,
        messages.ASYNC,
        messages.SYNC,
        neutral.SYNC,
        neutral.ASYNC,
        callables.ASYNC_STREAM,
        callables.SYNC_STREAM,
        callables.ASYNC,
        callables.SYNC,
    )
}

DEFAULT_CONVENTION = neutral.SYNC.name


def name_in(convention: Convention, name: str | None) -> str:
    """
    Give the name that a provider is recorded under.

    Args:
        convention: How it is called.
        name: What it was named; ``None`` names it ``default``.

    Raises:
        UsageError: The name cannot be one in this convention.
    """
    if name is None:
        return DEFAULT_PROVIDER
    return check_own_name(name) if convention.own_names else check_provider_name(name)


def convention_named(name: str) -> Convention:
    """
    Give a convention by its name.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in CONVENTIONS:
        raise UsageError(f"unknown convention {name!r}", hint=f"one of {', '.join(CONVENTIONS)}")
    return CONVENTIONS[name]


def convention_of(provider: Any) -> Convention:
    """
    Find a provider's convention by its methods, their signatures and whether they are coroutines, never by
    ``isinstance``.

    Raises:
        UsageError: The object fits none.
    """
    for convention in CONVENTIONS.values():
        if convention.fits(provider):
            return convention
    raise UsageError(
        f"a {type(provider).__name__} is not a provider: it has no method that a convention knows",
        hint="give it complete(request) -> Completion, sync or async, or say what it is: session.wrap(..., "
        f"convention=...) with one of {', '.join(CONVENTIONS)}",
    )


def convention_for(provider: Any, convention: str | None) -> Convention:
    """
    Give the convention a provider is called by.

    Args:
        provider: The provider, or ``None`` where a session only replays.
        convention: The convention's name; ``None`` finds it.

    Raises:
        UsageError: The object is no provider, or there is no such convention.
    """
    if convention is not None:
        return convention_named(convention)
    return CONVENTIONS[DEFAULT_CONVENTION] if provider is None else convention_of(provider)
