"""A session: one cassette, one mode, and what was decided in it."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import msgspec

from playhead.core.calls import (
    NO_VOLATILE,
    Volatile,
    compose_call,
    encode_outcome,
    outcome_fields,
    request_fields,
    request_from,
)
from playhead.core.canonical import encode
from playhead.core.failures import rebuild
from playhead.core.fingerprint import Fingerprint, fingerprint
from playhead.core.model import CompletionRequest, Failure, Origin
from playhead.core.modes import Mode
from playhead.core.names import DEFAULT_PROVIDER, check_provider_name
from playhead.core.redaction import Redactor, find_secrets
from playhead.engine.explain import Situation, exhausted_message, nearest, no_match_message
from playhead.engine.ledger import Refusal, Report
from playhead.engine.player import Player, Refuse, Replay
from playhead.engine.takes import Takes, parse_takes
from playhead.errors import Exhausted, NoMatch, RecordingError, ReplayRefused, UsageError
from playhead.format.entries import Entry, shell_of
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.harness.clock import SYSTEM_CLOCK, Clock, utc_date
from playhead.harness.settings import environment_secrets
from playhead.harness.tickets import Finished, Ticket
from playhead.harness.wrapping import WrappedProvider, convention_for
from playhead.providers.secrets import resolved_values
from playhead.store.cassette import Cassette
from playhead.store.files import check_target
from playhead.store.journals import JournalWriter
from playhead.store.sealing import Sealed, open_or_none, seal, seal_failed


class SessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a session behaves, beside its mode.

    Attributes:
        takes: The order several takes of one request are played in.
        seed: The seed of a shuffle.
        pace: 0 plays streams at once, 1 at the recorded pace, 2 at half the speed.
        strict: Whether closing raises for refusals that were swallowed and for calls that were not played.
        fsync: Whether every recorded call waits for the disk.
        redactor: What is taken out before anything is written.
        limits: Bounds on what is read.
        clock: Where time comes from.
        known_errors: Exception classes of others that replay may rebuild.
        record_command: What a miss tells the reader to run.
        adopt_crashed: Whether journals left by a crash are taken into the cassette.
    """

    takes: Takes | str = Takes.SEQUENCE
    seed: int = 0
    pace: float = 0.0
    strict: bool = False
    fsync: bool = False
    redactor: Redactor = Redactor()
    limits: Limits = DEFAULT_LIMITS
    clock: Clock = SYSTEM_CLOCK
    known_errors: tuple[type[Exception], ...] = ()
    record_command: str | None = None
    adopt_crashed: bool = False


