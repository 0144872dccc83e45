"""A golden's calls made again: it stays as it was until an answer is accepted, and no call is paid for twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.harness.comparing_parts import QUESTIONS, Asked, record, with_fields
from tests.harness.refreshing_parts import Counting, golden_of, plan_of, record_wired, serving, texts

import playhead
from playhead import Completion, CompletionRequest, ProviderError, RecordingError, SecretFound, Usage, UsageError
from playhead.core.redaction import DEFAULT
from playhead.engine.comparison import Grade
from playhead.harness import refreshing
from playhead.harness.golden import run_golden
from playhead.harness.refresh_budget import Budget
from playhead.harness.refresh_plan import RefreshPlan, Selection, Ways
from playhead.harness.refresh_staging import answered, candidates, read_chosen, settle, staging_of
from playhead.harness.refreshing import accept, make_calls
from playhead.providers.executionkit.response import LLMResponse
from playhead.store.cassette import open_cassette


def ways(provider: Any) -> Ways:
    """Make calls by a provider."""
    return Ways(providers={"openai": provider})


def new(request: CompletionRequest) -> Completion:
    """Answer anew, but the first question."""
    return with_fields() if "0" in (request.prompt or "") else with_fields(text=f"New: {request.prompt}")


def test_answers_wait_and_the_accepted_are_sealed(tmp_path: Path) -> None:
    """Calls are made once each, the golden is untouched until then, and only what was accepted changes."""
    path = tmp_path / "golden.cassette"
    golden, before, provider = golden_of(path), path.read_bytes(), Counting(new)
    plan = plan_of(golden, ways(provider))
    done = make_calls(golden, plan, ways(provider))
    assert (done.made, done.resumed, done.unmade, done.purse.tokens) == (6, 0, 0, 54)
    assert len(provider.asked) == 6
    assert path.read_bytes() == before
    found = candidates(golden, plan, staging_of(path))
    assert sorted(one.grade for one in found) == [Grade.IDENTICAL] + [Grade.REWORDED] * 5
    chosen = [one for one in found if one.row.asked.question.startswith(("Question 1", "Question 2"))]
    done_now = accept(golden, plan, chosen)
    assert done_now is not None
    assert done_now.replaced == 2
    assert (
        sorted(texts(path)) == ["New: Question 1 about ink?", "New: Question 2 about ink?"] + ["The ink is blue."] * 4
    )
    assert not staging_of(path).is_there


def test_rejecting_all_changes_nothing(tmp_path: Path) -> None:
    """The answers go, the golden stays to the byte."""
    path = tmp_path / "golden.cassette"
    golden, before = golden_of(path), path.read_bytes()
    plan = plan_of(golden, ways(Asked(new)))
    make_calls(golden, plan, ways(Asked(new)))
    assert accept(golden, plan, []) is None
    assert path.read_bytes() == before
    assert not staging_of(path).is_there


def resume(path: Path, how: Ways) -> RefreshPlan:
    """Plan the rest of a refresh that was interrupted."""
    golden, staging = open_cassette(path), staging_of(path)
    places = read_chosen(staging, golden)
    settle(staging, golden, DEFAULT)
    return plan_of(golden, how, Selection(places=places), answered=answered(staging))


@pytest.mark.parametrize("concurrency", [1, 3])
def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path, concurrency: int) -> None:
    """What was answered is kept, the rest is asked, no call twice, and takes of one question stay apart."""
    path = tmp_path / "golden.cassette"
    golden = golden_of(path, [QUESTIONS[0], QUESTIONS[1], QUESTIONS[1], QUESTIONS[1]])
    before, provider = path.read_bytes(), Counting(lambda request: with_fields(text=f"{len(provider.asked)}"))

    def stop(progress: refreshing.Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_calls(golden, plan_of(golden, ways(provider)), ways(provider), concurrency=concurrency, on_progress=stop)
    assert path.read_bytes() == before
    asked = len(provider.asked)
    assert 2 <= asked <= 4
    plan = resume(path, ways(provider))
    assert (len(plan.targets), len(plan.waiting)) == (4, 4 - asked)
    done = make_calls(golden, plan, ways(provider))
    assert (done.made, done.resumed) == (4 - asked, asked)
    assert len(provider.asked) == 4
    accept(golden, plan, candidates(golden, plan, staging_of(path)))
    assert sorted(texts(path)) == ["1", "2", "3", "4"]
    assert sorted(one.sequence for one in playhead.open_cassette(path)) == [0, 0, 1, 2]


def test_calls_that_fail_are_made_again_by_the_next_run(tmp_path: Path) -> None:
    """A failure is never sealed in an answer's place; the others can be accepted meanwhile."""
    path, broken = tmp_path / "golden.cassette", {"Question 2 about ink?"}

    def answer(request: CompletionRequest) -> Completion:
        if request.prompt in broken:
            raise ProviderError("not now")
        return new(request)

    golden, provider = golden_of(path), Counting(answer)
    plan = plan_of(golden, ways(provider))
    make_calls(golden, plan, ways(provider))
    found = candidates(golden, plan, staging_of(path))
    (failed,) = [one for one in found if one.failed]
    with pytest.raises(UsageError, match="failed"):
        accept(golden, plan, [failed])
    accept(golden, plan, [one for one in found if not one.failed])
    broken.clear()
    again = resume(path, ways(provider))
    assert [target.asked.question for target in again.waiting] == ["Question 2 about ink?"]
    golden = open_cassette(path)
    make_calls(golden, again, ways(provider))
    accept(golden, again, candidates(golden, again, staging_of(path)))
    assert len(provider.asked) == 7
    assert sum(text.startswith("New") for text in texts(path)) == 5
    assert not staging_of(path).is_there


