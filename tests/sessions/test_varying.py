"""What the next call of a request would get, looked at and given back, without a turn being lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.sessions.answering import Sync

import playhead
from playhead import CompletionRequest, Matching, UsageError
from playhead.core.model import Completion
from playhead.engine.faults import Fault, FaultKind, Injection
from playhead.engine.player import Replay

ASKED = CompletionRequest("tell me")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Record two takes of a request."""
    with playhead.use_cassette(tmp_path / "a.cassette", mode="record") as session:
        wrapped = session.wrap(Sync("golden"))
        for _ in range(2):
            wrapped.complete(ASKED)
    return tmp_path / "a.cassette"


def text_of(step: Any) -> str:
    """Give the text of an answer that is about to be played."""
    assert isinstance(step, Replay)
    assert isinstance(step.outcome, Completion)
    return step.outcome.text


def test_what_comes_next_stays_the_next(path: Path) -> None:
    """Looking plays nothing, whatever the order of takes, and past the end there is nothing to see."""
    with playhead.use_cassette(path, mode="replay", strict=True) as session:
        for number in (1, 2):
            assert text_of(session.upcoming(ASKED, "default")) == f"golden {number}"
            assert session.report().played == number - 1
            session.begin(ASKED, "default")
        assert session.upcoming(ASKED, "default") is None
        assert session.upcoming(CompletionRequest("other"), "default") is None


def test_an_answer_that_was_given_back_is_played_again(path: Path) -> None:
    """It counts as not played: a strict session wants it."""
    with playhead.use_cassette(path, mode="replay") as session:
        step = session.begin(ASKED, "default")
        before = session.report()
        assert isinstance(step, Replay)
        session.give_back(step)
        after = session.report()
        assert (before.played, before.unplayed, before.tokens_saved) == (1, 1, 3)
        assert (after.played, after.unplayed, after.tokens_saved) == (0, 2, 0)
        assert text_of(session.begin(ASKED, "default")) == "golden 1"


def test_what_comes_next_has_the_live_requests_values(tmp_path: Path) -> None:
    """A recorded answer with placeholders is seen as it would be played."""
    rules = Matching(volatile=("uuid",))
    first, second = (f"0000000{number}-1111-4222-8333-444444444444" for number in (1, 2))

    class Echo:
        def complete(self, request: CompletionRequest) -> Completion:
            return Completion(request.prompt or "")

    path = tmp_path / "b.cassette"
    with playhead.use_cassette(path, mode="record", matching=rules) as session:
        session.wrap(Echo()).complete(CompletionRequest(f"order {first}"))
    with playhead.use_cassette(path, mode="replay") as session:
        assert text_of(session.upcoming(CompletionRequest(f"order {second}"), "default")) == f"order {second}"


def test_a_request_with_a_secret_is_looked_up_as_it_was_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the secret: a fault that changes the answer finds it."""
    monkeypatch.setenv("SHOP_TOKEN", "correct-horse-battery-staple")
    asked = CompletionRequest("the token is correct-horse-battery-staple")
    path = tmp_path / "c.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        session.wrap(Sync("golden")).complete(asked)
    with playhead.use_cassette(path, mode="replay") as session:
        session.inject("wrong-model", at=1)
        assert session.wrap(Sync()).complete(asked).text == "golden 1"


def test_an_injection_says_all_by_itself(path: Path) -> None:
    """Made before, as a strategy or a marker makes it, it is taken as it is."""
    with playhead.use_cassette(path, mode="replay") as session:
        session.inject(Injection(Fault(FaultKind.EMPTY), at=(2,)))
        wrapped = session.wrap(Sync())
        assert [wrapped.complete(ASKED).text for _ in range(3)] == ["golden 1", "", "golden 2"]
        with pytest.raises(UsageError, match="counted from 1"):
            session.inject("empty", at=0)


def test_captured_calls_are_numbered_from_one(path: Path) -> None:
    """Each call in the order in which it starts."""
    with playhead.use_cassette(path, mode="replay") as session:
        assert [session.number_capture() for _ in range(3)] == [1, 2, 3]
