"""What the engine needs to know of a cassette."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from playhead.core.calls import CallEntry
from playhead.core.model import Interaction


class Recordings(Protocol):
    """A set of recorded calls; a cassette is one."""

    def __len__(self) -> int:
        """Count the calls."""
        ...

    def takes(self, key: bytes) -> int:
        """Count the takes of a fingerprint."""
        ...

    def get(self, key: bytes, n: int) -> CallEntry | None:
        """Give one take, its request undecoded."""
        ...

    def interaction(self, entry: CallEntry) -> Interaction:
        """Give an entry with its request."""
        ...

    def segments(self) -> Iterator[tuple[bytes, int, tuple[bytes, ...]]]:
        """Yield key prefix, take number and segment digests (short or whole) of every call."""
        ...
