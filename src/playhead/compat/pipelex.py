"""
Pipelex's names for plugins, workers and errors.

A backend plugin written for Pipelex runs with its imports taken from here. Everything but the abstract workers is
``playhead.plugins`` under another name or the same.
"""

from __future__ import annotations

import abc
from typing import Any

from playhead.core.error_reports import ErrorCategory, ErrorReport
from playhead.errors import (
    BrokenPluginError,
    CoreUnconditionalPluginDisabledError,
    DuplicateInferenceBackendError,
    DuplicateModelListerError,
    InferenceBackendNotFoundError,
    MissingDependencyError,
    ModelListingUnsupportedError,
    PluginApiVersionMismatchError,
    PluginError,
    UsageError,
)
from playhead.errors import PlayheadError as PipelexError
from playhead.plugins.backends import (
    InferenceBackend,
    InferenceFamily,
    InferenceModelSpec,
    ListModelsFn,
    MakeWorkerFn,
    ModelHandle,
    ReportingProtocol,
)
from playhead.plugins.clients import SdkClientRegistry
from playhead.plugins.contract import PLUGIN_API_VERSION
from playhead.plugins.contract import Plugin as PipelexPlugin
from playhead.plugins.dependencies import require_sdk
from playhead.plugins.discovery import build_registrar
from playhead.plugins.recording import recorded
from playhead.plugins.registrar import PluginRegistrar
from playhead.plugins.registry import InferenceBackendRegistry

__all__ = [
    "PLUGIN_API_VERSION",
    "BrokenPluginError",
    "CoreUnconditionalPluginDisabledError",
    "DuplicateInferenceBackendError",
    "DuplicateModelListerError",
    "EmbeddingWorkerAbstract",
    "ErrorCategory",
    "ErrorReport",
    "ExtractWorkerAbstract",
    "ImgGenWorkerAbstract",
    "InferenceBackend",
    "InferenceBackendNotFoundError",
    "InferenceBackendRegistry",
    "InferenceFamily",
    "InferenceModelSpec",
    "InferenceWorkerAbstract",
    "LLMWorkerAbstract",
    "ListModelsFn",
    "MakeWorkerFn",
    "MissingDependencyError",
    "ModelHandle",
    "ModelListingUnsupportedError",
    "PipelexError",
    "PipelexPlugin",
    "PluginApiVersionMismatchError",
    "PluginError",
    "PluginRegistrar",
    "ReportingProtocol",
    "SdkClientRegistry",
    "SearchWorkerAbstract",
    "build_registrar",
    "recorded",
    "require_sdk",
]


class InferenceWorkerAbstract(abc.ABC):  # noqa: B024 - what a worker does is its family's to say
    """
    A worker of one model, for those who want a base class; any object with the methods is one.

    Attributes:
        inference_model: The model.
        reporting_delegate: Who is told about each job, or ``None``.
    """

    def __init__(
        self,
        inference_model: InferenceModelSpec | None = None,
        reporting_delegate: ReportingProtocol | None = None,
    ) -> None:
        self.inference_model = inference_model
        self.reporting_delegate = reporting_delegate

    def _refuse(self, what: str) -> UsageError:
        return UsageError(f"a {type(self).__name__} gives no {what}")


class LLMWorkerAbstract(InferenceWorkerAbstract):
    """A worker that gives texts."""

    @abc.abstractmethod
    async def gen_text(self, job: Any) -> str:
        """Give the text of the answer."""

    async def gen_object(self, job: Any, *, schema: type[Any]) -> Any:  # noqa: ARG002
        """
        Give an object of a class; a worker that can do so overrides this.

        Raises:
            UsageError: The worker cannot.
        """
        raise self._refuse("objects")


class ImgGenWorkerAbstract(InferenceWorkerAbstract):
    """A worker that gives images."""

    @abc.abstractmethod
    async def gen_image(self, job: Any) -> Any:
        """Give an image."""

    async def gen_image_list(self, job: Any, *, nb_images: int) -> list[Any]:
        """Give several images, asked for one after the other."""
        return [await self.gen_image(job) for _ in range(nb_images)]


class ExtractWorkerAbstract(InferenceWorkerAbstract):
    """A worker that gives the pages of a document."""

    @abc.abstractmethod
    async def extract_pages(self, job: Any) -> Any:
        """Give the pages."""


class SearchWorkerAbstract(InferenceWorkerAbstract):
    """A worker that gives answers with their sources."""

    @abc.abstractmethod
    async def search_sourced_answer(self, job: Any) -> Any:
        """Give an answer with its sources."""

    async def search_structured(self, job: Any, *, schema: type[Any]) -> Any:  # noqa: ARG002
        """
        Give an object of a class; a worker that can do so overrides this.

        Raises:
            UsageError: The worker cannot.
        """
        raise self._refuse("objects")


class EmbeddingWorkerAbstract(InferenceWorkerAbstract):
    """A worker that gives vectors."""

    @abc.abstractmethod
    async def embed(self, job: Any) -> Any:
        """Give a vector for each text of the job."""
