"""
A golden's calls made again, into a staging cassette; the golden gets the answers that were accepted, and those alone.

Where a run goes on after an interruption, calls that were made before are not made again, so none is paid for twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from playhead.core.model import CompletionRequest
from playhead.core.modes import Mode
from playhead.core.redaction import DEFAULT, Redactor
from playhead.dialects.sending import Wired
from playhead.errors import RecordingError, UsageError
from playhead.harness.golden_calls import Asked, Ended, call_in_loop, call_in_threads
from playhead.harness.golden_plan import Job
from playhead.harness.refresh_budget import Budget, Purse
from playhead.harness.refresh_plan import RefreshPlan, Target, Ways, by_provider
from playhead.harness.refresh_staging import Candidate, candidates, discard, staging_of, write_chosen
from playhead.providers.conventions.table import convention_for
from playhead.providers.resending import Outward, Sender
from playhead.sessions.clock import SYSTEM_CLOCK, Clock
from playhead.sessions.recorder import LiveRedactor, scan_entry
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions
from playhead.sessions.tickets import Finished
from playhead.store.cassette import Cassette
from playhead.store.revising import Revised, revise
from playhead.wire.transport import transport


class Refreshed(NamedTuple):
    """
    What a run did.

    Attributes:
        made: Calls that were made now.
        resumed: Calls that an interrupted refresh had made.
        unmade: Calls that the budget left no room for.
        purse: What was spent.
    """

    made: int
    resumed: int
    unmade: int
    purse: Purse


class Progress(NamedTuple):
    """
    How far a run is.

    Attributes:
        wanted: Calls that were chosen.
        done: Calls that are over.
        failed: Calls that failed.
        tokens: Tokens of the answers so far.
    """

    wanted: int
    done: int
    failed: int
    tokens: int


def make_calls(
    golden: Cassette,
    plan: RefreshPlan,
    ways: Ways,
    *,
    budget: Budget | None = None,
    concurrency: int = 1,
    on_progress: Callable[[Progress], None] | None = None,
    on_stop: Callable[[], None] = lambda: None,
    redactor: Redactor = DEFAULT,
    clock: Clock = SYSTEM_CLOCK,
) -> Refreshed:
    """
    Make a plan's calls into the golden's staging cassette, which is sealed however the run ends.

    Args:
        golden: The golden; it is only read.
        plan: What to do.
        ways: How.
        budget: Stop before a call that would likely go over it. An answer may still take more than the golden's did.
        concurrency: Calls at a time.
        on_progress: Called in this thread after each call; what it raises interrupts the run.
        on_stop: Called once when the run is interrupted, before calls on their way are waited for; a second
            interruption does not wait.
        redactor: What is taken out before anything is written, beside the built-in rules.
        clock: Where time comes from.

    Raises:
        UsageError: A provider cannot be called so, or the number of calls at a time is none.
        RecordingError: Answers cannot be stored, or somebody else records there.
        SecretFound: A credential was found in an answer; the journal stays, and the golden is as it was.
        BaseException: The interruption; what was answered stays for the next run.
    """
    if type(concurrency) is not int or concurrency < 1:
        raise UsageError(f"concurrency must be an int of at least 1, got {concurrency!r}")
    staging = staging_of(_path(golden))
    for name, wire, _ in by_provider(plan.waiting):
        if not wire:
            convention_for(ways.providers[name], None)
    # Keys as in the golden; a segment that may drift there must not have one question answered by another here.
    rules = msgspec.structs.replace(golden.matching(), drift={})
    write_chosen(staging, golden.digest, plan.targets)
    options = SessionOptions(redactor=redactor, clock=clock, matching=rules, wire=False, adopt_crashed=True)
    session = _StagingSession(staging.cassette, Mode.RECORD_MISSING, options)
    try:
        session.purse = Purse(budget)
        run = _Run(session, ways, plan, on_progress, on_stop)
        run.pass_over_answered()
        for name, wire, targets in by_provider(plan.waiting):
            run.make(name, targets, wire=wire, concurrency=concurrency)
    finally:
        session.close()
    return Refreshed(run.made, run.resumed, len(plan.targets) - run.made - run.resumed, session.purse)


def _path(golden: Cassette) -> Path:
    if golden.path is None:
        raise UsageError("a golden in memory cannot be refreshed", hint="open it from its file")
    return golden.path


class _StagingSession(Session):
    """Counts what the answers took that it stores."""

    purse = Purse(None)

    def _store(self, finished: Finished) -> None:
        super()._store(finished)
        self.purse.take(finished.ticket.provider, finished.outcome)


class _Sending:
    """Calls over the wire, in the shape of a provider."""

    def __init__(self, sender: Sender, name: str, requests: Mapping[int, Wired]) -> None:
        self._sender = sender
        self._name = name
        self._requests = requests

    def complete(self, request: CompletionRequest) -> None:
        self._sender.send(self._requests[id(request)], self._name)

    stream = None


class _Run:
    """Calls on their way, and what came of them."""

    def __init__(
        self,
        session: _StagingSession,
        ways: Ways,
        plan: RefreshPlan,
        on_progress: Callable[[Progress], None] | None,
        on_stop: Callable[[], None],
    ) -> None:
        self._session = session
        self._ways = ways
        self._plan = plan
        self._on_progress = on_progress
        self._on_stop = on_stop
        self._failed = 0
        self.made = 0
        self.resumed = 0

    def pass_over_answered(self) -> None:
        """Play the answers that are there, so that the session forwards what is asked beyond them."""
        for target in self._plan.targets:
            if target.answered:
                self._session.begin(target.request, target.asked.provider, stream=target.stream)
                self.resumed += 1

    def make(self, name: str, targets: list[Target], *, wire: bool, concurrency: int) -> None:
        """
        Make the calls of one provider.

        Raises:
            UsageError: The provider is none.
        """
        jobs = self._jobs(targets)
        shape: dict[str, Any] = {"concurrency": concurrency, "on_end": self._ended, "on_stop": self._on_stop}
        if wire:
            sender = Sender(transport(self._session, inner=Outward()), self._ways.keys, self._ways.allowed)
            requests = {id(target.request): target.wired for target in targets if target.wired is not None}
            try:
                call_in_threads(jobs, _Sending(sender, name, requests), **shape)
            finally:
                sender.close()
            return
        provider = self._ways.providers[name]
        found = convention_for(provider, None)
        wrapped = Asked(self._session.wrap(provider, name=name, convention=found.name), found)
        if found.asynchronous:
            asyncio.run(call_in_loop(jobs, wrapped, **shape))
        else:
            call_in_threads(jobs, wrapped, **shape)

    def _jobs(self, targets: Iterable[Target]) -> Iterator[Job]:
        """Give calls as long as the budget allows."""
        for index, target in enumerate(targets):
            if not self._session.purse.allows(target):
                return
            # Over the wire the request itself says whether it is streamed.
            stream = target.stream and target.wired is None
            yield _Making(index, target.asked.take, target.request, stream, target.key, target)

    def _ended(self, ended: Ended) -> None:
        """
        Count a call that is over.

        Raises:
            RecordingError: The disk is full, so that answers would be paid for and lost.
        """
        job = ended.job
        if isinstance(job, _Making):
            self.made += 1
            self._session.purse.over(job.target)
        self._failed += ended.error is not None
        if isinstance(ended.error, RecordingError) and isinstance(ended.error.__cause__, OSError):
            raise ended.error
        if self._on_progress is not None:
            done = self.made + self.resumed
            tokens = self._session.purse.tokens
            self._on_progress(Progress(len(self._plan.targets), done, self._failed, tokens))


class _Making(Job, frozen=True):
    """A job that knows its call in the golden."""

    target: Target


def accept(
    golden: Cassette, plan: RefreshPlan, accepted: Iterable[Candidate], *, redactor: Redactor = DEFAULT
) -> Revised | None:
    """
    Seal the golden anew with the answers that were accepted, and everything else as it was.

    The staging cassette goes. Calls that were chosen and have no answer yet stay chosen, for the next run.

    Args:
        golden: The golden as it was when the plan was made.
        plan: The plan.
        accepted: The answers.
        redactor: What a credential is looked for by, beside the built-in rules.

    Returns:
        What changed, or ``None`` where nothing was accepted.

    Raises:
        UsageError: A call that failed was accepted.
        RecordingError: The golden has changed since, or cannot be written; it is as it was, and the answers stay.
        SecretFound: A credential was found in an answer; likewise.
    """
    path = _path(golden)
    staging = staging_of(path)
    chosen = list(accepted)
    if any(candidate.failed for candidate in chosen):
        raise UsageError("a call that failed has no answer to accept")
    answered = {one.fresh.place for one in candidates(golden, plan, staging) if not one.failed}
    revised: Revised | None = None
    if chosen:
        rules = LiveRedactor(redactor)
        revised = revise(
            path,
            {candidate.fresh.place: candidate.fresh for candidate in chosen},
            digest=golden.digest,
            scan=lambda entry: scan_entry(entry, rules.current()),
        )
    left = tuple(target for target in plan.targets if target.place not in answered)
    discard(staging)
    if left:
        write_chosen(staging, golden.digest if revised is None else revised.digest, left)
    return revised
