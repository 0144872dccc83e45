"""From entries to a sealed file: the same set gives the same bytes, and what did not change stays."""

from __future__ import annotations

import random
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead.core.calls import Volatile
from playhead.core.canonical import encode_normal
from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.errors import CassetteDamaged
from playhead.format.assembly import TRAIN_MIN_ENTRIES, Assembly, Split, assemble, split_entry, whole_entries
from playhead.format.compression import Packer, builtin_dictionary
from playhead.format.entries import Entry, Outline, outline_of
from playhead.format.numbers import (
    BUILTIN_DICTIONARY,
    EMBEDDED_DICTIONARY,
    FIRST_RESERVED_N,
    NO_DICTIONARY,
    PART_MIN_LENGTH,
    PART_N,
    SEGMENT_TABLE_MIN_CALLS,
)
from playhead.format.sealed import SealedReader
from playhead.format.segments import pack_outline, unpack_outline
from playhead.format.text import decode_text, encode_text
from tests.format.sealed_files import written
from tests.strategies import agent_history, call_entry, entry_lists, other_entry, reader_of, sealed

LONG = "a shared instruction " * (PART_MIN_LENGTH // 20)


def by_place(entries: list[Entry]) -> list[Entry]:
    """Sort entries as a sealed file does."""
    return sorted(entries, key=lambda entry: entry.place)


def calls(count: int, *, answer: str = "it is fine", volatile: Volatile | None = None) -> list[Entry]:
    """Give calls that share a long instruction."""
    return [
        call_entry(
            CompletionRequest(messages=({"role": "system", "content": LONG}, {"role": "user", "content": f"{n}"})),
            Completion(f"{answer} {n}", raw={"id": f"{volatile}{n}"}),
            volatile=volatile or Volatile("2026-01-01"),
        )
        for n in range(count)
    ]


def numbered(count: int) -> list[Entry]:
    """Give calls that have much in common, so that a dictionary of their own pays."""
    source = random.Random(1)
    words = [f"{source.getrandbits(64):016x}" for _ in range(400)]
    return [
        call_entry(
            CompletionRequest(f"{n}: " + " ".join(source.sample(words, 25)), model="m"),
            Completion(" ".join(source.sample(words, 25))),
        )
        for n in range(count)
    ]


# --- the same set, the same bytes


@settings(max_examples=30)
@given(entry_lists, st.randoms(use_true_random=False))
def test_order_does_not_matter(entries: list[Entry], source: random.Random) -> None:
    """The same set of entries, in any order and with any of them twice, gives the same bytes."""
    data = sealed(entries)
    again = [*entries, *source.sample(entries, len(entries) // 2)]
    source.shuffle(again)
    assert sealed(again) == data
    assert sealed(iter(entries)) == data


@settings(max_examples=30)
@given(entry_lists)
def test_text_and_back(entries: list[Entry]) -> None:
    """From the sealed profile to the text and back nothing is lost, and the digest is equal."""
    data = sealed(entries)
    text = encode_text(whole_entries(SealedReader(data)))
    assert text == encode_text(entries)
    assert sealed(decode_text(text)) == data
    assert assemble(decode_text(text)).digest == SealedReader(data).digest


@settings(max_examples=20)
@given(entry_lists)
def test_assembling_again_changes_nothing(entries: list[Entry]) -> None:
    """A file assembled from its own entries, with or without itself as the previous one, is the same file."""
    data = sealed(entries)
    reader = SealedReader(data)
    assert sealed(whole_entries(reader)) == data
    assert sealed(whole_entries(reader), previous=reader) == data


def test_pieces_and_digest() -> None:
    """An assembly says its digest before a byte is written, and the file says the same."""
    assembly = assemble(calls(3))
    pieces: list[bytes] = []
    assembly.write(pieces.append)
    reader = SealedReader(b"".join(pieces))
    assert reader.digest == assembly.digest
    assert reader.dictionary_id == assembly.dictionary_id == BUILTIN_DICTIONARY
    assert [(row.key, row.n) for row in reader.rows()] == [entry.place for entry in assembly.entries]


# --- parts


def test_parts_are_stored_once() -> None:
    """What many requests share stands in the file once, and a history costs what it says, not its square."""
    reader = reader_of(calls(10))
    assert sum(1 for row in reader.rows() if row.n == PART_N) == 1
    assert list(whole_entries(reader)) == by_place(calls(10))
    sizes = [sum(len(entry.data) for entry in assemble(map(call_entry, agent_history(n))).entries) for n in (20, 80)]
    assert sizes[1] < 5 * sizes[0]


def test_parts_that_are_given_are_made_anew() -> None:
    """Parts among the entries are dropped: which there are follows from the calls alone."""
    entries = calls(2)
    stray = Entry(b"p" * 16, PART_N, b'{"part":"x","type":"part"}')
    assert sealed([*entries, stray]) == sealed(entries)


# --- conflicts


def test_conflict() -> None:
    """Two entries of one key with other bytes are an error, never the last one."""
    one, other = call_entry("x", "one"), call_entry("x", "other")
    for entries in ([one, other], [other, one]):
        with pytest.raises(CassetteDamaged, match="two entries differ for one key, take 0") as caught:
            assemble(entries)
        assert caught.value.record == one.key.hex()
    assert len(reader_of([one, one])) == 1


def test_conflict_of_other_kinds() -> None:
    """The same holds for entries of other kinds."""
    with pytest.raises(CassetteDamaged, match="two entries differ"):
        assemble([other_entry(value=1), other_entry(value=2)])


def test_keys_that_share_their_beginning() -> None:
    """Two calls whose keys share what the index holds are an error, not one call."""
    one = call_entry("x")
    with pytest.raises(CassetteDamaged):
        assemble([one, Entry(one.key[:16] + bytes(16), 0, one.data)])


def test_what_cannot_be_read() -> None:
    """An entry that is no call where one belongs is damage."""
    for data in (b"", b"{}", b"hello", other_entry().data):
        with pytest.raises(CassetteDamaged):
            assemble([Entry(bytes(32), 0, data)])


# --- after a previous file


def frames(reader: SealedReader) -> dict[tuple[bytes, int], bytes]:
    """Give every entry's frame by its place."""
    return {(row.key, row.n): reader.frame(row) for row in reader.rows()}


def test_equal_evidence_keeps_the_file() -> None:
    """A new recording with the same answers, but other ids, times and dates, gives the old file byte for byte."""
    before = sealed(calls(8))
    again = calls(8, volatile=Volatile("2026-12-31", 900, (1, 2), request_id="new"))
    assert sealed(again) != before
    assert sealed(again, previous=SealedReader(before)) == before


def test_unchanged_calls_keep_their_frames() -> None:
    """Where one answer changed, every other frame is that of the old file, and the new one stands in its place."""
    previous = reader_of(calls(8))
    again = calls(8, volatile=Volatile("2026-12-31"))
    changed = call_entry(CompletionRequest(messages=_spoken(again[3])), Completion("another answer"))
    assert changed.place == again[3].place
    again[3] = changed
    after = reader_of(again, previous=previous)
    old, new = frames(previous), frames(after)
    assert old.keys() == new.keys()
    assert {place for place in old if old[place] != new[place]} == {changed.place}
    assert after.digest != previous.digest
    found = after.get(changed.key, 0)
    assert found is not None
    assert found.call.outcome == Completion("another answer")


def _spoken(entry: Entry) -> tuple[dict[str, Any], ...]:
    return tuple(msgspec.json.decode(entry.data)["call"]["request"]["messages"])


def test_added_and_removed_calls() -> None:
    """Calls that come or go leave the others' frames alone; what nobody refers to any more goes too."""
    previous = reader_of(calls(6))
    more = reader_of(calls(9), previous=previous)
    assert frames(previous).items() <= frames(more).items()
    fewer = reader_of(calls(2), previous=more)
    assert frames(fewer).items() <= frames(more).items()
    assert len(fewer) == 2
    assert [row.n for row in reader_of([call_entry("x")], previous=more).rows()] == [0]


def test_frames_of_another_compressor_are_kept() -> None:
    """Frames that this release's compressor would make otherwise are kept as they are, not made anew."""
    entries = by_place([call_entry(f"question {n} " * 9, f"answer {n} " * 9) for n in range(5)])
    pack = Packer(builtin_dictionary(), level=1).pack
    before = written(entries, dictionary_id=BUILTIN_DICTIONARY, pack=pack)
    assert before != sealed(entries)
    assert sealed(entries, previous=SealedReader(before)) == before
    new = call_entry("new")
    after = reader_of([*entries, new], previous=SealedReader(before))
    assert frames(after).items() >= frames(SealedReader(before)).items()


def test_takes_keep_their_frames() -> None:
    """A further take of a request leaves the first one's frame alone."""
    previous = reader_of([call_entry("x", "one")])
    after = reader_of([call_entry("x", "one"), call_entry("x", "two", n=1)], previous=previous)
    assert frames(previous).items() <= frames(after).items()
    assert after.takes(call_entry("x").key) == 2


def test_tool_ids_are_kept() -> None:
    """A call whose ids alone are new keeps the old ids: a golden does not change with every recording."""
    old = call_entry("x", Completion(tool_calls=(ToolCall("call_1", "f"),)))
    new = call_entry("x", Completion(tool_calls=(ToolCall("call_2", "f"),)))
    assert list(whole_entries(reader_of([new], previous=reader_of([old])))) == [old]


# --- dictionaries


def test_small_cassettes_use_the_builtin_dictionary() -> None:
    """A small cassette names the dictionary that ships with the package and embeds none."""
    reader = reader_of(calls(3))
    assert (reader.dictionary_id, reader.dictionary) == (BUILTIN_DICTIONARY, b"")


def test_large_cassettes_embed_a_dictionary_and_keep_it() -> None:
    """A dictionary of its own is embedded where it pays, and kept by every later file, small changes or large."""
    entries = numbered(2 * TRAIN_MIN_ENTRIES + 100)
    data = sealed(entries)
    reader = SealedReader(data)
    assert reader.dictionary_id == EMBEDDED_DICTIONARY
    assert len(data) < len(sealed(entries, passing=True))
    assert list(whole_entries(reader)) == by_place(entries)
    for later in ([*entries, call_entry("new")], entries[:-1], [call_entry("all new")]):
        after = reader_of(later, previous=reader)
        assert after.dictionary_id == EMBEDDED_DICTIONARY
        assert after.dictionary == reader.dictionary
        shared = {entry.place for entry in entries} & {entry.place for entry in later}
        assert {place: frames(after)[place] for place in shared} == {place: frames(reader)[place] for place in shared}
    assert sealed(entries, previous=reader) == data


def test_a_dictionary_that_does_not_pay_is_not_embedded() -> None:
    """Hundreds of tiny entries do not earn back a dictionary of 64 KB."""
    reader = reader_of(call_entry(f"{n}", "ok") for n in range(TRAIN_MIN_ENTRIES + 10))
    assert reader.dictionary_id == BUILTIN_DICTIONARY


def test_passing_files() -> None:
    """A file for this process alone needs no dictionary, gives the same entries and has the same digest."""
    entries = calls(5)
    reader = reader_of(entries, passing=True)
    assert (reader.dictionary_id, reader.dictionary) == (NO_DICTIONARY, b"")
    assert list(whole_entries(reader)) == by_place(entries)
    assert reader.digest == reader_of(entries).digest
    golden = reader_of(entries, previous=reader)
    assert golden.dictionary_id == BUILTIN_DICTIONARY
    assert frames(golden) == frames(reader_of(entries))


# --- segments


def test_segment_table() -> None:
    """A cassette of some dozens of calls has the outline of each in row order; a small one needs none."""
    entries = by_place(calls(SEGMENT_TABLE_MIN_CALLS))
    table = reader_of(entries).outlines()
    assert table is not None
    assert list(table) == [unpack_outline(pack_outline(outline_of(entry.data))) for entry in entries]
    assert reader_of(entries[1:]).outlines() is None


def test_known_outlines_are_taken() -> None:
    """Outlines that are known already are not computed again, whole or as a file keeps them; the file is the same."""
    entries = [call_entry(f"question {n}", "x") for n in range(SEGMENT_TABLE_MIN_CALLS)]
    asked: list[Entry] = []

    def source(entry: Entry) -> Outline | None:
        asked.append(entry)
        outline = outline_of(entry.data)
        return (None, outline, unpack_outline(pack_outline(outline)))[len(asked) % 3]

    assert sealed(entries, outlines=source) == sealed(entries)
    assert len(asked) == len(entries)


def test_known_splits_are_taken() -> None:
    """Requests that are split already are not split again; the file is the same."""
    entries = list(map(call_entry, agent_history(6)))
    known = {entry.data: split_entry(entry.data) for entry in entries[::2]}
    asked: list[bytes] = []

    def source(data: bytes) -> Split | None:
        asked.append(data)
        return known.get(data)

    assert sealed(entries, splits=source) == sealed(entries)
    assert sorted(asked) == sorted(entry.data for entry in entries)


# --- what this release does not know


def test_unknown_fields_survive() -> None:
    """Fields of a newer release survive text, sealed file and text again, whether the request is split or not."""
    for prompt in ("short", LONG):
        fields = msgspec.json.decode(call_entry(prompt, Completion("x", raw={"id": "a"})).data)
        fields["new"] = {"a": 1}
        fields["call"]["new"] = [1]
        fields["call"]["outcome"]["new"] = None
        fields["call"]["request"]["new"] = "y" * PART_MIN_LENGTH
        fields["volatile"]["new"] = "v"
        entry = call_entry(prompt)._replace(data=encode_normal(fields))
        text = encode_text([entry])
        reader = SealedReader(sealed(decode_text(text)))
        assert encode_text(whole_entries(reader)) == text
        assert list(whole_entries(reader_of([entry], previous=reader))) == [entry]


def test_unknown_kinds_survive() -> None:
    """Entries of other kinds are kept by every rewrite, beside a call with the same key too."""
    call = call_entry("x")
    others = [other_entry(call.key[:16], FIRST_RESERVED_N + n, text=LONG, number=n) for n in range(3)]
    entries = by_place([call, *others])
    reader = reader_of(entries)
    assert list(whole_entries(reader)) == entries
    assert (len(reader), reader.takes(call.key)) == (1, 1)
    again = reader_of(decode_text(encode_text(whole_entries(reader))), previous=reader)
    assert list(whole_entries(again)) == entries
    assert frames(again) == frames(reader)


# --- bounds


def test_an_entry_that_shrinks_to_nothing_can_be_read() -> None:
    """An answer of one letter two million times, or of zeros, is sealed so that it can be read again."""
    entries = [call_entry("x", "A" * 2_000_000), call_entry("y", Completion(output=[0.0] * 300_000))]
    assert list(whole_entries(reader_of(entries))) == by_place(entries)


def test_a_thousand_calls_take_no_time() -> None:
    """A thousand small calls are assembled and read in well under some seconds."""
    entries = [call_entry(f"question {n}", f"answer {n}") for n in range(1000)]
    start = time.process_time()
    reader = reader_of(entries)
    assert sum(1 for _ in whole_entries(reader)) == 1000
    assert time.process_time() - start < 10


def test_assembly_is_a_fact() -> None:
    """An assembly cannot be changed once it is decided."""
    assembly: Assembly = assemble([])
    with pytest.raises(AttributeError):
        assembly.digest = b""  # type: ignore[misc]
