"""
Sealing: the earlier cassette and the journals of a run become the new cassette.

The last session of a run to end does the work: while another still records into the same cassette its journal is
alive, and a closed journal waits for it. So the result is the same in whatever order the sessions end. Each step
can be cut off and taken again: journals are marked with the digest of the new file before it is swapped in, and
removed after.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import NamedTuple

from playhead.core.modes import Mode
from playhead.errors import CassetteMissing, RecordingError, SecretFound
from playhead.format.assembly import Assembly, assemble, whole_entries
from playhead.format.entries import Entry, Outline, at_take
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import KEY_LENGTH
from playhead.format.rules import is_rules, rules_entry
from playhead.format.sealed import SealedReader
from playhead.format.text import encode_text
from playhead.store.cassette import Cassette, located, open_cassette
from playhead.store.files import check_target, replacing
from playhead.store.journals import (
    JournalContent,
    State,
    is_done,
    journal_paths,
    read_journal,
    set_aside,
)

LOCK_NAME = ".playhead.lock"
LOCK_SECONDS = 120.0
"""Longest wait for another process that seals into the same folder; sealing 100,000 calls takes some 20 s."""

Scan = Callable[[Entry], Iterable[tuple[str, str]]]
"""Gives ``(path, rule)`` for each credential left in an entry."""


class Sealed(NamedTuple):
    """
    What sealing did.

    Attributes:
        path: The cassette.
        written: Whether the file was written; equal evidence leaves it untouched.
        calls: Calls in the cassette now.
        waiting: Journals of sessions that still record; the last of them will seal.
        left: Journals of a crash, or of an earlier run that a ``record`` run does not take over;
            ``playhead recover`` does.
    """

    path: Path
    written: bool
    calls: int
    waiting: tuple[Path, ...] = ()
    left: tuple[Path, ...] = ()


def is_text(path: Path) -> bool:
    """Tell by a cassette's name which profile it is written in."""
    return path.suffix == ".json"


@contextlib.contextmanager
def lock_for(path: Path) -> Generator[None]:
    """
    Hold the lock under which cassettes of a folder are swapped; its file is hidden, one a folder.

    Raises:
        RecordingError: Another process has held it for too long.
    """
    import filelock  # a session that only replays needs none

    try:
        with filelock.FileLock(path.parent / LOCK_NAME, timeout=LOCK_SECONDS):
            yield
    except filelock.Timeout as error:
        raise RecordingError(
            f"another process has held the lock of {str(path.parent)!r} for {LOCK_SECONDS:.0f} s",
            hint="the journal is kept; run 'playhead recover' on the cassette when that process is done",
        ) from error


def seal(
    path: Path,
    *,
    scan: Scan,
    opened: int | None = None,
    scanned: Path | None = None,
    own: JournalContent | None = None,
    adopt_crashed: bool = False,
    renew: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    fsync: bool = True,
) -> Sealed:
    """
    Unite a cassette with its closed journals.

    Args:
        path: The cassette.
        scan: Looks for credentials in each new call.
        opened: When the session that asks was opened, in nanoseconds since the epoch. Sessions that overlap with it,
            directly or through others, are one run; a run of mode ``record`` takes the cassette's place alone, without
            what earlier runs could not seal.
        scanned: A journal whose calls have been looked at under the very rules of ``scan`` already.
        own: A journal as its writer closed it, which need not be read again.
        adopt_crashed: Whether journals left by a crash count as closed.
        renew: Whether a file of the same evidence is written too, for its dates.
        limits: Bounds on what is read.
        fsync: Whether to wait for the disk.

    Raises:
        SecretFound: A credential was found; nothing was written and the journals stay.
        RecordingError: The file cannot be written; the old one and the journals stay.
        CassetteError: The earlier cassette cannot be read; it stays untouched.
    """
    check_target(path)
    with lock_for(path):
        previous = open_or_none(path, limits=limits)
        members, waiting, left = chosen(_pending(path, previous, own), opened=opened, adopt_crashed=adopt_crashed)
        if waiting or not members:
            return Sealed(path, False, 0 if previous is None else len(previous), waiting, left)
        refuse_secrets((call.entry for one in members if one.path != scanned for call in one.calls), scan, path)
        return _seal(path, previous, members, renew=renew, fsync=fsync)._replace(left=left)


