"""The module has the system's names, and base classes for who wants them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.parts import MODEL

import playhead
from playhead import plugins
from playhead.compat import pipelex


def test_the_names_are_the_projects_own() -> None:
    """Each name is there, and none is a second thing beside ours."""
    assert all(hasattr(pipelex, name) for name in pipelex.__all__)
    assert pipelex.PipelexPlugin is plugins.Plugin
    assert pipelex.PipelexError is playhead.PlayheadError
    assert pipelex.InferenceFamily is playhead.Family
    assert pipelex.recorded is plugins.recorded


ABSTRACT = [
    pipelex.LLMWorkerAbstract,
    pipelex.ImgGenWorkerAbstract,
    pipelex.ExtractWorkerAbstract,
    pipelex.SearchWorkerAbstract,
    pipelex.EmbeddingWorkerAbstract,
]


@pytest.mark.parametrize("cls", ABSTRACT, ids=lambda cls: cls.__name__)
def test_a_worker_must_do_what_its_family_does(cls: Any) -> None:
    """A class that leaves the family's method out cannot be made."""
    assert issubclass(cls, pipelex.InferenceWorkerAbstract)
    with pytest.raises(TypeError, match="abstract"):
        cls()


class TextWorker(pipelex.LLMWorkerAbstract):
    async def gen_text(self, job: Any) -> str:
        return f"text of {job}"


class ImageWorker(pipelex.ImgGenWorkerAbstract):
    async def gen_image(self, job: Any) -> Any:
        return f"image of {job}".encode()


class SearchWorker(pipelex.SearchWorkerAbstract):
    async def search_sourced_answer(self, job: Any) -> Any:
        return {"answer": job, "sources": ["a"]}


async def test_a_worker_knows_its_model() -> None:
    """The base class keeps what it is given."""
    told = object()
    worker = TextWorker(MODEL, told)  # type: ignore[arg-type]
    assert (worker.inference_model, worker.reporting_delegate) == (MODEL, told)
    assert await worker.gen_text("a") == "text of a"


async def test_several_images_are_asked_for_one_by_one() -> None:
    """A worker that has no better way makes them in turn."""
    assert await ImageWorker().gen_image_list("a", nb_images=2) == [b"image of a"] * 2


async def test_what_a_worker_cannot_do_is_refused() -> None:
    """Objects are given by workers that say how."""
    with pytest.raises(playhead.UsageError, match="a TextWorker gives no objects"):
        await TextWorker().gen_object("a", schema=dict)
    with pytest.raises(playhead.UsageError, match="a SearchWorker gives no objects"):
        await SearchWorker().search_structured("a", schema=dict)
