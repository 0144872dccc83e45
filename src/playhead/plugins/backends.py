"""The records a backend's worker is made of, and the shapes of the functions that make and list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from playhead.core.model import Family
from playhead.errors import UsageError
from playhead.providers.secrets import DEFAULT_RESOLVER, MASK, Secret, remember, shown_reference

if TYPE_CHECKING:
    from playhead.plugins.clients import SdkClientRegistry

InferenceFamily = Family
"""The families a backend may serve: all but ``HTTP``, which is no model call."""


class InferenceModelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """
    One model, as a worker is bound to it.

    Attributes:
        name: The name users know it by.
        sdk: The SDK that serves it; with a family, the key of its backend.
        backend_name: The account or server it is asked at, such as ``azure``.
        model_id: What the vendor calls it.
        variant: Tells clients of one SDK and backend apart, where they differ.
        extras: What else the backend needs to know.
    """

    name: str
    sdk: str
    backend_name: str
    model_id: str = ""
    variant: str | None = None
    extras: Mapping[str, Any] = {}

    def __post_init__(self) -> None:
        if not self.name or not self.sdk or not self.backend_name:
            raise UsageError(f"a model needs a name, an sdk and a backend_name, got {self!r}")
        if not self.model_id:
            msgspec.structs.force_setattr(self, "model_id", self.name)


class ModelHandle(NamedTuple):
    """
    What one client serves: models with the same handle share it.

    Attributes:
        sdk: The SDK.
        backend: The account or server.
        variant: Where clients of one backend differ.
    """

    sdk: str
    backend: str
    variant: str | None = None

    @property
    def sdk_handle(self) -> str:
        """The three in one word: ``openai@azure/eu``."""
        return f"{self.sdk}@{self.backend}" + (f"/{self.variant}" if self.variant else "")

    @classmethod
    def make_for_inference_model(cls, *, inference_model: Any) -> ModelHandle:
        """Give the handle of a model: an ``InferenceModelSpec``, or any object with the same attributes."""
        variant: str | None = getattr(inference_model, "variant", None)
        return cls(inference_model.sdk, inference_model.backend_name, variant or None)


class InferenceBackend:
    """
    One account or server: its address, its key, and what else it needs.

    Attributes:
        name: Its name.
        endpoint: Its address, ``None`` for the SDK's own.
        extra_config: Further settings, read-only.
    """

    def __init__(
        self,
        name: str,
        *,
        endpoint: str | None = None,
        api_key: str | None = None,
        api_key_ref: str | None = None,
        extra_config: Mapping[str, Any] | None = None,
    ) -> None:
        """
        Take the settings; a key is remembered for redaction and never shown.

        Args:
            name: The backend's name.
            endpoint: Its address.
            api_key: The key itself.
            api_key_ref: Where the key is found, as in ``env:ACME_API_KEY``; read when ``api_key`` is.
            extra_config: Further settings.

        Raises:
            UsageError: There is no name, or key and reference are both given.
        """
        if not name:
            raise UsageError("a backend needs a name")
        if api_key and api_key_ref:
            raise UsageError("api_key and api_key_ref are both given", hint="prefer api_key_ref='env:NAME'")
        self.name = name
        self.endpoint = endpoint
        self.extra_config: Mapping[str, Any] = MappingProxyType(dict(extra_config or {}))
        self._key = Secret(api_key) if api_key else None
        self._reference = Secret(api_key_ref) if api_key_ref else None
        if api_key:
            remember(api_key)

    def __repr__(self) -> str:
        return f"InferenceBackend({self.name!r}, endpoint={self.endpoint!r}, api_key={self._shown_key()!r})"

    def _shown_key(self) -> str | None:
        if self._reference is not None:
            return shown_reference(self._reference.reveal())
        return None if self._key is None else MASK

    @property
    def api_key(self) -> str | None:
        """
        The key, ``None`` where there is none; a reference is read now.

        Raises:
            InferenceProviderError: There is no key at the reference.
        """
        if self._reference is not None:
            return DEFAULT_RESOLVER.resolve(self._reference.reveal())
        return None if self._key is None else self._key.reveal()

    @property
    def key_source(self) -> tuple[str | None, str | None]:
        """The key and the reference, one of which is ``None``, for a provider that reads a reference by itself."""
        return (
            None if self._key is None else self._key.reveal(),
            None if self._reference is None else self._reference.reveal(),
        )


class ReportingProtocol(Protocol):
    """Who is told about each job that was done, such as a counter of costs."""

    def report_inference_job(self, inference_job: Any) -> None:
        """Take note of a job."""
        ...


class MakeWorkerFn(Protocol):
    """Makes the worker of one model; all four are passed by keyword, always."""

    def __call__(
        self,
        *,
        inference_model: InferenceModelSpec,
        backend: InferenceBackend,
        sdk_clients: SdkClientRegistry,
        reporting_delegate: ReportingProtocol | None,
    ) -> Any:
        """
        Import the SDK, make the worker.

        Raises:
            MissingDependencyError: The SDK is not installed.
        """
        ...


class ListModelsFn(Protocol):
    """Lists the models of a backend: shows them itself, or gives their ids to be shown."""

    async def __call__(
        self, *, sdk: str, backend_name: str, backend: InferenceBackend, flat: bool, any_listed: bool
    ) -> Sequence[str] | None:
        """
        Ask the backend.

        Args:
            sdk: The SDK asked for.
            backend_name: The backend's name.
            backend: Its settings.
            flat: Whether a plain list is wanted.
            any_listed: Whether models of another SDK were listed before.

        Raises:
            MissingDependencyError: The SDK is not installed.
            ModelListingUnsupportedError: This backend cannot list.
        """
        ...
