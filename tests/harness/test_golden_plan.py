"""What a golden run has to call, and what of an earlier run it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import playhead
from playhead import CompletionRequest, RecordingError, UsageError
from playhead.core.modes import Mode
from playhead.core.redaction import DEFAULT
from playhead.format.entries import Outline
from playhead.harness import golden_plan
from playhead.harness.golden_plan import Job, Kept, find_leftovers, make_plan, take_of, wanted_jobs
from playhead.harness.golden_requests import GoldenRequest
from playhead.sessions.recorder import LiveRedactor
from playhead.store.journals import JournalWriter, set_aside

KEYS = [bytes([number]) * 32 for number in range(3)]


def job(key: int, take: int = 0, *, name: str = "") -> Job:
    """Make a wanted call."""
    return Job(index=key, take=take, request=CompletionRequest("q", id=name), stream=False, key=KEYS[key])


def kept(key: int, start: int, *, answered: bool = True, name: str = "") -> Kept:
    """Make a recorded call."""
    return Kept(start, b"%d" % start, KEYS[key], name, answered, Outline((), b""))


def jobs_of(*requests: CompletionRequest, takes: int = 1) -> list[Job]:
    """List the calls of a run."""
    asked = [GoldenRequest(request) for request in requests]
    return wanted_jobs(asked, name="n", takes=takes, redactor=LiveRedactor(DEFAULT))


def test_takes_of_a_request_follow_one_another() -> None:
    """Calls are listed request by request, so that a provider that goes round gives each request all its answers."""
    found = jobs_of(CompletionRequest("a"), CompletionRequest("b"), takes=2)
    assert [(job.request.prompt, job.take) for job in found] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert found[0].key == found[1].key != found[2].key


def test_every_take_has_an_id_of_its_own() -> None:
    """A second call of one id would be given the first answer again."""
    found = jobs_of(CompletionRequest("a", id="x"), CompletionRequest("b"), takes=3)
    assert [job.request.id for job in found] == ["x", "x.1", "x.2", "", "", ""]
    assert take_of(CompletionRequest("a", id="x"), 0).id == "x"


def test_two_requests_of_one_id_are_refused() -> None:
    """An id means that a call is the same one again, which two requests of a run are not."""
    with pytest.raises(UsageError, match="have the id 'x'"):
        jobs_of(CompletionRequest("a", id="x"), CompletionRequest("b", id="x"))


def test_a_request_that_cannot_be_recorded_is_refused_before_any_call() -> None:
    """A value without a form is found while nothing has been paid for."""
    with pytest.raises(UsageError, match="request 1 cannot be recorded"):
        jobs_of(CompletionRequest("a", params={"value": object()}))


def test_a_secret_in_a_request_does_not_change_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is that of the recorded request, where the secret is masked."""
    monkeypatch.setenv("PLANNING_API_KEY", "correct horse battery")
    (one,) = jobs_of(CompletionRequest("the key is correct horse battery"))
    (other,) = jobs_of(CompletionRequest("the key is [REDACTED]"))
    assert one.key == other.key


def test_an_answer_that_is_there_is_not_called_again() -> None:
    """Of three takes wanted and two there, one is called."""
    plan = make_plan([job(0, 0), job(0, 1), job(0, 2)], [kept(0, 1), kept(0, 2)])
    assert [one.take for one in plan.jobs] == [2]
    assert [one.start for one in plan.kept] == [1, 2]
    assert (plan.resumed, plan.retried, plan.unasked) == (2, 0, 0)


def test_a_failure_is_called_again_and_leaves_the_recording() -> None:
    """A take is an answer: a failure that is called again is not kept beside its successor."""
    plan = make_plan([job(0, 0), job(0, 1)], [kept(0, 1, answered=False), kept(0, 2)])
    assert len(plan.jobs) == 1
    assert [one.start for one in plan.kept] == [2]
    assert (plan.resumed, plan.retried, plan.unasked) == (1, 1, 0)


