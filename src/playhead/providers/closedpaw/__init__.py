"""
Chat providers by configuration: messages in, one answer out, and a manager that holds them by name.

Names are loaded when they are first used: whoever replays answers needs their types, and no provider.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playhead.providers.closedpaw.base import BaseProvider
    from playhead.providers.closedpaw.configuration import ProviderConfig, ProviderType
    from playhead.providers.closedpaw.manager import ProviderManager, get_provider_manager
    from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse
    from playhead.providers.closedpaw.vendors import (
        AnthropicProvider,
        GoogleProvider,
        MistralProvider,
        OllamaProvider,
        OpenAIProvider,
    )

_HOMES = {
    "base": ("BaseProvider",),
    "configuration": ("ProviderConfig", "ProviderType"),
    "manager": ("ProviderManager", "get_provider_manager"),
    "messages": ("ChatMessage", "ChatResponse"),
    "vendors": ("AnthropicProvider", "GoogleProvider", "MistralProvider", "OllamaProvider", "OpenAIProvider"),
}
_HOME_OF = {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}

__all__ = [
    "AnthropicProvider",
    "BaseProvider",
    "ChatMessage",
    "ChatResponse",
    "GoogleProvider",
    "MistralProvider",
    "OllamaProvider",
    "OpenAIProvider",
    "ProviderConfig",
    "ProviderManager",
    "ProviderType",
    "get_provider_manager",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value