def chosen(
    journals: list[JournalContent], *, opened: int | None, adopt_crashed: bool
) -> tuple[list[JournalContent], tuple[Path, ...], tuple[Path, ...]]:
    """Tell the journals to be sealed from those of sessions that still record and those that are left alone."""
    wanted = {State.CLOSED, State.CRASHED, State.FAILED} if adopt_crashed else {State.CLOSED}
    members = [journal for journal in journals if journal.state in wanted]
    if opened is not None and not adopt_crashed:
        crashed = [journal for journal in journals if journal.state is State.CRASHED]
        members = of_run(members, crashed, opened)
    waiting = tuple(journal.path for journal in journals if journal.state is State.ALIVE)
    taken = {journal.path for journal in members} | set(waiting)
    return members, waiting, tuple(journal.path for journal in journals if journal.path not in taken)


def _seal(path: Path, previous: Cassette | None, closed: list[JournalContent], *, renew: bool, fsync: bool) -> Sealed:
    with located(path):
        known = known_outlines(previous, closed)
        splits = {call.entry.data: call.split for one in closed for call in one.calls if call.split is not None}
        assembly = assemble(
            unite(previous, closed),
            previous=None if previous is None else previous.reader,
            passing=is_text(path),
            outlines=lambda entry: known.get(entry.key[:KEY_LENGTH]),
            splits=splits.get,
            renewed=lambda _: renew,
        )
    try:
        done = set_aside_all(closed, assembly.digest)
        written = renew or previous is None or previous.digest != assembly.digest.hex()
        if written:
            write_assembly(path, assembly, fsync=fsync)
        for journal in done:
            journal.unlink(missing_ok=True)
    except OSError as error:
        raise RecordingError(
            f"cannot put the journals of {str(path)!r} away: {error.strerror or error}",
            context={"path": str(path)},
            hint="what was recorded is in the cassette or in its journals; seal again, or run 'playhead recover'",
        ) from error
    calls = sum(1 for entry in assembly.entries if entry.is_call)
    return Sealed(path, written, calls)


def of_run(closed: list[JournalContent], crashed: list[JournalContent], opened: int) -> list[JournalContent]:
    """
    Give the closed journals that the session which was opened last may seal.

    A run of mode ``record`` takes the cassette's place: alone, and only if none of its sessions crashed. Any other
    run adds to the cassette, and takes along what earlier ones could not add.
    """
    members: list[JournalContent] = []
    # Backwards from the session that ends last: each journal that was still open when the run so far began is of it.
    for journal in sorted(closed, key=lambda journal: -(journal.closed or 0)):
        if (journal.closed or 0) >= opened:
            members.append(journal)
            opened = min(opened, journal.opened)
    if any(journal.mode is Mode.RECORD for journal in members):
        return [] if any(journal.opened >= opened for journal in crashed) else members
    return [journal for journal in closed if journal in members or journal.mode is not Mode.RECORD]


