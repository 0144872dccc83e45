"""The text profile: lossless, mergeable, and every byte of an entry under a checksum."""

from __future__ import annotations

import json
import random
from typing import Any
from zlib import crc32

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead.core.calls import Volatile
from playhead.core.canonical import encode_normal
from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.errors import (
    CassetteDamaged,
    CassetteError,
    LimitExceeded,
    NotACassette,
    UnsupportedVersion,
)
from playhead.format.entries import Entry, reading_order
from playhead.format.limits import Limits
from playhead.format.numbers import FIRST_RESERVED_N
from playhead.format.text import decode_text, encode_text, looks_like_text, unique
from tests.strategies import agent_history, call_entry, entry_lists, other_entry, plain_values, values

ENTRIES = [
    call_entry(
        CompletionRequest("two\nlines", id="r"), Completion("a\nb\n", raw={"id": "x"}), volatile=Volatile("2026-11-21")
    ),
    call_entry("pl\u00e4in", Completion("", tool_calls=(ToolCall("1", "f", '{"a": [1.5]}'),)), n=3),
    other_entry(bytes(range(16)), value=["x", {"y": "p\nq"}]),
]
TEXT = encode_text(ENTRIES)


def by_place(entries: list[Entry]) -> list[Entry]:
    """Sort entries as a reader gives them."""
    return sorted(entries, key=lambda entry: entry.place)


# --- lossless


@settings(max_examples=30)
@given(entry_lists, st.randoms(use_true_random=False))
def test_round_trip(entries: list[Entry], source: random.Random) -> None:
    """Any set of entries comes back byte for byte, and its text depends on the set alone."""
    data = encode_text(entries)
    assert decode_text(data) == by_place(entries)
    source.shuffle(entries)
    assert encode_text(entries) == data
    assert encode_text(decode_text(data)) == data


@given(values)
def test_any_value_survives(value: Any) -> None:
    """Any value in an answer, lines and lookalikes of lines included, comes back."""
    entries = [call_entry("x", Completion(output=value, raw={"$lines": ["a", "b"]}))]
    assert decode_text(encode_text(entries)) == entries


GOLDEN = """{
"playhead": "cassette text 1",
"entries": [
{
 "crc": "efb8608d",
 "entry": {
  "call": {
   "origin": "live",
   "outcome": {
    "kind": "completion",
    "text": {
     "$lines": [
      "a",
      "",
      "b"
     ]
    }
   },
   "provider": "stub",
   "request": {
    "family": "llm",
    "params": {
     "nothing": [],
     "numbers": [1,2.5],
     "words": [
      "x"
     ]
    },
    "prompt": "h\u00e9"
   }
  },
  "key": "gxpWuy3b_HO6Q3ptjcZZKmACg8zMu7aA5NkQBDMJ2YY",
  "n": 0,
  "type": "call"
 }
},
{
 "key": "000102030405060708090a0b0c0d0e0f",
 "n": 4294967040,
 "crc": "718f18d2",
 "entry": {
  "type": "note",
  "value": 1
 }
},
null]
}
"""


def test_golden() -> None:
    """The text is that of the first release, for ever: one fact a line, and nothing that counts or points."""
    request = CompletionRequest("h\u00e9", params={"numbers": [1, 2.5], "words": ["x"], "nothing": []})
    entries = [call_entry(request, "a\n\nb"), other_entry(bytes(range(16)), value=1)]
    assert encode_text(entries).decode() == GOLDEN
    assert decode_text(GOLDEN.encode()) == by_place(entries)


def test_empty() -> None:
    """A cassette without entries is a head and a tail."""
    data = encode_text([])
    assert data == b'{\n"playhead": "cassette text 1",\n"entries": [\nnull]\n}\n'
    assert decode_text(data) == []


def test_in_reading_order() -> None:
    """A person finds the calls in reading order, other kinds behind them."""
    entries = [call_entry(request, f"turn {n}") for n, request in enumerate(agent_history(4))]
    found = json.loads(encode_text([other_entry(), *reversed(entries)]))["entries"]
    assert [item["entry"]["type"] for item in found[:-1]] == ["call"] * 4 + ["note"]
    assert [item["entry"]["call"]["outcome"]["text"] for item in found[:4]] == [f"turn {n}" for n in range(4)]
    assert reading_order(reversed(entries)) == entries


@settings(max_examples=20)
@given(entry_lists)
def test_line_ends_and_layout_do_not_matter(entries: list[Entry]) -> None:
    """A checkout with other line ends, or a formatter, changes no entry."""
    data = encode_text(entries)
    for other in (
        data.replace(b"\n", b"\r\n"),
        msgspec.json.encode(msgspec.json.decode(data)),
        msgspec.json.format(data, indent=4),
        b"\n" + data + b"\n\n",
    ):
        assert decode_text(other) == by_place(entries)


