"""What a session writes: redacted, into a journal, and at its end into the cassette."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote_plus

import msgspec

from playhead.core.calls import (
    CallPieces,
    EncodedOutcome,
    Volatile,
    call_pieces,
    encode_outcome,
    outcome_fields,
    outcome_from,
    request_fields,
    request_from,
    with_pieces,
)
from playhead.core.canonical import encode, encode_normal
from playhead.core.matching import EXACT, Matching, Settled
from playhead.core.model import CompletionRequest, Family, Origin, Outcome, Stream
from playhead.core.modes import Mode
from playhead.core.placeholders import Hiding
from playhead.core.redaction import Redactor, find_secrets
from playhead.core.secret_names import MASK, is_masked
from playhead.core.sketch import sketch
from playhead.core.wire import Answer, Wire, WireFacts, take_apart
from playhead.errors import RecordingError, UsageError
from playhead.format.assembly import Split
from playhead.format.entries import Entry, Outline, shell_of
from playhead.format.parts import split_request
from playhead.providers.secrets import resolved_values
from playhead.sessions.answers import KnownHeaders, hide_in_answer, may_hide_secrets, redact_answer
from playhead.sessions.clock import utc_date
from playhead.sessions.settings import EnvironmentSecrets, SessionOptions
from playhead.sessions.tickets import Finished
from playhead.store.files import check_target
from playhead.store.journals import JournalWriter
from playhead.store.sealing import Sealed, seal, seal_failed


class Recorder:
    """
    Takes finished calls to the disk.

    Once ``store`` has returned, the call survives the death of the process.
    """

    def __init__(self, path: Path, mode: Mode, options: SessionOptions, matching: Matching = EXACT) -> None:
        """
        Prepare to record beside a cassette, under the rules that keys are computed by.

        Raises:
            NotACassette: Something else than a file stands at the path.
            RecordingError: The folder cannot be written to.
        """
        check_target(path)
        self._path = path
        self._mode = mode
        self._matching = matching
        self._options = options
        self._secrets = LiveRedactor(options.redactor)
        self._lock = threading.Lock()
        self._journal: JournalWriter | None = None
        self._lost_a_call = False
        # The rules every call so far was looked at under; None once they have changed. They are those of the scan
        # before the seal, so what nothing was found in under them need not be looked at again.
        self._rules: Redactor | None = self._secrets.current()
        self._headers = KnownHeaders(self._secrets.current())
        if mode is Mode.RECORD:
            # From the start, so that sessions which overlap see each other and the last one seals for all.
            self.begin()

    def begin(self) -> None:
        """Open the journal, if it is not open yet."""
        with self._lock:
            if self._journal is None:
                self._journal = JournalWriter(self._path, self._mode, fsync=self._options.fsync, rules=self._matching)

    def redacted(self, request: CompletionRequest) -> tuple[CompletionRequest, bytes]:
        """Give a request without its secrets, and its canonical bytes."""
        return self._secrets.request(request)

    def store(self, finished: Finished) -> bytes:
        """
        Write a finished call to the journal.

        Returns:
            Its canonical entry.

        Raises:
            RecordingError: The answer has no form, is over a limit, or cannot be written.
        """
        ticket = finished.ticket
        pieces = self._pieces(finished)
        entry = b"".join(pieces)
        limit = self._options.limits.entry
        if len(entry) > limit:
            raise RecordingError(
                f"an answer of {ticket.provider!r} makes an entry of {len(entry)} bytes, over the limit of {limit}",
                hint="raise Limits(entry=...) if such answers are meant",
            )
        if self._journal is None:
            raise UsageError("a call ended after its session was closed; it is not recorded")
        outline = Outline(ticket.key.segments, sketch(ticket.request))
        try:
            self._journal.append(ticket.start, entry, outline, (ticket.key.key, ticket.n), _split(pieces, entry))
        except RecordingError:
            self._lost_a_call = True
            raise
        return entry

    def _pieces(self, finished: Finished) -> CallPieces:
        """Give the entry of a call without its secrets."""
        ticket, answer = finished.ticket, finished.answer
        rules = self._secrets.current()
        if self._rules is not rules:
            self._rules = None
        if answer is not None and not ticket.settled.values:
            plain = self._as_it_came(finished, answer, rules)
            if plain is not None:
                return plain
        wire, facts = None, None
        if answer is not None:
            answer = self._secrets.answer(answer)
            if ticket.settled.values:
                answer = hide_in_answer(answer, Hiding(ticket.settled.values, ticket.settled.names))
            wire, facts = _taken_apart(finished, answer)
        encoded = self._secrets.outcome(finished.outcome, ticket.settled)
        sent = self._secrets.current().redact_url(ticket.sent) if ticket.sent else ""
        return _composed(finished, encoded, wire, facts, sent)

    def _as_it_came(self, finished: Finished, answer: Answer, rules: Redactor) -> CallPieces | None:
        """
        Give the entry of a call as it came, if it holds no secret.

        One look at all that is new serves for request, outcome, body, headers and URL in nearly every call.
        """
        ticket = finished.ticket
        headers = self._headers = self._headers.under(rules)
        fresh = headers.fresh(answer.headers)
        if may_hide_secrets(answer, fresh, rules):
            return None
        wire, facts = _taken_apart(finished, answer)
        encoded = encode_outcome(outcome_fields(finished.outcome))
        plain = _composed(finished, encoded, wire, facts, ticket.sent)
        # The request was looked at when the call began, under these rules if they have never changed.
        request = b"" if self._rules is rules else plain.request
        new = _volatile(finished, msgspec.structs.replace(facts, headers=fresh), ticket.sent)
        looked_at = (plain.before, request, plain.answer, encode_normal(new), encode_normal(encoded.ids))
        if rules.could_match_bytes(b"".join(looked_at)):
            return None
        headers.add(fresh)
        return plain

    def close(self, *, ok: bool) -> Sealed | None:
        """
        Seal what was recorded.

        Args:
            ok: Whether the run ended well.

        Raises:
            SecretFound: A credential was found; the journal stays.
            RecordingError: The cassette could not be written; likewise.
        """
        journal, options = self._journal, self._options
        if journal is None:
            return None
        # A recording that a full disk left holes in takes no cassette's place, whatever the code made of the error.
        ok = ok and not (self._lost_a_call and self._mode is Mode.RECORD)
        journal.close(ok=ok)
        if not journal.calls:
            journal.path.unlink(missing_ok=True)
        elif not ok:
            seal_failed(self._path, journal.path, scan=self.scan)
        sealed = seal(
            self._path,
            scan=self.scan,
            opened=journal.opened,
            scanned=journal.path if self._rules is self._secrets.current() else None,
            own=journal.content(),
            adopt_crashed=options.adopt_crashed,
            renew=options.renew,
            limits=options.limits,
            fsync=options.fsync,
        )
        if journal.path in sealed.left:
            raise RecordingError(
                f"another session of this run crashed, so {str(self._path)!r} is left as it was",
                hint=f"the journals are kept: playhead recover {self._path} --out NEW",
            )
        return sealed

    def abandon(self) -> None:
        """Let go of the journal without a word; it stays for ``playhead recover``."""
        if self._journal is not None:
            self._journal.abandon()

    def scan(self, entry: Entry) -> Iterable[tuple[str, str]]:
        """Give ``(path, rule)`` for each credential left in an entry."""
        return scan_entry(entry, self._secrets.current())


class LiveRedactor:
    """A redactor that knows every secret resolved or set so far; keys are resolved at call time, so that grows."""

    def __init__(self, rules: Redactor) -> None:
        self._rules = rules
        self._environment = EnvironmentSecrets()
        self._known: tuple[object, object] = (None, None)
        self._current = rules

    def current(self) -> Redactor:
        """Give the rules with the secrets of this moment; earlier ones stay known."""
        resolved, environment = resolved_values(), self._environment.values()
        if self._known != (resolved, environment):
            self._known = (resolved, environment)
            self._current = self._current.with_values({*resolved, *environment})
        return self._current

    def request(self, request: CompletionRequest) -> tuple[CompletionRequest, bytes]:
        """Give a request without its secrets (itself if it holds none), and its canonical bytes."""
        given = request_fields(request)
        redactor = self.current()
        fields = _masked_query(given, redactor)
        encoded = encode(fields)
        name = redactor.redact_text(request.id) if request.id else request.id
        clean = redactor.redact(fields) if redactor.could_match_bytes(encoded) else fields
        if clean is given:
            return request if name == request.id else msgspec.structs.replace(request, id=name), encoded
        return request_from(clean, request_id=name), encoded if clean is fields else encode(clean)

    def outcome(self, outcome: Outcome, settled: Settled | None = None) -> EncodedOutcome:
        """Give an outcome without its secrets, placeholders where the request's volatile values stand in it."""
        if settled is not None and settled.values:
            outcome = _hidden(outcome, Hiding(settled.values, settled.names))
        encoded = encode_outcome(outcome_fields(outcome))
        redactor = self.current()
        ids = encode_normal(encoded.ids) if encoded.ids else b""
        if not redactor.could_match_bytes(encoded.data) and not (ids and redactor.could_match_bytes(ids)):
            return encoded
        clean: dict[str, Any] = redactor.redact(outcome_fields(outcome))
        if isinstance(outcome, Stream) and outcome.cuts is not None:
            clean = with_pieces(clean, redactor.redact_pieces(outcome.pieces()))
        return encode_outcome(clean)

    def answer(self, answer: Answer) -> Answer:
        """Give an answer without its secrets; itself if it holds none."""
        return redact_answer(answer, self.current())


