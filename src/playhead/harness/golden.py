"""
A golden run: every request, several takes of each, into one cassette.

A run that is interrupted, by Ctrl-C or ``kill -9``, leaves its journal beside the cassette. The same run started again
finds it and makes only the calls that are missing, so no answer is paid for twice. A call that fails is recorded as a
failure and the run goes on; a run in which every call failed did not end well, and is left as an interrupted one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from playhead.core.model import CompletionRequest
from playhead.core.modes import Mode
from playhead.core.redaction import DEFAULT, Redactor
from playhead.errors import PlayheadError, RecordingError, UsageError
from playhead.harness.golden_calls import Asked, Ended, call_in_loop, call_in_threads, can_be_asked
from playhead.harness.golden_plan import (
    Job,
    Kept,
    Leftovers,
    Plan,
    calls_of,
    find_leftovers,
    make_plan,
    wanted_jobs,
)
from playhead.harness.golden_report import FailedCall, GoldenReport, Progress
from playhead.harness.golden_requests import GoldenRequest
from playhead.providers.conventions.convention import Convention
from playhead.providers.conventions.table import convention_for, name_in
from playhead.sessions.clock import SYSTEM_CLOCK, Clock
from playhead.sessions.recorder import LiveRedactor
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions
from playhead.store.cassette import Cassette, open_cassette
from playhead.store.files import check_target
from playhead.store.journals import JournalWriter
from playhead.store.sealing import open_or_none


def run_golden(
    requests: Iterable[CompletionRequest | GoldenRequest],
    provider: Any,
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    takes: int = 1,
    concurrency: int = 1,
    overwrite: bool = False,
    extend: bool = False,
    drop_unasked: bool = False,
    max_failures: int | None = None,
    convention: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    redactor: Redactor = DEFAULT,
    fsync: bool = False,
    clock: Clock = SYSTEM_CLOCK,
) -> GoldenReport:
    """
    Record every request, several takes of each.

    Sync providers are called in threads, async ones in an event loop of the run's own. Takes of one request are
    started in order, so what a replay gives does not depend on which ended first. Interrupted by Ctrl-C, the run
    waits for the calls in flight (a second Ctrl-C does not) and leaves what it has for the next run.

    Args:
        requests: The questions; a ``GoldenRequest`` says whether one is streamed.
        provider: Any provider.
        path: The cassette.
        name: The provider's stable name.
        takes: How many answers of each request.
        concurrency: How many calls at a time.
        overwrite: Whether an existing golden may be replaced; it stays until the run has ended well.
        extend: Whether an existing golden keeps its calls, and only what it lacks is called: further requests and
            takes, and the calls in it that failed.
        drop_unasked: Whether calls of an interrupted run which this run does not ask for may be thrown away.
        max_failures: Stop after so many failed calls; the run can be resumed.
        convention: How the provider is called; found by its methods.
        on_progress: Called in this thread at the start and after each call; what it raises interrupts the run.
        redactor: What is taken out before anything is written, beside the built-in rules.
        fsync: Whether every recorded call waits for the disk.
        clock: Where time comes from.

    Raises:
        UsageError: An argument is not usable, or a golden stands there already; nothing was called.
        RecordingError: The folder cannot be written to, somebody else records there, or ``max_failures`` was reached.
        SecretFound: A credential was found; the journal stays, and the cassette is as it was.
        CassetteError: The existing golden cannot be read; it stays as it is.
    """
    _check_counts(takes, concurrency, max_failures)
    place = Path(path)
    secrets = LiveRedactor(redactor)
    asked = [one if isinstance(one, GoldenRequest) else GoldenRequest(one) for one in requests]
    found = _check_provider(provider, convention, asked)
    checked = name_in(found, name)
    jobs = wanted_jobs(asked, name=checked, takes=takes, redactor=secrets)
    if not jobs:
        raise UsageError("a golden run needs at least one request")
    check_target(place)
    existing = _existing(place, overwrite=overwrite, extend=extend)
    leftovers = find_leftovers(place, cassette=existing, redactor=secrets.current())
    there = calls_of(existing, secrets.current()) if existing is not None and extend else ()
    plan = _plan(place, jobs, there, leftovers, drop_unasked=drop_unasked)
    session = Session(
        place, Mode.RECORD, SessionOptions(redactor=redactor, fsync=fsync, clock=clock, adopt_crashed=True)
    )
    run = _Run(session, plan, leftovers, on_progress, max_failures)
    wrapped = Asked(run.session.wrap(provider, name=checked, convention=found.name), found)
    at_once = min(concurrency, max(1, len(plan.jobs)))
    return run.to_end(wrapped, concurrency=at_once, asynchronous=found.asynchronous)


def _check_counts(takes: int, concurrency: int, max_failures: int | None) -> None:
    for word, count in (("takes", takes), ("concurrency", concurrency), ("max_failures", max_failures)):
        if count is not None and (type(count) is not int or count < 1):
            raise UsageError(f"{word} must be an int of at least 1, got {count!r}")


def _check_provider(provider: Any, convention: str | None, asked: list[GoldenRequest]) -> Convention:
    """Check that the provider can answer everything that is asked, and tell how it is called."""
    if provider is None:
        raise UsageError("a golden run needs a provider to call")
    found = convention_for(provider, convention)
    if found.asking is None:
        raise UsageError(
            f"a golden run asks plain requests, and convention {found.name!r} is asked with objects of its own",
            hint="record such a provider in your own code: with playhead.use_cassette(..., mode='record') as session",
        )
    if any(one.stream for one in asked) and not can_be_asked(provider, found, stream=True):
        raise UsageError(f"a {type(provider).__name__} has no stream(request), and a request asks for a stream")
    if found.asynchronous and _loop_runs():
        raise UsageError(
            "an async provider is run in an event loop of the run's own, and one is running here",
            hint="await asyncio.to_thread(run_golden, ...)",
        )
    return found


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _existing(path: Path, *, overwrite: bool, extend: bool) -> Cassette | None:
    if overwrite and extend:
        raise UsageError("overwrite and extend exclude each other")
    existing = open_or_none(path)
    if existing is not None and not (overwrite or extend):
        raise UsageError(
            f"there is a golden at {str(path)!r} already, with {len(existing)} calls",
            context={"path": str(path)},
            hint="extend it (only what it lacks is called), or overwrite it (every call is made anew)",
        )
    return existing


def _plan(path: Path, jobs: list[Job], there: tuple[Kept, ...], leftovers: Leftovers, *, drop_unasked: bool) -> Plan:
    sealed = make_plan(jobs, there, keep_unasked=True)
    left = make_plan(sealed.jobs, leftovers.calls)
    if left.unasked and not drop_unasked:
        raise UsageError(
            f"an interrupted run left {left.unasked} answers beside {str(path)!r} that this run does not ask for",
            context={"path": str(path), "unasked": left.unasked},
            hint="start with the same requests, name and takes; or drop those answers (drop_unasked, --drop-unasked),"
            " which 'playhead recover' can keep elsewhere",
        )
    return Plan(
        jobs=left.jobs,
        kept=sealed.kept + left.kept,
        resumed=sealed.resumed + left.resumed,
        retried=sealed.retried + left.retried,
        unasked=left.unasked,
    )


class _Run:
    """A golden run under way."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        leftovers: Leftovers,
        on_progress: Callable[[Progress], None] | None,
        max_failures: int | None,
    ) -> None:
        self.session = session
        self._plan = plan
        self._leftovers = leftovers
        self._on_progress = on_progress
        self._max_failures = max_failures
        self._secrets = LiveRedactor(session.options.redactor)
        self._began = session.clock.stopwatch_ns()
        self._progress = Progress(plan.resumed + len(plan.jobs), plan.resumed, plan.resumed)
        self._failures: list[FailedCall] = []
        self._unrecordable = 0

    def to_end(self, provider: Any, *, concurrency: int, asynchronous: bool) -> GoldenReport:
        """Make the calls and seal; whatever stops the run leaves its journal for the next."""
        try:
            self._tell(self._progress)
            shape: dict[str, Any] = {"concurrency": concurrency, "on_end": self._ended, "on_stop": self._stopping}
            if asynchronous:
                asyncio.run(call_in_loop(self._plan.jobs, provider, **shape))
            else:
                call_in_threads(self._plan.jobs, provider, **shape)
            return self._finish()
        except BaseException:
            self.session.abandon()
            raise

    def _seconds(self) -> float:
        return (self.session.clock.stopwatch_ns() - self._began) / 1e9

    def _tell(self, progress: Progress) -> None:
        self._progress = progress
        if self._on_progress is not None:
            self._on_progress(progress)

    def _stopping(self) -> None:
        self._tell(self._progress._replace(stopping=True, seconds=self._seconds()))

    def _ended(self, ended: Ended) -> None:
        """
        Count a call that is over.

        Raises:
            RecordingError: There have been too many failures, or answers can no longer be stored.
        """
        before, error = self._progress, ended.error
        if error is not None:
            self._raise_if_lost(error, calls=before.done + 1 - before.resumed)
            self._failures.append(self._failure(ended.job, error))
        self._tell(
            before._replace(
                done=before.done + 1,
                failed=len(self._failures),
                tokens=before.tokens + ended.tokens,
                seconds=self._seconds(),
            )
        )
        if self._max_failures is not None and len(self._failures) >= self._max_failures:
            last = self._failures[-1]
            raise RecordingError(
                f"gave up after {len(self._failures)} failed calls; the last: {last.error}: {last.message}",
                context={"failed": len(self._failures)},
                hint="the answers so far are kept; the same run started again makes only the calls that are missing",
            )

    def _raise_if_lost(self, error: Exception, *, calls: int) -> None:
        """
        Stop where further answers would be paid for and lost.

        Raises:
            RecordingError: The disk is full.
            Exception: A call ended neither in the journal nor with an answer that has no form: a fault of ours.
        """
        if isinstance(error, RecordingError):
            if isinstance(error.__cause__, OSError):
                raise error
            self._unrecordable += 1
        elif calls - self.session.report().recorded > self._unrecordable:
            raise error

    def _failure(self, job: Job, error: Exception) -> FailedCall:
        message = error.message if isinstance(error, PlayheadError) else str(error)
        shown = self._secrets.current().redact_text(message)
        return FailedCall(job.index, job.take, type(error).__name__, shown)

    def _finish(self) -> GoldenReport:
        recorded = self.session.report().recorded
        if self._plan.jobs and len(self._failures) == len(self._plan.jobs):
            # Nothing was gained, and an existing golden is worth more than this: the next run tries again.
            self.session.abandon()
            return self._report(recorded)
        self._adopt_kept()
        self._remove_leftovers()
        self.session.close()
        report = self._report(recorded)
        if self.session.sealed is None or self.session.sealed.waiting:
            return report
        cassette = open_cassette(self.session.path)
        size = self.session.path.stat().st_size
        return msgspec.structs.replace(report, sealed=True, calls=len(cassette), size=size, digest=cassette.digest)

    def _report(self, recorded: int) -> GoldenReport:
        plan = self._plan
        return GoldenReport(
            path=str(self.session.path),
            sealed=False,
            wanted=plan.resumed + len(plan.jobs),
            called=len(plan.jobs),
            resumed=plan.resumed,
            retried=plan.retried,
            failed=len(self._failures),
            unrecorded=max(0, len(plan.jobs) - recorded),
            failures=tuple(sorted(self._failures, key=lambda failure: (failure.request, failure.take))),
            tokens=self._progress.tokens,
            seconds=self._seconds(),
        )

    def _adopt_kept(self) -> None:
        """
        Put the calls that stay into a journal of their own, which is sealed with this run's.

        The journals they come from are removed only after it, and a call that stands in two journals counts once, so
        the process may die at any point.
        """
        if not self._plan.kept:
            return
        journal = JournalWriter(self.session.path, Mode.RECORD, fsync=self.session.options.fsync)
        for call in self._plan.kept:
            journal.append(call.start, call.data, call.outline)
        if self._plan.jobs:
            # Left as a crash would leave it: should we die now, nobody takes it for the whole run.
            journal.abandon()
        else:
            journal.close(ok=True)

    def _remove_leftovers(self) -> None:
        for journal in self._leftovers.journals:
            journal.unlink(missing_ok=True)
