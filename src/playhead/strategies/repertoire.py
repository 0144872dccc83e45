"""What a cassette can answer: the takes of a request, or the nearest recorded call where a run has gone another way."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import NamedTuple

from playhead.core.calls import CallEntry, answer_of, bind_outcome
from playhead.core.evidence import Interaction
from playhead.core.fingerprint import Fingerprint, fingerprint
from playhead.core.model import CompletionRequest, Outcome, Stream
from playhead.core.wire import Answer, bind_answer
from playhead.engine.explain import distance
from playhead.errors import CassetteDamaged
from playhead.store.cassette import Cassette, open_cassette


class Found(NamedTuple):
    """
    A recorded call that answers.

    Attributes:
        entry: The call.
        outcome: Its outcome, live values for its placeholders.
        answer: Its answer over the wire, where it came so.
        exact: Whether its request is the one that was asked.
    """

    entry: CallEntry
    outcome: Outcome
    answer: Answer | None
    exact: bool


class _Known(NamedTuple):
    """A recorded call among those of its kind."""

    segments: tuple[bytes, ...]
    key: bytes


_Kind = tuple[str, str, bool, bool]


class Repertoire:
    """
    A cassette's calls, looked up over and over: what was decoded once is kept.

    Attributes:
        cassette: The cassette.
    """

    def __init__(self, cassette: Cassette) -> None:
        self.cassette = cassette
        self.matching = cassette.matching()
        self._entries: dict[tuple[bytes, int], tuple[CallEntry, Answer | None]] = {}
        self._counts: dict[bytes, int] = {}
        self._kinds: dict[_Kind, list[_Known]] | None = None
        self._nearest: dict[tuple[_Kind, bytes], bytes | None] = {}

    def __repr__(self) -> str:
        return f"<what {self.cassette!r} can answer>"

    def key_of(self, request: CompletionRequest, provider: str, *, stream: bool) -> tuple[Fingerprint, tuple[str, ...]]:
        """Give a request's fingerprint under the cassette's rules, and the values its placeholders stand for."""
        if not self.matching.settles:
            return fingerprint(request, provider, stream=stream), ()
        settled = self.matching.settle(request)
        return fingerprint(settled.request, provider, stream=stream), settled.values

    def count(self, key: bytes) -> int:
        """Count the takes of a fingerprint."""
        found = self._counts.get(key)
        if found is None:
            found = self._counts[key] = self.cassette.takes(key)
        return found

    def find(self, key: bytes, take: int, values: tuple[str, ...], *, exact: bool) -> Found | None:
        """
        Give a take of a fingerprint, round and round; ``None`` where none was recorded.

        Raises:
            CassetteError: What the cassette holds of it is damaged.
        """
        count = self.count(key)
        if not count:
            return None
        entry, answer = self._entry(key, take % count)
        outcome = entry.call.outcome
        if entry.volatile.bound:
            live = (*values, *entry.volatile.bound[len(values) :])
            outcome = bind_outcome(outcome, live)
            answer = None if answer is None else bind_answer(answer, live)
        return Found(entry, outcome, answer, exact)

    def nearest(
        self, request: CompletionRequest, provider: str, key: Fingerprint, *, wire: bool, stream: bool
    ) -> bytes | None:
        """
        Give the key of the recorded call most like a request that was not recorded; ``None`` where none is of its kind.

        Only calls of the same provider and operation that stream or do not alike are of its kind. The fewest differing
        segments win, a message more or less counting twice: what a program says to an answer that was not the recorded
        one stands in the same place of the conversation.
        """
        kind = (provider, request.operation, wire, stream)
        place = (kind, key.key)
        if place in self._nearest:
            return self._nearest[place]
        known = self._by_kind().get(kind, ())
        best = min(known, key=lambda one: _unlike(one.segments, key.segments), default=None)
        found = self._nearest[place] = None if best is None else best.key
        return found

    def _entry(self, key: bytes, n: int) -> tuple[CallEntry, Answer | None]:
        known = self._entries.get((key, n))
        if known is None:
            entry = self.cassette.get(key, n)
            if entry is None:
                raise CassetteDamaged(f"take {n} of a call is not there", path=self.cassette.path, record=key.hex())
            try:
                known = self._entries[key, n] = (entry, answer_of(entry))
            except ValueError as error:
                raise CassetteDamaged(f"an answer cannot be read: {error}", path=self.cassette.path) from None
        return known

    def _by_kind(self) -> dict[_Kind, list[_Known]]:
        if self._kinds is None:
            self._kinds = {}
            for interaction in _first_takes(self.cassette):
                wire = interaction.answer is not None
                stream = isinstance(interaction.outcome, Stream) or bool(interaction.request.params.get("stream"))
                key, _ = self.key_of(interaction.request, interaction.provider, stream=stream and not wire)
                kind = (interaction.provider, interaction.request.operation, wire, stream)
                self._kinds.setdefault(kind, []).append(_Known(key.segments, key.key))
        return self._kinds


def _first_takes(cassette: Cassette) -> Iterator[Interaction]:
    return (interaction for interaction in cassette if interaction.sequence == 0)


def _unlike(recorded: tuple[bytes, ...], asked: tuple[bytes, ...]) -> int:
    short = tuple(digest[:4] for digest in asked)
    return distance(recorded, short) + abs(len(recorded) - len(asked))


@functools.lru_cache(maxsize=16)
def _repertoire(cassette: Cassette) -> Repertoire:
    return Repertoire(cassette)


def repertoire_of(cassette: Cassette | Repertoire | str | os.PathLike[str]) -> Repertoire:
    """
    Give what a cassette can answer; the same for the same open cassette, so that examples share what was decoded.

    Args:
        cassette: The cassette, or its path, which is read again each time.

    Raises:
        CassetteError: There is none, or it cannot be read.
    """
    if isinstance(cassette, Repertoire):
        return cassette
    return _repertoire(cassette if isinstance(cassette, Cassette) else open_cassette(cassette))
