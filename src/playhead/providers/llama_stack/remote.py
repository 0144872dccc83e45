"""Remote providers in the box: a service of OpenAI's API, with its address and key from a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playhead.providers.llama_stack.configs import RemoteConfig
from playhead.providers.llama_stack.mixin import OpenAIMixin


class RemoteProvider(OpenAIMixin):
    """
    A provider that calls a service.

    Args:
        config: Its address and key.
    """

    def __init__(self, config: RemoteConfig) -> None:
        self.config = config

    def __repr__(self) -> str:
        return f"RemoteProvider({self.config!r})"

    def get_api_key(self) -> str:
        """Give the key, empty where there is none."""
        return "" if self.config.api_key is None else self.config.api_key.reveal()

    def get_base_url(self) -> str:
        """Give the address."""
        return self.config.base_url


async def get_adapter_impl(config: RemoteConfig, deps: Mapping[str, Any]) -> RemoteProvider:  # noqa: ARG001
    """Make the provider; it needs no other."""
    return RemoteProvider(config)