def test_a_budget_stops_the_run(tmp_path: Path) -> None:
    """Before the call that would go over it; the answers so far stay, and the next run goes on."""
    path = tmp_path / "golden.cassette"
    golden = golden_of(path)
    provider = Counting(lambda request: with_fields(usage=Usage(10, 10, 20)))
    plan = plan_of(golden, ways(provider))
    done = make_calls(golden, plan, ways(provider), budget=Budget(tokens=60))
    # Each golden answer took 9; after two of 20 there is room for 20, then for none.
    assert (done.made, done.unmade, done.purse.tokens) == (3, 3, 60)
    assert len(resume(path, ways(provider)).waiting) == 3


class Streaming:
    """A provider that streams."""

    def complete(self, request: CompletionRequest) -> Completion:
        return Completion("whole")

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        yield from ("a ", "stream")


class Awaited:
    """An async one, whose parts belong to one event loop."""

    def __init__(self) -> None:
        self.loops: set[object] = set()

    async def complete(self, request: CompletionRequest) -> Completion:
        import asyncio

        self.loops.add(asyncio.get_running_loop())
        return Completion("awaited")

    async def stream(self, request: CompletionRequest) -> AsyncIterator[str]:
        for piece in ("an async ", "stream"):
            yield piece


@pytest.mark.parametrize(
    ("provider", "wanted"), [(Streaming(), ["a stream", "whole"]), (Awaited(), ["an async stream", "awaited"])]
)
def test_streams_and_async_providers_are_asked_as_they_were(tmp_path: Path, provider: Any, wanted: list[str]) -> None:
    """A call that was streamed is streamed again, and one event loop serves a whole run."""
    path = tmp_path / "golden.cassette"
    with playhead.record(Streaming(), path, name="openai") as recording:
        recording.complete(CompletionRequest("b"))
        recording.complete(CompletionRequest("c"))
        list(recording.stream(CompletionRequest("a")))
    golden = playhead.open_cassette(path)
    plan = plan_of(golden, ways(provider))
    make_calls(golden, plan, ways(provider))
    accept(golden, plan, candidates(golden, plan, staging_of(path)))
    assert sorted(set(texts(path))) == wanted
    if isinstance(provider, Awaited):
        assert len(provider.loops) == 1


class Messages:
    """A provider that takes messages."""

    async def complete(self, messages: list[dict[str, Any]], **kwargs: Any) -> LLMResponse:
        return LLMResponse(f"New: {messages[-1]['content']}", usage={})


def test_a_provider_of_another_convention_is_asked_in_its_words(tmp_path: Path) -> None:
    """What a golden run can ask, a refresh can ask again."""
    path = tmp_path / "golden.cassette"
    run_golden([CompletionRequest("a"), CompletionRequest("b")], Counting(new), path, name="openai")
    golden = playhead.open_cassette(path)
    plan = plan_of(golden, ways(Messages()))
    assert plan.left == ()
    make_calls(golden, plan, ways(Messages()))
    accept(golden, plan, candidates(golden, plan, staging_of(path)))
    assert sorted(texts(path)) == ["New: a", "New: b"]
    assert all(call.evidence.usage.total_tokens == 0 for call in playhead.open_cassette(path))


