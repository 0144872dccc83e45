"""What makes the runs of a session vary on purpose, and what it takes in beside models: faults, captured functions."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast, overload

from playhead.core.calls import bind_outcome, key_bytes
from playhead.core.fingerprint import fingerprint
from playhead.core.matching import Matching, Settled
from playhead.core.model import CompletionRequest
from playhead.engine.faults import Fault, FaultKind, FaultRule, Injection, parse_injection
from playhead.engine.ledger import InjectedCall
from playhead.engine.player import Player, Replay
from playhead.errors import CassetteDamaged
from playhead.sessions.capturing import Capturer, captured
from playhead.sessions.injecting import Injected, Injector
from playhead.sessions.recorder import LiveRedactor
from playhead.sessions.settings import SessionOptions

F = TypeVar("F", bound=Callable[..., Any])


class Varying:
    """
    The part of a session by which a test varies its run; a session is one.

    Attributes:
        injects: Whether any call may be befallen by a fault.
    """

    matching: Matching
    options: SessionOptions
    injects: bool
    _injector: Injector
    _captures: Iterator[int]
    _player: Player
    _lock: threading.Lock

    def inject(
        self,
        fault: Fault | FaultKind | str | Mapping[str, Any] | Injection,
        *,
        at: int | Iterable[int] | None = None,
        when: FaultRule | Mapping[str, Any] | None = None,
        store: bool = False,
    ) -> None:
        """
        Have a fault befall calls from now on; they never go out, and take no recorded answer's turn.

        Args:
            fault: What goes wrong: a ``Fault``, its kind, its fields, or an ``Injection``, which says the rest itself.
            at: Which of the calls that meet the rule, 1 for the first; all of them where it is left out.
            when: Which calls are meant: a ``FaultRule`` or its fields; every call where it is left out.
            store: Whether a session that records stores what the call comes to, with the origin ``synthetic``. Its
                replay plays that, and injects nothing.

        Raises:
            UsageError: A part of it makes no sense.
        """
        given = fault if isinstance(fault, Injection) else parse_injection(fault, at=at, when=when, store=store)
        self._injector.add(given)
        self.injects = True

    @overload
    def capture(self, function: F, *, name: str | None = None, key: Callable[..., Any] | None = None) -> F: ...

    @overload
    def capture(
        self, function: None = None, *, name: str | None = None, key: Callable[..., Any] | None = None
    ) -> Callable[[F], F]: ...

    def capture(
        self,
        function: Callable[..., Any] | None = None,
        *,
        name: str | None = None,
        key: Callable[..., Any] | None = None,
    ) -> Callable[..., Any]:
        """
        Give a function whose calls are recorded and replayed as those of models are, and count as none.

        Args:
            function: Sync or async, giving a value or, by ``yield``, pieces; left out, a decorator is given.
            name: The name in the recording, part of what is matched; the function's own where it is left out.
            key: Called with the arguments, gives what is matched of them; all of them where it is left out.

        Raises:
            UsageError: It cannot be called, or has no name.
        """
        if function is None:
            return functools.partial(self.capture, name=name, key=key)
        return captured(function, lambda: cast("Capturer", self), name=name, key=key)

    def number_capture(self) -> int:
        """Give the place of a captured call that starts now, from 1."""
        return next(self._captures)

    def injected(
        self, request: CompletionRequest, provider: str, *, stream: bool = False, sent: str | None = None
    ) -> Injected | None:
        """
        Say what befalls a call that starts now; asked before ``begin``, once a call.

        Args:
            request: What is asked.
            provider: The provider's name.
            stream: Whether a streamed answer is asked for.
            sent: Method and URL of a request over the wire; ``None`` at the provider seam.

        Raises:
            UsageError: The fault has no place in an answer of this kind.
            CassetteError: The recorded answer that it changes is damaged.
        """
        return self._injector.due(request, provider, stream=stream, sent=sent)

    def note_injected(self, call: InjectedCall) -> None:
        """Keep in the ledger that a fault befell a call."""
        with self._lock:
            self._player.ledger.note_injected(call)

    def upcoming(self, request: CompletionRequest, provider: str, *, stream: bool = False) -> Replay | None:
        """
        Give what the next call of a request is answered with; it stays the next.

        Raises:
            CassetteError: What the cassette holds of it is damaged.
        """
        clean, _ = LiveRedactor(self.options.redactor).request(request)
        settled = self.matching.settle(clean) if self.matching.settles else Settled(clean)
        key = fingerprint(settled.request, provider, stream=stream)
        with self._lock:
            entry = self._player.upcoming(key.key)
        return None if entry is None else bound(Replay(entry.call.outcome, entry.volatile.gaps, entry), settled.values)

    def give_back(self, step: Replay) -> None:
        """Have an answer that did not reach its caller played to the next call of its request."""
        with self._lock:
            self._player.give_back(key_bytes(step.entry.key), step.entry)


def bound(step: Replay, values: tuple[str, ...]) -> Replay:
    """Put the values of a live request where the recorded ones stood in an answer."""
    if not step.entry.volatile.bound:
        return step
    # Where a segment drifted the live request may hold fewer values: the recorded ones stand for the rest.
    live = (*values, *step.entry.volatile.bound[len(values) :])
    try:
        return Replay(bind_outcome(step.outcome, live), step.gaps, step.entry, live)
    except ValueError as error:
        raise CassetteDamaged(f"an answer cannot be read: {error}", record=step.entry.key) from None
