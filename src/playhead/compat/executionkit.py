"""
ExecutionKit's names: change ``executionkit`` to ``playhead.compat.executionkit`` in a provider's imports.

    async with Provider(base_url="http://localhost:11434/v1", model="llama3.2") as provider:
        wrapped = session.wrap(provider, name="ollama")
        answer = await wrapped.complete([{"role": "user", "content": "hello"}])
"""

from __future__ import annotations

from playhead.errors import LLMError, PermanentError, ProviderError, RateLimitError
from playhead.errors import PlayheadError as ExecutionKitError
from playhead.providers.executionkit.provider import LLMProvider, Provider
from playhead.providers.executionkit.response import LLMResponse, ToolCall

__all__ = [
    "ExecutionKitError",
    "LLMError",
    "LLMProvider",
    "LLMResponse",
    "PermanentError",
    "Provider",
    "ProviderError",
    "RateLimitError",
    "ToolCall",
]