def open_or_none(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Cassette | None:
    """
    Open a cassette, or give ``None`` where there is no file.

    Raises:
        CassetteError: There is one, and it cannot be read.
    """
    try:
        return open_cassette(path, limits=limits)
    except CassetteMissing:
        return None


def _pending(path: Path, previous: Cassette | None, own: JournalContent | None) -> list[JournalContent]:
    """Read the journals beside a cassette; those already in it, left by a crash between swap and removal, go."""
    digest = None if previous is None else bytes.fromhex(previous.digest)
    found: list[JournalContent] = []
    for journal in journal_paths(path):
        if is_done(journal, digest):
            journal.unlink(missing_ok=True)
            continue
        if own is not None and journal == own.path:
            found.append(own)
            continue
        # A session that recorded nothing removes its journal without the lock.
        with contextlib.suppress(CassetteMissing):
            found.append(read_journal(journal))
    return found


def unite(previous: Cassette | None, journals: list[JournalContent]) -> list[Entry]:
    """Unite an earlier cassette with the calls of journals."""
    # A run that did not end well takes no cassette's place: what it recorded is added.
    replaces = any(journal.mode is Mode.RECORD and journal.state is State.CLOSED for journal in journals)
    kept: list[Entry] = []
    if previous is not None:
        kept = [entry for entry in whole_entries(previous.reader) if not replaces or not entry.is_call]
    rules = [entry for entry in kept if is_rules(entry)]
    if replaces or not rules:
        kept = [entry for entry in kept if not is_rules(entry)] + rules_of(journals)
    return kept + numbered(kept, journals)


def rules_of(journals: Iterable[JournalContent]) -> list[Entry]:
    """
    Give the entry of the rules that journals were recorded under; none where matching was exact.

    Raises:
        RecordingError: Two were recorded under other rules, so the keys of one mean nothing to the other.
    """
    found: list[Entry | None] = []
    for journal in journals:
        entry = rules_entry(journal.rules)
        if entry not in found:
            found.append(entry)
    if len(found) > 1:
        raise RecordingError(
            "sessions of one run recorded into one cassette under different rules for matching",
            hint="give every session the same matching=; the journals stay",
        )
    return [entry for entry in found if entry is not None]


def numbered(kept: Iterable[Entry], journals: Iterable[JournalContent]) -> list[Entry]:
    """Number the calls of journals: takes of one request by the time their calls started, after those kept."""
    counts: dict[bytes, int] = {}
    for entry in kept:
        if entry.is_call:
            counts[entry.key] = counts.get(entry.key, 0) + 1
    fresh: list[Entry] = []
    calls = [call for journal in journals for call in journal.calls]
    for _, entry in sorted((call.start, call.entry) for call in calls):
        n = counts.get(entry.key, 0)
        counts[entry.key] = n + 1
        fresh.append(at_take(entry, n))
    return fresh


def failed_path(path: Path) -> Path:
    """Give the place where the recording of a run that failed is kept apart."""
    for ending in (".cassette.json", ".cassette", ".json"):
        if path.name.endswith(ending):
            return path.with_name(f"{path.name.removesuffix(ending)}.failed{ending}")
    return path.with_name(f"{path.name}.failed")


def seal_failed(path: Path, journal: Path, *, scan: Scan) -> Path:
    """
    Keep the recording of a run that failed beside its cassette, for a person to look at.

    Raises:
        SecretFound: A credential was found; the journal stays.
        RecordingError: The file cannot be written; the journal stays.
    """
    apart = failed_path(path)
    entries = unite(None, [read_journal(journal)])
    refuse_secrets(entries, scan, apart)
    write_assembly(apart, assemble(entries, passing=is_text(apart)))
    journal.unlink(missing_ok=True)
    return apart


def refuse_secrets(entries: Iterable[Entry], scan: Scan, path: Path) -> None:
    """
    Refuse to go on where a credential is left in an entry.

    Raises:
        SecretFound: One was found; the error says where, never what.
    """
    findings = tuple((entry.key.hex()[:12], place, rule) for entry in entries for place, rule in scan(entry))
    if findings:
        shown = ", ".join(f"{place} of {key} ({rule})" for key, place, rule in findings[:5])
        raise SecretFound(
            f"refusing to write {str(path)!r}: {len(findings)} credential(s) found: {shown}",
            findings=findings,
            hint="add a redaction rule and record again; the journal stays until then",
        )


def known_outlines(previous: Cassette | None, journals: list[JournalContent]) -> dict[bytes, Outline]:
    """Give the outlines that need not be computed again, by the first 16 bytes of the key."""
    table = None if previous is None else previous.reader.outlines()
    found = {} if table is None or previous is None else {key: outline for key, _, outline in previous.outlines()}
    for journal in journals:
        found.update({call.entry.key[:KEY_LENGTH]: call.outline for call in journal.calls if call.outline is not None})
    return found


def set_aside_all(journals: list[JournalContent], digest: bytes) -> list[Path]:
    """Mark every journal as part of the file that is about to be written."""
    return [set_aside(journal.path, digest) for journal in journals]


def write_assembly(path: Path, assembly: Assembly, *, fsync: bool = True) -> None:
    """
    Write a cassette in the profile its name asks for.

    Raises:
        RecordingError: The file cannot be written; what stood there stays.
    """
    with replacing(path, fsync=fsync) as write:
        if is_text(path):
            sealed = bytearray()
            assembly.write(sealed.extend)
            write(encode_text(whole_entries(SealedReader(bytes(sealed)))))
        else:
            assembly.write(write)