# --- merging

HEAD, TAIL = b'{\n"playhead": "cassette text 1",\n"entries": [\n', b"null]\n}\n"


def blocks(entries: list[Entry]) -> bytes:
    """Give what stands between the constant head and tail."""
    return encode_text(entries).removeprefix(HEAD).removesuffix(TAIL)


def test_branches_merge_as_lines() -> None:
    """The union of two branches' blocks between the constant head and tail is the union's file, in any order."""
    for one, other in ((ENTRIES[:2], ENTRIES[2:]), (ENTRIES[1:], ENTRIES[:1]), (ENTRIES, ENTRIES)):
        assert decode_text(HEAD + blocks(one) + blocks(other) + TAIL) == by_place(ENTRIES)


def test_adding_an_entry_adds_its_lines_only() -> None:
    """A further call changes no line of the others."""
    before, after = encode_text(ENTRIES[1:]).splitlines(), encode_text(ENTRIES).splitlines()
    rest = iter(after)
    assert all(line in rest for line in before)


def test_conflict_markers() -> None:
    """A file with git's conflict markers is damage, with the way out."""
    lines = TEXT.splitlines(keepends=True)
    data = b"".join([*lines[:5], b"<<<<<<< HEAD\n", lines[5], b"=======\n", lines[5], b">>>>>>> other\n", *lines[6:]])
    with pytest.raises(CassetteDamaged) as caught:
        decode_text(data)
    assert caught.value.hint is not None
    assert "recover" in caught.value.hint


def test_conflicting_entries() -> None:
    """Two entries of one key with other bytes are an error that names it, never last-wins."""
    other = call_entry(CompletionRequest("two\nlines", id="r"), "another answer")
    with pytest.raises(CassetteDamaged, match="two entries differ for one key, take 0") as caught:
        unique([*ENTRIES, other])
    assert caught.value.record == ENTRIES[0].key.hex()
    with pytest.raises(CassetteDamaged, match="two entries differ"):
        decode_text(HEAD + blocks(ENTRIES) + blocks([other]) + TAIL)


def test_unique() -> None:
    """Equal entries count once, and the rest is sorted by place."""
    assert unique([*reversed(ENTRIES), *ENTRIES]) == by_place(ENTRIES)
    assert unique([]) == []


# --- damage


def right_or_damaged(data: bytes) -> bool:
    """Say whether a changed file was told as such; otherwise it must give the same entries."""
    try:
        found = decode_text(data)
    except CassetteError:
        return True
    assert found == by_place(ENTRIES)
    return False


def test_every_flip() -> None:
    """A flipped bit or an inverted byte anywhere gives an error of ours or the same entries."""
    silent = 0
    for at in range(len(TEXT)):
        for mask in (0xFF, 1, 2, 4, 8, 16, 32, 64, 128):
            silent += not right_or_damaged(TEXT[:at] + bytes([TEXT[at] ^ mask]) + TEXT[at + 1 :])
    assert silent < len(TEXT) / 10


def test_truncation_at_every_byte() -> None:
    """A file cut anywhere before its end is damage."""
    for end in range(len(TEXT) - 1):
        assert right_or_damaged(TEXT[:end])


def test_lost_and_doubled_lines() -> None:
    """A line that is missing or stands twice gives an error of ours or the same entries."""
    lines = TEXT.splitlines(keepends=True)
    for at in range(len(lines)):
        right_or_damaged(b"".join(lines[:at] + lines[at + 1 :]))
        right_or_damaged(b"".join(lines[: at + 1] + lines[at:]))


def test_swapped_values() -> None:
    """Two entries' contents in each other's place are damage: each checksum stands with its own."""
    value = msgspec.json.decode(TEXT)
    one, other = value["entries"][0], value["entries"][1]
    one["entry"], other["entry"] = other["entry"], one["entry"]
    with pytest.raises(CassetteDamaged, match="does not match its checksum"):
        decode_text(msgspec.json.encode(value))


def test_an_edit_is_told() -> None:
    """An entry edited by hand is refused, and its number and the way to keep the edit are told."""
    with pytest.raises(CassetteDamaged, match="entry '0': an entry does not match its checksum") as caught:
        decode_text(encode_text(ENTRIES[:1]).replace(b'"b"', b'"B"'))
    assert caught.value.hint is not None
    assert "--accept-edits" in caught.value.hint


def file_of(*items: Any, playhead: Any = "cassette text 1", end: tuple[Any, ...] = (None,)) -> bytes:
    """Put a file together by hand."""
    return msgspec.json.encode({"playhead": playhead, "entries": [*items, *end]})


