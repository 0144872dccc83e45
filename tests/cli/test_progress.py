"""The progress of a golden run: a line now and then in a log, a bar in a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from playhead.cli.progress import BarProgress, PlainProgress, progress_line, watch_progress
from playhead.harness.golden_report import Progress


def test_a_log_gets_a_line_every_five_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    """A run of many calls does not fill a log."""
    with PlainProgress() as tell:
        for done in range(121):
            tell(Progress(120, done, 0, tokens=done * 10, seconds=done / 10))
    assert capsys.readouterr().err.splitlines() == [
        "50 of 120 calls, 10.0 calls/s, 500 tokens",
        "100 of 120 calls, 10.0 calls/s, 1,000 tokens",
    ]


def test_failures_and_what_was_resumed_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The rate counts this run's calls only."""
    with PlainProgress() as tell:
        tell(Progress(10, 4, 4))
        tell(Progress(10, 9, 4, failed=1, tokens=1, seconds=5.0))
        tell(Progress(10, 9, 4, failed=1, tokens=1, seconds=5.1, stopping=True))
    assert capsys.readouterr().err.splitlines() == [
        "resuming: 4 of 10 calls are there already",
        "9 of 10 calls (1 failed), 1.0 calls/s, 1 token",
        "stopping: waiting for the calls in flight; Ctrl-C again leaves at once",
    ]


def test_the_latest_progress_is_kept() -> None:
    """After an interruption the command knows what was done."""
    tell = PlainProgress()
    assert tell.latest is None
    tell(Progress(2, 1, 0))
    assert tell.latest == Progress(2, 1, 0)


def test_no_time_has_no_rate() -> None:
    """A run that has just begun divides by nothing."""
    assert progress_line(Progress(1, 0, 0)) == "0 of 1 call, 0.0 calls/s, 0 tokens"


class Terminal(io.StringIO):
    """A text file that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a person watches, a bar shows calls, failures, rate and tokens."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    with watch_progress() as tell:
        assert isinstance(tell, BarProgress)
        tell(Progress(4, 1, 1))
        tell(Progress(4, 4, 1, failed=1, tokens=1234, seconds=1.5))
        tell(Progress(4, 4, 1, failed=1, tokens=1234, seconds=1.5, stopping=True))
    shown = screen.getvalue()
    assert "4/4" in shown
    assert "1 failed" in shown
    assert "1,234 tokens" in shown
    assert "waiting for the calls in flight" in shown
    assert tell.latest is not None


def test_a_file_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody watches, no bar is drawn."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert type(watch_progress()) is PlainProgress
