"""Listing the models of a backend, SDK by SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from playhead.errors import ModelListingUnsupportedError
from playhead.plugins.backends import InferenceBackend, ListModelsFn
from playhead.plugins.registrar import PluginRegistrar
from playhead.plugins.registry import InferenceBackendRegistry, not_found


class Listing(NamedTuple):
    """
    What came of asking for the models of one SDK.

    Attributes:
        sdk: The SDK.
        supported: Whether its models can be listed.
        models: Their ids, ``None`` where the lister showed them itself.
    """

    sdk: str
    supported: bool
    models: tuple[str, ...] | None = None


async def list_models(
    registrar: PluginRegistrar, *, backend: InferenceBackend, sdks: Sequence[str], flat: bool = False
) -> tuple[Listing, ...]:
    """
    Ask a backend for its models, with each of its SDKs; one that cannot list is no failure.

    Raises:
        InferenceBackendNotFoundError: No plugin serves one of the SDKs; nothing was asked.
        MissingDependencyError: An SDK is not installed.
        InferenceProviderError: The backend failed.
    """
    listers: Mapping[str, ListModelsFn] = registrar.model_listers
    registry = InferenceBackendRegistry(registrar.inference_backends)
    served = {*registry.sdks(), *listers}
    for sdk in sdks:
        if sdk not in served:
            raise not_found(None, sdk, registry)
    found: list[Listing] = []
    for sdk in sdks:
        lister = listers.get(sdk)
        if lister is None:
            found.append(Listing(sdk, supported=False))
            continue
        any_listed = any(one.supported for one in found)
        try:
            models = await lister(sdk=sdk, backend_name=backend.name, backend=backend, flat=flat, any_listed=any_listed)
        except ModelListingUnsupportedError:
            found.append(Listing(sdk, supported=False))
        else:
            found.append(Listing(sdk, supported=True, models=None if models is None else tuple(models)))
    return tuple(found)