def item_of(entry: Any, **fields: Any) -> dict[str, Any]:
    """Put an element together with the right checksum."""
    return {"crc": f"{crc32(encode_normal(entry)):08x}", "entry": entry, **fields}


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b" ",
    "a number": b"1",
    "a list": b"[]",
    "an object": b"{}",
    "not UTF-8": b'{"playhead":"\xff","entries":[null]}',
    "no entries": b'{"playhead":"cassette text 1"}',
    "no tail": file_of(end=()),
    "two tails": file_of(end=(None, None)),
    "a hole": file_of(None, item_of(msgspec.json.decode(ENTRIES[0].data))),
    "a number for an entry": file_of(1),
    "an entry of text": file_of({"crc": "00000000", "entry": "x"}),
    "an entry of lines": file_of(item_of({"$lines": ["a"]})),
    "lines of a number": file_of(item_of({"a": {"$lines": 1}})),
    "lines of numbers": file_of(item_of({"a": {"$lines": [1]}})),
    "lines of null": file_of(item_of({"a": {"$lines": None}})),
    "no checksum": file_of({"entry": {}}),
    "a checksum of a number": file_of({"crc": 1, "entry": {}}),
    "an empty entry": file_of(item_of({})),
    "a note without its place": file_of(item_of({"type": "note"})),
    "a place of words": file_of(item_of({"type": "note"}, key="zz", n=FIRST_RESERVED_N)),
    "a take beyond 32 bits": file_of(item_of({"type": "note"}, key="00" * 16, n=2**40)),
    "a key of a number": file_of(item_of({"type": "note"}, key=1, n=FIRST_RESERVED_N)),
    "deep": b'{"playhead":"cassette text 1","entries":[' + b"[" * 100_000,
    "a deep entry": (
        b'{"playhead":"cassette text 1","entries":[{"crc":"00000000","entry":{"a":'
        + b"[" * 900 + b"]" * 900 + b"}},null]}"
    ),
    "a huge number": file_of(item_of({"a": 1})).replace(b'"a":1', b'"a":' + b"9" * 400),
    "a huge exponent": file_of(item_of({"a": 1})).replace(b'"a":1', b'"a":1e999'),
}  # fmt: skip


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_broken_file(data: bytes) -> None:
    """What is no text cassette of this version is an error of ours."""
    with pytest.raises(CassetteError):
        decode_text(data)


def test_other_file() -> None:
    """Another kind of JSON file is told as such, a newer version too, with both versions named."""
    with pytest.raises(NotACassette):
        decode_text(file_of(playhead="something else"))
    with pytest.raises(UnsupportedVersion, match="'cassette text 2', this release reads version 1"):
        decode_text(file_of(playhead="cassette text 2"))


def test_limit() -> None:
    """A file beyond the reader's limit is refused before it is parsed."""
    with pytest.raises(LimitExceeded, match="over the limit of 10"):
        decode_text(b"[" * 11, limits=Limits(text=10))
    assert decode_text(TEXT, limits=Limits(text=len(TEXT))) == by_place(ENTRIES)


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    """Any bytes are an error of ours."""
    with pytest.raises(CassetteError):
        decode_text(data)


@given(plain_values)
def test_any_entry(value: Any) -> None:
    """Any JSON in place of an entry, with its right checksum, gives an entry or an error of ours."""
    entry = msgspec.json.decode(ENTRIES[0].data)
    for item in (item_of(value), item_of({**entry, "call": value}), item_of({**entry, "volatile": value}), value):
        try:
            encode_text(decode_text(file_of(item)))
        except CassetteError:
            continue


# --- unknown kinds and fields


def test_unknown_fields_are_kept() -> None:
    """Fields of a newer release survive a round through the text."""
    fields = msgspec.json.decode(ENTRIES[0].data)
    fields["new"] = {"a": "x\ny"}
    fields["call"]["new"] = [1]
    fields["call"]["outcome"]["new"] = None
    entry = Entry(ENTRIES[0].key, 0, encode_normal(fields))
    assert decode_text(encode_text([entry])) == [entry]


def test_unknown_kinds_are_kept() -> None:
    """Entries of kinds this release does not know survive, with their places."""
    entries = [other_entry(bytes([n]) * 16, FIRST_RESERVED_N + n, text="a\nb", number=n) for n in range(5)]
    assert decode_text(encode_text(entries)) == by_place(entries)


def test_looks_like_text() -> None:
    """The first bytes tell the text profile from anything else."""
    assert looks_like_text(TEXT)
    assert looks_like_text(encode_text([]))
    assert looks_like_text(b"\n  " + TEXT)
    for data in (b"", b"{", b"{}", b'{"a": 1}', b"\x50\x2a\x4d\x18", b"interactions:\n- request", b"<<<<<<< HEAD\n"):
        assert not looks_like_text(data)
