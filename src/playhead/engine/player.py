"""The state machine of a session: a request in, a decision out."""

from __future__ import annotations

from typing import NamedTuple

from playhead.core.calls import CallEntry, decode_call
from playhead.core.fingerprint import Fingerprint
from playhead.core.model import Completion, Outcome, end_of
from playhead.core.modes import Mode
from playhead.engine.ledger import Ledger
from playhead.engine.recordings import Recordings
from playhead.engine.table import Situation, Verdict, decide, reads_cassette
from playhead.engine.takes import Takes, next_take


class Replay(NamedTuple):
    """
    Answer from the cassette.

    Attributes:
        outcome: What to give.
        gaps: Milliseconds before each piece of a stream.
        entry: The recorded call.
        bound: What the placeholders in it stand for in this call.
    """

    outcome: Outcome
    gaps: tuple[int, ...]
    entry: CallEntry
    bound: tuple[str, ...] = ()


class Forward(NamedTuple):
    """
    Call the provider.

    Attributes:
        store: Whether to store the outcome.
        n: The take's number within this session's recording.
    """

    store: bool
    n: int


class Refuse(NamedTuple):
    """
    Let nothing through.

    Attributes:
        exhausted: Whether the request was recorded and all its takes played.
        takes: How many takes there are.
    """

    exhausted: bool
    takes: int


Decision = Replay | Forward | Refuse


class Player:
    """
    Decides call by call; its owner holds the lock and does what is decided.

    Numbers are given when a call starts, so calls that run side by side replay the same whatever order they end in.
    """

    def __init__(
        self, mode: Mode, recordings: Recordings | None, *, takes: Takes = Takes.SEQUENCE, seed: int = 0
    ) -> None:
        """
        Start a session's state.

        Args:
            mode: What to do.
            recordings: The cassette that was there when the session opened, if any.
            takes: The order of takes.
            seed: The seed of a shuffle.
        """
        self.mode = mode
        self.recordings = recordings
        self.ledger = Ledger()
        self._takes = takes
        self._seed = seed
        self._asked: dict[bytes, int] = {}
        self._forwarded: dict[bytes, int] = {}
        # Where a success is to be read again: a recorded take's number, or a new entry's bytes. Never the outcome
        # itself, which its consumer may have changed.
        self._answers: dict[tuple[bytes, str], int | bytes] = {}
        self._plays = recordings is not None and reads_cassette(mode)

    def begin(self, fingerprint: Fingerprint, request_id: str = "", *, captured: bool = False) -> Decision:
        """
        Decide what happens to a call that starts now.

        Args:
            fingerprint: Its key.
            request_id: The caller's id for it.
            captured: Whether it is the captured call of a function, which counts as no call of a model.

        Raises:
            CassetteError: What the cassette holds of it is damaged.
        """
        key = fingerprint.key
        asked = self._asked.get(key, 0)
        entry = self.upcoming(key)
        if request_id and (known := self._answered(key, request_id, entry)) is not None:
            self.ledger.reused += 1
            return Replay(known.call.outcome, known.volatile.gaps, known)
        if entry is not None:
            self._asked[key] = asked + 1
            outcome, volatile = entry.call.outcome, entry.volatile
            if captured:
                self.ledger.note_captured(key, entry.n)
            else:
                self.ledger.note_replay(key, entry.n, outcome, volatile.latency)
            if request_id and _is_success(outcome):
                self._answers[key, request_id] = entry.n
            return Replay(outcome, volatile.gaps, entry)
        verdict = decide(self.mode, self._situation(key))
        if verdict in (Verdict.REFUSE, Verdict.REFUSE_EXHAUSTED):
            return Refuse(verdict is Verdict.REFUSE_EXHAUSTED, self._count(key))
        return self._forward(key, store=verdict is Verdict.FORWARD, captured=captured)

    def upcoming(self, key: bytes) -> CallEntry | None:
        """
        Give the recorded call that answers the next one of a request, without playing it.

        Raises:
            CassetteError: It is damaged.
        """
        return self._entry(key, self._asked.get(key, 0)) if self._plays else None

    def give_back(self, key: bytes, entry: CallEntry) -> None:
        """Have a recorded call that was played, and did not reach who asked for it, played to the next one."""
        self._asked[key] = max(0, self._asked.get(key, 0) - 1)
        self.ledger.take_back(key, entry.n, entry.call.outcome, entry.volatile.latency)

    def _situation(self, key: bytes) -> Situation:
        if self.recordings is None:
            return Situation.NO_CASSETTE
        return Situation.ALL_PLAYED if self._plays and self._count(key) else Situation.NO_MATCH

    def _answered(self, key: bytes, request_id: str, upcoming: CallEntry | None) -> CallEntry | None:
        """
        Give the answer a call of this id already had.

        A take that was recorded under the same id is played all the same: its call was on its way when the first
        one had not been answered.
        """
        known = self._answers.get((key, request_id))
        if known is None or (upcoming is not None and upcoming.volatile.request_id == request_id):
            return None
        if isinstance(known, bytes):
            return decode_call(known)
        return self.recordings.get(key, known) if self.recordings is not None else None

    def _entry(self, key: bytes, asked: int) -> CallEntry | None:
        recordings = self.recordings
        if recordings is None:
            return None
        if self._takes is Takes.SEQUENCE:
            return recordings.get(key, asked)
        count = recordings.takes(key)
        take = next_take(self._takes, played=asked, count=count, key=key, seed=self._seed) if count else None
        return None if take is None else recordings.get(key, take)

    def _count(self, key: bytes) -> int:
        return self.recordings.takes(key) if self.recordings is not None else 0

    def _forward(self, key: bytes, *, store: bool, captured: bool) -> Forward:
        if captured:
            self.ledger.captured += 1
        if not store:
            self.ledger.live += not captured
            return Forward(store=False, n=0)
        n = self._forwarded.get(key, 0)
        self._forwarded[key] = n + 1
        self.ledger.begun += not captured
        base = 0 if self.mode is Mode.RECORD else self._count(key)
        return Forward(store=True, n=base + n)

    def rewind(self) -> None:
        """Begin again: every recorded take may be played once more, and none counts as played."""
        self._asked.clear()
        self._answers.clear()
        self.ledger.played.clear()
        self.ledger.replays = 0

    def note_recorded(
        self, key: bytes, request_id: str, entry: bytes, outcome: Outcome, *, captured: bool = False
    ) -> None:
        """Note a call that has been stored, by its canonical bytes."""
        self.ledger.recorded += not captured
        if request_id and _is_success(outcome):
            self._answers[key, request_id] = entry


def _is_success(outcome: Outcome) -> bool:
    return isinstance(end_of(outcome), Completion)
