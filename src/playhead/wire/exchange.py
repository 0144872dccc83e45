"""
One exchange over the wire, the same for every HTTP client: a request in, an answer or a recording out.

An edge brings a request's method, URL, content type and bytes. It gets the recorded answer to give, or a ``Live``
exchange to report to while it relays what the server sends; what the bytes say is read at the end, when every byte has
been relayed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

import msgspec

from playhead.core.calls import answer_of
from playhead.core.failures import describe
from playhead.core.model import Completion, CompletionRequest, Failure, Outcome, Stream
from playhead.core.wire import Answer, WireError, bind_answer, with_body
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.errors import failure_of_status, read_error
from playhead.dialects.openai_wire import loads
from playhead.dialects.plain import PLAIN_PROVIDER, decode_plain
from playhead.dialects.registry import find_dialect
from playhead.engine.faults import Fault, FaultKind
from playhead.engine.player import Replay
from playhead.errors import CassetteDamaged, PluginError, ProviderError, RecordingError, ReplayRefused, UsageError
from playhead.format.content import decode_content
from playhead.sessions.injecting import Injected
from playhead.sessions.session import Session
from playhead.sessions.tickets import Ticket
from playhead.wire.further import FURTHER
from playhead.wire.injecting import Call, answer_under, split
from playhead.wire.rebinding import rebound


class Outgoing(Protocol):
    """A request as a client is about to send it; what few requests are asked for may be found out when it is."""

    @property
    def method(self) -> str:
        """The method, in upper case."""
        ...

    @property
    def url(self) -> str:
        """The whole URL, without a fragment."""
        ...

    @property
    def path(self) -> str:
        """Its path, percent-encoded, without the parameters."""
        ...

    @property
    def query(self) -> str:
        """Its parameters as they stand after ``?``."""
        ...

    @property
    def body(self) -> bytes:
        """The bytes; a stream has been read."""
        ...

    @property
    def content_type(self) -> str:
        """The header's value, empty where there is none."""
        ...


class Sent(NamedTuple):
    """A request whose facts are all at hand."""

    method: str
    url: str
    path: str
    query: str
    body: bytes
    content_type: str = ""


class Read(NamedTuple):
    """
    What a request says.

    Attributes:
        request: The question.
        provider: Whose.
        stream: Whether a streamed answer is asked for.
        dialect: What reads the answer; ``None`` for plain HTTP.
    """

    request: CompletionRequest
    provider: str
    stream: bool
    dialect: Dialect | None


def read_sent(sent: Outgoing) -> Read:
    """
    Read a request: in the dialect it is written in, else as plain HTTP.

    Raises:
        PluginError: It fits no dialect of ours, and an installed plugin that may have one is broken.
    """
    value: Any = None
    if sent.body:
        try:
            value = msgspec.json.decode(sent.body)
        except (msgspec.DecodeError, RecursionError):
            value = _odd_json(sent.body)
    if value is not None or not sent.body:
        query = tuple(parse_qsl(sent.query, keep_blank_values=True)) if sent.query else ()
        asked = Asked(sent.method, sent.path, value, query)
        dialect = find_dialect(asked) or FURTHER.find(asked)
        if dialect is not None:
            return Read(dialect.decode_request(asked), dialect.provider, dialect.streams(asked), dialect)
    return _plain(sent)


def _plain(sent: Outgoing) -> Read:
    return Read(decode_plain(sent.method, sent.url, sent.content_type, sent.body), PLAIN_PROVIDER, False, None)


