"""Recovering: every whole call of files that do not hold, united into a new file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from playhead.errors import CassetteError, CassetteMissing, NotACassette, UsageError
from playhead.format.assembly import assemble, whole_entries
from playhead.format.entries import Entry
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import MAGIC
from playhead.format.rules import is_rules
from playhead.format.salvage import Salvaged, salvage_sealed, salvage_text
from playhead.format.sealed import SealedReader
from playhead.format.text import decode_text, looks_like_text
from playhead.format.union import unite_entries
from playhead.store.cassette import open_cassette
from playhead.store.files import check_target, read_file
from playhead.store.journals import JournalContent, is_done, is_journal, journal_paths, read_journal
from playhead.store.sealing import Scan, is_text, lock_for, numbered, refuse_secrets, rules_of, write_assembly


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
    journals: list[JournalContent] = []
    dropped: list[str] = []
    sources = [source for path in paths for source in _sources(path)]
    for source in sources:
        if is_journal(source):
            journals.append(journal := read_journal(source))
            dropped += [f"{source.name}: a torn line of {torn.length} bytes" for torn in journal.torn]
        else:
            found = _read(source, accept_edits=accept_edits, limits=DEFAULT_LIMITS)
            entries += found.entries
            dropped += [f"{source.name}: {line}" for line in found.dropped]
    known = [entry for entry in entries if is_rules(entry)]
    united = unite_entries([*entries, *([] if known else rules_of(journals))])
    united += numbered(united, _without_copies(journals))
    refuse_secrets(united, scan, out)
    with lock_for(out):
        write_assembly(out, assemble(united, passing=is_text(out)))
    calls = sum(1 for entry in united if entry.is_call)
    return Recovered(out, calls, tuple(sources), tuple(dropped))


def _without_copies(journals: list[JournalContent]) -> list[JournalContent]:
    """Count a call once that a resumed run had copied into its own journal when it died."""
    seen: set[tuple[int, Entry]] = set()
    kept: list[JournalContent] = []
    for journal in journals:
        calls = [call for call in journal.calls if (call.start, call.entry) not in seen]
        seen |= {(call.start, call.entry) for call in calls}
        kept.append(journal._replace(calls=calls))
    return kept


def _sources(path: Path) -> list[Path]:
    """Give a cassette with the journals beside it that are not part of it yet, or a journal alone."""
    if is_journal(path):
        return [path]
    journals = journal_paths(path)
    if not path.exists() and not path.is_symlink():
        if not journals:
            raise CassetteMissing("there is neither a cassette nor a journal of one", path=path)
        return journals
    try:
        digest = bytes.fromhex(open_cassette(path).digest)
    except CassetteError:
        digest = None
    return [path, *(journal for journal in journals if not is_done(journal, digest))]


def _read(path: Path, *, accept_edits: bool, limits: Limits) -> Salvaged:
    data = read_file(path)
    text = MAGIC not in data[:64] and path.suffix != ".cassette"
    try:
        if text:
            return Salvaged(decode_text(bytes(data), limits=limits), [])
        return Salvaged(list(whole_entries(SealedReader(data, limits=limits))), [])
    except CassetteError:
        found = salvage_text(bytes(data), accept_edits=accept_edits) if text else salvage_sealed(bytes(data), limits)
    if not found.entries and MAGIC not in data[:64] and not looks_like_text(data[:256]):
        raise NotACassette("holds nothing that looks like a recorded call", path=path)
    return found
