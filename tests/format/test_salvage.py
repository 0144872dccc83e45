"""Recovery: every whole entry is kept, nothing else is made up, and what was dropped is said."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead.core.calls import decode_call
from playhead.core.model import Completion, CompletionRequest, Origin
from playhead.format.entries import Entry
from playhead.format.limits import DEFAULT_LIMITS
from playhead.format.numbers import EMBEDDED_DICTIONARY, PART_MIN_LENGTH
from playhead.format.salvage import both_sides, salvage_sealed, salvage_text
from playhead.format.sealed import FOOTER_SIZE, HEADER_SIZE, SealedReader
from playhead.format.text import encode_text
from tests.strategies import agent_history, call_entries, call_entry, entry_lists, other_entry, sealed

CALLS = [call_entry(f"question {n}", f"answer {n}") for n in range(5)]
LONG = "z" * PART_MIN_LENGTH


def whole(data: bytes) -> list[Entry]:
    """Give what is kept of a sealed file."""
    return salvage_sealed(data, DEFAULT_LIMITS).entries


# --- sealed files


@settings(max_examples=30)
@given(st.lists(call_entries, max_size=4, unique_by=lambda entry: entry.place))
def test_a_sound_file_is_kept_whole(entries: list[Entry]) -> None:
    """Of a file without damage every call is kept and nothing is dropped."""
    found = salvage_sealed(sealed(entries), DEFAULT_LIMITS)
    assert sorted(found.entries) == sorted(entries)
    assert found.dropped == []


def test_truncation_at_every_byte() -> None:
    """Of a file cut anywhere every call whose frame is whole is kept, and no other, and the cut is told."""
    data = sealed(CALLS)
    rows = list(SealedReader(data).rows())
    by_place = {entry.place: entry for entry in CALLS}
    for end in range(len(data)):
        expected = [by_place[row.key, row.n] for row in rows if row.offset + row.length <= end]
        found = salvage_sealed(data[:end], DEFAULT_LIMITS)
        assert found.entries == expected
        *frames, told = found.dropped
        assert told == "what follows the last whole entry: the file is cut off"
        assert bool(frames) == any(row.offset + 4 <= end < row.offset + row.length for row in rows)


def test_a_file_cut_between_two_frames_is_told() -> None:
    """Where every frame that is left is whole, that others are missing is said all the same."""
    data = sealed(CALLS)
    rows = list(SealedReader(data).rows())
    for row in rows:
        found = salvage_sealed(data[: row.offset], DEFAULT_LIMITS)
        assert len(found.entries) == rows.index(row)
        assert found.dropped == ["what follows the last whole entry: the file is cut off"]


def test_every_flip() -> None:
    """A damaged byte costs the entry it stands in and no other; a call is kept as it was or not at all."""
    data = sealed(CALLS)
    rows = list(SealedReader(data).rows())
    by_place = {entry.place: entry for entry in CALLS}
    for at in range(len(data)):
        for mask in (0xFF, 1, 128):
            found = whole(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])
            assert set(found) <= set(CALLS)
            spared = [by_place[row.key, row.n] for row in rows if not row.offset <= at < row.offset + row.length]
            assert set(spared) <= set(found)


def test_parts_are_filled_in() -> None:
    """Calls whose shared parts are whole are kept whole; one whose part is lost is dropped and named."""
    entries = [call_entry(request, "x") for request in agent_history(6)] + [call_entry("short", "y")]
    data = sealed(entries)
    assert sorted(whole(data)) == sorted(entries)
    reader = SealedReader(data)
    part = next(row for row in reader.rows() if row.n > 2**31)
    damaged = data[: part.offset + part.length - 1] + bytes([data[part.offset + part.length - 1] ^ 1])
    found = salvage_sealed(damaged + data[part.offset + part.length :], DEFAULT_LIMITS)
    assert set(found.entries) < set(entries)
    assert entries[-1] in found.entries
    assert any(f"lacks part {part.key.hex()[:12]}" in line for line in found.dropped)


def test_lost_header_and_footer() -> None:
    """The index, header and footer are not needed: the frames alone give the calls back."""
    data = sealed(CALLS)
    assert sorted(whole(bytes(HEADER_SIZE) + data[HEADER_SIZE:-FOOTER_SIZE])) == sorted(CALLS)
    assert sorted(whole(data[HEADER_SIZE:])) == sorted(CALLS)
    assert sorted(whole(b"junk" + data)) == sorted(CALLS)
    assert sorted(whole(data + data)) == sorted(CALLS + CALLS)


def test_embedded_dictionary() -> None:
    """A file with a dictionary of its own is read with it, though its header is lost."""
    source = random.Random(1)
    words = [f"{source.getrandbits(64):016x}" for _ in range(400)]
    entries = [
        call_entry(f"{n}: " + " ".join(source.sample(words, 25)), " ".join(source.sample(words, 25)))
        for n in range(600)
    ]
    data = sealed(entries)
    assert SealedReader(data).dictionary_id == EMBEDDED_DICTIONARY
    assert sorted(whole(data[:-FOOTER_SIZE])) == sorted(entries)
    assert sorted(whole(bytes([data[0] ^ 1]) + data[1:])) == sorted(entries)


def test_entries_that_shrink_to_nothing() -> None:
    """A frame that is padded to keep its ratio honest is kept like any other."""
    entries = [call_entry("x", "A" * 2_000_000), CALLS[0]]
    assert sorted(whole(sealed(entries)[:-1])) == sorted(entries)


def test_other_kinds_are_kept_or_told() -> None:
    """Entries of other kinds, whose key stands in the index alone, are kept or said to be dropped."""
    note = other_entry(bytes(range(16)), value=1)
    found = salvage_sealed(sealed([*CALLS, note]), DEFAULT_LIMITS)
    assert note in found.entries or len(found.dropped) == 1
    assert set(CALLS) <= set(found.entries)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Any bytes, frames' beginnings among them, give what they hold and no error."""
    for junk in (data, b"\x28\xb5\x2f\xfd" + data, sealed(CALLS[:1])[:60] + data):
        assert set(whole(junk)) <= set(CALLS[:1])


