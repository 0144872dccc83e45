"""``unittest`` has what pytest has: a cassette a test, refusals that fail, failures that keep the golden."""

from __future__ import annotations

import contextlib
import io
import unittest
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import CompletionRequest, StubInferenceProvider
from playhead.harness.unittesting import CassetteMixin


def outcome(case: type[unittest.TestCase], test: str) -> unittest.TestResult:
    """Run one test."""
    return unittest.TextTestRunner(stream=io.StringIO()).run(unittest.TestSuite([case(test)]))


def case_in(folder: Path, **attributes: Any) -> type[unittest.TestCase]:
    """Make a case whose cassettes are in a folder."""

    class Chat(CassetteMixin, unittest.TestCase):
        wrong = False

        def cassette_path(self) -> Path:
            return folder / super().cassette_path().name

        def ask(self) -> str:
            text: str = self.session.wrap(StubInferenceProvider(), name="stub").complete(CompletionRequest("hi")).text
            return text

        def test_plain(self) -> None:
            assert "hi" in self.ask()
            if self.wrong:
                self.fail("no")

        def test_swallowed(self) -> None:
            with contextlib.suppress(playhead.ReplayRefused):
                self.ask()

    for name, value in attributes.items():
        setattr(Chat, name, value)
    return Chat


def test_it_records_when_told_and_replays_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cassette a test, named by class and test."""
    case = case_in(tmp_path)
    assert not outcome(case, "test_plain").wasSuccessful()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("PLAYHEAD_MODE", "record-missing")
    assert outcome(case, "test_plain").wasSuccessful()
    monkeypatch.delenv("PLAYHEAD_MODE")
    assert outcome(case, "test_plain").wasSuccessful()
    (cassette,) = tmp_path.glob("*.cassette")
    assert "Chat.test_plain" in cassette.name


def test_a_swallowed_refusal_fails_the_test(tmp_path: Path) -> None:
    """With the explanation."""
    ((_, text),) = outcome(case_in(tmp_path), "test_swallowed").failures
    assert "a call was refused" in text
    assert "nothing recorded matches" in text


def test_a_failed_test_keeps_the_golden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its recording is kept apart."""
    monkeypatch.setenv("PLAYHEAD_MODE", "record")
    outcome(case_in(tmp_path), "test_plain")
    (golden,) = tmp_path.glob("*.cassette")
    before = golden.read_bytes()
    outcome(case_in(tmp_path, wrong=True), "test_plain")
    assert golden.read_bytes() == before
    assert len(list(tmp_path.glob("*.failed.cassette"))) == 1


def test_strict_fails_for_what_was_not_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cassette of one call that a test no longer makes."""
    monkeypatch.setenv("PLAYHEAD_MODE", "record")
    case = case_in(tmp_path)
    outcome(case, "test_plain")
    monkeypatch.delenv("PLAYHEAD_MODE")
    idle = case_in(tmp_path, session_options={"strict": True}, test_plain=lambda self: None)
    ((_, text),) = outcome(idle, "test_plain").failures
    assert "1 of 1 recorded calls" in text


def test_async_cases_have_their_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``IsolatedAsyncioTestCase`` opens and ends its session in the context of the test."""

    class Chat(CassetteMixin, unittest.IsolatedAsyncioTestCase):
        def cassette_path(self) -> Path:
            return tmp_path / "a.cassette"

        async def test_a(self) -> None:
            assert self.session.wrap(StubInferenceProvider(), name="s").complete(CompletionRequest("hi")).text

    monkeypatch.setenv("PLAYHEAD_MODE", "record")
    result = outcome(Chat, "test_a")
    assert result.wasSuccessful(), result.errors + result.failures
    assert (tmp_path / "a.cassette").exists()