def _odd_json(body: bytes) -> Any:
    """Read what some clients send for JSON: NaN, lone surrogates, a byte order mark."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return None
    try:
        return loads(body, "a request")
    except ProviderError:
        return None


class Played:
    """
    A recorded answer, to be given as the server gave it.

    Attributes:
        answer: The answer.
        gaps: Seconds to wait before each piece; none where it is not to be paced.
    """

    def __init__(self, session: Session, read: Read, answer: Answer, gaps: tuple[int, ...]) -> None:
        self.answer = answer
        self.gaps = tuple(gap * session.options.pace / 1000 for gap in gaps) if session.options.pace else ()
        self.clock = session.clock
        self._session = session
        self._read = read
        self._late: Replay | None = None

    def delay(self, fault: Fault, step: Replay, outcome: Outcome) -> None:
        """Have the answer come late, or stand still after some of its pieces; nothing else of its pace is kept."""
        after = fault.after_pieces if fault.kind is FaultKind.STALL and self._read.stream else 0
        before, rest = split(_call(self._read, self.answer, outcome), after) if after else ((), ())
        if rest:
            self.answer = with_body(self.answer, [b"".join(before), b"".join(rest)])
        self.gaps = (0.0, fault.seconds) if rest else (fault.seconds,)
        self._late = step

    def breaks_at(self, index: int, patience: float | None) -> bool:
        """
        Say whether a client loses patience before a piece; where the delay was injected, the answer is not lost.

        Args:
            index: The piece.
            patience: Seconds without a byte after which the client gives up; ``None`` where it never does.
        """
        if patience is None or self.wait_before(index) <= patience:
            return False
        if self._late is not None:
            self._session.give_back(self._late)
            self._late = None
        return True

    def wait_before(self, index: int) -> float:
        """Give the seconds to wait before a piece."""
        return self.gaps[index] if index < len(self.gaps) else 0.0

    def past_end(self) -> ReplayRefused:
        """Give the refusal for a consumer that reads on where the recorded one stopped."""
        count = len(self.answer.pieces)
        return self._session.refuse_past_end(self._read.request, self._read.provider, count, stream=False)


class Live:
    """An exchange on its way, which its edge reports to; exactly one of its endings is stored."""

    def __init__(self, session: Session, read: Read, ticket: Ticket) -> None:
        self._session = session
        self._read = read
        self._ticket = ticket
        self._answer = Answer()
        self._pieces: list[bytes] = []
        self._arrivals: list[int] = []
        self._stored = ticket.is_stored
        self._size = 0
        self._ended = False

    def head(self, status: int, headers: Sequence[tuple[str, str]], *, reason: str = "", http: str = "") -> None:
        """Take the status and the headers; the body comes piece by piece."""
        self._answer = Answer(status, tuple(headers), reason=reason, http=http or "HTTP/1.1")
        self._ticket.keep_open(self)

    def piece(self, data: bytes) -> None:
        """Take the next bytes as they came."""
        if not self._stored or self._ended or not data:
            return
        self._size += len(data)
        if self._size > self._session.options.limits.entry:
            # It cannot be stored, which its end will say; until then it is relayed and takes no memory.
            self._pieces.clear()
            self._arrivals.clear()
            return
        self._pieces.append(data)
        self._arrivals.append(self._session.clock.stopwatch_ns())

    def end(self) -> None:
        """
        End in order.

        Raises:
            RecordingError: The exchange could not be stored.
        """
        self._finish(None, left=False)

    def fail(self, error: Exception, kind: str) -> None:
        """End with an exception of the HTTP library's."""
        if isinstance(error, ReplayRefused):
            self.forget()
            return
        said = describe(error)
        self._finish(WireError(said.type, kind, said.message), left=False, failure=said)

    def leave(self) -> None:
        """End because the consumer wants no more."""
        self._finish(None, left=True)

    close = leave

    def forget(self) -> None:
        """End without an outcome: the call was interrupted, and nobody knows what would have come."""
        self._ended = True
        self._ticket.forget(self)

    def _finish(self, error: WireError | None, *, left: bool, failure: Failure | None = None) -> None:
        if self._ended:
            return
        self._ended = True
        answer = self._answer._replace(pieces=tuple(self._pieces), error=error, left=left)
        self._pieces, self._arrivals, arrivals = [], [], self._arrivals
        if not self._stored:
            self._ticket.forget(self)
            return
        try:
            self._check_size()
            answer = self._session.incoming(answer)
            outcome, left = outcome_of(self._read, answer, failure)
            answer = answer if answer.left is left else answer._replace(left=left)
            self._ticket.answered(outcome, answer, arrivals[: len(answer.pieces)], self)
        except RecordingError as fault:
            self._session.note_fault(fault)
            raise

    def _check_size(self) -> None:
        limit = self._session.options.limits.entry
        if self._size > limit:
            self._ticket.forget(self)
            raise RecordingError(
                f"an answer of {self._size} bytes from {self._read.provider!r} is over the limit of {limit}",
                hint="raise Limits(entry=...), or leave the host out with ignore_hosts=",
            )


def begin(session: Session, sent: Outgoing) -> Played | Live:
    """
    Decide what happens to a request.

    Raises:
        ReplayRefused: It may not go out; the session's ledger keeps it.
        RecordingError: It is larger than anything that may be stored; it was not sent.
        CassetteError: What the cassette holds of it is damaged.
    """
    limit = session.options.limits.entry
    if len(sent.body) > limit:
        fault = RecordingError(
            f"a request of {len(sent.body)} bytes to {session.redacted_url(sent.path)!r} is over the limit of {limit}; "
            "it was not sent",
            hint="raise Limits(entry=...), or leave the host out with ignore_hosts=",
        )
        session.note_fault(fault)
        raise fault
    sent = session.outgoing(sent)
    try:
        read = read_sent(sent)
    except (PluginError, UsageError) as error:
        # An SDK may take it for a lost connection; the session's end says it again.
        session.note_fault(RecordingError(error.message, hint=error.hint))
        raise
    named = f"{sent.method} {sent.url}" if session.records else ""
    found = session.injected(read.request, read.provider, stream=read.stream, sent=named) if session.injects else None
    if found is not None and found.outcome is not None:
        return _befallen(session, read, found, found.outcome)
    try:
        step = session.begin(read.request, read.provider, once=True, sent=named)
    except RecordingError as error:
        if read.dialect is None or not str(error.context.get("path", "")).startswith("$"):
            raise
        # The path leads into the request, not to a file: it holds what none of ours can say, such as very deep nesting.
        read = _plain(sent)
        step = session.begin(read.request, read.provider, once=True, sent=named)
    if isinstance(step, Replay):
        played = Played(session, read, _answer_in(session, read, step), step.gaps)
        if found is not None:
            played.delay(found.fault, step, step.outcome)
        return played
    if found is not None:
        step.forget(_NOBODY)
        raise UsageError(
            f"a {found.fault.kind.value} was injected into a call over the wire that is not recorded; it was not sent",
            hint="delays over the wire are injected into replayed calls; or call the provider through session.wrap",
        )
    if read.dialect is None:
        session.note_side_traffic(sent.method, sent.url)
    return Live(session, read, step)


