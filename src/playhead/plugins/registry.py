"""Which factory makes the worker of a model: looked up by family and SDK."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from playhead.errors import InferenceBackendNotFoundError
from playhead.plugins.backends import (
    InferenceBackend,
    InferenceFamily,
    InferenceModelSpec,
    MakeWorkerFn,
    ModelHandle,
    ReportingProtocol,
)
from playhead.plugins.clients import SdkClientRegistry
from playhead.plugins.registrar import read_family


class InferenceBackendRegistry:
    """The factories of a registrar, unchanging; two with the same factories are equal."""

    def __init__(self, backends: Mapping[tuple[InferenceFamily, str], MakeWorkerFn]) -> None:
        """Take the factories, such as a registrar's ``inference_backends``."""
        self._backends = MappingProxyType(dict(backends))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InferenceBackendRegistry) and dict(self._backends) == dict(other._backends)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<InferenceBackendRegistry of {len(self._backends)} backends>"

    def keys(self) -> tuple[tuple[InferenceFamily, str], ...]:
        """Give family and SDK of every backend, sorted."""
        return tuple(sorted(self._backends))

    def sdks(self, family: InferenceFamily | None = None) -> tuple[str, ...]:
        """Give the SDKs that are served, in a family or in any, sorted."""
        return tuple(sorted({sdk for kind, sdk in self._backends if family in (None, kind)}))

    def has(self, *, family: InferenceFamily | str, sdk: str) -> bool:
        """Tell whether there is a backend."""
        return (read_family(family), sdk) in self._backends

    def lookup(self, *, family: InferenceFamily | str, sdk: str) -> MakeWorkerFn:
        """
        Give the factory for an SDK in a family.

        Raises:
            InferenceBackendNotFoundError: No plugin gives one.
            UsageError: There is no such family.
        """
        kind = read_family(family)
        found = self._backends.get((kind, sdk))
        if found is None:
            raise not_found(kind, sdk, self)
        return found

    def with_family(self, *, family: InferenceFamily | str, make_worker: MakeWorkerFn) -> InferenceBackendRegistry:
        """Give a registry in which one factory, such as a stub's, stands for every backend of a family."""
        kind = read_family(family)
        return InferenceBackendRegistry(
            {key: make_worker if key[0] is kind else made for key, made in self._backends.items()}
        )

    def make_worker(
        self,
        *,
        family: InferenceFamily | str,
        inference_model: InferenceModelSpec,
        backend: InferenceBackend,
        sdk_clients: SdkClientRegistry,
        reporting_delegate: ReportingProtocol | None = None,
    ) -> Any:
        """
        Make the worker of a model.

        Raises:
            InferenceBackendNotFoundError: No plugin serves the model's SDK in the family.
            MissingDependencyError: The SDK is not installed.
        """
        handle = ModelHandle.make_for_inference_model(inference_model=inference_model)
        make = self.lookup(family=family, sdk=handle.sdk)
        return make(
            inference_model=inference_model,
            backend=backend,
            sdk_clients=sdk_clients,
            reporting_delegate=reporting_delegate,
        )


def not_found(
    family: InferenceFamily | None, sdk: str, registry: InferenceBackendRegistry
) -> InferenceBackendNotFoundError:
    """Give the error for an SDK that no plugin serves, with those that are served."""
    where = "" if family is None else f" in the family {family.value!r}"
    return InferenceBackendNotFoundError(
        f"no backend serves {sdk!r}{where}. Is its plugin installed and enabled?",
        context={"family": None if family is None else family.value, "sdk": sdk},
        hint=f"served are {', '.join(registry.sdks(family)) or 'none'}; 'playhead plugins list' shows every plugin",
    )
