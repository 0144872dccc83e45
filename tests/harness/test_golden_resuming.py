"""Golden runs after golden runs: what was paid for is not paid for again."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.harness.golden_model import QUESTIONS, AsyncModel, Model, stop_after, texts

import playhead
from playhead import (
    CompletionRequest,
    UsageError,
)
from playhead.harness import golden
from playhead.harness.golden import run_golden
from playhead.sessions import recorder
from playhead.store import journals
from playhead.store.journals import journal_paths


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of a golden that is not there yet."""
    return tmp_path / "golden.cassette"


@pytest.mark.parametrize("kind", [Model, AsyncModel])
@pytest.mark.parametrize("done", range(6))
def test_an_interrupted_run_goes_on_where_it_stopped(path: Path, kind: type[Model], done: int) -> None:
    """Interrupted after any call and started again, no answer is paid for twice."""
    model = kind()
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, model, path, takes=2, on_progress=stop_after(done))
    assert not path.exists()
    assert model.asked.total() >= done
    report = run_golden(QUESTIONS, model, path, takes=2)
    assert report.resumed >= done
    assert report.resumed + report.called == 6
    assert model.asked == {"a": 2, "b": 2, "c": 2}
    assert {question: len(set(takes)) for question, takes in texts(path).items()} == {"a": 2, "b": 2, "c": 2}
    assert journal_paths(path) == []


def test_a_run_may_be_interrupted_any_number_of_times(path: Path) -> None:
    """What all the interrupted runs left is put together."""
    model = Model()
    for done in (1, 3, 4):
        with pytest.raises(KeyboardInterrupt):
            run_golden(QUESTIONS, model, path, takes=2, on_progress=stop_after(done))
    report = run_golden(QUESTIONS, model, path, takes=2)
    assert (report.resumed, report.called, report.calls) == (4, 2, 6)
    assert texts(path) == {"a": ["a1", "a2"], "b": ["b3", "b4"], "c": ["c5", "c6"]}


def test_an_interruption_leaves_no_failed_cassette(path: Path) -> None:
    """The journal stays as it is: it is to be resumed, not looked at."""
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, Model(), path, on_progress=stop_after(2))
    assert [file.name for file in path.parent.iterdir() if ".failed" in file.name] == []
    (journal,) = journal_paths(path)
    assert len(journals.read_journal(journal).calls) == 2


def test_failures_of_an_interrupted_run_are_called_again(path: Path) -> None:
    """A take is an answer: what failed before the interruption has another chance, and leaves the recording."""
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, Model(failing={"a"}), path, takes=2, on_progress=stop_after(3))
    report = run_golden(QUESTIONS, Model(), path, takes=2)
    assert (report.resumed, report.retried, report.called, report.failed) == (1, 2, 5, 0)
    assert texts(path) == {"a": ["a1", "a2"], "b": ["b3", "b3"], "c": ["c4", "c5"]}


def test_an_interrupted_run_that_was_complete_only_needs_sealing(path: Path) -> None:
    """After a crash between the last call and the seal nothing is called."""
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, Model(), path, on_progress=stop_after(3))
    model = Model()
    report = run_golden(QUESTIONS, model, path)
    assert (report.sealed, report.called, report.resumed, model.asked.total()) == (True, 0, 3, 0)
    assert texts(path) == {"a": ["a1"], "b": ["b2"], "c": ["c3"]}


def test_answers_of_other_requests_are_not_thrown_away_unasked(path: Path) -> None:
    """Who changed the requests after an interruption is asked before paid answers are dropped."""
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, Model(), path, on_progress=stop_after(2))
    changed = [CompletionRequest("A"), *QUESTIONS[1:]]
    model = Model()
    with pytest.raises(UsageError, match="an interrupted run left 1 answers"):
        run_golden(changed, model, path)
    assert model.asked.total() == 0
    assert len(journal_paths(path)) == 1
    report = run_golden(changed, model, path, drop_unasked=True)
    assert (report.resumed, report.called) == (1, 2)
    assert texts(path) == {"A": ["A1"], "b": ["b2"], "c": ["c2"]}


def test_another_name_is_another_question(path: Path) -> None:
    """The provider's name is part of what is matched, so answers under another one do not count."""
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, Model(), path, name="one", on_progress=stop_after(2))
    with pytest.raises(UsageError, match="left 2 answers"):
        run_golden(QUESTIONS, Model(), path, name="two")


