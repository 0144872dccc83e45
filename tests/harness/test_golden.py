"""A golden run: everything asked, nothing that is not, and the old golden until the new one is whole."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from typing import Any

import pytest
from tests.harness.golden_model import QUESTIONS, AsyncModel, Model, stop_after, texts

import playhead
from playhead import (
    Completion,
    CompletionRequest,
    RecordingError,
    SecretFound,
    Stream,
    UsageError,
)
from playhead.core.redaction import Redactor
from playhead.harness.golden import run_golden
from playhead.harness.golden_report import FailedCall, Progress
from playhead.harness.golden_requests import GoldenRequest
from playhead.sessions import recorder
from playhead.store import journals
from playhead.store.journals import journal_paths


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of a golden that is not there yet."""
    return tmp_path / "golden.cassette"


@pytest.mark.parametrize("kind", [Model, AsyncModel])
@pytest.mark.parametrize("concurrency", [1, 3])
def test_every_request_is_recorded_as_often_as_asked(path: Path, kind: type[Model], concurrency: int) -> None:
    """Requests times takes calls are made, and the cassette holds each answer."""
    model = kind()
    report = run_golden(QUESTIONS, model, path, name="m", takes=4, concurrency=concurrency)
    assert model.asked == {"a": 4, "b": 4, "c": 4}
    assert {question: len(set(takes)) for question, takes in texts(path).items()} == {"a": 4, "b": 4, "c": 4}
    assert (report.sealed, report.wanted, report.called, report.calls, report.failed) == (True, 12, 12, 12, 0)
    assert report.tokens == 36
    assert report.size == path.stat().st_size
    assert report.digest == playhead.open_cassette(path).digest
    assert journal_paths(path) == []


@pytest.mark.parametrize("kind", [Model, AsyncModel])
def test_takes_are_replayed_in_the_order_they_were_started(path: Path, kind: type[Model]) -> None:
    """One at a time, the answers come back in the order the provider gave them."""
    run_golden(QUESTIONS, kind(), path, name="m", takes=2)
    assert texts(path) == {"a": ["a1", "a2"], "b": ["b3", "b4"], "c": ["c5", "c6"]}
    with playhead.replay(path, name="m", strict=True) as provider:
        again = [provider.complete(question).text for question in QUESTIONS for _ in range(2)]
    assert again == ["a1", "a2", "b3", "b4", "c5", "c6"]


@pytest.mark.parametrize("kind", [Model, AsyncModel])
def test_a_streamed_request_is_read_to_its_end(path: Path, kind: type[Model]) -> None:
    """A stream is recorded whole, with the cuts it came in."""
    run_golden([GoldenRequest(CompletionRequest("abc"), stream=True)], kind(), path, name="m")
    (one,) = playhead.open_cassette(path)
    assert isinstance(one.outcome, Stream)
    assert one.outcome.pieces() == ("a", "b", "c", "1")
    assert isinstance(one.outcome.end, Completion)


def test_equal_requests_are_further_takes(path: Path) -> None:
    """A request that stands twice in the list is asked twice."""
    report = run_golden([QUESTIONS[0], QUESTIONS[0]], Model(), path, takes=2)
    assert report.wanted == 4
    assert texts(path) == {"a": ["a1", "a2", "a3", "a4"]}


def test_takes_of_a_request_with_an_id_are_all_asked(path: Path) -> None:
    """An id does not make the second take a repetition of the first."""
    model = Model()
    run_golden([CompletionRequest("a", id="x")], model, path, takes=3)
    assert model.ids == ["x", "x.1", "x.2"]
    assert texts(path) == {"a": ["a1", "a2", "a3"]}


def test_a_failure_is_recorded_and_the_run_goes_on(path: Path) -> None:
    """One call that fails costs nothing but itself, is kept as a failure and reported."""
    report = run_golden(QUESTIONS, Model(failing={"b"}), path, takes=2)
    assert texts(path) == {"a": ["a1", "a2"], "b": ["failed", "failed"], "c": ["c5", "c6"]}
    assert (report.sealed, report.failed, report.unrecorded) == (True, 2, 0)
    assert report.failures == (
        FailedCall(request=1, take=0, error="ProviderError", message="lost b"),
        FailedCall(request=1, take=1, error="ProviderError", message="lost b"),
    )


