"""Pipelex's way: jobs in; texts, objects, images, pages and sourced answers out, and exactly so on replay."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pydantic
import pytest

import playhead
from playhead import Family
from playhead.providers.conventions.workers import ASYNC, METHODS


@dataclasses.dataclass
class Prompt:
    user_text: str
    images: list[bytes] = dataclasses.field(default_factory=list[bytes])


@dataclasses.dataclass
class Job:
    prompt: Prompt
    job_metadata: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    job_report: Any = None


@dataclasses.dataclass
class Image:
    data: bytes
    mime: str


class Person(pydantic.BaseModel):
    name: str
    age: int


@dataclasses.dataclass
class Place:
    city: str


class Worker:
    """Answers every kind of job."""

    async def gen_text(self, job: Job) -> str:
        return job.prompt.user_text.upper()

    async def gen_object(self, job: Job, schema: type[Any]) -> Any:
        return schema(name="Ada", age=36) if schema is Person else schema(city="Paris")

    async def gen_image(self, job: Job) -> Image:
        return Image(bytes(range(256)), "image/png")

    async def gen_image_list(self, job: Job, nb_images: int) -> list[Image]:
        return [Image(bytes([index]), "image/png") for index in range(nb_images)]

    async def extract_pages(self, job: Job) -> dict[str, Any]:
        return {"pages": {1: "first", 2: "second"}, "images": (b"\x89PNG",)}

    async def search_sourced_answer(self, job: Job) -> dict[str, Any]:
        return {"answer": "42", "sources": [{"url": "https://example.org", "title": "é"}]}

    async def search_structured(self, job: Job, schema: type[Any]) -> Any:
        return schema(city="Oslo")

    async def embed(self, texts: list[str]) -> list[list[float]]:
        return [[0.1, 1 / 3, 1e-300] for _ in texts]


async def run(worker: Any, metadata: dict[str, Any]) -> list[Any]:
    """Ask for everything."""
    job = Job(Prompt("hello", [b"\x00"]), metadata, object())
    return [
        await worker.gen_text(job),
        await worker.gen_object(job, schema=Person),
        await worker.gen_object(job, Place),
        await worker.gen_image(job),
        await worker.gen_image_list(job, nb_images=2),
        await worker.extract_pages(job),
        await worker.search_sourced_answer(job),
        await worker.search_structured(job, schema=Place),
        await worker.embed(["a", "b"]),
    ]


async def test_every_kind_of_answer_comes_back(tmp_path: Path) -> None:
    """Texts, objects of the asked class, images byte for byte, pages, sources and vectors need no worker on replay."""
    cassette = tmp_path / "w.cassette"
    with playhead.use_cassette(cassette, mode="record") as session:
        live = await run(session.wrap(Worker(), name="acme"), {"id": "first"})
    with playhead.use_cassette(cassette) as session:
        # What is of the moment, a job's id, is no part of the question.
        played = await run(session.wrap(None, name="acme", convention="pipelex"), {"id": "second"})
    assert played == live
    assert isinstance(played[1], Person)
    assert isinstance(played[2], Place)


@pytest.mark.parametrize("name", METHODS)
def test_requests_say_their_family(name: str) -> None:
    """The kind of answer asked for, and the method, are part of the question."""
    verb = next(verb for verb in ASYNC.verbs if verb.name == name)
    request = verb.to_request({"prompt": "x"})
    assert (request.family, request.operation) == (METHODS[name], name)
    assert set(METHODS.values()) == set(Family) - {Family.HTTP}


async def test_another_schema_is_another_question(tmp_path: Path) -> None:
    """A changed class of the answer is a miss, as a changed prompt is."""
    cassette = tmp_path / "w.cassette"
    job = Job(Prompt("hello"))
    with playhead.use_cassette(cassette, mode="record") as session:
        await session.wrap(Worker(), name="acme").gen_object(job, schema=Place)
    with playhead.use_cassette(cassette) as session:
        worker = session.wrap(None, name="acme", convention="pipelex")
        with pytest.raises(playhead.NoMatch):
            await worker.gen_object(job, schema=Person)
        with pytest.raises(playhead.NoMatch):
            await worker.gen_object(Job(Prompt("other")), schema=Place)
        await worker.gen_object(job, schema=Place)
