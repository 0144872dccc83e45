"""Segments that may drift: which recorded call answers, and what the session says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import CompletionRequest, DriftWarning, Exhausted, Matching, NoMatch
from playhead.core.fingerprint import fingerprint
from playhead.engine.drift import tolerated


def asked(system: str = "be kind", text: str = "hello", **fields: Any) -> CompletionRequest:
    """Give a request of a system prompt and one message."""
    return CompletionRequest(
        messages=({"role": "system", "content": system}, {"role": "user", "content": text}), **fields
    )


class Numbered:
    """Answers with the number of the call."""

    def __init__(self) -> None:
        self.calls = 0

    def complete(self, request: CompletionRequest) -> playhead.Completion:
        self.calls += 1
        return playhead.Completion(f"answer {self.calls} to {request.conversation()[-1]['content']}", model="m")


def record(path: Path, *requests: CompletionRequest, matching: Matching | None = None) -> playhead.Cassette:
    """Record requests and open what was recorded."""
    with playhead.record(Numbered(), path, name="p", matching=matching) as provider:
        for request in requests:
            provider.complete(request)
    return playhead.open_cassette(path)


def test_a_changed_system_prompt_may_warn(tmp_path: Path) -> None:
    """The recorded answer is given, the report has the segment, and the session's end warns."""
    record(tmp_path / "a.cassette", asked(), matching=Matching(drift={"system": "warn"}))
    session = playhead.use_cassette(tmp_path / "a.cassette").open()
    assert session.wrap(None, name="p").complete(asked("be very kind")).text == "answer 1 to hello"
    (drift,) = session.report().drifted
    assert (drift.segments, drift.policy) == (("system",), "warn")
    with pytest.warns(DriftWarning, match="differs from its recording in system"):
        session.close()


def test_what_is_ignored_is_reported_without_a_warning(tmp_path: Path) -> None:
    """``ignore`` says nothing at the end; the report has it all the same (warnings are errors here)."""
    record(tmp_path / "a.cassette", asked(temperature=1), matching=Matching(drift={"params": "ignore"}))
    with playhead.replay(tmp_path / "a.cassette", name="p") as provider:
        provider.complete(asked(temperature=0.5))
        assert provider.session.report().drifted[0].policy == "ignore"


def test_another_segment_still_fails(tmp_path: Path) -> None:
    """A policy for one segment loosens no other, also where both differ."""
    rules = Matching(drift={"system": "warn"})
    record(tmp_path / "a.cassette", asked(), matching=rules)
    with playhead.replay(tmp_path / "a.cassette", name="p") as provider:
        for request in (asked(text="goodbye"), asked("be cruel", "goodbye"), asked(tools=({"name": "t"},))):
            with pytest.raises(NoMatch):
                provider.complete(request)
        assert provider.session.report().refused == 3


def test_an_exact_match_comes_before_one_that_drifted(tmp_path: Path) -> None:
    """Tolerance is for requests that have no match; the ledger notes no drift for the others."""
    rules = Matching(drift={"system": "ignore"})
    record(tmp_path / "a.cassette", asked("one"), asked("two"), matching=rules)
    with playhead.replay(tmp_path / "a.cassette", name="p") as provider:
        assert provider.complete(asked("two")).text == "answer 2 to hello"
        assert provider.complete(asked("three")).text == "answer 1 to hello"
        assert len(provider.session.report().drifted) == 1


def test_the_fewest_differences_win(tmp_path: Path) -> None:
    """Of calls that may all answer, the one with the fewest segments that differ does."""
    rules = Matching(drift={"system": "ignore", "params": "ignore"})
    record(tmp_path / "a.cassette", asked("x", temperature=0), asked("y", temperature=1), matching=rules)
    with playhead.replay(tmp_path / "a.cassette", name="p") as provider:
        assert provider.complete(asked("z", temperature=1)).text == "answer 2 to hello"


def test_takes_are_played_in_order_and_run_out(tmp_path: Path) -> None:
    """A call that drifted is a take of what was recorded; past the last it is refused as exhausted."""
    record(tmp_path / "a.cassette", asked(), asked(), matching=Matching(drift={"system": "ignore"}))
    with playhead.replay(tmp_path / "a.cassette", name="p") as provider:
        assert [provider.complete(asked(f"v{n}")).text[:8] for n in range(2)] == ["answer 1", "answer 2"]
        with pytest.raises(Exhausted):
            provider.complete(asked("v3"))


def test_messages_may_drift_in_number(tmp_path: Path) -> None:
    """A history that grew or shrank differs in ``messages``."""
    cassette = record(tmp_path / "a.cassette", asked())
    longer = CompletionRequest(messages=(*asked().conversation(), {"role": "user", "content": "more"}))
    key = fingerprint(longer, "p")
    assert tolerated(cassette, key, Matching(drift={"system": "warn"}), ()) is None
    found = tolerated(cassette, key, Matching(drift={"messages": "warn"}), ())
    assert found is not None
    assert found.drift.segments == ("messages",)


def test_a_played_call_comes_after_one_that_is_left(tmp_path: Path) -> None:
    """Among equals the call that no one has asked for yet answers."""
    cassette = record(tmp_path / "a.cassette", asked("one"), asked("two"))
    key, rules = fingerprint(asked("three"), "p"), Matching(drift={"system": "warn"})
    first = tolerated(cassette, key, rules, ())
    assert first is not None
    second = tolerated(cassette, key, rules, {(first.key.key, 0)})
    assert second is not None
    assert first.key.key != second.key.key