def test_answers_nobody_asks_for_are_counted() -> None:
    """Another request's answers, and takes beyond those wanted, are what the user must decide about."""
    plan = make_plan([job(0)], [kept(0, 1), kept(0, 2), kept(1, 3), kept(1, 4, answered=False)])
    assert (plan.jobs, [one.start for one in plan.kept], plan.unasked) == ((), [1], 2)


def test_extending_keeps_everything_but_failures_that_are_called_again() -> None:
    """What stands in a golden stays, asked for or not."""
    recorded = [kept(0, 1), kept(0, 2, answered=False), kept(1, 3), kept(2, 4, answered=False)]
    plan = make_plan([job(0, 0), job(0, 1)], recorded, keep_unasked=True)
    assert [one.start for one in plan.kept] == [1, 3, 4]
    assert (len(plan.jobs), plan.retried) == (1, 1)


def test_an_answer_stands_for_the_take_of_its_id() -> None:
    """Where takes have ids, the one that is missing is called, not the last."""
    group = [job(0, 0, name="x"), job(0, 1, name="x.1"), job(0, 2, name="x.2")]
    plan = make_plan(group, [kept(0, 1, name="x.2"), kept(0, 2, name="x")])
    assert [one.request.id for one in plan.jobs] == ["x.1"]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=12),
    st.lists(st.integers(0, 2), max_size=12),
    st.booleans(),
)
def test_every_take_wanted_is_either_there_or_called(
    recorded: list[tuple[int, bool]], wanted: list[int], keep_unasked: bool
) -> None:
    """Whatever is there and whatever is asked for: kept answers and calls together are exactly the takes wanted."""
    there = [kept(key, start, answered=answered) for start, (key, answered) in enumerate(recorded)]
    asked = [job(key, take) for take, key in enumerate(wanted)]
    plan = make_plan(asked, there, keep_unasked=keep_unasked)
    for number, key in enumerate(KEYS):
        answers = sum(one.key == key and one.answered for one in plan.kept)
        calls = sum(one.key == key for one in plan.jobs)
        found = sum(one.key == key and one.answered for one in there)
        assert calls == max(0, wanted.count(number) - found)
        assert answers == (found if keep_unasked else min(found, wanted.count(number)))
    assert plan.resumed + len(plan.jobs) == len(asked)
    assert list(plan.kept) == sorted(plan.kept, key=lambda one: one.start)
    assert list(plan.jobs) == [one for one in asked if one in plan.jobs]


def test_a_journal_that_is_written_right_now_is_refused(tmp_path: Path) -> None:
    """Two runs into one cassette would each pay for what the other pays for."""
    path = tmp_path / "a.cassette"
    journal = JournalWriter(path, Mode.RECORD)
    with pytest.raises(RecordingError, match="somebody is recording into"):
        find_leftovers(path, cassette=None, redactor=DEFAULT)
    journal.abandon()
    found = find_leftovers(path, cassette=None, redactor=DEFAULT)
    assert (found.journals, found.calls) == ((journal.path,), ())


def test_a_journal_that_is_part_of_the_cassette_is_no_leftover(tmp_path: Path) -> None:
    """A crash between the swap and the removal of the journals leaves nothing to resume."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        session.wrap(playhead.StubInferenceProvider("x")).complete(CompletionRequest("q"))
    cassette = playhead.open_cassette(path)
    journal = JournalWriter(path, Mode.RECORD)
    journal.abandon()
    set_aside(journal.path, bytes.fromhex(cassette.digest))
    assert find_leftovers(path, cassette=cassette, redactor=DEFAULT) == ((), ())
    assert len(find_leftovers(path, cassette=None, redactor=DEFAULT).journals) == 1


def test_a_journal_that_goes_away_while_it_is_looked_for_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that recorded nothing removes its journal at its end, which may be just now."""
    gone = tmp_path / "a.cassette.j-host-1-abc"
    monkeypatch.setattr(golden_plan, "journal_paths", lambda _: [gone])
    assert find_leftovers(tmp_path / "a.cassette", cassette=None, redactor=DEFAULT) == ((), ())