class Session:
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
        self._lock = threading.Lock()
        self._closed = False
        self._last_start = 0
        self._journal: JournalWriter | None = None
        self._cassette = open_or_none(self.path, limits=options.limits) if mode is not Mode.LIVE else None
        self._redactor = options.redactor
        self._known_secrets: Collection[str] = ()
        self._player = Player(mode, self._cassette, takes=parse_takes(options.takes), seed=options.seed)
        if self._records:
            check_target(self.path)
        if mode is Mode.RECORD:
            # From the start, so that sessions which overlap see each other and the last one seals for all.
            self._journal = JournalWriter(self.path, mode, fsync=options.fsync)

    @property
    def _records(self) -> bool:
        return self.mode.may_record and not (self.mode is Mode.ONCE and self._cassette is not None)

    def __repr__(self) -> str:
        return f"<Session {self.mode.value} {str(self.path)!r}>"

    @property
    def cassette(self) -> Cassette | None:
        """The cassette as it was when the session opened, or ``None``."""
        return self._cassette

    @property
    def clock(self) -> Clock:
        """Where the session's time comes from."""
        return self.options.clock

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
        checked = DEFAULT_PROVIDER if name is None else check_provider_name(name)
        found = convention_for(provider, convention)
        return WrappedProvider(self, provider, name=checked, convention=found, pace=self.options.pace)

    def begin(
        self, request: CompletionRequest, provider: str, *, stream: bool = False, origin: Origin = Origin.LIVE
    ) -> Replay | Ticket:
        """
        Decide what happens to a call that starts now.

        Returns:
            The recorded outcome, or a ticket for the call that is to be made.

        Raises:
            ReplayRefused: The call may not be made; the ledger keeps it.
            CassetteError: What the cassette holds of it is damaged.
        """
        encoded = b""
        if self._records:
            request, encoded = self._redacted(request)
        key = fingerprint(request, provider, stream=stream)
        with self._lock:
            if self._closed:
                raise UsageError(f"this session of {str(self.path)!r} is closed", hint="make calls inside its block")
            decision = self._player.begin(key, request.id)
            start = self._start()
        if isinstance(decision, Replay):
            return decision
        if isinstance(decision, Refuse):
            return self._second_look(request, key, provider, decision, stream=stream)
        if decision.store:
            with self._lock:
                if self._journal is None:
                    self._journal = JournalWriter(self.path, self.mode, fsync=self.options.fsync)
        return Ticket(
            request=request,
            encoded=encoded,
            provider=provider,
            key=key,
            n=decision.n,
            origin=origin,
            store=self._store if decision.store else None,
            clock=self.clock,
            start=start,
        )

    def _start(self) -> int:
        """Give the wall time in nanoseconds, made to rise strictly, so that it orders this session's calls."""
        self._last_start = max(self._last_start + 1, self.clock.wall_ns() if self._records else 0)
        return self._last_start

    def _redacted(self, request: CompletionRequest) -> tuple[CompletionRequest, bytes]:
        """Give a request without its secrets, and its canonical bytes."""
        encoded = encode(request_fields(request))
        redactor = self._current_redactor()
        if not redactor.could_match_bytes(encoded):
            return request, encoded
        fields = request_fields(request)
        clean = redactor.redact(fields)
        if clean is fields:
            return request, encoded
        return request_from(clean, request_id=request.id), encode(clean)

    def _current_redactor(self) -> Redactor:
        """Give the redactor with every secret resolved so far; secrets are resolved at call time, so it may grow."""
        known = resolved_values()
        if known is not self._known_secrets:
            self._known_secrets = known
            self._redactor = self.options.redactor.with_values({*known, *environment_secrets()})
        return self._redactor

    def _second_look(
        self, request: CompletionRequest, key: Fingerprint, provider: str, refuse: Refuse, *, stream: bool
    ) -> Replay:
        """Match a request that holds a secret as it was recorded: without it. Refuse if that has no match either."""
        clean, _ = self._redacted(request)
        if clean is not request:
            request, key = clean, fingerprint(clean, provider, stream=stream)
            with self._lock:
                decision = self._player.begin(key, request.id)
            if isinstance(decision, Replay):
                return decision
            if isinstance(decision, Refuse):
                refuse = decision
        raise self._refusal(request, key, provider, refuse, stream=stream)

    def _refusal(
        self, request: CompletionRequest, key: Fingerprint, provider: str, refuse: Refuse, *, stream: bool
    ) -> ReplayRefused:
        where = self._where()
        found = None
        if refuse.exhausted:
            message, hint = exhausted_message(request, provider, key, refuse.takes, where)
        else:
            if self._cassette is not None:
                found = nearest(self._cassette, request, key, provider=provider, played=self._player.ledger.played)
            message, hint = no_match_message(request, provider, found, where, stream=stream)
        evidence = Refusal(
            kind="exhausted" if refuse.exhausted else "no match",
            message=f"{message}\nhint: {hint}",
            provider=provider,
            model=request.model,
            fingerprint=key.hex,
            nearest=None if found is None else found.interaction.fingerprint,
            differences=() if found is None else tuple(map(str, found.differences)),
        )
        return self._refused(evidence, message, hint)

    def _refused(self, evidence: Refusal, message: str, hint: str) -> ReplayRefused:
        with self._lock:
            self._player.ledger.refusals.append(evidence)
        cls = NoMatch if evidence.kind == "no match" else Exhausted
        context = {"cassette": str(self.path), "fingerprint": evidence.fingerprint}
        return cls(message, hint=hint, evidence=evidence, context=context)

    def refuse_past_end(self, request: CompletionRequest, provider: str, pieces: int) -> ReplayRefused:
        """Give the refusal for a consumer that reads on where a recorded stream was left by its own."""
        key = fingerprint(request, provider, stream=True)
        message = (
            f"this stream from {provider!r} was recorded up to piece {pieces}, where its consumer stopped\n"
            f"cassette {str(self.path)!r}, call {key.hex[:12]}"
        )
        hint = f"to record it with a consumer that reads to the end: {self._where().record_command}"
        evidence = Refusal("exhausted", f"{message}\nhint: {hint}", provider, request.model, key.hex)
        return self._refused(evidence, message, hint)

    def _where(self) -> Situation:
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

    def _store(self, finished: Finished) -> None:
        """Write a finished call to the journal; once this returns it survives the death of the process."""
        ticket = finished.ticket
        fields = outcome_fields(finished.outcome)
        outcome = encode_outcome(fields)
        redactor = self._current_redactor()
        if redactor.could_match_bytes(outcome.data) or redactor.could_match_bytes(encode(outcome.ids)):
            outcome = encode_outcome(redactor.redact(outcome_fields(finished.outcome)))
        entry = compose_call(
            request=ticket.encoded,
            outcome=outcome,
            provider=ticket.provider,
            origin=ticket.origin,
            key=ticket.key.key,
            n=ticket.n,
            volatile=self._volatile(finished),
        )
        limit = self.options.limits.entry
        if len(entry) > limit:
            raise RecordingError(
                f"an answer of {ticket.provider!r} makes an entry of {len(entry)} bytes, over the limit of {limit}",
                hint="raise Limits(entry=...) if such answers are meant",
            )
        with self._lock:
            if self._journal is None or self._closed:
                raise UsageError("a call ended after its session was closed; it is not recorded")
            self._journal.append(ticket.start, entry, ticket.key.segments)
            self._player.ledger.recorded += 1
            self._player.note_answer(ticket.key.key, ticket.request.id, finished.outcome)

    def _volatile(self, finished: Finished) -> Volatile:
        ticket = finished.ticket
        if ticket.origin is Origin.STUB:
            # A stub takes no time worth keeping, and without it equal runs give equal bytes on any day.
            return Volatile(request_id=ticket.request.id) if ticket.request.id else NO_VOLATILE
        return Volatile(
            date=utc_date(ticket.start),
            latency=finished.latency,
            gaps=finished.gaps,
            request_id=ticket.request.id,
        )

    def report(self) -> Report:
        """Give the session in numbers, so far."""
        with self._lock:
            calls = 0 if self._cassette is None else len(self._cassette)
            return self._player.ledger.report(mode=self.mode.value, cassette=str(self.path), calls=calls)

    def close(self, *, ok: bool = True) -> Report:
        """
        End the session; what it recorded is sealed.

        Args:
            ok: Whether the run ended well. After one that did not, the recording is kept apart as
                ``name.failed.cassette`` and the cassette is as it was.

        Raises:
            SecretFound: A credential was found in what was recorded; the journal stays, the cassette is as it was.
            RecordingError: The cassette could not be written; likewise.
            ReplayRefused: The session is strict, and a call was refused or a recorded one was not played.
        """
        with self._lock:
            if self._closed:
                return self._player.ledger.report(
                    mode=self.mode.value,
                    cassette=str(self.path),
                    calls=0 if self._cassette is None else len(self._cassette),
                )
            self._closed = True
        if self._journal is not None:
            self._close_journal(self._journal, ok=ok)
        report = self.report()
        if ok and self.options.strict:
            raise_if_strict(report)
        return report

    def _close_journal(self, journal: JournalWriter, *, ok: bool) -> None:
        journal.close(ok=ok)
        fsync = self.options.fsync
        if not self._player.ledger.recorded:
            journal.path.unlink(missing_ok=True)
        elif not ok:
            seal_failed(self.path, journal.path, scan=self.scan)
        self.sealed = seal(self.path, scan=self.scan, adopt_crashed=self.options.adopt_crashed, fsync=fsync)

    def scan(self, entry: Entry) -> Iterable[tuple[str, str]]:
        """Give ``(path, rule)`` for each credential left in an entry."""
        return scan_entry(entry, self._current_redactor())

    def abandon(self) -> None:
        """Let go of the session without sealing; its journal stays for ``playhead recover``."""
        with self._lock:
            self._closed = True
        if self._journal is not None:
            self._journal.abandon()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        close_after(self, error)

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        close_after(self, error)


