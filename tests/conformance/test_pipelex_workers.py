"""The fifth provider system, PL-18 to PL-20: its workers recorded and replayed, its errors there and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pydantic
import pytest
import respx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance.pipelex import Image, Job, Page, Sourced, Vendor

import playhead
from playhead import CompletionRequest
from playhead.compat.pipelex import (
    ErrorCategory,
    ErrorReport,
    InferenceBackend,
    InferenceBackendRegistry,
    InferenceFamily,
    InferenceModelSpec,
    SdkClientRegistry,
    recorded,
    require_sdk,
)
from playhead.providers.openai_compatible import OpenAICompatibleProvider

EVERY_BYTE = bytes(range(256))
PNG = b"\x89PNG\r\n\x1a\n" + EVERY_BYTE * 4
JOB = Job("Name a vendor for paper.", {"id": "first"})


class Person(pydantic.BaseModel):
    """An object that is asked for, as pydantic has it."""

    name: str
    tags: list[str] = []


class Worker:
    """Answers every kind of job."""

    async def gen_text(self, job: Job) -> str:
        """Give a text with what text can hold."""
        return f"{job.prompt} \U0001f600 \x00 \r\n\u2028"

    async def gen_object(self, job: Job, schema: type[Any]) -> Any:
        """Give an object."""
        return schema(name="ACME", tags=["paper"]) if schema is Person else schema(name="ACME", employees=3)

    async def gen_image(self, job: Job) -> Image:
        """Give an image."""
        return Image(PNG, "image/png")

    async def gen_image_list(self, job: Job, nb_images: int) -> list[bytes]:
        """Give the bytes of images, an empty one among them."""
        return [PNG[:count] for count in range(nb_images)]

    async def extract_pages(self, job: Job) -> list[Page]:
        """Give pages with images."""
        return [Page(1, "first\f", []), Page(2, "", [Image(EVERY_BYTE, "image/jpeg")])]

    async def search_sourced_answer(self, job: Job) -> Sourced:
        """Give an answer with sources."""
        return Sourced("ACME", ({"url": "https://example.org/?q=1#a", "title": "é"}, {"url": "", "title": ""}))

    async def search_structured(self, job: Job, schema: type[Any]) -> Any:
        """Give an object found by a search."""
        return schema(name="Globex", employees=10**30)

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """Give vectors."""
        return [[0.1, 1 / 3, -0.0, 5e-324, 1.7976931348623157e308] * 8 for _ in texts]


class Asked(NamedTuple):
    """
    One method of a worker.

    Attributes:
        family: The family its backend is looked up in.
        method: Its name.
        arguments: What it is called with.
    """

    family: InferenceFamily
    method: str
    arguments: Mapping[str, Any]


METHODS = [
    Asked(InferenceFamily.LLM, "gen_text", {"job": JOB}),
    Asked(InferenceFamily.LLM, "gen_object", {"job": JOB, "schema": Person}),
    Asked(InferenceFamily.LLM, "gen_object", {"job": JOB, "schema": Vendor}),
    Asked(InferenceFamily.IMG_GEN, "gen_image", {"job": JOB}),
    Asked(InferenceFamily.IMG_GEN, "gen_image_list", {"job": JOB, "nb_images": 3}),
    Asked(InferenceFamily.EXTRACT, "extract_pages", {"job": JOB}),
    Asked(InferenceFamily.SEARCH, "search_sourced_answer", {"job": JOB}),
    Asked(InferenceFamily.SEARCH, "search_structured", {"job": JOB, "schema": Vendor}),
    Asked(InferenceFamily.EMBEDDING, "embed", {"texts": ["a", "b"]}),
]
EACH = pytest.mark.parametrize("asked", METHODS, ids=lambda asked: asked.method)
FAMILIES = sorted({asked.family for asked in METHODS})
MODEL = InferenceModelSpec(name="acme-large", sdk="acme", backend_name="cloud")


def make_worker(**_: Any) -> Worker:
    """Make a worker as a plugin's factory does."""
    return Worker()


def make_none(**_: Any) -> Any:
    """Fail, as it does where the SDK is not installed."""
    require_sdk(spec="sdk_of_nobody", extra="acme", msg="It is needed.")


