"""
Llama Stack's names: change ``llama_stack`` to ``playhead.compat.llama_stack`` in a provider's imports.

    class Together(OpenAIMixin):
        def get_base_url(self) -> str: ...
        def get_api_key(self) -> str: ...

    wrapped = session.wrap(Together(), name="together")
    answer = await wrapped.openai_chat_completion("llama-4", [{"role": "user", "content": "hello"}])
"""

from __future__ import annotations

from typing import Any

from playhead.core.error_codecs import ErrorCodec, register_error_codec
from playhead.errors import DuplicateContributionError, UsageError
from playhead.plugins.discovery import build_registrar
from playhead.providers.llama_stack.mixin import OpenAIMixin
from playhead.providers.llama_stack.model_lists import merge_model_lists
from playhead.providers.llama_stack.registry import IN_TREE
from playhead.providers.llama_stack.run_config import env, resolve_env
from playhead.providers.llama_stack.specs import (
    ProviderKind,
    ProviderSpec,
    inline_provider_spec,
    make_provider,
    remote_provider_spec,
    sample_config,
)

__all__ = [
    "ErrorCodec",
    "OpenAIMixin",
    "ProviderKind",
    "ProviderSpec",
    "available_providers",
    "env",
    "inline_provider_spec",
    "make_provider",
    "merge_model_lists",
    "provider_spec",
    "register_error_codec",
    "remote_provider_spec",
    "resolve_env",
    "sample_config",
]


def available_providers(api: str | None = None, *, config: Any = None) -> list[Any]:
    """
    Give the specifications of all providers, those in the box and those that plugins add, by type.

    None of the modules that they name is imported.

    Args:
        api: The API they serve; any where it is left out.
        config: An object with ``disabled``, the plugins to leave out; ``pyproject.toml`` says where it is left out.

    Raises:
        DuplicateContributionError: A plugin gives a provider's type that is in the box.
        PluginError: A plugin is broken.
    """
    found: dict[str, Any] = {spec.provider_type: spec for spec in IN_TREE}
    for kind, spec in build_registrar(config).provider_specs.items():
        if kind in found:
            raise DuplicateContributionError(
                f"a plugin gives the provider type {kind!r}, which is in the box",
                context={"provider_type": kind},
                hint="give it another name, or disable the plugin: [tool.playhead.plugins] disabled = [...]",
            )
        found[kind] = spec
    return [spec for _, spec in sorted(found.items()) if api is None or getattr(spec, "api", None) == api]


def provider_spec(provider_type: str, *, config: Any = None) -> Any:
    """
    Give one provider's specification.

    Args:
        provider_type: Its type, such as ``remote::together``.
        config: As for ``available_providers``.

    Raises:
        UsageError: There is none of that type.
        PluginError: A plugin is broken.
    """
    known = {spec.provider_type: spec for spec in available_providers(config=config)}
    if provider_type not in known:
        raise UsageError(f"there is no provider {provider_type!r}", hint=f"one of {', '.join(known)}")
    return known[provider_type]
