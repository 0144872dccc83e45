"""
A vendor of the table as a provider, sync and async.

    provider = AsyncVendorProvider("anthropic", api_key_ref="env:ANTHROPIC_API_KEY")
    await provider.complete(CompletionRequest("hello"))

Sending is the OpenAI-compatible provider's; what is sent and how it is read is the vendor's row.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import httpx

from playhead.errors import UsageError
from playhead.providers.openai_compatible import AsyncOpenAICompatibleProvider, OpenAICompatibleProvider
from playhead.providers.retrying import retrying, retrying_async
from playhead.providers.vendors.calls import HEALTH_TIMEOUT, VendorSettings, model_names

_WRONG_CLIENT = "the client given is of the other kind, and the network is not used in its place"


class VendorProvider(VendorSettings, OpenAICompatibleProvider):
    """A vendor by name, for several threads at once; ``VendorSettings`` has the arguments."""

    def _http(self) -> httpx.Client:
        self._check_open()
        if self._given is None:
            return super()._http()
        if not isinstance(self._given, httpx.Client):
            raise UsageError(_WRONG_CLIENT, hint="client=httpx.Client(...)")
        return self._given

    def list_models(self) -> list[str]:
        """
        Give the names of the vendor's models.

        Raises:
            InferenceProviderError: The provider failed, each time it was tried.
            UsageError: The provider has been closed.
        """
        self._check_open()
        return model_names(retrying(self.retries, partial(self._answer, self.models_call())))

    def health_check(self) -> bool:
        """Tell whether the vendor answers, within seconds; never raises."""
        with suppress(Exception):
            self._answer(self.models_call(timeout=HEALTH_TIMEOUT))
            return True
        return False


class AsyncVendorProvider(VendorSettings, AsyncOpenAICompatibleProvider):
    """A vendor by name, for one event loop; ``VendorSettings`` has the arguments."""

    def _http(self) -> httpx.AsyncClient:
        self._check_open()
        if self._given is None:
            return super()._http()
        if not isinstance(self._given, httpx.AsyncClient):
            raise UsageError(_WRONG_CLIENT, hint="client=httpx.AsyncClient(...)")
        return self._given

    async def list_models(self) -> list[str]:
        """
        Give the names of the vendor's models.

        Raises:
            InferenceProviderError: The provider failed, each time it was tried.
            UsageError: The provider has been closed.
        """
        self._check_open()
        return model_names(await retrying_async(self.retries, partial(self._answer, self.models_call())))

    async def health_check(self) -> bool:
        """Tell whether the vendor answers, within seconds; never raises."""
        with suppress(Exception):
            await self._answer(self.models_call(timeout=HEALTH_TIMEOUT))
            return True
        return False
