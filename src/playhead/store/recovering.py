"""Recovering: every whole call of files that do not hold, united into a new file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from playhead.errors import CassetteError, CassetteMissing, NotACassette, UsageError
from playhead.format.assembly import assemble, whole_entries
from playhead.format.entries import Entry, call_entry
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import MAGIC
from playhead.format.salvage import salvage_sealed, salvage_text
from playhead.format.sealed import SealedReader
from playhead.format.text import decode_text
from playhead.format.union import unite_entries
from playhead.store.files import check_target, read_file
from playhead.store.journals import journal_paths, read_journal
from playhead.store.sealing import Scan, is_text, lock_for, refuse_secrets, write_assembly


class Recovered(NamedTuple):
    """
    What was recovered.

    Attributes:
        path: The new cassette.
        calls: Calls in it.
        sources: The files that were read.
        dropped: What could not be kept, in words.
    """

    path: Path
    calls: int
    sources: tuple[Path, ...]
    dropped: tuple[str, ...]


def recover(paths: Sequence[Path], out: Path, *, accept_edits: bool = False, scan: Scan) -> Recovered:
    """
    Unite every whole call of some files into a new cassette.

    Args:
        paths: Cassettes of either profile, however damaged, and journals; the journals beside a cassette are
            read with it.
        out: The new file; nothing may stand there, and no source is changed.
        accept_edits: Whether calls edited by hand in a text cassette are taken over.
        scan: Looks for credentials in each call.

    Raises:
        UsageError: Something stands at ``out``, or no path was given.
        CassetteMissing: A path has neither a cassette nor journals.
        SecretFound: A credential was found; nothing was written.
    """
    if not paths:
        raise UsageError("nothing to recover from", hint="name a cassette or its journals")
    if out.exists():
        raise UsageError(f"{str(out)!r} is there already", hint="recovering always writes a new file: name another")
    check_target(out)
    entries: list[Entry] = []
    dropped: list[str] = []
    sources: list[Path] = []
    for path in paths:
        for source in _sources(path):
            found, lost = _read(source, accept_edits=accept_edits, limits=DEFAULT_LIMITS)
            entries += found
            dropped += [f"{source.name}: {line}" for line in lost]
            sources.append(source)
    united = unite_entries(entries)
    refuse_secrets(united, scan, out)
    with lock_for(out):
        write_assembly(out, assemble(united, passing=is_text(out)))
    calls = sum(1 for entry in united if entry.is_call)
    return Recovered(out, calls, tuple(sources), tuple(dropped))


def _sources(path: Path) -> list[Path]:
    journals = [] if ".j-" in path.name else journal_paths(path)
    there = path.exists() or path.is_symlink()
    if not there and not journals:
        raise CassetteMissing("there is neither a cassette nor a journal of one", path=path)
    return [path, *journals] if there else journals


def _read(path: Path, *, accept_edits: bool, limits: Limits) -> tuple[list[Entry], list[str]]:
    if ".j-" in path.name:
        return _read_journal(path)
    data = read_file(path)
    if MAGIC in data[:64] or path.suffix == ".cassette":
        try:
            return list(whole_entries(SealedReader(data, limits=limits))), []
        except CassetteError:
            found = salvage_sealed(bytes(data), limits)
    else:
        try:
            return decode_text(bytes(data), limits=limits), []
        except CassetteError:
            found = salvage_text(bytes(data), accept_edits=accept_edits)
    if not found.entries and not found.dropped:
        raise NotACassette("holds nothing that looks like a recorded call", path=path)
    return found.entries, found.dropped


def _read_journal(path: Path) -> tuple[list[Entry], list[str]]:
    journal = read_journal(path)
    entries = [call_entry(bytes(call.entry)) for call in journal.calls]
    return entries, [f"a torn line of {line.length} bytes at byte {line.offset}" for line in journal.torn]
