"""The provider a command line names."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from playhead.core.names import DEFAULT_PROVIDER, check_provider_name
from playhead.errors import UsageError

KINDS = ("openai-compatible", "stub", "cycling-stub")
KEY_SCHEMES = ("env:", "file:")


def check_key_reference(key: str | None) -> str | None:
    """
    Give a key's reference back.

    Raises:
        UsageError: It is no reference; the error does not show it, for it may be the key itself.
    """
    if key is None or key.startswith(KEY_SCHEMES):
        return key
    raise UsageError(
        "--key takes a reference to a key, never the key itself",
        hint="put the key into a variable and give its name: --key env:OPENAI_API_KEY"
        " (what was typed here is in your shell's history now)",
    )


def choose_provider(kind: str, *, base_url: str | None, model: str | None, key: str | None) -> Any:
    """
    Make the provider that ``--provider`` names.

    Args:
        kind: One of ``KINDS``, or ``module:attribute`` for an object, a class or a function that gives one.
        base_url: The server's address.
        model: The model asked where a request names none.
        key: Where the key is found.

    Raises:
        UsageError: There is no such provider, or an option does not belong to it.
        InferenceProviderError: There is no key at its reference.
    """
    if kind == "openai-compatible":
        return _openai_compatible(base_url, model, check_key_reference(key))
    for option, value in (("--base-url", base_url), ("--key", key)):
        if value is not None:
            raise UsageError(f"{option} belongs to --provider openai-compatible, not to {kind!r}")
    if kind in ("stub", "cycling-stub"):
        from playhead.providers.stub import CyclingStubInferenceProvider, StubInferenceProvider

        return StubInferenceProvider() if kind == "stub" else CyclingStubInferenceProvider()
    if ":" in kind:
        return _imported(kind)
    raise UsageError(f"unknown provider {kind!r}", hint=f"one of {', '.join(KINDS)}, or module:attribute")


def _openai_compatible(base_url: str | None, model: str | None, key: str | None) -> Any:
    from playhead.providers.openai_compatible import OpenAICompatibleProvider
    from playhead.providers.secrets import DEFAULT_RESOLVER

    if base_url is None:
        raise UsageError(
            "--provider openai-compatible needs --base-url",
            hint="--base-url https://api.openai.com/v1, or that of your own server",
        )
    if model is None:
        raise UsageError("--provider openai-compatible needs --model", hint="the model of requests that name none")
    if key is not None:
        # A key that is not there is better found before the first call than in each of a thousand.
        DEFAULT_RESOLVER.resolve(key)
    # Nothing is sent that is not in the request, so that what is recorded is what was asked.
    return OpenAICompatibleProvider(
        base_url, model=model, api_key_ref=key, default_temperature=None, default_max_tokens=None
    )


def _imported(kind: str) -> Any:
    module_name, _, attribute = kind.partition(":")
    if os.getcwd() not in sys.path:  # noqa: PTH109 - compared with texts
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    try:
        found: Any = importlib.import_module(module_name)
    except (ImportError, ValueError) as error:
        raise UsageError(f"cannot import the provider's module {module_name!r}: {error}") from error
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise UsageError(f"{module_name!r} has no {attribute!r}")
        found = getattr(found, name)
    if isinstance(found, type) or not hasattr(found, "complete"):
        make: Callable[[], Any] = found
        if not callable(make):
            raise UsageError(f"{kind!r} is a {type(found).__name__}, not a provider and nothing that makes one")
        return make()
    return found


def stable_name(provider: Any) -> str:
    """Give the name a provider has itself, where that is a stable id, else the default."""
    name = getattr(provider, "name", None)
    try:
        return check_provider_name(name) if isinstance(name, str) else DEFAULT_PROVIDER
    except UsageError:
        return DEFAULT_PROVIDER
