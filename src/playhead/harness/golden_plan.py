"""
What a golden run has to call: the requests and takes wanted, less what an earlier run has already paid for.

A take is an answer. A failure that an interrupted run left behind is no take: its request is called again, and the
failure leaves the recording when it does, so that a golden holds what the last run to make each call saw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from playhead.core.calls import decode_call
from playhead.core.fingerprint import fingerprint
from playhead.core.model import Completion, CompletionRequest, end_of
from playhead.core.redaction import Redactor
from playhead.errors import CassetteMissing, RecordingError, UsageError
from playhead.format.entries import Entry, Outline, outline_of
from playhead.harness.golden_requests import GoldenRequest
from playhead.sessions.recorder import LiveRedactor, scan_entry
from playhead.store.cassette import Cassette
from playhead.store.journals import State, is_done, journal_paths, read_journal


class Job(msgspec.Struct, frozen=True):
    """
    One call that is wanted.

    Attributes:
        index: The request's place in the list.
        take: Which take of it, from 0.
        request: The question; every take has an id of its own where the request has one.
        stream: Whether it is asked for in pieces.
        key: Its fingerprint as it will be recorded.
    """

    index: int
    take: int
    request: CompletionRequest
    stream: bool
    key: bytes


class Kept(NamedTuple):
    """
    One recorded call that is there already.

    Attributes:
        start: What orders it among the takes of its request.
        data: Its canonical entry.
        key: Its fingerprint.
        request_id: The id of its request.
        answered: Whether it came to a whole answer in which no credential was found.
        outline: Its outline.
    """

    start: int
    data: bytes
    key: bytes
    request_id: str
    answered: bool
    outline: Outline


class Leftovers(NamedTuple):
    """
    What interrupted runs left beside a cassette.

    Attributes:
        journals: Their files.
        calls: Their calls, each once, in the order they were started.
    """

    journals: tuple[Path, ...]
    calls: tuple[Kept, ...]


class Plan(NamedTuple):
    """
    What a run does.

    Attributes:
        jobs: The calls to make, in order.
        kept: The recorded calls that stay.
        resumed: How many of the wanted calls are among them.
        retried: How many recorded failures are called again.
        unasked: How many recorded answers no request of this run asks for.
    """

    jobs: tuple[Job, ...]
    kept: tuple[Kept, ...]
    resumed: int
    retried: int
    unasked: int


def wanted_jobs(requests: Iterable[GoldenRequest], *, name: str, takes: int, redactor: LiveRedactor) -> list[Job]:
    """
    List every call of a run: the takes of a request one after another, requests in their order.

    Raises:
        UsageError: Two requests have the same id, or one holds what has no canonical form.
    """
    jobs: list[Job] = []
    ids: set[str] = set()
    for index, (request, stream) in enumerate((one.request, one.stream) for one in requests):
        if request.id in ids:
            raise UsageError(
                f"two requests have the id {request.id!r}",
                hint="an id says that a call is the same one again; leave it out, or give each its own",
            )
        ids |= {request.id} - {""}
        try:
            clean, _ = redactor.request(request)
            key = fingerprint(clean, name, stream=stream).key
        except RecordingError as error:
            raise UsageError(f"request {index + 1} cannot be recorded: {error.message}", hint=error.hint) from error
        jobs += [Job(index, take, take_of(request, take), stream, key) for take in range(takes)]
    return jobs


def take_of(request: CompletionRequest, take: int) -> CompletionRequest:
    """
    Give the request of one take.

    Each take of a request with an id has one of its own: within a session, and with some providers, a second call of
    one id gives the first answer again.
    """
    return msgspec.structs.replace(request, id=f"{request.id}.{take}") if request.id and take else request


def find_leftovers(path: Path, *, cassette: Cassette | None, redactor: Redactor) -> Leftovers:
    """
    Read the journals of interrupted runs beside a cassette.

    Raises:
        RecordingError: Somebody records into the cassette right now.
        CassetteError: A journal is of a newer format, or cannot be read.
    """
    digest = None if cassette is None else bytes.fromhex(cassette.digest)
    journals: list[Path] = []
    calls: dict[tuple[int, bytes], Kept] = {}
    for place in journal_paths(path):
        if is_done(place, digest):
            continue
        try:
            content = read_journal(place)
        except CassetteMissing:
            # A session that recorded nothing has ended just now.
            continue
        if content.state is State.ALIVE:
            raise RecordingError(
                f"somebody is recording into {str(path)!r} right now (its journal {place.name!r} is open)",
                hint="wait for that run to end, or record into another cassette",
            )
        journals.append(place)
        for call in content.calls:
            calls[call.start, call.entry.data] = _kept(call.start, call.entry, redactor, call.outline)
    return Leftovers(tuple(journals), tuple(calls[at] for at in sorted(calls)))


def calls_of(cassette: Cassette, redactor: Redactor) -> tuple[Kept, ...]:
    """Give a sealed cassette's calls in the order of their takes."""
    return tuple(_kept(at, entry, redactor) for at, entry in enumerate(cassette.entries()))


