"""
Where a refresh keeps what it was answered until somebody has accepted it: beside the golden, which is not touched.

``name.refresh.cassette`` holds the answers, ``name.refresh.plan`` the calls that were chosen and the golden they were
chosen from. Both stay when a refresh is interrupted, and go when every answer has been decided upon.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from playhead.core.calls import CallEntry, decode_call, key_bytes
from playhead.core.canonical import MALFORMED
from playhead.core.model import Failure, end_of
from playhead.core.redaction import Redactor
from playhead.engine.comparison import Fact, Grade, gravest
from playhead.errors import CassetteDamaged, UsageError
from playhead.format.assembly import whole_entries
from playhead.format.entries import Entry, at_take
from playhead.harness.comparing import answer_facts
from playhead.harness.comparison import Row
from playhead.harness.refresh_plan import Place, RefreshPlan, Target, places_from, places_text
from playhead.sessions.recorder import LiveRedactor, scan_entry
from playhead.store.cassette import Cassette, located
from playhead.store.files import replacing
from playhead.store.journals import journal_paths
from playhead.store.revising import keep_calls
from playhead.store.sealing import open_or_none, seal

VERSION = 1
_ENDINGS = (".cassette.json", ".cassette", ".json")


class _Chosen(msgspec.Struct, frozen=True):
    """What the plan's file holds."""

    version: int
    golden: str
    calls: list[list[Any]]


class Staging(NamedTuple):
    """
    The files of a refresh.

    Attributes:
        cassette: The answers.
        plan: The calls that were chosen.
    """

    cassette: Path
    plan: Path

    @property
    def is_there(self) -> bool:
        """Whether an earlier refresh has left something."""
        return self.plan.exists() or self.cassette.exists() or bool(journal_paths(self.cassette))


def staging_of(golden: Path) -> Staging:
    """Give the places of a golden's refresh."""
    ending = next((ending for ending in _ENDINGS if golden.name.endswith(ending)), "")
    stem = golden.name.removesuffix(ending)
    return Staging(golden.with_name(f"{stem}.refresh.cassette"), golden.with_name(f"{stem}.refresh.plan"))


def write_chosen(staging: Staging, digest: str, targets: tuple[Target, ...]) -> None:
    """
    Keep which calls were chosen, and from what.

    Raises:
        RecordingError: The file cannot be written.
    """
    with replacing(staging.plan) as write:
        write(msgspec.json.encode(_Chosen(VERSION, digest, places_text(targets))))


def read_chosen(staging: Staging, golden: Cassette) -> frozenset[Place]:
    """
    Give the calls that an interrupted refresh had chosen.

    Raises:
        UsageError: There is none, it cannot be read, or the golden has changed since.
    """
    hint = "--discard throws away what is there and starts over"
    try:
        chosen = msgspec.json.decode(staging.plan.read_bytes(), type=_Chosen)
        places = places_from(chosen.calls)
    except FileNotFoundError:
        raise UsageError(f"there is no refresh of {str(golden.path)!r} to go on with") from None
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise UsageError(f"the plan {str(staging.plan)!r} cannot be read: {error}", hint=hint) from None
    if chosen.version != VERSION:
        raise UsageError(f"the plan {str(staging.plan)!r} is of another version", hint=hint)
    if chosen.golden != golden.digest:
        raise UsageError(f"{str(golden.path)!r} has changed since its refresh was begun", hint=hint)
    return places


def discard(staging: Staging) -> None:
    """Throw away what a refresh has left."""
    for path in (*journal_paths(staging.cassette), staging.cassette, staging.plan):
        path.unlink(missing_ok=True)


def settle(staging: Staging, golden: Cassette, redactor: Redactor) -> None:
    """
    Bring what an interrupted refresh has left into order: its journals sealed, and calls that failed taken out.

    Raises:
        SecretFound: A credential was found in an answer; the journal stays.
        CassetteError: The answers cannot be read.
    """
    rules = LiveRedactor(redactor)
    seal(staging.cassette, scan=lambda entry: scan_entry(entry, rules.current()), adopt_crashed=True)
    if open_or_none(staging.cassette) is not None:
        keep_calls(staging.cassette, lambda entry: not _failed(_decoded(entry), golden))


def _failed(call: CallEntry, golden: Cassette) -> bool:
    """Tell whether a call failed to which the golden has an answer: of those another try may help."""
    if not _is_failure(call):
        return False
    key = key_bytes(call.key)
    takes = (golden.get(key, n) for n in range(golden.takes(key)))
    return not any(take is not None and _is_failure(take) for take in takes)


def _is_failure(call: CallEntry) -> bool:
    outcome = call.call.outcome
    return isinstance(end_of(outcome), Failure)


def _decoded(entry: Entry) -> CallEntry:
    try:
        return decode_call(entry.data)
    except MALFORMED as error:
        raise CassetteDamaged(f"a call cannot be read: {error}", record=entry.key.hex()) from None


def answered(staging: Staging) -> dict[bytes, int]:
    """
    Count the answers that wait, by fingerprint.

    Raises:
        CassetteError: They cannot be read.
    """
    staged = open_or_none(staging.cassette)
    return {} if staged is None else dict(Counter(entry.key for entry in staged.entries()))


class Candidate(NamedTuple):
    """
    An answer that may take the place of a golden's.

    Attributes:
        row: The call with what differs.
        fresh: The call as it would stand in the golden, its request whole.
        failed: Whether it failed where the golden has an answer: such a call is not accepted.
    """

    row: Row
    fresh: Entry
    failed: bool

    @property
    def grade(self) -> Grade:
        """The gravest of what differs."""
        return self.row.grade


def candidates(golden: Cassette, plan: RefreshPlan, staging: Staging) -> list[Candidate]:
    """
    Hold what was answered against the golden.

    The answers of one question are given to its chosen takes in their order.

    Raises:
        CassetteError: A file cannot be read.
    """
    staged = open_or_none(staging.cassette)
    if staged is None:
        return []
    with located(staged.path):
        fresh: dict[bytes, list[Entry]] = {}
        for entry in whole_entries(staged.reader):
            if entry.is_call:
                fresh.setdefault(entry.key, []).append(entry)
    found: list[Candidate] = []
    for target in sorted(plan.targets, key=lambda target: target.asked.take):
        waiting = fresh.get(target.key)
        if not waiting:
            continue
        entry = at_take(waiting.pop(0), target.asked.take)
        old, new = golden.get(target.key, target.asked.take), _decoded(entry)
        if old is None:
            continue  # gone from the golden, whose digest tells so
        facts: tuple[Fact, ...] = answer_facts(golden, old, new)
        row = Row(target.asked, gravest(facts), facts)
        found.append(Candidate(row, entry, _is_failure(new) and not _is_failure(old)))
    order = {target.place: index for index, target in enumerate(plan.targets)}
    return sorted(found, key=lambda one: order[one.fresh.place])
