"""
From a set of entries to the bytes of a sealed file.

What did not change keeps its frame, byte for byte; the dictionary of an earlier file is kept; equal evidence leaves
the earlier file as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from playhead.errors import CassetteDamaged
from playhead.format.compression import LARGE_ENTRIES, LARGE_LEVEL, LEVEL, Packer, builtin_dictionary, train_dictionary
from playhead.format.entries import Entry, Outline, call_entry, closed, opened, outline_of, request_bytes, with_request
from playhead.format.numbers import (
    BUILTIN_DICTIONARY,
    EMBEDDED_DICTIONARY,
    EMBEDDED_DICTIONARY_SIZE,
    NO_DICTIONARY,
    PART_N,
    SEGMENT_TABLE_MIN_CALLS,
)
from playhead.format.parts import Parts, join_request, split_request
from playhead.format.sealed import EvidenceDigest, Frame, SealedReader, evidence_bytes, write_sealed
from playhead.format.segments import encode_segments
from playhead.format.text import unique

TRAIN_MIN_ENTRIES = 256
"""Below some hundreds of entries 64 KB of dictionary cannot be earned back."""

PASSING_LEVEL = 1

_TRIAL = 24
"""Entries compressed both ways to see whether a trained dictionary pays."""


class Assembly(msgspec.Struct, frozen=True):
    """
    A sealed file, decided but not yet written.

    Attributes:
        entries: What goes in, requests split, parts included, sorted by place.
        digest: Its evidence digest.
        dictionary_id: The dictionary its frames name.
        dictionary: That dictionary's bytes.
        segments: The segment table, or nothing.
        reused: Frames taken over from the earlier file, by place.
    """

    entries: Sequence[Entry]
    digest: bytes
    dictionary_id: int
    dictionary: bytes
    segments: bytes
    reused: dict[tuple[bytes, int], bytes]
    level: int = LEVEL

    def write(self, write: Callable[[bytes], object]) -> None:
        """Write the file's bytes, in order."""
        write_sealed(
            write,
            self._frames(),
            dictionary_id=self.dictionary_id,
            dictionary=self.dictionary,
            digest=lambda: self.digest,
            segments=self.segments,
        )

    def _frames(self) -> Iterator[Frame]:
        packer = Packer(self.dictionary, level=self.level)
        for entry in self.entries:
            kept = self.reused.get(entry.place)
            yield Frame(entry.key, entry.n, packer.pack(entry.data) if kept is None else kept)


def assemble(
    entries: Iterable[Entry],
    *,
    previous: SealedReader | None = None,
    outlines: OutlineSource | None = None,
    splits: SplitSource | None = None,
    renewed: Callable[[Entry], bool] = lambda _: False,
    passing: bool = False,
) -> Assembly:
    """
    Decide the bytes of a sealed file.

    Args:
        entries: Calls with whole requests, and other kinds; parts are made here.
        previous: The file they come after: a call whose evidence is unchanged keeps its old entry.
        outlines: Gives a call's outline where it is known already.
        splits: Gives what ``split_entry`` makes of a call's bytes where it is known already.
        renewed: Tells the calls that stand as given although their evidence is unchanged: their dates are newer.
        passing: Whether the file is only for this process to read: made fast rather than small.

    Raises:
        CassetteDamaged: Two entries share a place and differ, or an entry cannot be read.
    """
    split = _split_all(unique(entries), splits)
    old = {} if previous is None else {(row.key, row.n): row for row in previous.rows()}
    digest = EvidenceDigest()
    chosen: list[Entry] = []
    same: dict[tuple[bytes, int], bytes] = {}
    for entry in split:
        row = old.get(entry.place)
        kept = entry
        if row is not None and previous is not None:
            known = previous.entry(row)
            if known == entry.data or (not renewed(entry) and _says_the_same(known, entry)):
                kept = entry._replace(data=known)
                same[entry.place] = previous.frame(row)
        chosen.append(kept)
        digest.add(kept.key, kept.n, kept.data)
    number, dictionary = (NO_DICTIONARY, b"") if passing else _dictionary(chosen, previous)
    keeps_frames = previous is not None and number == previous.dictionary_id
    return Assembly(
        entries=chosen,
        digest=digest.digest(),
        dictionary_id=number,
        dictionary=dictionary,
        segments=_segment_table(chosen, outlines),
        reused=same if keeps_frames else {},
        level=PASSING_LEVEL if passing else LEVEL if len(chosen) < LARGE_ENTRIES else LARGE_LEVEL,
    )


