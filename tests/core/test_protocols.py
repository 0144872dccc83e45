"""The shape of a provider."""

from __future__ import annotations

import asyncio

from playhead.core.model import Completion, CompletionRequest
from playhead.core.protocols import AsyncInferenceProvider, InferenceProvider


def test_any_object_is_a_provider() -> None:
    """An object with ``complete`` is a provider, sync or async, without a base class."""

    class Sync:
        def complete(self, request: CompletionRequest) -> Completion:
            return Completion(request.prompt or "")

    class Async:
        async def complete(self, request: CompletionRequest) -> Completion:
            return Completion(request.prompt or "")

    sync: InferenceProvider = Sync()
    async_: AsyncInferenceProvider = Async()
    assert isinstance(sync, InferenceProvider)
    assert isinstance(async_, AsyncInferenceProvider)
    assert not isinstance(object(), InferenceProvider)
    assert sync.complete(CompletionRequest("x")).text == "x"
    assert asyncio.run(async_.complete(CompletionRequest("x"))).text == "x"
