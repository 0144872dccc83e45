"""One call of a workload: at the provider seam, and as the HTTP exchange a recorder of HTTP sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from benchmarks.workloads.text import Writer
from playhead import Completion, CompletionRequest


class Exchange(NamedTuple):
    """
    The same call over HTTP.

    Attributes:
        path: The URL's path below ``/v1``.
        request: The request's body.
        response: The response's body.
        request_headers: As the vendor's SDK sends them.
        response_headers: As the vendor's servers send them.
        chunks: The response's body as the network cuts it; none where it comes in one piece.
        gaps_ms: Milliseconds before each chunk.
    """

    path: str
    request: bytes
    response: bytes
    request_headers: dict[str, str]
    response_headers: dict[str, str]
    chunks: tuple[bytes, ...] = ()
    gaps_ms: tuple[int, ...] = ()

    @property
    def url(self) -> str:
        """The whole URL."""
        return f"https://api.openai.com/v1/{self.path}"


class Edition(NamedTuple):
    """
    Which recording of a call this is.

    Attributes:
        answer: Another number gives another answer.
        facts: Another number gives other ids, times and latencies.
    """

    answer: int = 0
    facts: int = 0


FIRST = Edition()
"""The first recording."""


class Call:
    """
    One call.

    Attributes:
        request: What is asked at the provider seam.
        completion: What the provider answers; for a stream what the pieces come to.
        pieces: The pieces of a stream, else empty.
        latency_ms: How long the provider took.
    """

    def __init__(
        self,
        request: CompletionRequest,
        completion: Completion,
        exchange: Callable[[], Exchange],
        *,
        pieces: tuple[str, ...] = (),
        latency_ms: int = 0,
    ) -> None:
        self.request = request
        self.completion = completion
        self.pieces = pieces
        self.latency_ms = latency_ms
        self._exchange = exchange

    @cached_property
    def exchange(self) -> Exchange:
        """The call over HTTP, written out when it is first asked for."""
        return self._exchange()


class Calls:
    """A workload: ``n`` calls, each made from its number alone."""

    def __init__(self, n: int, make: Callable[[int], Call]) -> None:
        self._n = n
        self._make = make

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: int) -> Call:
        return self._make(index)

    def __iter__(self) -> Iterator[Call]:
        return map(self._make, range(self._n))


def seeded(*numbers: int) -> Writer:
    """Give a writer whose text depends on these numbers alone."""
    seed = 20_261_101
    for number in numbers:
        seed = seed * 1_000_003 + number
    return Writer(seed)
