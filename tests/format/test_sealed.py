"""The sealed file: what it gives back, and that damage is never silent."""

from __future__ import annotations

import itertools
import json
import mmap
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead.core.calls import NO_VOLATILE, Volatile, decode_call
from playhead.core.canonical import encode, encode_normal
from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.errors import (
    CassetteDamaged,
    CassetteError,
    LimitExceeded,
    NotACassette,
    UnsupportedVersion,
)
from playhead.format.assembly import whole_entries
from playhead.format.compression import Packer, builtin_dictionary
from playhead.format.entries import Entry
from playhead.format.index import Row
from playhead.format.limits import Limits
from playhead.format.numbers import (
    BUILTIN_DICTIONARY,
    EMBEDDED_DICTIONARY,
    FIRST_RESERVED_N,
    FRAME_HEAD,
    HEADER,
    KEY_LENGTH,
    MAGIC,
    NO_DICTIONARY,
    PART_MIN_LENGTH,
    PART_N,
    SKIPPABLE_HEADER,
)
from playhead.format.parts import split_request
from playhead.format.sealed import (
    FOOTER_SIZE,
    HEADER_SIZE,
    EvidenceDigest,
    Footer,
    Frame,
    SealedReader,
    decode_footer,
    decode_header,
    encode_footer,
    encode_header,
    evidence_bytes,
    write_sealed,
)
from tests.strategies import agent_history, call_entry, entry_lists, other_entry, reader_of, same, sealed


