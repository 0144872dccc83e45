"""What a session decided, kept to the end: a refusal in it cannot be swallowed by the code under test."""

from __future__ import annotations

import msgspec

from playhead.core.model import Completion, Outcome, end_of


class Refusal(msgspec.Struct, frozen=True):
    """
    One call that was not let through.

    Attributes:
        kind: ``no match``, ``exhausted`` or ``network``.
        message: The whole explanation.
        provider: The provider's name.
        model: The model asked for.
        fingerprint: The request's key, 64 hexadecimal digits.
        nearest: The nearest recorded call's key, or ``None``.
        differences: Where the two differ, in words.
        times: How often it was tried.
    """

    kind: str
    message: str
    provider: str
    model: str | None
    fingerprint: str
    nearest: str | None = None
    differences: tuple[str, ...] = ()
    times: int = 1


class Drifted(msgspec.Struct, frozen=True):
    """
    A call that was answered although it differs from its recording, as the rules allow.

    Attributes:
        fingerprint: The recorded call's key, 64 hexadecimal digits.
        segments: The segments that differ.
        policy: ``warn`` or ``ignore``, the stricter of them.
    """

    fingerprint: str
    segments: tuple[str, ...]
    policy: str


class InjectedCall(msgspec.Struct, frozen=True):
    """
    A call that a fault was put in the way of, on purpose.

    Attributes:
        kind: The fault's kind.
        provider: The provider's name.
        model: The model asked for.
        stored: Whether what it came to was recorded, as ``synthetic``.
    """

    kind: str
    provider: str
    model: str | None
    stored: bool = False


class Report(msgspec.Struct, frozen=True):
    """
    A session in numbers.

    Attributes:
        mode: The session's mode.
        cassette: The cassette's path.
        calls: Calls recorded in the cassette when it was opened.
        played: Calls answered from it.
        recorded: Calls forwarded and stored.
        live: Calls forwarded and not stored.
        reused: Calls answered from an earlier call of the same idempotency id.
        refused: Calls refused.
        abandoned: Calls that were begun and never came to an outcome.
        unplayed: Recorded calls that no call asked for.
        tokens_saved: Tokens of the answers played.
        ms_saved: Recorded latency of the answers played, in milliseconds.
        refusals: Each refusal, in order.
        drifted: Calls answered although they differ from their recordings, as the rules allow.
        side_traffic: Traffic that was recorded as plain HTTP since it is no model call, as method and URL, each once.
        injected: Calls that a fault was put in the way of, in order.
        captured: Captured calls of functions, made or answered; they count in none of the numbers above, but in
            ``calls`` and ``unplayed``.
    """

    mode: str
    cassette: str
    calls: int = 0
    played: int = 0
    recorded: int = 0
    live: int = 0
    reused: int = 0
    refused: int = 0
    abandoned: int = 0
    unplayed: int = 0
    tokens_saved: int = 0
    ms_saved: int = 0
    refusals: tuple[Refusal, ...] = ()
    side_traffic: tuple[str, ...] = ()
    drifted: tuple[Drifted, ...] = ()
    injected: tuple[InjectedCall, ...] = ()
    captured: int = 0


class Ledger:
    """Counts while a session runs; its owner holds the lock."""

    def __init__(self) -> None:
        self.played: set[tuple[bytes, int]] = set()
        self.replays = 0
        self.recorded = 0
        self.live = 0
        self.reused = 0
        self.begun = 0
        self.refusals: list[Refusal] = []
        self.side_traffic: dict[str, None] = {}
        self.drifted: list[Drifted] = []
        self.injected: list[InjectedCall] = []
        self.captured = 0
        self.tokens_saved = 0
        self.ms_saved = 0

    def note_refusal(self, refusal: Refusal, *, once: bool) -> None:
        """
        Keep a refusal.

        Args:
            refusal: What was refused.
            once: Whether one for the same request is the same refusal, tried again.
        """
        if once:
            for index, known in enumerate(self.refusals):
                if (known.kind, known.fingerprint, known.provider) == (
                    refusal.kind,
                    refusal.fingerprint,
                    refusal.provider,
                ):
                    self.refusals[index] = msgspec.structs.replace(known, times=known.times + 1)
                    return
        self.refusals.append(refusal)

    def note_drift(self, drift: Drifted) -> None:
        """Keep that a call was let through although it differs from its recording."""
        self.drifted.append(drift)

    def note_captured(self, key: bytes, n: int) -> None:
        """Note the captured call of a function, answered from the cassette."""
        self.captured += 1
        self.played.add((key, n))

    def note_injected(self, call: InjectedCall) -> None:
        """Keep that a fault was put in the way of a call."""
        self.injected.append(call)

    def note_side(self, what: str) -> None:
        """Keep that traffic which is no model call was seen."""
        self.side_traffic[what] = None

    def note_replay(self, key: bytes, n: int, outcome: Outcome, latency: int) -> None:
        """Note a call answered from the cassette."""
        self.replays += 1
        self.played.add((key, n))
        self.tokens_saved += _tokens(outcome)
        self.ms_saved += latency

    def take_back(self, key: bytes, n: int, outcome: Outcome, latency: int) -> None:
        """Note that a call answered from the cassette never got its answer."""
        self.replays -= 1
        self.played.discard((key, n))
        self.tokens_saved -= _tokens(outcome)
        self.ms_saved -= latency

    def report(self, *, mode: str, cassette: str, calls: int) -> Report:
        """Give the numbers so far."""
        return Report(
            mode=mode,
            cassette=cassette,
            calls=calls,
            played=self.replays,
            recorded=self.recorded,
            live=self.live,
            reused=self.reused,
            refused=len(self.refusals),
            abandoned=max(0, self.begun - self.recorded),
            unplayed=max(0, calls - len(self.played)),
            tokens_saved=self.tokens_saved,
            ms_saved=self.ms_saved,
            refusals=tuple(self.refusals),
            side_traffic=tuple(self.side_traffic),
            drifted=tuple(self.drifted),
            injected=tuple(self.injected),
            captured=self.captured,
        )


def _tokens(outcome: Outcome) -> int:
    end = end_of(outcome)
    return end.usage.total_tokens if type(end) is Completion else 0
