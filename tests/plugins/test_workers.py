"""A provider as a worker."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.plugins.parts import MODEL

import playhead
from playhead import Completion, CompletionRequest, Family, Origin
from playhead.plugins.workers import ProviderWorker, read_job

MESSAGES = ({"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"})

JOBS: dict[str, tuple[Any, CompletionRequest]] = {
    "a text": ("hello", CompletionRequest("hello")),
    "a request": (CompletionRequest("hello", temperature=0), CompletionRequest("hello", temperature=0)),
    "an object with a prompt": (
        SimpleNamespace(prompt="hello", max_tokens=3),
        CompletionRequest("hello", max_tokens=3),
    ),
    "a mapping": ({"messages": MESSAGES}, CompletionRequest(messages=MESSAGES)),
    "a job with a prompt of two texts": (
        SimpleNamespace(
            llm_prompt=SimpleNamespace(system_text="be brief", user_text="hello"),
            job_params=SimpleNamespace(temperature=0.5, max_tokens=9),
        ),
        CompletionRequest(messages=MESSAGES, temperature=0.5, max_tokens=9),
    ),
    "a job without parameters": (
        SimpleNamespace(llm_prompt=SimpleNamespace(system_text=None, user_text="hello")),
        CompletionRequest(messages=MESSAGES[1:]),
    ),
}


class Echo:
    """A provider that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[CompletionRequest] = []
        self.closed = False

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer."""
        self.asked.append(request)
        return Completion("yes", model="echo", output=[[1.0]])

    def close(self) -> None:
        """Close."""
        self.closed = True


@pytest.mark.parametrize(("job", "request_"), JOBS.values(), ids=JOBS)
def test_a_job_is_read(job: Any, request_: CompletionRequest) -> None:
    """Whatever shape it comes in, the same question is asked."""
    assert read_job(job) == request_


@pytest.mark.parametrize(
    "job", [object(), {}, SimpleNamespace(llm_prompt=SimpleNamespace())], ids=lambda job: type(job).__name__
)
def test_a_job_without_a_question_is_refused(job: Any) -> None:
    """There must be something to ask."""
    with pytest.raises(playhead.UsageError):
        read_job(job)


async def test_a_worker_asks_its_own_model() -> None:
    """Whatever a job says: a worker is bound to one model."""
    provider = Echo()
    worker = ProviderWorker(provider, MODEL)
    assert await worker.gen_text(CompletionRequest("hello", model="another")) == "yes"
    assert provider.asked == [CompletionRequest("hello", model=MODEL.model_id)]
    assert "acme-large" in repr(worker)


async def test_every_job_is_reported() -> None:
    """Who counts is told after the answer, once a job."""
    told: list[Any] = []
    worker = ProviderWorker(Echo(), MODEL, SimpleNamespace(report_inference_job=told.append))
    await worker.gen_text("hello")
    await worker.embed(["a"])
    assert told == ["hello", ["a"]]


@pytest.mark.parametrize("job", ["a", ["a"], SimpleNamespace(texts=["a"])], ids=repr)
async def test_vectors_are_asked_for(job: Any) -> None:
    """A text, several, or an object that has them."""
    provider = Echo()
    assert await ProviderWorker(provider, MODEL).embed(job) == [[1.0]]
    assert provider.asked[0].params == {"input": ["a"]}
    assert provider.asked[0].family is Family.EMBEDDING


async def test_a_question_for_text_gives_no_vectors() -> None:
    """A request of another family is refused before it is sent."""
    provider = Echo()
    with pytest.raises(playhead.UsageError, match="no vectors"):
        await ProviderWorker(provider, MODEL).embed(CompletionRequest("hello"))
    assert not provider.asked


async def test_the_origin_is_the_providers() -> None:
    """A stub's worker does not pass for a model's."""
    assert ProviderWorker(Echo(), MODEL).origin is Origin.LIVE
    assert ProviderWorker(playhead.StubInferenceProvider(), MODEL).origin is Origin.STUB


async def test_closing_closes_the_provider() -> None:
    """Sync or async; one that cannot be closed is left alone."""

    class Later:
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    providers: list[Any] = [Echo(), Later()]
    for provider in providers:
        await ProviderWorker(provider, MODEL).aclose()
        assert provider.closed
    await ProviderWorker(object(), MODEL).aclose()
