"""A provider as a worker: jobs in, plain answers out."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from playhead.core.model import Completion, CompletionRequest, Family, Origin
from playhead.errors import UsageError
from playhead.plugins.backends import InferenceModelSpec, ReportingProtocol
from playhead.providers.conventions.neutral import embedding_request, read_request


class ProviderWorker:
    """
    The worker of one model that asks a provider, sync or async.

    Attributes:
        provider: The provider.
        inference_model: The model that is asked, whatever a job says.
        origin: Where its answers come from: the provider's.
    """

    def __init__(
        self, provider: Any, inference_model: InferenceModelSpec, reporting_delegate: ReportingProtocol | None = None
    ) -> None:
        self.provider = provider
        self.inference_model = inference_model
        self.origin: Origin = getattr(provider, "origin", Origin.LIVE)
        self._reporting = reporting_delegate

    def __repr__(self) -> str:
        return f"<ProviderWorker of {self.inference_model.name!r}: {type(self.provider).__name__}>"

    async def complete(self, request: CompletionRequest) -> Completion:
        """
        Answer a request with this worker's model.

        Raises:
            InferenceProviderError: The provider failed.
        """
        asked = msgspec.structs.replace(request, model=self.inference_model.model_id)
        answer = self.provider.complete(asked)
        return cast("Completion", await answer if inspect.isawaitable(answer) else answer)

    async def gen_text(self, job: Any) -> str:
        """
        Give the text of the answer to a job; ``read_job`` says what a job may be.

        Raises:
            InferenceProviderError: The provider failed.
            UsageError: There is nothing to ask in the job.
        """
        completion = await self.complete(read_job(job))
        self._report(job)
        return completion.text

    async def embed(self, job: Any) -> list[list[float]]:
        """
        Give a vector for each text of a job: a text, a list of them, or an object whose ``texts`` they are.

        Raises:
            InferenceProviderError: The provider failed.
        """
        texts = getattr(job, "texts", job)
        request = job if isinstance(job, CompletionRequest) else embedding_request(texts)
        if request.family is not Family.EMBEDDING:
            raise UsageError("the job asks for no vectors")
        completion = await self.complete(request)
        self._report(job)
        return cast("list[list[float]]", completion.output)

    async def aclose(self) -> None:
        """Close the provider, where it can be."""
        close = getattr(self.provider, "aclose", None) or getattr(self.provider, "close", None)
        ended = close() if callable(close) else None
        if inspect.isawaitable(ended):
            await ended

    def _report(self, job: Any) -> None:
        if self._reporting is not None:
            self._reporting.report_inference_job(job)


def read_job(job: Any) -> CompletionRequest:
    """
    Give the request of a job.

    A job is a text, a request of ours, or an object or mapping with ``prompt`` or ``messages``; or one with
    ``llm_prompt`` (its ``user_text`` and ``system_text``) and ``job_params`` (its ``temperature`` and ``max_tokens``).

    Raises:
        UsageError: There is nothing to ask in it.
    """
    if isinstance(job, str):
        return CompletionRequest(job)
    if isinstance(job, Mapping):
        return CompletionRequest(**cast("Mapping[str, Any]", job))
    prompt = getattr(job, "llm_prompt", None)
    if prompt is None:
        return read_request(job)
    roles = (("system", "system_text"), ("user", "user_text"))
    spoken = tuple(
        {"role": role, "content": text} for role, name in roles if (text := getattr(prompt, name, None)) is not None
    )
    params = getattr(job, "job_params", None)
    return CompletionRequest(
        messages=spoken,
        temperature=getattr(params, "temperature", None),
        max_tokens=getattr(params, "max_tokens", None),
    )