def worker_of(session: playhead.Session, factory: Callable[..., Any], family: InferenceFamily) -> Any:
    """Make a worker as a pipeline does, its factory recorded in a registry of every family."""
    registry = InferenceBackendRegistry({(one, "acme"): recorded(session, factory) for one in FAMILIES})
    return registry.make_worker(
        family=family, inference_model=MODEL, backend=InferenceBackend("cloud"), sdk_clients=SdkClientRegistry()
    )


async def ask(session: playhead.Session, factory: Callable[..., Any], asked: Asked) -> Any:
    """Call one method."""
    return await getattr(worker_of(session, factory, asked.family), asked.method)(**asked.arguments)


@EACH
async def test_pl_18_every_family_replays_without_a_worker(cassette: Path, asked: Asked) -> None:
    """In a replay the factory is never called, so neither SDK nor extra is needed; the interaction has its family."""
    with playhead.use_cassette(cassette, mode="record") as session:
        live = await ask(session, make_worker, asked)
    with playhead.use_cassette(cassette, strict=True) as session:
        assert await ask(session, make_none, asked) == live
    (interaction,) = playhead.open_cassette(cassette)
    assert interaction.request.family is asked.family
    assert (interaction.provider, interaction.request.model) == ("acme@cloud", "acme-large")


async def test_pl_18_recording_without_the_sdk_says_what_to_install(cassette: Path) -> None:
    """The factory fails when a call goes out, and no sooner."""
    with (
        playhead.use_cassette(cassette, mode="record") as session,
        pytest.raises(playhead.MissingDependencyError),
    ):
        await ask(session, make_none, METHODS[0])


async def test_pl_18_what_was_not_recorded_is_refused(cassette: Path) -> None:
    """Another job, another model and another schema are other questions; what is of the moment is none."""
    with playhead.use_cassette(cassette, mode="record") as session:
        await ask(session, make_worker, METHODS[0])
        await ask(session, make_worker, METHODS[1])
    with playhead.use_cassette(cassette) as session:
        later = METHODS[0]._replace(arguments={"job": Job(JOB.prompt, {"id": "second"})})
        assert await ask(session, make_none, later) == await Worker().gen_text(JOB)
        for wrong in (
            METHODS[0]._replace(arguments={"job": Job("Name a vendor for ink.")}),
            METHODS[1]._replace(arguments={"job": JOB, "schema": Vendor}),
        ):
            with pytest.raises(playhead.NoMatch):
                await ask(session, make_none, wrong)


async def test_pl_18_the_sessions_own_wrapping_takes_a_worker_too(cassette: Path) -> None:
    """A worker at hand is wrapped by the convention, found or named."""
    with playhead.use_cassette(cassette, mode="record") as session:
        live = await session.wrap(Worker(), name="acme").gen_text(JOB)
    with playhead.use_cassette(cassette) as session:
        assert await session.wrap(None, name="acme", convention="pipelex").gen_text(JOB) == live


async def test_pl_18_concurrent_calls_replay_in_the_order_they_began(cassette: Path) -> None:
    """One worker asked by many tasks at once gives each its own answer again."""
    jobs = [Job(f"vendor {number % 5}") for number in range(20)]

    async def run(session: playhead.Session, factory: Callable[..., Any]) -> list[str]:
        worker = worker_of(session, factory, InferenceFamily.LLM)
        return list(await asyncio.gather(*(worker.gen_text(job) for job in jobs)))

    with playhead.use_cassette(cassette, mode="record") as session:
        live = await run(session, make_worker)
    with playhead.use_cassette(cassette, strict=True) as session:
        assert await run(session, make_none) == live


@EACH
async def test_pl_19_what_is_no_text_comes_back_exactly(cassette: Path, asked: Asked) -> None:
    """Images to the byte, pages, sources, objects of their class, vectors to the bit; in both profiles."""
    for path in (cassette, cassette.with_suffix(".cassette.json")):
        with playhead.use_cassette(path, mode="record") as session:
            await ask(session, make_worker, asked)
        with playhead.use_cassette(path) as session:
            played = await ask(session, make_none, asked)
        expected = await getattr(Worker(), asked.method)(**asked.arguments)
        assert played == expected
        assert repr(plain(played)) == repr(plain(expected))
        if "schema" in asked.arguments:
            assert type(played) is asked.arguments["schema"]