def test_requests_over_the_wire_are_sent_again_with_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the recorded address, with the recorded body and a key made anew, which no file holds."""
    key = "kk-Ab3dEf6hJk9mNp2qRs5tUv8x"
    monkeypatch.setenv("SOME_KEY", key)
    path = tmp_path / "golden.cassette"
    how = Ways(keys={"openai": "env:SOME_KEY"})
    with serving() as server:
        golden = record_wired(path, server.url, ["a", "b"], key=key)
        first = [asked for _, _, asked in server.seen]
        server.text, server.seen = "second", []
        plan = plan_of(golden, how)
        make_calls(golden, plan, how)
        assert [asked for _, _, asked in server.seen] == first
        assert {headers["authorization"] for _, headers, _ in server.seen} == {f"Bearer {key}"}
    found = candidates(golden, plan, staging_of(path))
    assert [(one.grade, [fact.kind for fact in one.row.facts]) for one in found] == [(Grade.REWORDED, ["text"])] * 2
    assert not [file.name for file in tmp_path.iterdir() if key.encode() in file.read_bytes()]
    accept(golden, plan, found)
    assert texts(path) == ["second", "second"]
    assert not any(key.encode() in file.read_bytes() for file in tmp_path.iterdir())


def test_a_server_that_is_down_fails_each_call(tmp_path: Path) -> None:
    """Neither an error status nor a refused connection takes an answer's place."""
    path = tmp_path / "golden.cassette"
    with serving() as server:
        golden = record_wired(path, server.url, ["a"])
        server.status = 503
        plan = plan_of(golden, Ways())
        make_calls(golden, plan, Ways())
        (one,) = candidates(golden, plan, staging_of(path))
        assert one.failed
        assert {"status", "failure"} <= {fact.kind for fact in one.row.facts}
    settle(staging_of(path), golden, DEFAULT)
    make_calls(golden, plan, Ways())
    (one,) = candidates(golden, plan, staging_of(path))
    assert one.failed
    assert "ConnectError" in one.row.facts[0].new + one.row.facts[1].new


def test_a_golden_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """Answers were held against what it was; they stay, and so does it."""
    path = tmp_path / "golden.cassette"
    golden = golden_of(path)
    plan = plan_of(golden, ways(Asked(new)))
    make_calls(golden, plan, ways(Asked(new)))
    found = candidates(golden, plan, staging_of(path))
    record(path, lambda request: with_fields(text="Other."))
    before = path.read_bytes()
    with pytest.raises(RecordingError, match="has changed since"):
        accept(golden, plan, found)
    assert path.read_bytes() == before
    assert staging_of(path).is_there


def test_a_credential_in_an_answer_is_not_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a scan finds between the staging cassette and the golden stops there; both stay as they are."""
    path = tmp_path / "golden.cassette"
    golden = golden_of(path)
    plan = plan_of(golden, ways(Asked(new)))
    make_calls(golden, plan, ways(Asked(new)))
    before, found = path.read_bytes(), candidates(golden, plan, staging_of(path))
    monkeypatch.setenv("LATER_TOKEN", "New: Question 3 about ink?")
    with pytest.raises(SecretFound):
        accept(golden, plan, found)
    assert path.read_bytes() == before
    assert staging_of(path).is_there


def test_nothing_is_made_where_nothing_can_be(tmp_path: Path) -> None:
    """A golden in memory has no place beside it, and no call at a time is no run."""
    path = tmp_path / "golden.cassette"
    golden = golden_of(path)
    plan = plan_of(golden, ways(Asked(new)))
    with pytest.raises(UsageError, match="concurrency"):
        make_calls(golden, plan, ways(Asked(new)), concurrency=0)
    with pytest.raises(UsageError):
        make_calls(golden, plan, ways(object()))
    assert not staging_of(path).is_there
    with pytest.raises(UsageError, match="in memory"):
        make_calls(playhead.Cassette(golden.reader), plan, ways(Asked(new)))
