"""Revising: some calls of a cassette give way to others, everything else stays to the byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from playhead.errors import RecordingError, UsageError
from playhead.format.assembly import assemble, whole_entries
from playhead.format.entries import Entry, at_take
from playhead.format.numbers import KEY_LENGTH
from playhead.store.cassette import located, open_cassette
from playhead.store.files import check_target
from playhead.store.sealing import Scan, is_text, known_outlines, lock_for, refuse_secrets, write_assembly

Place = tuple[bytes, int]
"""The first 16 bytes of a call's key, and the number of its take."""


class Revised(NamedTuple):
    """
    What a revision did.

    Attributes:
        path: The cassette.
        replaced: Calls that gave way.
        digest: The cassette's evidence digest now.
    """

    path: Path
    replaced: int
    digest: str


def revise(path: Path, fresh: Mapping[Place, Entry], *, digest: str, scan: Scan, fsync: bool = True) -> Revised:
    """
    Put other calls in the places of some.

    A call that says the same as the one before takes its place all the same: its date is the newer one.

    Args:
        path: The cassette.
        fresh: The calls, requests whole, by the places they take.
        digest: The evidence digest of the cassette that they were held against.
        scan: Looks for credentials in each of them.
        fsync: Whether to wait for the disk.

    Raises:
        UsageError: There is no call at one of the places, or the call there answers another question.
        RecordingError: The cassette has changed since, or cannot be written; it is as it was.
        SecretFound: A credential was found; the cassette is as it was.
        CassetteError: The cassette cannot be read.
    """
    check_target(path)
    with lock_for(path), located(path):
        golden = open_cassette(path)
        if golden.digest != digest:
            raise RecordingError(
                f"{str(path)!r} has changed since its calls were made again",
                context={"path": str(path)},
                hint="look at what changed, and make them again",
            )
        refuse_secrets(fresh.values(), scan, path)
        entries = list(whole_entries(golden.reader))
        known = {entry.place: entry.key for entry in entries if entry.is_call}
        for place, entry in fresh.items():
            if known.get(place) != entry.key or entry.place != place:
                raise UsageError(f"there is no call {entry.key.hex()[:12]} take {place[1]} in {str(path)!r}")
        outlines = known_outlines(golden, [])
        assembly = assemble(
            [fresh.get(entry.place, entry) for entry in entries],
            previous=golden.reader,
            passing=is_text(path),
            outlines=lambda entry: outlines.get(entry.key[:KEY_LENGTH]),
            renewed=lambda entry: entry.place in fresh,
        )
        write_assembly(path, assembly, fsync=fsync)
    return Revised(path, len(fresh), assembly.digest.hex())


def keep_calls(path: Path, keep: Callable[[Entry], bool], *, fsync: bool = True) -> int:
    """
    Leave calls out of a cassette; the takes that stay are numbered anew, in their order.

    Args:
        path: The cassette.
        keep: Tells whether a call, its request whole, stays.
        fsync: Whether to wait for the disk.

    Returns:
        How many calls went.

    Raises:
        RecordingError: The cassette cannot be written; it is as it was.
        CassetteError: It cannot be read.
    """
    check_target(path)
    with lock_for(path), located(path):
        entries = list(whole_entries(open_cassette(path).reader))
        kept = [entry for entry in entries if not entry.is_call or keep(entry)]
        if len(kept) < len(entries):
            write_assembly(path, assemble(_numbered(kept), passing=is_text(path)), fsync=fsync)
    return len(entries) - len(kept)


def _numbered(entries: Iterable[Entry]) -> Iterable[Entry]:
    counts: dict[bytes, int] = {}
    for entry in entries:
        if not entry.is_call:
            yield entry
            continue
        n = counts.get(entry.key, 0)
        counts[entry.key] = n + 1
        yield at_take(entry, n)
