"""The progress of a golden run: a bar where a person watches, a line now and then where a log is written."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from playhead.cli.output import note, plural
from playhead.harness.golden_report import Progress

SECONDS_BETWEEN_LINES = 5.0


def rate_of(progress: Progress) -> float:
    """Give the calls a second of this run; what was there already took no time."""
    return (progress.done - progress.resumed) / progress.seconds if progress.seconds > 0 else 0.0


def progress_line(progress: Progress) -> str:
    """Write a progress as one line."""
    failed = f" ({progress.failed:,} failed)" if progress.failed else ""
    facts = f"{progress.done:,} of {plural(progress.wanted, 'call')}{failed}"
    return f"{facts}, {rate_of(progress):.1f} calls/s, {plural(progress.tokens, 'token')}"


class PlainProgress:
    """Says how far a run is every five seconds of its own time, on standard error."""

    def __init__(self) -> None:
        self.latest: Progress | None = None
        self._told = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def __call__(self, progress: Progress) -> None:
        """Take in a progress."""
        first, stops = self.latest is None, self._stops(progress)
        self.latest = progress
        if stops:
            note(STOPPING)
        elif progress.stopping:
            return
        elif first and progress.resumed:
            note(f"resuming: {progress.resumed:,} of {plural(progress.wanted, 'call')} are there already")
        elif progress.seconds - self._told >= SECONDS_BETWEEN_LINES:
            self._told = progress.seconds
            note(progress_line(progress))

    def _stops(self, progress: Progress) -> bool:
        return progress.stopping and (self.latest is None or not self.latest.stopping)


STOPPING = "stopping: waiting for the calls in flight; Ctrl-C again leaves at once"


class BarProgress(PlainProgress):
    """Draws a bar with rate, tokens and the time that is left."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._bar: Any = Bar(
            TextColumn("recording"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: Any = None

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Take in a progress."""
        stops = self._stops(progress)
        self.latest = progress
        if stops:
            self._bar.console.print(STOPPING)
        failed = f"[red]{progress.failed:,} failed[/] " if progress.failed else ""
        facts = f"{failed}{rate_of(progress):.1f} calls/s, {progress.tokens:,} tokens"
        if self._task is None:
            self._task = self._bar.add_task("recording", total=progress.wanted, completed=progress.done, facts=facts)
        else:
            self._bar.update(self._task, completed=progress.done, facts=facts)


def watch_progress() -> PlainProgress:
    """Give what fits standard error."""
    return BarProgress() if sys.stderr.isatty() else PlainProgress()