# --- text files

TEXT = encode_text([*CALLS, other_entry(value="p\nq")])
ALL = {*CALLS, other_entry(value="p\nq")}


@settings(max_examples=30)
@given(entry_lists)
def test_a_sound_text_is_kept_whole(entries: list[Entry]) -> None:
    """Of a text without damage every entry is kept and nothing is dropped."""
    found = salvage_text(encode_text(entries))
    assert sorted(found.entries) == sorted(entries)
    assert found.dropped == []


def test_text_cut_at_every_byte() -> None:
    """Of a text cut anywhere every whole entry is kept, and that it is cut is said."""
    for end in range(0, len(TEXT) - 1, 3):
        found = salvage_text(TEXT[:end])
        assert set(found.entries) <= ALL
        assert len(found.entries) >= TEXT[:end].count(b"\n},\n")
        assert found.dropped


def test_text_with_any_byte_changed() -> None:
    """A changed byte costs at most the entry it stands in and its neighbour, and nothing is made up."""
    for at in range(len(TEXT)):
        found = salvage_text(TEXT[:at] + bytes([TEXT[at] ^ 1]) + TEXT[at + 1 :])
        assert set(found.entries) <= ALL
        assert len(found.entries) >= len(ALL) - 2


def conflict(*sides: bytes, base: bytes | None = None) -> bytes:
    """Write git's markers round two sides."""
    middle = b"" if base is None else b"||||||| base\n" + base
    return b"<<<<<<< HEAD\n" + sides[0] + middle + b"=======\n" + sides[1] + b">>>>>>> other\n"


@pytest.mark.parametrize("base", [None, b""])
def test_both_sides_of_a_conflict(base: bytes | None) -> None:
    """Of a text with conflict markers the entries of both sides are kept."""
    mine, yours = call_entry("new", "mine"), call_entry("new", "yours")
    shared = encode_text(CALLS)
    blocks = [encode_text([entry]).split(b'"entries": [\n')[1].removesuffix(b"null]\n}\n") for entry in (mine, yours)]
    data = shared.replace(b"null]\n}\n", conflict(*blocks, base=base) + b"null]\n}\n")
    found = salvage_text(data)
    assert set(found.entries) == {*CALLS, mine, yours}
    assert found.dropped == []


def test_conflicts_apart() -> None:
    """Several conflicts in one file each have two sides."""
    data = b"a\n" + conflict(b"1\n", b"2\n") + b"b\n" + conflict(b"3\n", b"4\n") + b"c\n"
    assert both_sides(data) == [b"a\n1\nb\n3\nc\n", b"a\n2\nb\n4\nc\n"]
    assert both_sides(b"no markers") == [b"no markers"]
    assert both_sides(conflict(b"1\n", b"", base=b"0\n")) == [b"1\n", b""]


def test_edits_are_taken_on_request() -> None:
    """An entry changed by hand is dropped and named, or taken over as edited if that is asked for."""
    data = TEXT.replace(b'"answer 2"', b'"better"')
    found = salvage_text(data)
    assert set(found.entries) == ALL - {CALLS[2]}
    assert len(found.dropped) == 1
    (changed,) = set(salvage_text(data, accept_edits=True).entries) - ALL
    call = decode_call(changed.data).call
    assert (call.outcome, call.origin) == (Completion("better"), Origin.EDITED)
    assert (changed.key, changed.n) == (CALLS[2].key, 0)


def test_an_edited_request_gets_its_key() -> None:
    """An entry whose question was changed by hand stands under the new question's key."""
    data = encode_text([CALLS[0]]).replace(b'"question 0"', b'"another question"')
    (found,) = salvage_text(data, accept_edits=True).entries
    assert found.key == call_entry("another question").key


def test_edits_that_leave_no_call() -> None:
    """An edit that leaves no call is dropped, accepted or not."""
    for old, new in ((b'"prompt"', b'"prompts"'), (b'"provider"', b'"p"'), (b'"type": "call"', b'"type": "x"')):
        found = salvage_text(encode_text([CALLS[0]]).replace(old, new), accept_edits=True)
        assert found.entries == []
        assert len(found.dropped) == 1


def test_an_edited_note_is_not_taken() -> None:
    """Only calls can be edited: what this release does not know, it cannot vouch for."""
    found = salvage_text(encode_text([other_entry(value="p")]).replace(b'"p"', b'"q"'), accept_edits=True)
    assert (found.entries, len(found.dropped)) == ([], 1)


@given(st.binary(max_size=100))
def test_any_text(data: bytes) -> None:
    """Any bytes give what they hold and no error."""
    for junk in (data, b'{\n"playhead": "cassette text 1",\n"entries": [\n{\n' + data + b"\n},\nnull]\n}\n"):
        assert salvage_text(junk, accept_edits=True).entries == []


def test_a_long_request_is_kept_whole() -> None:
    """The text holds requests whole, so no part can be missing."""
    entry = call_entry(CompletionRequest(LONG), "x")
    assert salvage_text(encode_text([entry])[:-3]).entries == [entry]
