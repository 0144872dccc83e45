"""
The backends of five vendors: text and, where there are any, vectors, and the list of their models.

They need no SDK; what sends by HTTP is imported when a worker is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playhead.core.model import Family
from playhead.errors import UsageError
from playhead.plugins.backends import InferenceBackend, InferenceModelSpec, ModelHandle, ReportingProtocol
from playhead.plugins.clients import SdkClientRegistry
from playhead.plugins.contract import PLUGIN_API_VERSION
from playhead.plugins.registrar import PluginRegistrar
from playhead.plugins.workers import ProviderWorker

if TYPE_CHECKING:
    from playhead.providers.vendors.provider import AsyncVendorProvider

_TEXT = (Family.LLM,)
_TEXT_AND_VECTORS = (Family.LLM, Family.EMBEDDING)

FAMILIES = {
    "openai": _TEXT_AND_VECTORS,
    "anthropic": _TEXT,
    "google": _TEXT_AND_VECTORS,
    "mistral": _TEXT_AND_VECTORS,
    "ollama": _TEXT_AND_VECTORS,
}
"""Every vendor with the families it serves."""

SETTINGS = frozenset({"headers", "retries", "timeout"})
"""What a backend's ``extra_config`` may hold for a vendor; ``AsyncVendorProvider`` says what each does."""


class VendorPlugin:
    """
    One vendor.

    Attributes:
        name: Its name, which is its SDK's too.
        targets_api: The version there is.
    """

    targets_api = PLUGIN_API_VERSION

    def __init__(self, name: str) -> None:
        self.name = name

    def register(self, registrar: PluginRegistrar) -> None:
        """Register a worker for each family, and the list of models."""
        for family in FAMILIES[self.name]:
            registrar.add_inference_backend(family=family, sdk=self.name, make_worker=make_vendor_worker)
        registrar.add_model_lister(sdk=self.name, lister=list_vendor_models)


def make_vendor_worker(
    *,
    inference_model: InferenceModelSpec,
    backend: InferenceBackend,
    sdk_clients: SdkClientRegistry,
    reporting_delegate: ReportingProtocol | None,
) -> ProviderWorker:
    """
    Make the worker of a vendor's model; workers of one handle share a client.

    Raises:
        UsageError: A setting of the backend is not usable.
    """
    handle = ModelHandle.make_for_inference_model(inference_model=inference_model)
    client = sdk_clients.get_or_create(handle=handle, build=lambda: _provider(handle.sdk, backend))
    return ProviderWorker(client, inference_model, reporting_delegate)


async def list_vendor_models(
    *,
    sdk: str,
    backend_name: str,  # noqa: ARG001 - every lister is given it
    backend: InferenceBackend,
    flat: bool,  # noqa: ARG001
    any_listed: bool,  # noqa: ARG001
) -> list[str]:
    """
    Give the ids of a vendor's models.

    Raises:
        InferenceProviderError: The vendor does not answer, or wants another key.
    """
    provider = _provider(sdk, backend)
    try:
        return await provider.list_models()
    finally:
        await provider.aclose()


def _provider(sdk: str, backend: InferenceBackend) -> AsyncVendorProvider:
    # The HTTP library stays away until something is to be sent.
    from playhead.providers.vendors.provider import AsyncVendorProvider

    unknown = sorted(backend.extra_config.keys() - SETTINGS)
    if unknown:
        raise UsageError(
            f"the backend {backend.name!r} has a setting {unknown[0]!r} that {sdk!r} does not know",
            hint=f"one of {', '.join(sorted(SETTINGS))}",
        )
    key, reference = backend.key_source
    further: dict[str, Any] = dict(backend.extra_config)
    return AsyncVendorProvider(sdk, base_url=backend.endpoint, api_key=key, api_key_ref=reference, **further)
