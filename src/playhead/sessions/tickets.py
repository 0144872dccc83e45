"""A forwarded call on its way to an outcome; the same for sync, async and streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from playhead.core.canonical import decode, encode
from playhead.core.failures import describe
from playhead.core.fingerprint import Fingerprint
from playhead.core.matching import Settled
from playhead.core.model import Completion, CompletionRequest, Failure, Origin, Outcome, Stream
from playhead.core.wire import Answer
from playhead.errors import RecordingError, ReplayRefused
from playhead.sessions.clock import Clock, latency_ms


class Finished(NamedTuple):
    """
    A call with its outcome, ready to be stored.

    Attributes:
        ticket: The call.
        outcome: What it came to.
        latency: Milliseconds, rounded.
        gaps: Milliseconds before each piece of a stream.
        answer: The answer as it came over the wire, where it did.
    """

    ticket: Ticket
    outcome: Outcome
    latency: int
    gaps: tuple[int, ...]
    answer: Answer | None = None


class Leaving(Protocol):
    """An answer that is still being read; closing it means that its consumer wants no more."""

    def close(self) -> None:
        """End where it is."""
        ...


class Ticket:
    """One forwarded call; exactly one of its endings is stored."""

    def __init__(
        self,
        *,
        request: CompletionRequest,
        encoded: bytes,
        settled: Settled | None = None,
        sent: str = "",
        provider: str,
        key: Fingerprint,
        n: int,
        origin: Origin,
        store: Callable[[Finished], None] | None,
        clock: Clock,
        start: int,
        open_streams: dict[Leaving, None],
    ) -> None:
        """
        Begin a call.

        Args:
            request: What is asked, secrets redacted.
            encoded: Its canonical bytes.
            settled: What its placeholders stand for, where it has any.
            sent: Method and URL of a request over the wire.
            provider: The provider's name.
            key: The fingerprint.
            n: The take's number in this session.
            origin: Where the outcome will come from.
            store: Takes the finished call, or ``None`` where nothing is stored.
            clock: Where time comes from.
            start: The call's start in nanoseconds since the epoch, strictly rising within the session.
            open_streams: Where streams stand that have not ended.
        """
        self.request = request
        self.encoded = encoded
        self.sent = sent
        self.settled = settled or Settled(request)
        self.provider = provider
        self.key = key
        self.n = n
        self.origin = origin
        self.start = start
        self._clock = clock
        self._store = store
        self._began = clock.stopwatch_ns()
        self._done = False
        self._open_streams = open_streams

    @property
    def is_stored(self) -> bool:
        """Whether the outcome will be stored; where it is not, any answer may pass."""
        return self._store is not None

    def complete(self, completion: Completion) -> None:
        """End with an answer."""
        self._finish(completion)

    def fail(self, error: Exception) -> None:
        """End with an exception; another session's refusal is no answer of a provider's, and is not stored."""
        if isinstance(error, ReplayRefused):
            self._done = True
        else:
            self._finish(describe(error))

    def end(self, outcome: Outcome, answer: Answer | None = None) -> None:
        """End with an outcome that nobody waited for, and with the bytes it would have come in over the wire."""
        self._finish(outcome, (), answer)

    def paused(self, ns: int) -> None:
        """Leave out so many nanoseconds, in which the caller waited and not the provider."""
        self._began += ns

    def keep_open(self, reader: Leaving) -> None:
        """Have the session close an answer that is still being read when it ends."""
        self._open_streams[reader] = None

    def answered(self, outcome: Outcome, answer: Answer, arrivals: Sequence[int], reader: Leaving) -> None:
        """
        End with an answer that came over the wire.

        Args:
            outcome: What it says.
            answer: Every byte of it.
            arrivals: When each of its pieces came, in the clock's nanoseconds.
            reader: What read it.
        """
        self._open_streams.pop(reader, None)
        first = arrivals[0] if arrivals else None
        self._finish(outcome, quiet(gaps_between(self._began, arrivals)), answer, answered_at=first)

    def forget(self, reader: Leaving) -> None:
        """End without an outcome: nobody knows what would have come."""
        self._open_streams.pop(reader, None)
        self._done = True

    def _finish(
        self,
        outcome: Outcome,
        gaps: tuple[int, ...] = (),
        answer: Answer | None = None,
        *,
        answered_at: int | None = None,
    ) -> None:
        if self._done:
            return
        self._done = True
        if self._store is not None:
            elapsed = (self._clock.stopwatch_ns() if answered_at is None else answered_at) - self._began
            self._store(Finished(self, outcome, latency_ms(elapsed), gaps, answer))

    def stream(self) -> StreamTicket:
        """Go on as a stream."""
        stream = StreamTicket(self, self._clock, self._began, self._end_stream)
        self._open_streams[stream] = None
        return stream

    def _end_stream(self, stream: StreamTicket, outcome: Stream | Failure, gaps: tuple[int, ...]) -> None:
        self._open_streams.pop(stream, None)
        self._finish(outcome, gaps)


class StreamTicket:
    """The pieces of a forwarded stream with the times they came at."""

    def __init__(
        self,
        ticket: Ticket,
        clock: Clock,
        began: int,
        finish: Callable[[StreamTicket, Stream | Failure, tuple[int, ...]], None],
    ) -> None:
        self._ticket = ticket
        self._clock = clock
        self._last_ms = 0
        self._began = began
        self._finish = finish
        self._pieces: list[Any] = []
        self._yielded: Completion | None = None
        self._gaps: list[int] = []

    @property
    def pieces(self) -> Sequence[Any]:
        """What was taken in so far."""
        return self._pieces

    def piece(self, value: Any) -> None:
        """
        Take in the next piece, as it is now: what its consumer makes of it later is no part of the recording.

        Raises:
            RecordingError: The piece has no canonical form, or follows the completion.
        """
        if not self._ticket.is_stored:
            return
        now = (self._clock.stopwatch_ns() - self._began) // 1_000_000
        self._gaps.append(now - self._last_ms)
        self._last_ms = now
        if self._yielded is not None:
            raise RecordingError("a stream went on after its completion", hint="give the completion as the last item")
        if isinstance(value, Completion):
            self._yielded = value
        else:
            self._pieces.append(value if type(value) is str else decode(encode(value)))

    def paused(self, ns: int) -> None:
        """Leave out so many nanoseconds, in which the caller waited and not the provider."""
        self._began += ns
        self._ticket.paused(ns)

    def complete(self, completion: Completion | None) -> None:
        """
        End in order.

        Args:
            completion: What the provider says the stream came to; ``None`` takes the completion it gave as its last
                item, or puts the text pieces together.
        """
        self._end(self._yielded or completion or self._assembled())

    def refuse(self, error: Exception) -> None:
        """End with an exception that came instead of a stream; not with another session's refusal."""
        if isinstance(error, ReplayRefused):
            self._ticket.fail(error)
        self._finish(self, describe(error), ())

    def fail(self, error: Exception) -> None:
        """End with an exception after the pieces that came; not with another session's refusal."""
        if isinstance(error, ReplayRefused):
            self._ticket.fail(error)
        self._end(describe(error))

    def close(self) -> None:
        """End because the consumer wants no more; what came is kept, and no completion is claimed unless it came."""
        self._end(self._yielded)

    def _assembled(self) -> Completion:
        text = "".join(piece for piece in self._pieces if isinstance(piece, str))
        return Completion(text, model=self._ticket.request.model or "")

    def _end(self, end: Completion | Failure | None) -> None:
        self._finish(self, stream_of(self._pieces, end, yielded=self._yielded), quiet(self._gaps))


def stream_of(pieces: list[Any], end: Completion | Failure | None, *, yielded: Completion | None) -> Stream:
    """Put a stream's pieces in their stored form: text with cuts where they are all text."""
    if not all(type(piece) is str for piece in pieces):
        return Stream(end=end, values=tuple(pieces), yielded=yielded)
    joined = "".join(pieces)
    same = isinstance(end, Completion) and end.text == joined
    return Stream(end=end, cuts=tuple(map(len, pieces)), text=None if same else joined, yielded=yielded)


def gaps_between(began: int, arrivals: Sequence[int]) -> list[int]:
    """Give the milliseconds before each arrival, times in nanoseconds; rounding never adds up."""
    gaps: list[int] = []
    last = 0
    for arrival in arrivals:
        now = (arrival - began) // 1_000_000
        gaps.append(now - last)
        last = now
    return gaps


def quiet(gaps: list[int]) -> tuple[int, ...]:
    """Leave out gaps that say nothing: a stream that came within 10 ms came at once."""
    return tuple(gaps) if sum(gaps) >= 10 else ()
