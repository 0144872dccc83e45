"""The shape of a provider: any object with the method, no base class and no registration."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from playhead.core.model import Completion, CompletionRequest


@runtime_checkable
class InferenceProvider(Protocol):
    """Anything with ``complete(request)``; no base class and no registration."""

    def complete(self, request: CompletionRequest) -> Completion:
        """
        Answer the request.

        Raises:
            InferenceProviderError: The provider failed.
        """
        ...


@runtime_checkable
class AsyncInferenceProvider(Protocol):
    """The same with ``async def complete``; told apart by its signature, never by ``isinstance``."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """
        Answer the request.

        Raises:
            InferenceProviderError: The provider failed.
        """
        ...