def test_an_answer_that_cannot_be_recorded_does_not_end_the_run(path: Path) -> None:
    """An answer without a form is reported; the others are sealed."""

    class Odd(Model):
        def complete(self, request: CompletionRequest) -> Any:
            return object() if request.prompt == "b" else super().complete(request)

    report = run_golden(QUESTIONS, Odd(), path)
    assert texts(path) == {"a": ["a1"], "c": ["c2"]}
    assert (report.sealed, report.failed, report.unrecorded) == (True, 1, 1)
    assert report.failures[0].error == "RecordingError"


def test_a_run_in_which_every_call_fails_seals_nothing(path: Path) -> None:
    """A cassette of failures takes no golden's place, and the next run calls everything again."""
    run_golden(QUESTIONS, Model(), path)
    before = path.read_bytes()
    report = run_golden(QUESTIONS, Model(failing={"a", "b", "c"}), path, overwrite=True)
    assert (report.sealed, report.failed, report.called) == (False, 3, 3)
    assert path.read_bytes() == before
    again = run_golden(QUESTIONS, Model(), path, overwrite=True)
    assert (again.sealed, again.called, again.retried, again.calls) == (True, 3, 3, 3)
    assert journal_paths(path) == []


def test_a_failures_message_holds_no_secret(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is reported to a log is as clean as what is recorded."""
    monkeypatch.setenv("GOLDEN_API_KEY", "correct horse battery")

    class Leaking(Model):
        def complete(self, request: CompletionRequest) -> Completion:
            if request.prompt == "b":
                raise ValueError("key correct horse battery refused")
            return super().complete(request)

    report = run_golden(QUESTIONS, Leaking(), path)
    assert report.failures[0].message == "key [REDACTED] refused"


def test_an_existing_golden_is_not_overwritten(path: Path) -> None:
    """Without leave nothing is called and the file stays, to the byte."""
    run_golden(QUESTIONS, Model(), path)
    before = path.read_bytes()
    model = Model()
    with pytest.raises(UsageError, match=r"there is a golden at .* already, with 3 calls"):
        run_golden(QUESTIONS, model, path)
    assert (path.read_bytes(), model.asked.total()) == (before, 0)


def test_too_many_failures_stop_the_run(path: Path) -> None:
    """With a limit, a run whose key has been revoked stops, and can be resumed."""
    model = Model(failing={"b", "c"})
    with pytest.raises(RecordingError, match="gave up after 2 failed calls; the last: ProviderError: lost b"):
        run_golden(QUESTIONS, model, path, takes=2, max_failures=2)
    assert model.asked == {"a": 2, "b": 2}
    assert not path.exists()
    report = run_golden(QUESTIONS, Model(), path, takes=2)
    assert (report.resumed, report.retried, report.called) == (2, 2, 4)


def test_a_full_disk_stops_the_run_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that cannot be stored are not paid for."""
    model = Model()
    append = journals.JournalWriter.append

    def failing(self: Any, *args: Any) -> None:
        if model.asked.total() == 2:
            cause = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise RecordingError("cannot write the journal") from cause
        append(self, *args)

    monkeypatch.setattr(journals.JournalWriter, "append", failing)
    with pytest.raises(RecordingError, match="cannot write the journal"):
        run_golden(QUESTIONS, model, path, takes=3)
    assert model.asked.total() == 2
    monkeypatch.undo()
    report = run_golden(QUESTIONS, model, path, takes=3)
    assert (report.resumed, report.called) == (1, 8)


def test_a_secret_that_is_found_refuses_the_seal_and_can_be_mended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential keeps the golden from being written; with a rule for it only that call is made again."""
    secret = "zanzibar-parsnip"

    class Leaking(Model):
        def complete(self, request: CompletionRequest) -> Completion:
            done = super().complete(request)
            if request.prompt != "b":
                return done
            # Learnt only after the answer was stored, as by a scanner with more rules.
            return Completion(f"the word is {secret}")

    model = Leaking()

    def learn(progress: Progress) -> None:
        if progress.done == 3:
            monkeypatch.setenv("LEARNT_API_KEY", secret)

    with pytest.raises(SecretFound):
        run_golden(QUESTIONS, model, path, on_progress=learn)
    assert not path.exists()
    report = run_golden(QUESTIONS, model, path, redactor=Redactor(values=[secret]))
    assert (report.resumed, report.called, report.retried) == (2, 1, 1)
    assert texts(path) == {"a": ["a1"], "b": ["the word is [REDACTED]"], "c": ["c3"]}


def test_progress_tells_how_far_the_run_is(path: Path) -> None:
    """The start and every call are told, in order, with what was resumed and what failed."""
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, Model(), path, on_progress=stop_after(1))
    seen: list[Progress] = []
    run_golden(QUESTIONS, Model(failing={"c"}), path, on_progress=seen.append, clock=playhead.ManualClock())
    assert seen == [
        Progress(3, 1, 1),
        Progress(3, 2, 1, tokens=3),
        Progress(3, 3, 1, failed=1, tokens=3),
    ]


def test_a_stopping_run_says_so(path: Path) -> None:
    """Who pressed Ctrl-C learns that calls in flight are waited for."""
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if progress.done == 1 and not progress.stopping:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, Model(), path, on_progress=watch, clock=playhead.ManualClock())
    assert seen[-1] == Progress(3, 1, 0, tokens=3, stopping=True)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"takes": 0}, "takes must be an int of at least 1, got 0"),
        ({"takes": True}, "takes must be an int"),
        ({"concurrency": 0}, "concurrency must be"),
        ({"max_failures": 0}, "max_failures must be"),
        ({"overwrite": True, "extend": True}, "exclude each other"),
        ({"name": "Upper"}, "not a stable lower-case id"),
    ],
)
def test_wrong_arguments_are_refused_before_any_call(path: Path, arguments: dict[str, Any], fault: str) -> None:
    """Nothing is called and nothing is written for a run that makes no sense."""
    model = Model()
    with pytest.raises(UsageError, match=fault):
        run_golden(QUESTIONS, model, path, **arguments)
    assert model.asked.total() == 0
    assert list(path.parent.iterdir()) == []


def test_wrong_providers_are_refused_before_any_call(path: Path) -> None:
    """A provider must be there, and must stream where a stream is asked for."""

    class NoStream:
        def complete(self, request: CompletionRequest) -> Completion:
            raise AssertionError("not to be called")

    with pytest.raises(UsageError, match="needs a provider"):
        run_golden(QUESTIONS, None, path)
    with pytest.raises(UsageError, match="is not a provider"):
        run_golden(QUESTIONS, object(), path)
    with pytest.raises(UsageError, match="has no stream"):
        run_golden([GoldenRequest(QUESTIONS[0], stream=True)], NoStream(), path)
    with pytest.raises(UsageError, match="at least one request"):
        run_golden([], NoStream(), path)
    assert list(path.parent.iterdir()) == []


async def test_an_async_provider_inside_a_loop_is_refused_with_the_way_out(path: Path) -> None:
    """The run has an event loop of its own; who has one already is told to use a thread, and that works."""
    with pytest.raises(UsageError, match="event loop of the run's own") as caught:
        run_golden(QUESTIONS, AsyncModel(), path)
    assert "asyncio.to_thread" in (caught.value.hint or "")
    report = await asyncio.to_thread(run_golden, QUESTIONS, AsyncModel(), path)
    assert report.sealed


def test_two_runs_into_one_cassette_are_not_made_at_once(path: Path) -> None:
    """The second run is refused while the first records."""
    inner: list[BaseException] = []

    def start_another(progress: Progress) -> None:
        if progress.done == 1:
            with pytest.raises(RecordingError, match="somebody is recording into") as caught:
                run_golden(QUESTIONS, Model(), path)
            inner.append(caught.value)

    report = run_golden(QUESTIONS, Model(), path, on_progress=start_another)
    assert (report.sealed, len(inner)) == (True, 1)


def test_a_golden_in_text_is_recorded_by_its_name(tmp_path: Path) -> None:
    """The profile follows the name, for golden runs too."""
    place = tmp_path / "golden.cassette.json"
    run_golden(QUESTIONS, Model(), place)
    assert place.read_text().startswith("{")
    assert texts(place) == {"a": ["a1"], "b": ["b2"], "c": ["c3"]}


def test_a_fault_of_ours_stops_the_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an answer is lost for no reason a user could mend, no further answer is paid for."""
    model = Model()

    def broken(*_: object) -> bytes:
        raise AttributeError("no such thing")

    monkeypatch.setattr(recorder.Recorder, "store", broken)
    with pytest.raises(AttributeError, match="no such thing"):
        run_golden(QUESTIONS, model, path, takes=5)
    assert model.asked.total() == 1
