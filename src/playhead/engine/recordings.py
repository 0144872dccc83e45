"""What the engine needs to know of a cassette."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from playhead.core.calls import CallEntry
from playhead.core.evidence import Interaction


class Outline(Protocol):
    """What ranks a call against a request without reading it."""

    @property
    def segments(self) -> tuple[bytes, ...]:
        """Segment digests, whole or cut to four bytes."""
        ...

    @property
    def sketch(self) -> bytes:
        """The request's sketch."""
        ...


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

    def outlines(self) -> Iterator[tuple[bytes, int, Outline]]:
        """Yield key prefix, take number and outline of every call."""
        ...