def scan_entry(entry: Entry, redactor: Redactor) -> list[tuple[str, str]]:
    """Give ``(path, rule)`` for each credential in an entry's evidence and volatile facts."""
    if not entry.is_call:
        return [(finding.path, finding.rule) for finding in find_secrets(msgspec.json.decode(entry.data), redactor)]
    shell = shell_of(entry.data)
    found: list[tuple[str, str]] = []
    # The entry's own key is left out: 32 random bytes look like a credential and are none.
    for name, part in (("call", shell.call), ("volatile", shell.volatile)):
        if isinstance(part, msgspec.Raw) and redactor.could_match_bytes(bytes(part)):
            found += [
                (f"$.{name}{finding.path[1:]}", finding.rule)
                for finding in find_secrets(msgspec.json.decode(part), redactor)
            ]
    return found


def close_after(session: Session, error: BaseException | None) -> None:
    """Close a session at the end of a block; a fault in closing does not hide the block's own error."""
    if error is None:
        session.close(ok=True)
        return
    try:
        session.close(ok=False)
    except Exception as fault:  # noqa: BLE001 - it is attached to the error that matters more
        error.add_note(f"playhead: closing the session failed too: {fault}")


def raise_if_strict(report: Report) -> None:
    """
    Raise for what a strict session does not let pass.

    Raises:
        ReplayRefused: A call was refused, or a recorded call was not played.
    """
    if report.refusals:
        first = report.refusals[0]
        more = f"\nand {report.refused - 1} more refused calls" if report.refused > 1 else ""
        cls = Exhausted if first.kind == "exhausted" else NoMatch
        raise cls(f"a call was refused and the code went on\n{first.message}{more}", evidence=first)
    if report.unplayed and report.mode == Mode.REPLAY.value:
        raise ReplayRefused(
            f"{report.unplayed} of {report.calls} recorded calls in {report.cassette!r} were not played",
            hint="record the cassette again, or open it with strict=False",
        )
