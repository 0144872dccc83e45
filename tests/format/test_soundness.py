"""Verification: a sound file has no fault, and each kind of fault is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from playhead.core.canonical import encode_normal
from playhead.core.model import CompletionRequest
from playhead.format.assembly import assemble
from playhead.format.entries import Entry, Outline, request_bytes, with_request
from playhead.format.numbers import PART_MIN_LENGTH, PART_N, SEGMENT_TABLE_MIN_CALLS
from playhead.format.parts import split_request
from playhead.format.sealed import SealedReader
from playhead.format.segments import encode_segments
from playhead.format.soundness import faults_of
from tests.format.sealed_files import written
from tests.strategies import call_entry, entry_lists, other_entry, reader_of, sealed

LONG = "y" * PART_MIN_LENGTH


def faults(entries: list[Entry], **options: Any) -> list[str]:
    """Give the faults of a file of these very entries, nothing split or checked."""
    entries = sorted(entries, key=lambda entry: entry.place)
    return list(faults_of(SealedReader(written(entries, **options))))


def changed(entry: Entry, **fields: Any) -> Entry:
    """Change fields of an entry's bytes, its place left as it is."""
    return entry._replace(data=encode_normal({**msgspec.json.decode(entry.data), **fields}))


def consecutive(entries: list[Entry]) -> list[Entry]:
    """Keep what a store would hold: each request's takes from 0 on."""
    return [entry for entry in entries if not entry.is_call or entry.n == 0]


@settings(max_examples=30)
@given(entry_lists)
def test_what_is_written_is_sound(entries: list[Entry]) -> None:
    """Whatever a writer writes has no fault."""
    assert list(faults_of(reader_of(consecutive(entries)))) == []


def test_large_files_are_sound() -> None:
    """A file with a segment table, parts and takes has no fault, however it was assembled."""
    entries = [call_entry(f"{n}{LONG}", "x", n=take) for n in range(SEGMENT_TABLE_MIN_CALLS) for take in range(2)]
    reader = reader_of(entries)
    assert reader.outlines() is not None
    assert list(faults_of(reader)) == []
    assert list(faults_of(reader_of(entries[4:], previous=reader))) == []


SPLIT = call_entry(CompletionRequest(LONG), "x")
REQUEST, PARTS = split_request(request_bytes(SPLIT.data))
WITHOUT_PART = SPLIT._replace(data=with_request(SPLIT.data, REQUEST))
PART = Entry(next(iter(PARTS)), PART_N, next(iter(PARTS.values())))
ONE = call_entry("x", "y")
OTHER = call_entry("other", "y")
SPACED = ONE._replace(data=ONE.data.replace(b'"n":0', b'"n": 0'))

FAULTY: dict[str, tuple[list[Entry], str]] = {
    "a key of another": ([changed(ONE, key=msgspec.json.decode(OTHER.data)["key"])], "says it is"),
    "a number of another": ([ONE, changed(ONE, n=2)._replace(n=1)], "says it is"),
    "a missing take": ([ONE._replace(n=1, data=changed(ONE, n=1).data)], "take 0 is missing"),
    "a request of another": (
        [ONE._replace(data=with_request(ONE.data, b'{"family":"llm","prompt":"z"}'))],
        "its key is not that of its request",
    ),
    "a part that is missing": ([WITHOUT_PART], "a shared part is missing"),
    "a part nobody needs": ([ONE, PART], "no call refers to it"),
    "a part under another key": ([Entry(b"\xff" * 16, PART_N, PART.data)], "does not match its key"),
    "blanks in an entry": ([SPACED], "not in canonical form"),
    "an entry that is no call": ([Entry(bytes(32), 0, b'{"type":"note"}')], "cannot be read"),
    "an entry that is no JSON": ([Entry(bytes(32), 0, b"hello")], "cannot be read"),
    "a note that is no JSON": ([other_entry()._replace(data=b"hello")], "malformed"),
    "a deep note": ([other_entry()._replace(data=b"[" * 100_000)], "nested|recursion|depth"),
}


@pytest.mark.parametrize(("entries", "words"), FAULTY.values(), ids=FAULTY)
def test_each_fault_is_named(entries: list[Entry], words: str) -> None:
    """A file whose checksums hold but whose contents do not is told, fault by fault."""
    found = faults(entries, digest=bytes(32))
    assert any(word in fault for fault in found for word in words.split("|")), found
    assert all("\n" not in fault for fault in found)


def test_wrong_digest() -> None:
    """A footer with another digest than the entries have is a fault."""
    assert faults([ONE]) == []
    assert faults([ONE], digest=bytes(32)) == ["the evidence digest in the footer is not that of the entries"]


@pytest.mark.parametrize("count", [1, 2])
def test_wrong_segment_table(count: int) -> None:
    """A segment table that is not that of the calls is a fault, and one of another length too."""
    table = encode_segments([Outline((bytes(4),) * 7, bytes(10))] * count)
    (fault,) = faults([ONE], segments=table)
    assert "segment table" in fault


def test_every_damaged_frame_is_told_and_the_rest_checked() -> None:
    """Verification does not stop at the first fault: every damaged entry is named, the sound ones are not."""
    entries = [call_entry(f"question {n}", "x") for n in range(6)]
    data = bytearray(sealed(entries))
    rows = list(SealedReader(bytes(data)).rows())
    for row in (rows[1], rows[4]):
        data[row.offset + row.length - 1] ^= 1
    found = list(faults_of(SealedReader(bytes(data))))
    named = {row.key.hex()[:12] for row in (rows[1], rows[4])}
    assert {name for name in (row.key.hex()[:12] for row in rows) if any(name in fault for fault in found)} == named


def test_damaged_index() -> None:
    """A damaged index is one fault, not an exception."""
    data = bytearray(sealed([ONE, OTHER]))
    reader = SealedReader(bytes(data))
    last = list(reader.rows())[-1]
    data[last.offset + last.length + 8] ^= 0xFF
    (fault,) = faults_of(SealedReader(bytes(data)))
    assert "index" in fault


def test_assembled_files_say_what_they_hold() -> None:
    """The digest an assembly announces is the one verification computes."""
    assembly = assemble([ONE, OTHER, SPLIT])
    pieces: list[bytes] = []
    assembly.write(pieces.append)
    assert list(faults_of(SealedReader(b"".join(pieces)))) == []
