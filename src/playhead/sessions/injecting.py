"""
Faults put in the way of a session's calls.

An injected call never goes out and takes no recorded answer's turn: the same call made again gets what this one would
have got. A delay is the exception, since its answer comes all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, Self

from playhead.core.model import CompletionRequest, Origin, Outcome
from playhead.engine.faults import DELAYS, Fault, FaultKind, Injection, Schedule, error_of, needs_answer, under
from playhead.engine.ledger import InjectedCall
from playhead.engine.player import Replay
from playhead.sessions.clock import Clock
from playhead.sessions.tickets import Ticket


class Host(Protocol):
    """What injecting needs of a session."""

    @property
    def records(self) -> bool:
        """Whether a call may be stored."""
        ...

    def upcoming(self, request: CompletionRequest, provider: str, *, stream: bool) -> Replay | None:
        """Give what the next call of a request is answered with, without playing it."""
        ...

    def begin(
        self, request: CompletionRequest, provider: str, *, stream: bool, origin: Origin, sent: str
    ) -> Replay | Ticket:
        """Decide what happens to a call."""
        ...

    def note_injected(self, call: InjectedCall) -> None:
        """Keep in the ledger that a call was befallen."""
        ...


class Injected(NamedTuple):
    """
    A call that is befallen by a fault.

    Attributes:
        fault: The fault.
        outcome: What the call comes to; ``None`` where the fault is a delay and the call goes on.
        upcoming: What would have come, where it is recorded.
        ticket: Takes the outcome to be stored, where it is to be.
    """

    fault: Fault
    outcome: Outcome | None = None
    upcoming: Replay | None = None
    ticket: Ticket | None = None


class Injector:
    """The faults of one session, counted while its calls come."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._schedule = Schedule()

    def add(self, injection: Injection) -> None:
        """Take in one more; it counts the calls from now on."""
        with self._lock:
            self._schedule.add(injection)

    def due(
        self, request: CompletionRequest, provider: str, *, stream: bool, sent: str | None = None
    ) -> Injected | None:
        """
        Say what befalls a call that starts now, and keep it in the ledger.

        Args:
            request: What is asked.
            provider: The provider's name.
            stream: Whether a stream is asked for.
            sent: Method and URL of a request over the wire, where its body says whether a stream is asked for.

        Raises:
            UsageError: The fault has no place in an answer of this kind.
            CassetteError: The recorded answer that it changes is damaged.
        """
        with self._lock:
            injection = self._schedule.due(request, provider, stream=stream)
        if injection is None or (injection.stored and not self._host.records):
            # What was stored stands in the cassette: it befalls the replayed call by being played.
            return None
        fault = injection.fault
        keyed = stream and sent is None
        looked_at = injection.stored or error_of(fault) is None or needs_answer(fault, stream=stream)
        upcoming = self._host.upcoming(request, provider, stream=keyed) if looked_at else None
        made = Injected(fault, upcoming=upcoming)
        if fault.kind not in DELAYS:
            outcome = under(fault, request, None if upcoming is None else upcoming.outcome, stream=stream)
            made = Injected(fault, outcome, upcoming)
            if injection.stored and upcoming is None:
                begun = self._host.begin(request, provider, stream=keyed, origin=Origin.SYNTHETIC, sent=sent or "")
                made = made._replace(ticket=begun if isinstance(begun, Ticket) else None)
        stored = made.ticket is not None
        self._host.note_injected(InjectedCall(fault.kind.value, provider, request.model, stored))
        return made


class _Delayed:
    """A stream that comes late or stands still, whatever it is: what sync and async share."""

    def __init__(self, inner: Any, delay: Injected, clock: Clock, give_back: Callable[[], None]) -> None:
        self._inner = inner
        self._clock = clock
        self._give_back = give_back
        fault = delay.fault
        self._at = 0 if fault.kind is FaultKind.SLOW_FIRST else fault.after_pieces
        self._seconds = fault.seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _wait(self) -> float:
        self._at -= 1
        return self._seconds if self._at == -1 else 0.0


class DelayedStream(_Delayed):
    """A stream that comes late."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        wait = self._wait()
        if wait:
            began = self._clock.stopwatch_ns()
            self._clock.sleep(wait)
            self._inner.paused(self._clock.stopwatch_ns() - began)
        return next(self._inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()


class AsyncDelayedStream(_Delayed):
    """The same for async consumers."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        wait = self._wait()
        if wait:
            began = self._clock.stopwatch_ns()
            try:
                await self._clock.sleep_async(wait)
                self._inner.paused(self._clock.stopwatch_ns() - began)
            except BaseException:
                # Its consumer ran out of patience, and nothing of the answer is lost.
                self._give_back()
                raise
        return await anext(self._inner)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._inner.aclose()
