"""What every contender can do, so that each measure asks all of them the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from benchmarks.workloads.calls import Exchange
    from playhead import Completion, CompletionRequest


class Asked(NamedTuple):
    """
    One call that is asked for again.

    Attributes:
        request: At the provider seam.
        url: Over HTTP.
        body: The request's body over HTTP.
        headers: The request's headers over HTTP.
    """

    request: CompletionRequest
    url: str
    body: bytes
    headers: dict[str, str]


class Recorded(Protocol):
    """One call that is to be recorded; ``benchmarks.workloads.calls.Call`` is one."""

    @property
    def request(self) -> CompletionRequest:
        """What is asked at the provider seam."""
        ...

    @property
    def completion(self) -> Completion:
        """What the provider answers."""
        ...

    @property
    def pieces(self) -> tuple[str, ...]:
        """The pieces of a stream, else empty."""
        ...

    @property
    def latency_ms(self) -> int:
        """How long the provider took."""
        ...

    @property
    def exchange(self) -> Exchange:
        """The call over HTTP."""
        ...


class Reader(Protocol):
    """An open recording."""

    def answer(self, asked: Asked) -> str:
        """Give the recorded answer's text, read out of what the contender keeps."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class Contender(Protocol):
    """
    A way to keep recordings.

    Attributes:
        name: As it stands in the tables.
        whole_file: Whether opening reads everything, so that large files are out of reach.
        syncs: Whether recording can wait for the disk.
    """

    name: str
    whole_file: bool
    syncs: bool

    def preload(self) -> None:
        """Import everything that opening and answering need, and no more."""
        ...

    def record(self, folder: Path, calls: Iterable[Recorded], *, fsync: bool = False) -> None:
        """Record calls into an empty folder, or over what an earlier recording left, and save."""
        ...

    def open(self, folder: Path) -> Reader:
        """Open what was recorded."""
        ...


Loader = Callable[[], Contender]


def asked_of(call: Recorded) -> Asked:
    """Give a call as it is asked for again."""
    exchange = call.exchange
    return Asked(call.request, exchange.url, exchange.request, exchange.request_headers)


def weigh(folder: Path) -> int:
    """Give the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