def plain(value: Any) -> Any:
    """Give what a value holds with nothing rounded; the order of keys, which a recording does not keep, left out."""
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(plain, value)]
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    fields = getattr(value, "__dataclass_fields__", None) or getattr(type(value), "model_fields", None)
    names = fields if fields is not None else value.keys() if hasattr(value, "keys") else None
    return value if names is None else {name: plain(getattr(value, name)) for name in sorted(names)}


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.tuples(inner, inner), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_pl_19_any_answer_of_plain_values_comes_back(tmp_path: Path, value: Any) -> None:
    """Whatever a worker gives of texts, numbers, bytes, lists, tuples and mappings."""

    class Giving:
        async def search_sourced_answer(self, job: Any) -> Any:
            return value

    asked = Asked(InferenceFamily.SEARCH, "search_sourced_answer", {"job": "a"})
    path = tmp_path / "any.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        asyncio.run(ask(session, lambda **_: Giving(), asked))
    with playhead.use_cassette(path) as session:
        assert repr(plain(asyncio.run(ask(session, make_none, asked)))) == repr(plain(value))


BODY = {"error": {"message": "slow down, please", "prompt": "mine"}}


@pytest.mark.parametrize(
    ("status", "category"),
    [
        (429, ErrorCategory.TRANSIENT),
        (503, ErrorCategory.TRANSIENT),
        (401, ErrorCategory.CONFIGURATION),
        (422, ErrorCategory.CONTENT),
    ],
)
@respx.mock
def test_pl_20_a_providers_error_is_one_report_and_comes_back(
    cassette: Path, status: int, category: ErrorCategory
) -> None:
    """What a real failed call says is in the report and in the error made of it, live, from JSON and on replay."""
    respx.post("http://vendor.test/v1/chat/completions").mock(
        return_value=httpx.Response(status, json=BODY, headers={"retry-after": "7"})
    )
    provider = OpenAICompatibleProvider("http://vendor.test/v1", model="large", name="vendor", retries=1)
    with (
        playhead.use_cassette(cassette, mode="record", wire=False) as session,
        provider,
        pytest.raises(playhead.InferenceProviderError) as live,
    ):
        session.wrap(provider, name="vendor").complete(CompletionRequest("hello"))
    report = ErrorReport.of(live.value)
    assert (report.provider, report.model, report.status, report.retry_after) == ("vendor", "large", status, 7.0)
    assert (report.category, report.retryable) == (category, live.value.retryable)
    assert report.code == live.value.error_code
    assert "mine" not in report.to_json().decode()
    again = ErrorReport.from_json(report.to_json()).error()
    assert type(again) is type(live.value)
    assert ErrorReport.of(again) == report
    with playhead.use_cassette(cassette) as session, pytest.raises(playhead.InferenceProviderError) as played:
        session.wrap(None, name="vendor").complete(CompletionRequest("hello"))
    assert ErrorReport.of(played.value) == report


async def test_pl_20_a_workers_error_keeps_its_class_through_the_replay(cassette: Path) -> None:
    """A worker that wraps the provider's error in its own is classified by the cause while it is there."""

    class WorkerError(Exception):
        """The system's own."""

    class Failing:
        async def gen_text(self, job: Any) -> str:
            try:
                raise playhead.RateLimitError("slow down", retry_after=2.0, context={"status": 429})
            except playhead.RateLimitError as error:
                raise WorkerError("the worker failed") from error

    with playhead.use_cassette(cassette, mode="record") as session, pytest.raises(WorkerError) as live:
        await ask(session, lambda **_: Failing(), METHODS[0])
    report = ErrorReport.of(live.value)
    assert (report.category, report.status, report.retry_after) == (ErrorCategory.TRANSIENT, 429, 2.0)
    with (
        playhead.use_cassette(cassette, known_errors=(WorkerError,)) as session,
        pytest.raises(WorkerError, match="the worker failed"),
    ):
        await ask(session, make_none, METHODS[0])
    assert ErrorReport.of(report.error(known=[WorkerError])) == report