def written(
    entries: list[Entry],
    *,
    dictionary_id: int = NO_DICTIONARY,
    dictionary: bytes = b"",
    pack: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Write entries as they are, without splitting or choosing anything."""
    pieces: list[bytes] = []
    digest = EvidenceDigest()
    pack = pack or Packer(dictionary).pack
    entries = sorted(entries, key=lambda entry: entry.place)
    for entry in entries:
        digest.add(entry.key, entry.n, entry.data)
    frames = [Frame(entry.key, entry.n, pack(entry.data)) for entry in entries]
    write_sealed(pieces.append, frames, dictionary_id=dictionary_id, dictionary=dictionary, digest=digest.digest)
    return b"".join(pieces)


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


def digest_of(reader: SealedReader) -> bytes:
    """Compute the evidence digest anew."""
    digest = EvidenceDigest()
    for row in reader.rows():
        digest.add(row.key, row.n, reader.entry(row))
    return digest.digest()


def test_what_is_not_there() -> None:
    """A key or a take that is not in the file is none, not an error."""
    entry = call_entry("x")
    reader = reader_of([entry])
    assert reader.get(entry.key, 1) is None
    assert reader.get(bytes(32), 0) is None
    assert reader.takes(bytes(32)) == 0
    with pytest.raises(CassetteDamaged, match="a shared part is missing"):
        reader.part(bytes(16))


def test_another_key_with_the_same_beginning() -> None:
    """A request whose key shares only the part that the index holds is not answered with another's call."""
    entry = call_entry("x")
    reader = reader_of([entry])
    other = entry.key[:KEY_LENGTH] + bytes(32 - KEY_LENGTH)
    try:
        found = reader.get(other, 0)
    except CassetteDamaged:
        return
    assert found is None


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
    entries = [call_entry(f"{n}") for n in range(5)]
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


# --- damage

ERROR = "an error of ours"


class Case(NamedTuple):
    """A small file with every answer it gives."""

    data: bytes
    keys: tuple[tuple[bytes, int], ...]
    answers: tuple[object, ...]


def attempt(ask: Callable[[], object]) -> object:
    """Give the answer, or that an error of ours came."""
    try:
        return ask()
    except CassetteError:
        return ERROR


def call_of(reader: SealedReader, key: bytes, n: int) -> object:
    """Give everything a call says, in a form that can be compared."""
    found = reader.get(key, n)
    if found is None:
        return None
    request = attempt(lambda: reader.request(found))
    return (
        found.call.outcome,
        found.call.provider,
        found.call.origin,
        found.key,
        found.n,
        found.volatile,
        request,
    )


def answers_of(data: bytes, keys: tuple[tuple[bytes, int], ...]) -> tuple[object, ...] | str:
    """Open a file and ask it everything there is to ask."""
    try:
        reader = SealedReader(data)
    except CassetteError:
        return ERROR
    found: list[object] = [len(reader), reader.digest, reader.dictionary_id]
    for key, n in keys:
        found += [attempt(lambda k=key, m=n: call_of(reader, k, m)), attempt(lambda k=key: reader.takes(k))]  # type: ignore[misc]
    found.append(attempt(lambda: list(whole_entries(reader))))
    found.append(attempt(lambda: digest_of(reader)))
    found.append(attempt(reader.outlines))
    return tuple(found)


def case(data: bytes, entries: list[Entry]) -> Case:
    """Note the right answers of a file."""
    keys = (*((entry.key, entry.n) for entry in entries if entry.is_call), (bytes(32), 0), (b"\xff" * 32, 0))
    answers = answers_of(data, keys)
    assert isinstance(answers, tuple)
    assert ERROR not in answers
    return Case(data, keys, answers)


def flat(answer: object) -> list[object]:
    """Take an answer apart where an error may stand in place of a part of it."""
    return list(answer) if type(answer) is tuple else [answer]


def check(data: bytes, known: Case) -> bool:
    """Check that a damaged file gives errors of ours or right answers; say whether it gave an error."""
    found = answers_of(data, known.keys)
    if isinstance(found, str):
        return True
    told = False
    for answer, right in zip(found, known.answers, strict=True):
        if answer == right:
            continue
        told = True
        if answer != ERROR:
            assert len(flat(answer)) == len(flat(right))
            assert all(part in (ERROR, whole) for part, whole in zip(flat(answer), flat(right), strict=True))
    return told


LONG = "all work and no play " * (PART_MIN_LENGTH // 20)
SMALL: list[Entry] = [call_entry("hi", "ho")]
PARTED: list[Entry] = [
    call_entry(
        CompletionRequest(messages=({"role": "system", "content": LONG}, {"role": "user", "content": text})), "x"
    )
    for text in ("a", "b")
] + [call_entry("a", Completion(raw={"id": "x"}), n=0)]
# 64 and 128 bytes: their sizes have one bit set, so that one flip makes a frame that declares nothing.
KINDS: list[Entry] = [
    other_entry(
        bytes([size]) * KEY_LENGTH,
        FIRST_RESERVED_N + size,
        text="z" * (size - len(encode({"type": "note", "text": ""}))),
    )
    for size in (64, 128)
]


def small_dictionary() -> bytes:
    """Train a dictionary of a kilobyte, so that every byte of its file can be damaged."""
    samples: list[bytes | bytearray | memoryview] = [
        call_entry(f"question {n} of {n * 7919}", f"answer {n * 31}").data for n in range(200)
    ]
    return zstandard.train_dictionary(1024, samples, k=50, d=8, dict_id=EMBEDDED_DICTIONARY).as_bytes()


FILES: dict[str, Callable[[], Case]] = {
    "empty": lambda: case(sealed([]), []),
    "one call": lambda: case(sealed(SMALL), SMALL),
    "three calls with parts": lambda: case(sealed(PARTED), PARTED),
    "other kinds": lambda: case(sealed(KINDS), KINDS),
    "embedded dictionary": lambda: case(
        written(SMALL, dictionary_id=EMBEDDED_DICTIONARY, dictionary=small_dictionary()), SMALL
    ),
}


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_truncation_at_every_byte(make: Callable[[], Case]) -> None:
    """A file cut anywhere is refused when it is opened."""
    known = make()
    for end in range(len(known.data)):
        assert attempt(lambda end=end: SealedReader(known.data[:end])) is ERROR  # type: ignore[misc]


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_every_flip(make: Callable[[], Case]) -> None:
    """A flipped bit or an inverted byte anywhere gives errors of ours or the right answers, never another answer."""
    known = make()
    silent: set[int] = set()
    for at in range(len(known.data)):
        for mask in (0xFF, 1, 2, 4, 8, 16, 32, 64, 128):
            if not check(known.data[:at] + bytes([known.data[at] ^ mask]) + known.data[at + 1 :], known):
                silent.add(at)
    # zstd gives some bits of a frame no meaning; nothing else may change unseen.
    assert len(silent) <= 2 * len(list(SealedReader(known.data).rows()))


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_lost_and_moved_bytes(make: Callable[[], Case]) -> None:
    """A byte that is lost, doubled or swapped with the next, as a bad transfer does, is never a silent change."""
    data = make().data
    known = make()
    for at in range(0, len(data), 1 + len(data) // 400):
        assert check(data[:at] + data[at + 1 :], known)
        assert check(data[: at + 1] + data[at:], known)
        check(data[:at] + data[at : at + 2][::-1] + data[at + 2 :], known)


def test_text_mode_copies() -> None:
    """A copy in text mode, with line ends changed or high bytes replaced, is refused."""
    data = case(sealed(PARTED), PARTED).data
    for other in (
        data.replace(b"\n", b"\r\n"),
        data.decode("latin-1").encode("utf-8"),
        data.decode("utf-8", "replace").encode(),
        bytes(byte & 0x7F for byte in data),
    ):
        assert attempt(lambda other=other: SealedReader(other)) is ERROR  # type: ignore[misc]


def test_flips_in_a_large_file() -> None:
    """The same for a file with a trained dictionary, a segment table and hundreds of entries, at random bytes."""
    entries = [
        call_entry(
            f"question {n} about town {n * 7919}", f"it is {n * 31} degrees there, and {n * 17} elsewhere", provider="p"
        )
        for n in range(300)
    ]
    data = sealed(entries)
    known = case(data, entries[:6])
    assert SealedReader(data).outlines() is not None
    source = random.Random(11)
    footer = len(data) - FOOTER_SIZE
    for at in [source.randrange(len(data)) for _ in range(25)] + [0, 8, footer - 9, footer, len(data) - 1]:
        check(data[:at] + bytes([data[at] ^ (1 << source.randrange(8))]) + data[at + 1 :], known)


# --- files that lie with right checksums


def test_take_number_of_another() -> None:
    """An entry that says it is another take than its row says is damage."""
    entry = call_entry("x")
    with pytest.raises(CassetteDamaged, match="says it is take 0, the index says 3"):
        SealedReader(written([entry._replace(n=3)])).get(entry.key, 3)


def test_missing_part() -> None:
    """A call whose shared part is not in the file is damage when its request is asked for, not before."""
    entry = PARTED[0]
    split, _ = split_request(bytes(decode_call(entry.data).call.request))
    fields = msgspec.json.decode(entry.data)
    fields["call"]["request"] = msgspec.json.decode(split)
    reader = SealedReader(written([Entry(entry.key, 0, encode_normal(fields))]))
    found = reader.get(entry.key, 0)
    assert found is not None
    assert found.call.outcome == Completion("x")
    with pytest.raises(CassetteDamaged, match="a shared part is missing"):
        reader.request(found)
    with pytest.raises(CassetteDamaged):
        list(whole_entries(reader))


CONTENTS: dict[str, bytes] = {
    "JSON of another shape": b"[]",
    "no JSON": b"hello",
    "not UTF-8": b'{"call":"\xff"}',
    "a deep entry": b'{"call":{"outcome":{"kind":"completion","raw":' + b"[" * 100_000,
    "deep escape forms": SMALL[0]
    .data.replace(b'"text":"ho"', b'"raw":' + b"[" * 900 + b"]" * 900)
    .replace(b'"key"', b'"escaped":true,"key"'),
    "an unknown outcome": SMALL[0].data.replace(b'"completion"', b'"dream"'),
    "an outcome of the wrong type": SMALL[0].data.replace(b'"ho"', b"5"),
    "a negative usage": SMALL[0].data.replace(b'"text":"ho"', b'"usage":{"prompt_tokens":-1}'),
    "a malformed form": SMALL[0].data.replace(b'"ho"', b'{"$float":[]}').replace(b'"key"', b'"escaped":true,"key"'),
    "a volatile path into nothing": SMALL[0].data[:-1] + b',"volatile":{"ids":[[["no","where"],1]]}}',
    "a part": b'{"part":1,"type":"part"}',
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_malformed_contents(content: bytes) -> None:
    """A frame that holds but whose content is no call is damage for whoever asks, never another error."""
    entry = SMALL[0]._replace(data=content)
    pieces: list[bytes] = []
    frames = [Frame(entry.key, 0, Packer().pack(content))]
    write_sealed(pieces.append, frames, dictionary_id=NO_DICTIONARY, dictionary=b"", digest=lambda: bytes(32))
    reader = SealedReader(b"".join(pieces))
    with pytest.raises(CassetteDamaged):
        reader.get(entry.key, 0)
    attempt(lambda: list(whole_entries(reader)))
    attempt(lambda: digest_of(reader))


def test_bomb_in_a_file() -> None:
    """A file with a frame that would fill the memory opens, and the frame is refused before it is expanded."""
    bomb = zstandard.ZstdCompressor(write_checksum=True).compress(bytes(32 * 2**20))
    data = written([call_entry("x")], pack=lambda _: bomb)
    reader = SealedReader(data)
    with pytest.raises(LimitExceeded):
        reader.get(call_entry("x").key, 0)


def test_limits_of_the_footer() -> None:
    """Numbers in a footer that are over the limits are refused before anything of that size is read."""
    body = encode_header(EMBEDDED_DICTIONARY)
    for footer, error in (
        (Footer(0, 0, HEADER_SIZE, 0, 2**20 + 1, 0, 0, bytes(32)), LimitExceeded),
        (Footer(0, 0, HEADER_SIZE, 0, 0, 0, 25, bytes(32)), LimitExceeded),
        (Footer(2**32 - 1, 2**32 - 1, 2**63, 0, 0, 0, 24, bytes(32)), CassetteDamaged),
        (Footer(0, 0, 0, 2**32 - 1, 0, 0, 0, bytes(32)), CassetteDamaged),
    ):
        with pytest.raises(error):
            SealedReader(body + encode_footer(footer))


def test_limits_are_the_readers() -> None:
    """A reader's own limits hold for dictionaries and entries."""
    data = written(SMALL, dictionary_id=EMBEDDED_DICTIONARY, dictionary=small_dictionary())
    with pytest.raises(LimitExceeded):
        SealedReader(data, limits=Limits(dictionary=100))
    with pytest.raises(LimitExceeded):
        SealedReader(data, limits=Limits(entry=10)).get(SMALL[0].key, 0)


def test_rows_out_of_order() -> None:
    """Rows that do not rise are damage when the file is listed, though every checksum holds."""
    one, other = sorted([call_entry("x"), call_entry("y")])
    pieces: list[bytes] = []
    frames = [Frame(entry.key, entry.n, Packer().pack(entry.data)) for entry in (other, one)]
    write_sealed(pieces.append, frames, dictionary_id=NO_DICTIONARY, dictionary=b"", digest=lambda: bytes(32))
    with pytest.raises(CassetteDamaged, match="out of order"):
        list(SealedReader(b"".join(pieces)).rows())


def test_a_gap_between_frames_is_damage() -> None:
    """Bytes that belong to no entry are damage when the file is listed: nothing hides in a cassette."""
    entry = SMALL[0]
    frame = Packer().pack(entry.data)
    pieces: list[bytes] = []
    write_sealed(
        pieces.append,
        [Frame(entry.key, 0, frame + struct.pack("<II", 0x184D2A55, 4) + b"evil")],
        dictionary_id=NO_DICTIONARY,
        dictionary=b"",
        digest=lambda: bytes(32),
    )
    with pytest.raises(CassetteDamaged):
        SealedReader(b"".join(pieces)).get(entry.key, 0)


def test_row_is_a_fact() -> None:
    """A row says key, number, first byte and length."""
    entry = SMALL[0]
    reader = reader_of(SMALL)
    (row,) = reader.rows()
    assert row == Row(entry.key[:KEY_LENGTH], 0, HEADER_SIZE, len(reader.frame(row)))
    assert reader.entry(row) == entry.data
    assert PART_N not in {row.n}
    assert decode_call(reader.entry(row)).volatile == NO_VOLATILE
