"""Plugins, entry points and models that the tests of plugins share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from playhead.plugins import (
    PLUGIN_API_VERSION,
    InferenceBackend,
    InferenceFamily,
    InferenceModelSpec,
    PluginRegistrar,
    SdkClientRegistry,
)

MODEL = InferenceModelSpec(name="acme-large", sdk="acme", backend_name="acme-cloud", model_id="acme-large-2")


def make_nothing(**_: Any) -> None:
    """Make no worker."""


async def list_nothing(**_: Any) -> None:
    """List no models."""


class Acme:
    """A plugin that serves one SDK, or does something else."""

    def __init__(
        self,
        name: str = "acme",
        targets_api: Any = PLUGIN_API_VERSION,
        does: Callable[[PluginRegistrar], object] | None = None,
    ) -> None:
        self.name = name
        self.targets_api = targets_api
        self._does = does

    def register(self, registrar: PluginRegistrar) -> None:
        """Register, or do something else."""
        if self._does is None:
            registrar.add_inference_backend(family=InferenceFamily.LLM, sdk=self.name, make_worker=make_nothing)
        else:
            self._does(registrar)


class Point(NamedTuple):
    """An entry point that is installed nowhere."""

    name: str
    value: Any

    def load(self) -> Any:
        """Give the value; raise it where it is an exception."""
        if isinstance(self.value, BaseException):
            raise self.value
        return self.value


def factory_arguments(model: InferenceModelSpec = MODEL, **others: Any) -> dict[str, Any]:
    """Give the four arguments of a factory."""
    return {
        "inference_model": model,
        "backend": InferenceBackend(model.backend_name),
        "sdk_clients": SdkClientRegistry(),
        "reporting_delegate": None,
        **others,
    }
