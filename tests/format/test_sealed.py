"""The sealed file: what it gives back, and that damage is never silent."""

from __future__ import annotations

import itertools
import json
import mmap
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead.core.calls import Volatile, decode_call
from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.errors import (
    CassetteDamaged,
    CassetteError,
    NotACassette,
    UnsupportedVersion,
)
from playhead.format.assembly import whole_entries
from playhead.format.compression import builtin_dictionary
from playhead.format.entries import Entry
from playhead.format.index import Row
from playhead.format.numbers import (
    BUILTIN_DICTIONARY,
    EMBEDDED_DICTIONARY,
    FIRST_RESERVED_N,
    FRAME_HEAD,
    HEADER,
    KEY_LENGTH,
    MAGIC,
    NO_DICTIONARY,
    SKIPPABLE_HEADER,
)
from playhead.format.sealed import (
    FOOTER_SIZE,
    HEADER_SIZE,
    EvidenceDigest,
    Footer,
    SealedReader,
    decode_footer,
    decode_header,
    encode_footer,
    encode_header,
    evidence_bytes,
)
from tests.format.sealed_files import digest_of, written
from tests.strategies import agent_history, call_entry, entry_lists, other_entry, reader_of, same, sealed

# --- what it gives back


@settings(max_examples=40)
@given(entry_lists)
def test_entries_come_back(entries: list[Entry]) -> None:
    """Any set of entries comes back byte for byte, each by its key, and the digest is that of its contents."""
    reader = reader_of(entries)
    calls = [entry for entry in entries if entry.is_call]
    assert list(whole_entries(reader)) == sorted(entries, key=lambda entry: entry.place)
    assert len(reader) == len(calls)
    for entry in calls:
        found = reader.get(entry.key, entry.n)
        assert found is not None
        assert reader.request(found) == bytes(decode_call(entry.data).call.request)
        assert same(found.call.outcome, decode_call(entry.data).call.outcome)
        assert (found.key, found.volatile) == (decode_call(entry.data).key, decode_call(entry.data).volatile)
        assert reader.takes(entry.key) == sum(1 for other in calls if other.key == entry.key)
    assert digest_of(reader) == reader.digest


def test_what_is_not_there() -> None:
    """A key or a take that is not in the file is none, not an error."""
    entry = call_entry("x")
    reader = reader_of([entry])
    assert reader.get(entry.key, 1) is None
    assert reader.get(bytes(32), 0) is None
    assert reader.takes(bytes(32)) == 0
    with pytest.raises(CassetteDamaged, match="a shared part is missing"):
        reader.part(bytes(16))


def test_empty() -> None:
    """A cassette without entries is a file like any other."""
    reader = reader_of([])
    assert (len(reader), list(reader.rows()), reader.outlines()) == (0, [], None)
    assert reader.digest == EvidenceDigest().digest()
    assert reader.get(bytes(32), 0) is None


def test_memory_map(tmp_path: Path) -> None:
    """A file is read from a memory map as from bytes."""
    entries = [call_entry(request, "x") for request in agent_history(6)]
    path = tmp_path / "a.cassette"
    path.write_bytes(sealed(entries))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = SealedReader(data)  # type: ignore[arg-type]
        assert sorted(whole_entries(reader)) == sorted(entries)
        assert reader.outlines() is None
        for entry in entries:
            found = reader.get(entry.key, 0)
            assert found is not None
            assert reader.request(found) == bytes(decode_call(entry.data).call.request)


