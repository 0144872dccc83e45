"""What a golden run says of itself, while it runs and when it is over."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Progress(NamedTuple):
    """
    How far a run is.

    Attributes:
        wanted: Calls the golden will hold of this run's requests.
        done: Calls that are over, those of an interrupted run included.
        resumed: Calls that were there already.
        failed: Calls of this run that failed.
        tokens: Tokens of this run's answers.
        seconds: Since the run started.
        stopping: Whether the run was stopped and only waits for calls in flight.
    """

    wanted: int
    done: int
    resumed: int
    failed: int = 0
    tokens: int = 0
    seconds: float = 0.0
    stopping: bool = False


class FailedCall(msgspec.Struct, frozen=True):
    """
    One call that failed.

    Attributes:
        request: The request's place in the list, from 0.
        take: Which take of it, from 0.
        error: The class of the exception.
        message: Its text, secrets redacted.
    """

    request: int
    take: int
    error: str
    message: str


class GoldenReport(msgspec.Struct, frozen=True):
    """
    What a golden run did.

    Attributes:
        path: The cassette.
        sealed: Whether the cassette holds the run now. It does not where every call failed, and where another
            session still records into it, which will seal for both.
        wanted: Calls asked for: every request times the takes.
        called: Calls this run made.
        resumed: Calls that were there already and were not made again.
        retried: Failures of an earlier run that were called again.
        failed: Calls of this run that failed.
        unrecorded: Those among them that could not even be recorded as failures.
        failures: Each failure, in the order of the requests.
        tokens: Tokens of the answers this run got.
        seconds: How long it took.
        calls: Calls in the cassette.
        size: Bytes of the cassette.
        digest: Its evidence digest, empty where it was not sealed.
    """

    path: str
    sealed: bool
    wanted: int
    called: int
    resumed: int
    retried: int
    failed: int
    unrecorded: int
    failures: tuple[FailedCall, ...]
    tokens: int
    seconds: float
    calls: int = 0
    size: int = 0
    digest: str = ""
