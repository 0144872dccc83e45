"""Sessions that a test runner opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead import CompletionRequest, CyclingStubInferenceProvider, Exhausted, Mode, StubInferenceProvider, UsageError
from playhead.pytest_plugin.sessions import TestSession, options_from, take_count
from playhead.sessions.settings import SessionOptions

OPTIONS = SessionOptions(wire=False)


def recorded(path: Path, takes: int) -> list[str]:
    """Record so many takes of one request, and one of another."""
    session = TestSession(path, Mode.RECORD, OPTIONS)
    provider = session.wrap(CyclingStubInferenceProvider(), name="c")
    texts = [provider.complete(CompletionRequest("a")).text for _ in range(takes)]
    provider.complete(CompletionRequest("b"))
    session.close()
    return texts


def test_a_take_is_played_alone(tmp_path: Path) -> None:
    """Each request is answered by its take of that number, or its last; once."""
    path = tmp_path / "a.cassette"
    texts = recorded(path, 3)
    assert take_count(path) == 3
    for number, text in enumerate(texts):
        session = TestSession(path, Mode.REPLAY, OPTIONS, take=number)
        provider = session.wrap(None, name="c")
        assert provider.complete(CompletionRequest("a")).text == text
        assert provider.complete(CompletionRequest("b")).text
        with pytest.raises(Exhausted):
            provider.complete(CompletionRequest("a"))
        session.close()


def test_answers_that_count_tokens_are_noted(tmp_path: Path) -> None:
    """Each time they are given, until they are fetched."""
    path = tmp_path / "a.cassette"
    recorded(path, 1)
    session = TestSession(path, Mode.REPLAY, OPTIONS)
    session.wrap(None, name="c").complete(CompletionRequest("a"))
    ((use, count),) = session.uses.items()
    assert (use.provider, count) == ("c", 1)
    assert use.prompt_tokens + use.completion_tokens == session.close().tokens_saved


def test_no_cassette_has_no_takes(tmp_path: Path) -> None:
    """None is recorded yet."""
    assert take_count(tmp_path / "none.cassette") == 0


def test_settings_of_a_project_are_checked() -> None:
    """Unknown ones are named, with those there are."""
    assert options_from({"mode": "once", "allowed_hosts": ["a"]}) == {"mode": "once", "allowed_hosts": ("a",)}
    with pytest.raises(UsageError, match="'sead'"):
        options_from({"sead": 1})


def test_a_session_left_catches_no_more(tmp_path: Path) -> None:
    """Though it is sealed only later."""
    session = TestSession(tmp_path / "a.cassette", Mode.RECORD, SessionOptions())
    session.wrap(StubInferenceProvider(), name="c").complete(CompletionRequest("a"))
    session.leave()
    assert not (tmp_path / "a.cassette").exists()
    session.close()
    assert (tmp_path / "a.cassette").exists()
