"""A session: one cassette, one mode, and what was decided in it."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from playhead.core.calls import request_fields
from playhead.core.canonical import encode
from playhead.core.failures import rebuild
from playhead.core.fingerprint import Fingerprint, fingerprint
from playhead.core.matching import EXACT, Matching, Settled
from playhead.core.model import CompletionRequest, Failure, Origin
from playhead.core.modes import Mode
from playhead.core.names import CAPTURED_PROVIDER
from playhead.core.wire import Answer
from playhead.engine.drift import tolerated
from playhead.engine.explain import (
    Refused,
    Situation,
    explain_blocked,
    explain_exhausted,
    explain_no_match,
    explain_past_end,
)
from playhead.engine.ledger import Report
from playhead.engine.player import Forward, Player, Refuse, Replay
from playhead.engine.table import reads_cassette
from playhead.engine.takes import parse_takes
from playhead.errors import (
    NoMatch,
    RecordingError,
    ReplayRefused,
    UsageError,
)
from playhead.providers.conventions.table import convention_for, name_in
from playhead.sessions.capturing import explain_place
from playhead.sessions.clock import Clock
from playhead.sessions.ending import REFUSALS, raise_if_strict, warn_of_drift, warn_of_synthetic
from playhead.sessions.injecting import Injector
from playhead.sessions.recorder import LiveRedactor, Recorder
from playhead.sessions.settings import SessionOptions
from playhead.sessions.tickets import Finished, Leaving, Ticket
from playhead.sessions.varying import Varying, bound
from playhead.sessions.wrapping import WrappedProvider
from playhead.store.cassette import Cassette
from playhead.store.sealing import Sealed, open_or_none

S = TypeVar("S")


class _Terms(NamedTuple):
    """How a call is asked for, apart from what it asks."""

    stream: bool
    once: bool
    optional: bool


class Session(Varying):
    """
    Records into a cassette or replays from it.

    Every call of a wrapped provider passes through ``begin``; the ledger keeps what became of it. Safe between
    threads. A process that forks opens its own.
    """

    def __init__(self, path: str | os.PathLike[str], mode: Mode, options: SessionOptions) -> None:
        """
        Open a cassette.

        Raises:
            CassetteError: The file exists and cannot be read; it is never taken for absent.
            RecordingError: The mode records and the folder cannot be written to.
        """
        self.path = Path(path)
        self.mode = mode
        self.options = options
        self.sealed: Sealed | None = None
        self.clock: Clock = options.clock
        self._lock = threading.Lock()
        self._closed = False
        self._last_start = 0
        self._cassette = None if mode is Mode.LIVE else open_or_none(self.path, limits=options.limits)
        self._player = Player(mode, self._cassette, takes=parse_takes(options.takes), seed=options.seed)
        self._streams: dict[Leaving, None] = {}
        self._faults: list[RecordingError] = []
        self._on_close: list[Callable[[], None]] = []
        records = mode.may_record and not (mode is Mode.ONCE and self._cassette is not None)
        self.matching = self._agreed_matching()
        self._recorder = Recorder(self.path, mode, options, self.matching) if records else None
        self.injects = False
        self._injector = Injector(self)
        self._captures = itertools.count(1)

    def _agreed_matching(self) -> Matching:
        """Give the rules of this session: those asked for, else those the cassette was recorded under."""
        stored = EXACT if self._cassette is None else self._cassette.matching()
        asked = self.options.matching
        if asked is None:
            return stored
        if self._cassette is not None and self.mode is not Mode.RECORD and not asked.same_keys(stored):
            raise UsageError(
                f"cassette {str(self.path)!r} was recorded under {stored!r}, which is not {asked!r}",
                hint="leave matching= out to use the cassette's own rules, or record it again with mode='record'",
            )
        return asked

    def __repr__(self) -> str:
        return f"<Session {self.mode.value} {str(self.path)!r}>"

    @property
    def cassette(self) -> Cassette | None:
        """The cassette as it was when the session opened, or ``None``."""
        return self._cassette

    @property
    def records(self) -> bool:
        """Whether a call may be stored."""
        return self._recorder is not None

    @property
    def never_live(self) -> bool:
        """Whether no call of this session may go out, whatever it is."""
        return self.mode is Mode.REPLAY or (self.mode is Mode.ONCE and self._recorder is None)

    def on_close(self, action: Callable[[], None]) -> None:
        """Do something when the session ends, before its streams are closed; the last one added goes first."""
        self._on_close.append(action)

    def note_fault(self, fault: RecordingError) -> None:
        """Remember that a call could not be stored, so that the session's end says so whoever caught the error."""
        with self._lock:
            self._faults.append(fault)

    def outgoing(self, sent: S) -> S:
        """Give a request over the wire as it is matched and stored; a subclass may change it."""
        return sent

    def incoming(self, answer: Answer) -> Answer:
        """Give an answer over the wire as it is stored; a subclass may change it."""
        return answer

    def replayed(self, step: Replay, request: CompletionRequest, provider: str, *, stream: bool) -> None:
        """Take note of an outcome that is about to be played for a request; a subclass may have use for it."""

    def note_side_traffic(self, method: str, url: str) -> None:
        """Report traffic that is no model call: telemetry, downloads of tokens; it is never recorded in silence."""
        clean = self.redacted_url(url)
        with self._lock:
            self._player.ledger.note_side(f"{method} {clean.partition('?')[0]}")

    def redacted_url(self, url: str) -> str:
        """Give a URL without its secrets, to be shown."""
        return LiveRedactor(self.options.redactor).current().redact_url(url)

    def note_blocked(self, attempt: str) -> None:
        """Keep a connection that the guard refused, once for each place."""
        refused = explain_blocked(attempt, self._situation())
        with self._lock:
            self._player.ledger.note_refusal(refused.evidence, once=True)

    def wrap(self, provider: Any, *, name: str | None = None, convention: str | None = None) -> Any:
        """
        Give an object of the provider's shape whose calls pass through this session.

        Args:
            provider: Any provider; ``None`` where the session only replays.
            name: Its stable name, part of what is matched; without one the calls are recorded under ``default``.
            convention: How it is called; found by its methods where there is a provider to look at.

        Raises:
            UsageError: The object is no provider, or the name is not a stable id.
        """
        found = convention_for(provider, convention)
        return WrappedProvider(self, provider, name=name_in(found, name), convention=found, pace=self.options.pace)

    def begin(
        self,
        request: CompletionRequest,
        provider: str,
        *,
        stream: bool = False,
        origin: Origin = Origin.LIVE,
        once: bool = False,
        optional: bool = False,
        sent: str = "",
    ) -> Replay | Ticket:
        """
        Decide what happens to a call that starts now.

        Args:
            request: What is asked.
            provider: The provider's name.
            stream: Whether a streamed answer is asked for.
            origin: Where an answer would come from.
            once: Whether equal refusals are one: an SDK tries again by itself what could not be sent.
            optional: Whether the caller has another answer where this is refused, so that the ledger keeps no refusal.
            sent: Method and URL of a request over the wire; stored, never matched.

        Returns:
            The recorded outcome, or a ticket for the call that is to be made.

        Raises:
            ReplayRefused: The call may not be made; the ledger keeps it.
            CassetteError: What the cassette holds of it is damaged.
        """
        recorder, encoded, given = self._recorder, b"", request
        if recorder is not None:
            request, encoded = recorder.redacted(request)
        asked = request
        settled = self.matching.settle(request) if self.matching.settles else Settled(request)
        if settled.request is not request:
            request = settled.request
            encoded = encode(request_fields(request)) if recorder is not None else b""
        key = fingerprint(request, provider, stream=stream)
        if self.matching.tolerates:
            key = self._tolerated(key)
        with self._lock:
            if self._closed:
                raise UsageError(f"this session of {str(self.path)!r} is closed", hint="make calls inside its block")
            decision = self._player.begin(key, request.id, captured=provider == CAPTURED_PROVIDER)
            if isinstance(decision, Forward):
                # Wall time made to rise strictly, so that it orders this session's calls.
                self._last_start = max(self._last_start + 1, self.clock.wall_ns())
            start = self._last_start
        if not isinstance(decision, Forward):
            if isinstance(decision, Replay):
                step = bound(decision, settled.values)
            else:
                terms = _Terms(stream=stream, once=once, optional=optional)
                step = self._second_look(asked, request, key, provider, decision, terms)
            self.replayed(step, given, provider, stream=stream)
            return step
        if decision.store and recorder is not None:
            recorder.begin()
        return Ticket(
            request=request,
            encoded=encoded,
            settled=settled,
            sent=sent,
            provider=provider,
            key=key,
            n=decision.n,
            origin=origin,
            store=self._store if decision.store else None,
            clock=self.clock,
            start=start,
            open_streams=self._streams,
        )

    def _store(self, finished: Finished) -> None:
        """Store a finished call; once this returns it survives the death of the process."""
        if self._recorder is None:
            raise UsageError("this session does not record")
        entry = self._recorder.store(finished)
        ticket = finished.ticket
        with self._lock:
            is_captured = ticket.provider == CAPTURED_PROVIDER
            key, asked_by = ticket.key.key, ticket.request.id
            self._player.note_recorded(key, asked_by, entry, finished.outcome, captured=is_captured)

    def _second_look(
        self,
        asked: CompletionRequest,
        request: CompletionRequest,
        key: Fingerprint,
        provider: str,
        refuse: Refuse,
        terms: _Terms,
    ) -> Replay:
        """Match a request that holds a secret as it was recorded: without it. Refuse if that has no match either."""
        # The request as it was before its volatile values became placeholders: settled twice it would match nothing.
        clean, _ = LiveRedactor(self.options.redactor).request(asked)
        if clean is not asked:
            settled = self.matching.settle(clean)
            request, key = settled.request, fingerprint(settled.request, provider, stream=terms.stream)
            if self.matching.tolerates:
                key = self._tolerated(key)
            with self._lock:
                decision = self._player.begin(key, request.id, captured=provider == CAPTURED_PROVIDER)
            if isinstance(decision, Replay):
                return bound(decision, settled.values)
            if isinstance(decision, Refuse):
                refuse = decision
        where = self._situation()
        if refuse.exhausted:
            refused = explain_exhausted(request, provider, key, refuse.takes, where)
        else:
            refused = explain_no_match(
                request,
                provider,
                key,
                self._cassette,
                self._player.ledger.played,
                where,
                stream=terms.stream,
                matching=self.matching,
            )
        if provider == CAPTURED_PROVIDER and self._cassette is not None:
            refused = refused.adding(explain_place(request, self._cassette))
        raise self._refusal(refused, once=terms.once, kept=not terms.optional)

    def _tolerated(self, key: Fingerprint) -> Fingerprint:
        """Give the key of a recorded call that differs only in segments which may drift, where nothing else matches."""
        recordings = self._cassette
        if recordings is None or not reads_cassette(self.mode) or recordings.takes(key.key):
            return key
        with self._lock:
            found = tolerated(recordings, key, self.matching, self._player.ledger.played)
            if found is None:
                return key
            self._player.ledger.note_drift(found.drift)
        return found.key

    def refuse_past_end(
        self, request: CompletionRequest, provider: str, pieces: int, *, stream: bool = True
    ) -> ReplayRefused:
        """Give the refusal for a consumer that reads on where a recorded stream was left by its own."""
        key = fingerprint(request, provider, stream=stream)
        return self._refusal(explain_past_end(request, provider, key, pieces, self._situation()))

    def _refusal(self, refused: Refused, *, once: bool = False, kept: bool = True) -> ReplayRefused:
        if kept:
            with self._lock:
                self._player.ledger.note_refusal(refused.evidence, once=once)
        cls = REFUSALS.get(refused.evidence.kind, NoMatch)
        context = {"cassette": str(self.path), "fingerprint": refused.evidence.fingerprint}
        return cls(refused.message, hint=refused.hint, evidence=refused.evidence, context=context)

    def _situation(self) -> Situation:
        report = self.report()
        test = os.environ.get("PYTEST_CURRENT_TEST")
        return Situation(
            cassette=str(self.path),
            calls=None if self._cassette is None else report.calls,
            unplayed=report.unplayed,
            test=None if test is None else test.rsplit(" (", 1)[0],
            record_command=self.options.record_command or "PLAYHEAD_MODE=record-missing, or mode='record-missing'",
        )

    def rebuild(self, failure: Failure) -> Exception:
        """Make the exception of a recorded failure."""
        return rebuild(failure, known=self.options.known_errors)

    def report(self) -> Report:
        """Give the session in numbers, so far."""
        with self._lock:
            calls = 0 if self._cassette is None else len(self._cassette)
            return self._player.ledger.report(mode=self.mode.value, cassette=str(self.path), calls=calls)

    def close(self, *, ok: bool = True) -> Report:
        """
        End the session; what it recorded is sealed. Streams that are still open end where their consumers left them.

        Args:
            ok: Whether the run ended well. After one that did not, the recording is kept apart as
                ``name.failed.cassette`` and the cassette is as it was.

        Raises:
            SecretFound: A credential was found in what was recorded; the journal stays, the cassette is as it was.
            RecordingError: The cassette could not be written; likewise.
            ReplayRefused: The session is strict, and a call was refused or a recorded one was not played.
        """
        with self._lock:
            already, self._closed = self._closed, True
        if already:
            return self.report()
        while self._on_close:
            self._on_close.pop()()
        for stream in list(self._streams):
            try:
                stream.close()
            except RecordingError as fault:
                # The others, and what was recorded before, are kept all the same.
                self.note_fault(fault)
        if self._recorder is not None:
            self.sealed = self._recorder.close(ok=ok)
        report = self.report()
        warn_of_drift(report)
        warn_of_synthetic(report)
        if ok and self._faults:
            raise self._faults[0]
        if ok and self.options.strict:
            raise_if_strict(report)
        return report

    def abandon(self) -> None:
        """Let go of the session without sealing; its journal stays for ``playhead recover``."""
        with self._lock:
            self._closed = True
        while self._on_close:
            self._on_close.pop()()
        if self._recorder is not None:
            self._recorder.abandon()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        close_after(self, error)

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        close_after(self, error)


def close_after(session: Session, error: BaseException | None) -> None:
    """Close a session at the end of a block; a fault in closing does not hide the block's own error."""
    if error is None:
        session.close(ok=True)
        return
    try:
        session.close(ok=False)
    except Exception as fault:  # noqa: BLE001 - it is attached to the error that matters more
        error.add_note(f"playhead: closing the session failed too: {fault}")
