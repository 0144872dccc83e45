"""Workers whose calls pass through a session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.plugins.parts import MODEL, factory_arguments

import playhead
from playhead import Origin
from playhead.plugins import (
    InferenceBackend,
    InferenceBackendRegistry,
    InferenceModelSpec,
    PluginSettings,
    SdkClientRegistry,
    build_registrar,
    recorded,
)
from playhead.plugins.recording import LaterWorker


class Worker:
    """Says how often its maker made one and which model it is bound to."""

    made = 0

    def __init__(self, model: InferenceModelSpec) -> None:
        type(self).made += 1
        self.model = model

    async def gen_text(self, job: Any) -> str:
        """Answer."""
        if job == "fail":
            raise playhead.RateLimitError("slow down", retry_after=3.0)
        return f"{self.model.name} on {job}"


@pytest.fixture
def make_worker() -> Any:
    """Give a factory that counts in ``made`` what it made."""

    class Counted(Worker):
        made = 0

    def make(*, inference_model: Any, backend: Any, sdk_clients: Any, reporting_delegate: Any) -> Worker:
        return Counted(inference_model)

    make.cls = Counted  # type: ignore[attr-defined]
    return make


def say(session: playhead.Session, make_worker: Any, *jobs: str, model: InferenceModelSpec = MODEL) -> list[str]:
    """Give what a recorded worker says to each job."""
    worker = recorded(session, make_worker)(**factory_arguments(model))

    async def run() -> list[str]:
        return [await worker.gen_text(job) for job in jobs]

    return asyncio.run(run())


def test_a_replay_makes_no_worker(tmp_path: Path, make_worker: Any) -> None:
    """The factory is called once while recording, and never in a replay, which needs none."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        live = say(session, make_worker, "a", "b")
    assert make_worker.cls.made == 1
    for factory in (make_worker, None):
        with playhead.use_cassette(path) as session:
            assert say(session, factory, "a", "b") == live
    assert make_worker.cls.made == 1


def test_the_worker_is_made_no_sooner_than_a_call_goes_out(tmp_path: Path, make_worker: Any) -> None:
    """What is recorded is played without it; the first call that is not makes it."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        say(session, make_worker, "a")
    with playhead.use_cassette(path, mode="record-missing") as session:
        say(session, make_worker, "a")
        assert make_worker.cls.made == 1
        say(session, make_worker, "b")
        assert make_worker.cls.made == 2


def test_calls_are_recorded_under_handle_and_model(tmp_path: Path, make_worker: Any) -> None:
    """Two models of one backend, and one model at two backends, have answers of their own."""
    path = tmp_path / "a.cassette"
    models = [
        InferenceModelSpec(name=name, sdk="acme", backend_name=backend, variant=variant)
        for name, backend, variant in [("large", "here", None), ("small", "here", None), ("large", "There", "eu")]
    ]
    with playhead.use_cassette(path, mode="record") as session:
        live = [say(session, make_worker, "a", model=model) for model in models]
    with playhead.use_cassette(path) as session:
        assert [say(session, None, "a", model=model) for model in models] == live
    assert {(one.provider, one.request.model) for one in playhead.open_cassette(path)} == {
        ("acme@here", "large"),
        ("acme@here", "small"),
        ("acme@there/eu", "large"),
    }


def test_a_model_of_anothers_will_do(tmp_path: Path, make_worker: Any) -> None:
    """Any object with the attributes is a model; without an id its name is asked for."""
    model: Any = SimpleNamespace(name="large", sdk="acme", backend_name="here")
    with playhead.use_cassette(tmp_path / "a.cassette", mode="record") as session:
        make = recorded(session, make_worker)
        backend, clients = InferenceBackend("here"), SdkClientRegistry()
        worker = make(inference_model=model, backend=backend, sdk_clients=clients, reporting_delegate=None)
        assert asyncio.run(worker.gen_text("a")) == "large on a"
    (interaction,) = playhead.open_cassette(tmp_path / "a.cassette")
    assert (interaction.provider, interaction.request.model) == ("acme@here", "large")


def test_a_failure_comes_again(tmp_path: Path, make_worker: Any) -> None:
    """The same class with the same facts, without a worker."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record") as session, pytest.raises(playhead.RateLimitError):
        say(session, make_worker, "fail")
    with playhead.use_cassette(path) as session, pytest.raises(playhead.RateLimitError) as caught:
        say(session, None, "fail")
    assert caught.value.retry_after == 3.0


def test_a_missing_recording_is_refused(tmp_path: Path, make_worker: Any) -> None:
    """A replay never makes a worker for what it does not have."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        say(session, make_worker, "a")
    with playhead.use_cassette(path) as session, pytest.raises(playhead.NoMatch):
        say(session, make_worker, "b")
    assert make_worker.cls.made == 1


def test_recording_without_a_factory_is_refused(tmp_path: Path) -> None:
    """The error says what to give."""
    with (
        playhead.use_cassette(tmp_path / "a.cassette", mode="live") as session,
        pytest.raises(playhead.UsageError, match="no factory of workers"),
    ):
        say(session, None, "a")


def test_a_stubs_worker_is_recorded_as_a_stubs(tmp_path: Path) -> None:
    """The factory says where answers come from, or the caller does."""
    path = tmp_path / "a.cassette"
    registry = InferenceBackendRegistry(build_registrar(PluginSettings(), entry_points=()).inference_backends)
    with playhead.use_cassette(path, mode="record") as session:
        say(session, registry.lookup(family="llm", sdk="stub"), "a")
    assert [one.origin for one in playhead.open_cassette(path)] == [Origin.STUB]
    with playhead.use_cassette(path, mode="record") as session:
        make = recorded(session, registry.lookup(family="llm", sdk="stub"), origin=Origin.SYNTHETIC)
        asyncio.run(make(**factory_arguments()).gen_text("a"))
    assert [one.origin for one in playhead.open_cassette(path)] == [Origin.SYNTHETIC]


async def test_a_worker_made_later_has_the_attributes_of_the_worker(make_worker: Any) -> None:
    """What is no method of the convention is the worker's own; a method that it lacks is refused."""
    later = LaterWorker(lambda: make_worker(**factory_arguments()), Origin.LIVE)
    assert "not made yet" in repr(later)
    assert not hasattr(later, "_private")
    assert make_worker.cls.made == 0
    assert later.model is MODEL
    assert "not made yet" not in repr(later)
    with pytest.raises(playhead.UsageError, match="has no method 'extract_pages'"):
        await later.extract_pages("a")
