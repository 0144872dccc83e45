"""A forwarded call on its way to an outcome; the same for sync, async and streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from playhead.core.failures import describe
from playhead.core.fingerprint import Fingerprint
from playhead.core.model import Completion, CompletionRequest, Origin, Outcome, Stream
from playhead.harness.clock import Clock, latency_ms


class Finished(NamedTuple):
    """
    A call with its outcome, ready to be stored.

    Attributes:
        ticket: The call.
        outcome: What it came to.
        latency: Milliseconds, rounded.
        gaps: Milliseconds before each piece of a stream.
    """

    ticket: Ticket
    outcome: Outcome
    latency: int
    gaps: tuple[int, ...]


class Ticket:
    """One forwarded call; exactly one of its endings is stored."""

    def __init__(
        self,
        *,
        request: CompletionRequest,
        encoded: bytes,
        provider: str,
        key: Fingerprint,
        n: int,
        origin: Origin,
        store: Callable[[Finished], None] | None,
        clock: Clock,
        start: int,
    ) -> None:
        """
        Begin a call.

        Args:
            request: What is asked, secrets redacted.
            encoded: Its canonical bytes.
            provider: The provider's name.
            key: The fingerprint.
            n: The take's number in this session.
            origin: Where the outcome will come from.
            store: Takes the finished call, or ``None`` where nothing is stored.
            clock: Where time comes from.
            start: The call's start in nanoseconds since the epoch, strictly rising within the session.
        """
        self.request = request
        self.encoded = encoded
        self.provider = provider
        self.key = key
        self.n = n
        self.origin = origin
        self.start = start
        self._clock = clock
        self._store = store
        self._began = clock.stopwatch_ns()
        self._done = False

    def complete(self, completion: Completion) -> None:
        """End with an answer."""
        self._finish(completion)

    def fail(self, error: Exception) -> None:
        """End with an exception."""
        self._finish(describe(error))

    def _finish(self, outcome: Outcome, gaps: tuple[int, ...] = ()) -> None:
        if self._done:
            return
        self._done = True
        if self._store is not None:
            elapsed = self._clock.stopwatch_ns() - self._began
            self._store(Finished(self, outcome, latency_ms(elapsed), gaps))

    def stream(self) -> StreamTicket:
        """Go on as a stream."""
        return StreamTicket(self, self._clock, self._began, self._finish)


class StreamTicket:
    """The pieces of a forwarded stream with the times they came at."""

    def __init__(
        self, ticket: Ticket, clock: Clock, began: int, finish: Callable[[Outcome, tuple[int, ...]], None]
    ) -> None:
        self._ticket = ticket
        self._clock = clock
        self._last_ms = 0
        self._began = began
        self._finish = finish
        self._pieces: list[Any] = []
        self._gaps: list[int] = []

    def piece(self, value: Any) -> None:
        """Take in the next piece."""
        now = (self._clock.stopwatch_ns() - self._began) // 1_000_000
        self._gaps.append(now - self._last_ms)
        self._last_ms = now
        self._pieces.append(value)

    def complete(self, completion: Completion | None) -> None:
        """
        End in order.

        Args:
            completion: What the provider says the stream came to; ``None`` puts the text pieces together.
        """
        self._end(completion if completion is not None else self._assembled())

    def fail(self, error: Exception) -> None:
        """End with an exception after the pieces that came."""
        self._end(describe(error))

    def close(self) -> None:
        """End because the consumer wants no more; what came is kept, and no completion is claimed."""
        self._end(None)

    def _assembled(self) -> Completion:
        pieces = self._pieces
        last = pieces[-1] if pieces else None
        if isinstance(last, Completion):
            return last
        text = "".join(piece for piece in pieces if isinstance(piece, str))
        return Completion(text, model=self._ticket.request.model or "")

    def _end(self, end: Any) -> None:
        pieces = self._pieces
        yields_end = bool(pieces) and pieces[-1] is end
        given = pieces[:-1] if yields_end else pieces
        self._finish(stream_of(given, end, yields_end=yields_end), _quiet(self._gaps))


def stream_of(pieces: list[Any], end: Any, *, yields_end: bool) -> Stream:
    """Put a stream's pieces in their stored form: text with cuts where they are all text."""
    if not all(type(piece) is str for piece in pieces):
        return Stream(end=end, values=tuple(pieces), yields_end=yields_end)
    joined = "".join(pieces)
    same = isinstance(end, Completion) and end.text == joined
    return Stream(end=end, cuts=tuple(map(len, pieces)), text=None if same else joined, yields_end=yields_end)


def _quiet(gaps: list[int]) -> tuple[int, ...]:
    """Leave out gaps that say nothing: a stream that came within 10 ms came at once."""
    return tuple(gaps) if sum(gaps) >= 10 else ()