def test_stock_tools_read_it() -> None:
    """A stock streaming reader, given the dictionary, passes over our frames and gives the entries as JSON."""
    entries = [*(call_entry(request, "x") for request in agent_history(5)), other_entry(value="kept")]
    data = sealed(entries)
    dictionary = builtin_dictionary()
    known = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    with zstandard.ZstdDecompressor(dict_data=known).stream_reader(data, read_across_frames=True) as stream:
        text = stream.read().decode()
    decoder, at, found = json.JSONDecoder(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    reader = SealedReader(data)
    assert found == [json.loads(reader.entry(row)) for row in reader.rows()]
    assert {value["type"] for value in found} == {"call", "part", "note"}


def test_frames_are_decoded_alone() -> None:
    """Each entry is one frame of its own, at the place its row says, back to back."""
    reader = reader_of([call_entry(f"{n}") for n in range(20)])
    rows = list(reader.rows())
    assert rows[0].offset == HEADER_SIZE
    for row in rows:
        assert reader.frame(row)[:4] == b"\x28\xb5\x2f\xfd"
        assert len(reader.frame(row)) == row.length
    assert all(one.offset + one.length == other.offset for one, other in itertools.pairwise(rows))


# --- digest


def test_golden_digest() -> None:
    """The evidence digest of a cassette is that of the first release, for ever."""
    entries = [call_entry("hello", "hi"), call_entry("hello", "ho", n=1), other_entry(bytes(range(16)), value=1)]
    assert reader_of(entries).digest.hex() == "378f0175e876c02440b6127193ef814e00b3196818917db939c4a3a56e28f3c6"


def test_digest_counts_evidence_alone() -> None:
    """Ids, latency, dates and request ids do not change the digest; answers, origins and numbers do."""

    def digest(**changes: Any) -> bytes:
        fields = {"outcome": Completion("hi", tool_calls=(ToolCall("1", "f"),), raw={"id": "a", "m": 1}), **changes}
        request = CompletionRequest("x", id=fields.pop("id", ""))
        return reader_of([call_entry(request, **fields)]).digest

    same = digest()
    assert digest(volatile=Volatile("2026-11-21", 500, (1, 2))) == same
    assert digest(id="another") == same
    assert digest(outcome=Completion("hi", tool_calls=(ToolCall("2", "f"),), raw={"id": "b", "m": 1})) == same
    others = {
        digest(outcome=Completion("ho", tool_calls=(ToolCall("1", "f"),), raw={"id": "a", "m": 1})),
        digest(outcome=Completion("hi", tool_calls=(ToolCall("1", "g"),), raw={"id": "a", "m": 1})),
        digest(outcome=Completion("hi", tool_calls=(ToolCall("1", "f"),), raw={"id": "a", "m": 2})),
        digest(provider="other"),
        digest(n=1),
        reader_of([]).digest,
        same,
    }
    assert len(others) == 7


def test_digest_does_not_depend_on_compression() -> None:
    """The same entries have the same digest whatever dictionary and level made their frames."""
    entries = sorted(call_entry(f"{n}") for n in range(5))
    files = [
        sealed(entries),
        sealed(entries, passing=True),
        written(entries),
        written(entries, dictionary_id=BUILTIN_DICTIONARY, dictionary=builtin_dictionary()),
    ]
    assert len({SealedReader(data).digest for data in files}) == 1
    assert len(set(files)) > 1


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"call"', b"\xff", b'{"call":' + b"[" * 100_000])
def test_evidence_of_what_is_no_call(data: bytes) -> None:
    """A call's bytes without evidence are damage; another kind counts whole."""
    with pytest.raises(CassetteDamaged):
        evidence_bytes(data, 0)
    assert evidence_bytes(data, FIRST_RESERVED_N) is data


# --- header and footer


def test_header() -> None:
    """The header starts with a frame that stock tools pass over and the magic, and gives the dictionary back."""
    data = encode_header(7)
    assert len(data) == HEADER_SIZE
    assert data[:8] == FRAME_HEAD.pack(SKIPPABLE_HEADER, HEADER.size)
    assert data[8:16] == MAGIC
    assert decode_header(data) == 7


@given(
    st.builds(
        Footer,
        calls=st.integers(0, 2**32 - 1),
        others=st.integers(0, 2**32 - 1),
        index_offset=st.integers(0, 2**64 - 1),
        segments_length=st.integers(0, 2**32 - 1),
        dictionary_length=st.integers(0, 2**32 - 1),
        dictionary_check=st.integers(0, 2**32 - 1),
        bits=st.integers(0, 255),
        digest=st.binary(min_size=32, max_size=32),
    )
)
def test_footer(footer: Footer) -> None:
    """A footer comes back, whatever stands before it, and opening a file that has only that is an error of ours."""
    data = encode_footer(footer)
    assert len(data) == FOOTER_SIZE
    assert decode_footer(b"anything" + data) == footer
    with pytest.raises(CassetteError):
        SealedReader(encode_header(0) + data[:-FOOTER_SIZE] + b"x" + data)


def with_header(data: bytes, *, major: int = 1, minor: int = 0, dictionary: int = BUILTIN_DICTIONARY) -> bytes:
    """Give a file another header whose checksum holds."""
    checked = HEADER.pack(MAGIC, major, minor, dictionary, 0)[:-4]
    return data[:8] + checked + crc32(checked).to_bytes(4, "little") + data[HEADER_SIZE:]


ONE = sealed([call_entry("x")])


@pytest.mark.parametrize("major", [0, 2, 65535])
def test_unknown_major_version(major: int) -> None:
    """A file of another major version is refused with both versions and what to do."""
    with pytest.raises(UnsupportedVersion, match=f"written in format {major}, this release reads format 1") as caught:
        SealedReader(with_header(ONE, major=major))
    assert caught.value.hint is not None


def test_unknown_minor_version() -> None:
    """A file of a later minor version is read."""
    assert len(SealedReader(with_header(ONE, minor=9))) == 1


@pytest.mark.parametrize("number", [1, 50002, EMBEDDED_DICTIONARY, 2**32 - 1])
def test_unknown_dictionary(number: int) -> None:
    """A file whose dictionary this release does not have is refused when it is opened."""
    with pytest.raises(UnsupportedVersion, match=f"needs dictionary {number}"):
        SealedReader(with_header(ONE, dictionary=number))


def test_wrong_dictionary() -> None:
    """A file that names another dictionary than its frames were made with is damage when they are read."""
    data = written([call_entry("x")], dictionary_id=BUILTIN_DICTIONARY, dictionary=builtin_dictionary())
    if builtin_dictionary():
        with pytest.raises(CassetteDamaged):
            SealedReader(with_header(data, dictionary=NO_DICTIONARY)).get(call_entry("x").key, 0)


OTHER_FILES: dict[str, bytes] = {
    "nothing": b"",
    "text": b"hello\n" * 50,
    "JSON": b'{"playhead": "cassette text 1", "entries": [null]}',
    "YAML": b"interactions:\n- request:\n    body: x\n",
    "zstd": zstandard.compress(b"x" * 1000),
    "gzip": b"\x1f\x8b\x08" + bytes(200),
    "zeros": bytes(500),
    "the magic alone": MAGIC,
    "a header cut off": ONE[: HEADER_SIZE - 1],
}


@pytest.mark.parametrize("data", OTHER_FILES.values(), ids=OTHER_FILES)
def test_other_files(data: bytes) -> None:
    """Another kind of file is told as such."""
    with pytest.raises(NotACassette, match="not a Playhead cassette"):
        SealedReader(data)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n", "conflict"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "pointer"),
    ],
    ids=["conflict", "pointer"],
)
def test_what_git_leaves(data: bytes, word: str) -> None:
    """A file with conflict markers and a pointer to large-file storage are told apart, with what to do."""
    with pytest.raises(NotACassette) as caught:
        SealedReader(data)
    assert caught.value.hint is not None
    assert word in caught.value.hint


