"""
ClosedPaw's names: change ``app.core.providers`` and ``app.core.security`` to ``playhead.compat.closedpaw`` in a
provider's imports.

    manager = get_provider_manager()
    manager.register_provider(ProviderConfig(ProviderType.CUSTOM, "acme"), factory=AcmeProvider)
    provider = session.wrap(manager.get_provider("acme"), name="acme")
    answer = await provider.chat([ChatMessage(role="user", content="hello")])
"""

from __future__ import annotations

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
from playhead.providers.limits import RateLimiter
from playhead.providers.vault import DataVault

__all__ = [
    "AnthropicProvider",
    "BaseProvider",
    "ChatMessage",
    "ChatResponse",
    "DataVault",
    "GoogleProvider",
    "MistralProvider",
    "OllamaProvider",
    "OpenAIProvider",
    "ProviderConfig",
    "ProviderManager",
    "ProviderType",
    "RateLimiter",
    "get_provider_manager",
]