def _answer_in(session: Session, read: Read, step: Replay) -> Answer:
    """Give a recorded call's answer with the live values in it."""
    try:
        answer = answer_of(step.entry)
        if answer is not None and step.bound:
            anew = rebound(read.dialect, read.request, step.entry, answer, step.bound) if read.dialect else None
            answer = anew or bind_answer(answer, step.bound)
    except ValueError as error:
        raise CassetteDamaged(f"an answer cannot be read: {error}", path=session.path) from None
    if answer is None:
        raise CassetteDamaged("a call over the wire was recorded without its answer", path=session.path)
    return answer


class _Nobody:
    """Reads the answer of a call that was never sent."""

    def close(self) -> None:
        """Do nothing."""


_NOBODY = _Nobody()


def _call(read: Read, recorded: Answer | None, outcome: Outcome | None) -> Call:
    return Call(read.request, read.provider, read.dialect, read.stream, recorded, outcome)


def _befallen(session: Session, read: Read, found: Injected, outcome: Outcome) -> Played:
    """Give the answer of a call that is befallen by a fault; it is stored where that was asked for."""
    upcoming = found.upcoming
    recorded = None if upcoming is None else _answer_in(session, read, upcoming)
    answer = answer_under(found.fault, outcome, _call(read, recorded, None if upcoming is None else upcoming.outcome))
    if found.ticket is not None:
        said, _ = outcome_of(read, answer, Failure(answer.error.type, answer.error.message) if answer.error else None)
        found.ticket.end(said, answer)
    return Played(session, read, answer, ())


def let_websocket_by(session: Session, url: str, host: str) -> None:
    """
    Let a websocket by where a session may go out: it is no request with an answer, and none is recorded.

    Raises:
        ReplayRefused: The session replays.
    """
    if session.never_live:
        attempt = f"a websocket to {host} was asked for"
        session.note_blocked(attempt)
        raise ReplayRefused(f"{attempt}, which no recording holds", hint="leave its host out with ignore_hosts=")
    session.note_side_traffic("GET", url)


def outcome_of(read: Read, answer: Answer, failure: Failure | None = None) -> tuple[Outcome, bool]:
    """
    Say what an answer proves.

    Returns:
        The outcome, and whether the consumer left before the answer was whole.
    """
    content = decode_content(answer.header("content-encoding"), answer.content())
    if answer.status >= 400:
        words = read_error(answer.status, content or b"")
        after = _seconds(answer.header("retry-after"))
        return failure_of_status(answer.status, message=words, retry_after=after), answer.left
    if read.dialect is None or answer.status == 0 or not 200 <= answer.status < 300:
        return failure or Completion(), answer.left
    if read.stream and read.dialect.stream is not None:
        return _streamed(read.dialect, answer, content, failure)
    if failure is not None or answer.left:
        return failure or Completion(), answer.left
    try:
        return read.dialect.decode_response(loads(content or b"", "the answer")), False
    except ProviderError as error:
        return describe(error), False


def _streamed(dialect: Dialect, answer: Answer, content: bytes | None, failure: Failure | None) -> tuple[Outcome, bool]:
    if dialect.stream is None or content is None:
        return Stream(end=failure or Completion()), answer.left
    reader = dialect.stream.reader()
    end: Completion | Failure | None
    try:
        list(reader.feed(content))
        end = reader.finish()
    except ProviderError as error:
        end = failure or (None if answer.left else describe(error))
    if isinstance(end, Completion):
        # A consumer that stops at the end mark has read the whole answer.
        return Stream(end=end), False
    said = reader.partial().text
    return Stream(end=end, cuts=(len(said),), text=said) if said else Stream(end=end), answer.left


def _seconds(value: str | None) -> float | None:
    """Read a ``Retry-After``: seconds, or a date, which says nothing on the day of the replay."""
    try:
        seconds = float(value) if value is not None else -1.0
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None