def test_cut_off_file_names_the_way_out() -> None:
    """A file that lost its end says so and names the command that keeps what is whole."""
    with pytest.raises(CassetteDamaged, match="cut off") as caught:
        SealedReader(ONE[:-1])
    assert caught.value.hint is not None
    assert "recover" in caught.value.hint


def test_appended_bytes_are_damage() -> None:
    """A file with anything behind its footer, or twice the same file, is damage."""
    for data in (ONE + b"\n", ONE + bytes(100), ONE + ONE, ONE[:HEADER_SIZE] + ONE):
        with pytest.raises(CassetteDamaged):
            SealedReader(data)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Any bytes, with a right header and footer too, give a cassette or an error of ours."""
    footer = encode_footer(Footer(1, 0, HEADER_SIZE, 0, 0, 0, 0, bytes(32)))
    for whole in (
        data,
        ONE[:HEADER_SIZE] + data,
        ONE[:HEADER_SIZE] + data + footer,
        ONE[:-FOOTER_SIZE] + data + footer,
    ):
        with pytest.raises(CassetteError):
            SealedReader(whole)


def test_row_is_a_fact() -> None:
    """A row says key, number, first byte and length."""
    entry = call_entry("x")
    reader = reader_of([entry])
    (row,) = reader.rows()
    assert row == Row(entry.key[:KEY_LENGTH], 0, HEADER_SIZE, len(reader.frame(row)))
    assert reader.entry(row) == entry.data