def test_overwriting_keeps_the_old_golden_until_the_new_one_is_whole(path: Path) -> None:
    """An interrupted overwrite leaves the old golden, and goes on from where it stopped."""
    run_golden(QUESTIONS, Model(), path)
    before = path.read_bytes()
    model = Model()
    model.asked["x"] = 100
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, model, path, overwrite=True, on_progress=stop_after(2))
    assert path.read_bytes() == before
    report = run_golden(QUESTIONS, model, path, overwrite=True)
    assert (report.resumed, report.called) == (2, 1)
    assert texts(path) == {"a": ["a101"], "b": ["b102"], "c": ["c103"]}


def test_extending_calls_only_what_is_lacking(path: Path) -> None:
    """More takes, more requests and failed calls are called; every answer that is there stays."""
    run_golden(QUESTIONS[:2], Model(failing={"b"}), path, takes=2)
    model = Model()
    model.asked["x"] = 100
    report = run_golden(QUESTIONS, model, path, takes=3, extend=True)
    assert texts(path) == {
        "a": ["a1", "a2", "a101"],
        "b": ["b102", "b103", "b104"],
        "c": ["c105", "c106", "c107"],
    }
    assert (report.wanted, report.resumed, report.retried, report.called, report.calls) == (9, 2, 2, 7, 9)


def test_extending_a_whole_golden_changes_no_byte(path: Path) -> None:
    """Where nothing is lacking nothing is called and nothing is written."""
    run_golden(QUESTIONS, Model(), path, takes=2)
    before, inode = path.read_bytes(), path.stat().st_ino
    model = Model()
    report = run_golden(QUESTIONS[:1], model, path, takes=1, extend=True)
    assert (model.asked.total(), report.called, report.calls) == (0, 0, 6)
    assert (path.read_bytes(), path.stat().st_ino) == (before, inode)


def test_an_interrupted_extension_goes_on(path: Path) -> None:
    """What an interrupted extension paid for is not paid for again, and the golden is whole at the end."""
    run_golden(QUESTIONS[:1], Model(), path)
    model = Model()
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, model, path, extend=True, on_progress=stop_after(2))
    report = run_golden(QUESTIONS, model, path, extend=True)
    assert (report.resumed, report.called, model.asked.total()) == (2, 1, 2)
    assert texts(path) == {"a": ["a1"], "b": ["b1"], "c": ["c2"]}


def test_equal_answers_of_a_deterministic_model_are_all_takes(path: Path) -> None:
    """Takes that happen to be equal are still takes, through an interruption as well."""
    stub = playhead.StubInferenceProvider("always this")
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS[:1], stub, path, takes=4, on_progress=stop_after(2))
    report = run_golden(QUESTIONS[:1], stub, path, takes=4)
    assert (report.resumed, report.called, report.calls) == (2, 2, 4)
    assert texts(path) == {"a": ["always this"] * 4}


def test_an_interrupted_overwrite_that_was_complete_replaces_the_golden(path: Path) -> None:
    """Where an overwrite only needs sealing, its answers take the place of the old ones and are not added to them."""
    run_golden(QUESTIONS, Model(), path)
    model = Model()
    model.asked["x"] = 100
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, model, path, overwrite=True, on_progress=stop_after(3))
    report = run_golden(QUESTIONS, model, path, overwrite=True)
    assert (report.called, report.calls) == (0, 3)
    assert texts(path) == {"a": ["a101"], "b": ["b102"], "c": ["c103"]}


@pytest.mark.parametrize("step", ["before the answers are put together", "before the old journals go", "in the seal"])
def test_a_death_between_the_last_call_and_the_seal_loses_and_doubles_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The end of a resumed run may be cut off at any step and taken again."""
    model = Model()
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, model, path, takes=2, on_progress=stop_after(2))

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    target = {
        "before the answers are put together": (golden._Run, "_adopt_kept"),
        "before the old journals go": (golden._Run, "_remove_leftovers"),
        "in the seal": (recorder, "seal"),
    }[step]
    monkeypatch.setattr(*target, die)
    with pytest.raises(KeyboardInterrupt):
        run_golden(QUESTIONS, model, path, takes=2)
    monkeypatch.undo()
    assert not path.exists()
    report = run_golden(QUESTIONS, model, path, takes=2)
    assert (report.resumed, report.called, report.calls) == (6, 0, 6)
    assert texts(path) == {"a": ["a1", "a2"], "b": ["b3", "b4"], "c": ["c5", "c6"]}
    assert journal_paths(path) == []