def _masked_query(fields: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    """Mask a URL's parameters by their names, which stand beside their values and not above them."""
    query: Any = fields["params"].get("query") if "params" in fields else None
    if type(query) is not list:
        return fields
    pairs = cast("list[Any]", query)
    masked = [_masked_parameter(pair, redactor) for pair in pairs]
    if all(one is other for one, other in zip(masked, pairs, strict=True)):
        return fields
    return {**fields, "params": {**fields["params"], "query": masked}}


def _masked_parameter(pair: Any, redactor: Redactor) -> Any:
    match pair:
        case [str(name), str(value)] if not is_masked(value):
            sent = f"?{quote_plus(name, errors='surrogatepass')}=value"
            return pair if redactor.redact_url(sent) == sent else [name, MASK]
        case _:
            return pair


def _hidden(outcome: Outcome, hiding: Hiding) -> Outcome:
    """Give an outcome with placeholders, its stream's pieces cut where they were."""
    fields = outcome_fields(outcome)
    hidden: dict[str, Any] = hiding.value(fields)
    if hidden is fields:
        return outcome
    if isinstance(outcome, Stream) and outcome.cuts is not None:
        hidden = with_pieces(hidden, hiding.pieces(outcome.pieces()))
    return outcome_from(hidden)


def _split(pieces: CallPieces, entry: bytes) -> Split:
    """Give what the seal makes of an entry, while its request stands apart."""
    request, parts = split_request(pieces.request)
    if not parts:
        return entry, parts
    return b"".join((pieces.before, request, pieces.answer, pieces.key, pieces.after)), parts


def _taken_apart(finished: Finished, answer: Answer) -> tuple[Wire, WireFacts]:
    return take_apart(answer, volatile=finished.ticket.request.family is not Family.HTTP)


def _composed(
    finished: Finished, outcome: EncodedOutcome, wire: Wire | None, facts: WireFacts | None, sent: str
) -> CallPieces:
    ticket = finished.ticket
    return call_pieces(
        request=ticket.encoded,
        outcome=outcome,
        provider=ticket.provider,
        origin=ticket.origin,
        key=ticket.key.key,
        n=ticket.n,
        volatile=_volatile(finished, facts, sent),
        wire=wire,
    )


def _volatile(finished: Finished, facts: WireFacts | None, sent: str) -> Volatile:
    ticket = finished.ticket
    if ticket.origin is Origin.STUB:
        # A stub takes no time worth keeping, and without it equal runs give equal bytes on any day.
        settled = ticket.settled
        return Volatile(request_id=ticket.request.id, wire=facts, bound=settled.values, ignored=settled.ignored)
    return Volatile(
        date=utc_date(ticket.start),
        latency=finished.latency,
        gaps=finished.gaps,
        request_id=ticket.request.id,
        wire=facts,
        bound=ticket.settled.values,
        ignored=ticket.settled.ignored,
        sent=sent,
    )


def scan_entry(entry: Entry, redactor: Redactor) -> list[tuple[str, str]]:
    """Give ``(path, rule)`` for each credential in an entry's evidence and volatile facts."""
    if not entry.is_call:
        return [(finding.path, finding.rule) for finding in find_secrets(msgspec.json.decode(entry.data), redactor)]
    shell = shell_of(entry.data)
    # The entry's own key is left out: 32 random bytes look like a credential and are none.
    looked_at = b'{"call":%b,"volatile":%b}' % (shell.call, shell.volatile or b"{}")
    if not redactor.could_match_bytes(looked_at):
        return []
    return [(finding.path, finding.rule) for finding in find_secrets(msgspec.json.decode(looked_at), redactor)]
