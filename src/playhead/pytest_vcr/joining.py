"""Several cassettes as one: the calls of the first come first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from playhead.core.calls import CallEntry, key_bytes
from playhead.core.evidence import Interaction
from playhead.core.matching import EXACT, Matching
from playhead.engine.recordings import Outline
from playhead.errors import UsageError
from playhead.store.cassette import Cassette


class Joined:
    """Cassettes one after the other; takes of a request that is in several are numbered through."""

    def __init__(self, cassettes: Sequence[Cassette]) -> None:
        self._cassettes = tuple(cassettes)

    def __len__(self) -> int:
        return sum(map(len, self._cassettes))

    def __iter__(self) -> Iterator[Interaction]:
        for cassette in self._cassettes:
            yield from cassette

    def matching(self) -> Matching:
        """
        Give the rules that all were recorded under.

        Raises:
            UsageError: They were recorded under different ones.
        """
        if not self._cassettes:
            return EXACT
        first, *others = (cassette.matching() for cassette in self._cassettes)
        for cassette, rules in zip(self._cassettes[1:], others, strict=True):
            if not rules.same_keys(first):
                raise UsageError(
                    f"cassette {str(cassette.path)!r} was recorded under {rules!r}, "
                    f"and {str(self._cassettes[0].path)!r} under {first!r}",
                    hint="a test reads cassettes of one set of rules; record one of them again",
                )
        return first

    def takes(self, key: bytes) -> int:
        """Count the takes of a fingerprint."""
        return sum(cassette.takes(key) for cassette in self._cassettes)

    def get(self, key: bytes, n: int) -> CallEntry | None:
        """Give one take."""
        cassette, place = self._place(key, n)
        entry = None if cassette is None else cassette.get(key, place)
        # Numbered through, so that no two takes count as one that was played.
        return entry if entry is None or place == n else msgspec.structs.replace(entry, n=n)

    def interaction(self, entry: CallEntry) -> Interaction:
        """Give an entry with its request."""
        cassette, place = self._place(key_bytes(entry.key), entry.n)
        if cassette is None:
            raise LookupError("the entry is of another cassette")
        return cassette.interaction(msgspec.structs.replace(entry, n=place))

    def outlines(self) -> Iterator[tuple[bytes, int, Outline]]:
        """Yield key prefix, take number and outline of every call."""
        for index, cassette in enumerate(self._cassettes):
            for key, n, outline in cassette.outlines():
                yield key, n + sum(earlier.takes(key) for earlier in self._cassettes[:index]), outline

    def _place(self, key: bytes, n: int) -> tuple[Cassette | None, int]:
        for cassette in self._cassettes:
            count = cassette.takes(key)
            if n < count:
                return cassette, n
            n -= count
        return None, n


class FirstTakes(Joined):
    """Cassettes in which each request has one take, its first: what repeating playback comes to with vcrpy."""

    def takes(self, key: bytes) -> int:
        """Count the takes: one where there is any."""
        return min(1, super().takes(key))