def _says_the_same(known: bytes, entry: Entry) -> bool:
    return evidence_bytes(known, entry.n) == evidence_bytes(entry.data, entry.n)


OutlineSource = Callable[[Entry], "Outline | None"]
Split = tuple[bytes, Parts]
"""A call entry's bytes with its request split, and the parts that came of it."""

SplitSource = Callable[[bytes], "Split | None"]


def _split_all(entries: Iterable[Entry], known: SplitSource | None) -> list[Entry]:
    found: list[Entry] = []
    parts: dict[bytes, bytes] = {}
    for entry in entries:
        if not entry.is_call:
            if entry.n != PART_N:
                found.append(entry)
            continue
        data, own = (known and known(entry.data)) or split_entry(entry.data)
        found.append(Entry(entry.key, entry.n, data) if own else entry)
        parts.update(own)
    found += [Entry(key, PART_N, data) for key, data in parts.items()]
    found.sort(key=lambda entry: entry.place)
    for one, other in itertools.pairwise(found):
        if one.place == other.place:
            raise CassetteDamaged("two entries share the first 16 bytes of their keys", record=one.key.hex())
    return found


def split_entry(data: bytes) -> Split:
    """Give a call entry with its request split, and the parts that came of it."""
    fields, call = opened(data)
    request, parts = split_request(bytes(call["request"]))
    return (closed(fields, call, request) if parts else data), parts


def _dictionary(entries: Sequence[Entry], previous: SealedReader | None) -> tuple[int, bytes]:
    if previous is not None and previous.dictionary_id == EMBEDDED_DICTIONARY:
        return EMBEDDED_DICTIONARY, previous.dictionary
    builtin = builtin_dictionary()
    if len(entries) >= TRAIN_MIN_ENTRIES:
        trained = train_dictionary([entry.data for entry in entries])
        if trained and _pays(entries, builtin, trained):
            return EMBEDDED_DICTIONARY, trained
    return BUILTIN_DICTIONARY, builtin


def _pays(entries: Sequence[Entry], builtin: bytes, trained: bytes) -> bool:
    step = max(1, len(entries) // _TRIAL)
    trial = [entry.data for entry in entries[::step]]
    with_builtin, with_trained = Packer(builtin), Packer(trained)
    saved = sum(len(with_builtin.pack(data)) - len(with_trained.pack(data)) for data in trial)
    return saved * len(entries) // len(trial) > EMBEDDED_DICTIONARY_SIZE


def _segment_table(entries: Sequence[Entry], known: OutlineSource | None) -> bytes:
    calls = [entry for entry in entries if entry.is_call]
    if len(calls) < SEGMENT_TABLE_MIN_CALLS:
        return b""
    parts = {entry.key: entry.data for entry in entries if entry.n == PART_N}

    def of(entry: Entry) -> Outline:
        found = known(entry) if known is not None else None
        if found is not None:
            return found
        whole = with_request(entry.data, join_request(request_bytes(entry.data), parts.__getitem__))
        return outline_of(whole)

    return encode_segments(of(entry) for entry in calls)


def whole_entries(reader: SealedReader) -> Iterator[Entry]:
    """
    Yield a sealed file's entries with whole requests; parts are filled in and left out.

    Raises:
        CassetteDamaged: An entry or a part does not hold.
    """
    for row in reader.rows():
        if row.n == PART_N:
            continue
        data = reader.entry(row)
        entry = Entry(row.key, row.n, data)
        if entry.is_call:
            entry = call_entry(with_request(data, join_request(request_bytes(data), reader.part)))
        yield entry