def _kept(start: int, entry: Entry, redactor: Redactor, outline: Outline | None = None) -> Kept:
    read = decode_call(entry.data)
    outcome = read.call.outcome
    end = end_of(outcome)
    # A credential that got past an older redactor keeps the seal from ever succeeding; that call is made again.
    answered = isinstance(end, Completion) and not scan_entry(entry, redactor)
    return Kept(start, entry.data, entry.key, read.volatile.request_id, answered, outline or outline_of(entry.data))


def make_plan(jobs: Sequence[Job], recorded: Iterable[Kept], *, keep_unasked: bool = False) -> Plan:
    """
    Decide which jobs are done and which are to be called.

    Args:
        jobs: Every call wanted.
        recorded: The calls that are there, in the order they were started.
        keep_unasked: Whether calls that no job asks for stay, and failures that no job calls again.
    """
    answers: dict[bytes, list[Kept]] = {}
    failures: dict[bytes, list[Kept]] = {}
    for call in recorded:
        (answers if call.answered else failures).setdefault(call.key, []).append(call)
    wanted: dict[bytes, list[Job]] = {}
    for job in jobs:
        wanted.setdefault(job.key, []).append(job)
    kept: list[Kept] = []
    missing: set[tuple[int, int]] = set()
    retried = unasked = 0
    for key in {*answers, *failures, *wanted}:
        there, failed, group = answers.get(key, []), failures.get(key, []), wanted.get(key, [])
        used = _preferred(there, group)
        left = _left(group, used)
        kept += there if keep_unasked else used
        if keep_unasked and not left:
            kept += failed
        retried += min(len(failed), len(left))
        unasked += len(there) - len(used)
        missing |= {(job.index, job.take) for job in left}
    kept.sort(key=lambda call: (call.start, call.data))
    to_call = tuple(job for job in jobs if (job.index, job.take) in missing)
    return Plan(to_call, tuple(kept), len(jobs) - len(to_call), retried, unasked)


def _preferred(there: list[Kept], group: list[Job]) -> list[Kept]:
    """Give the recorded answers that stand for jobs: those with a job's id first, then the earliest."""
    ids = {job.request.id for job in group}
    ranked = sorted(there, key=lambda call: (call.request_id not in ids, call.start, call.data))
    return ranked[: len(group)]


def _left(group: list[Job], used: list[Kept]) -> list[Job]:
    """Give the jobs no answer stands for; an answer with a job's id stands for that job."""
    ids = Counter(call.request_id for call in used)
    rest: list[Job] = []
    for job in group:
        if ids[job.request.id] > 0:
            ids[job.request.id] -= 1
        else:
            rest.append(job)
    return rest[ids.total() :]
