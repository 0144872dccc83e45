"""Damaged and hostile sealed files: an error of ours or the right answer, never anything else."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import pytest
import zstandard

from playhead.core.calls import decode_call
from playhead.core.canonical import encode, encode_normal
from playhead.core.model import Completion, CompletionRequest
from playhead.errors import CassetteDamaged, CassetteError, LimitExceeded
from playhead.format.assembly import whole_entries
from playhead.format.compression import Packer
from playhead.format.entries import Entry
from playhead.format.limits import Limits
from playhead.format.numbers import (
    EMBEDDED_DICTIONARY,
    FIRST_RESERVED_N,
    KEY_LENGTH,
    PART_MIN_LENGTH,
)
from playhead.format.parts import split_request
from playhead.format.sealed import (
    FOOTER_SIZE,
    HEADER_SIZE,
    Footer,
    SealedReader,
    encode_footer,
    encode_header,
)
from tests.format.sealed_files import digest_of, written
from tests.strategies import call_entry, other_entry, sealed

# --- every byte

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
    reader = SealedReader(written([entry], digest=bytes(32)))
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
    with pytest.raises(CassetteDamaged, match="out of order"):
        list(SealedReader(written([other, one])).rows())


def test_bytes_that_are_no_entry() -> None:
    """Bytes behind a frame that its row counts to it are damage: nothing hides in a cassette."""
    hidden = struct.pack("<II", 0x184D2A55, 4) + b"evil"
    data = written(SMALL, pack=lambda entry: Packer().pack(entry) + hidden)
    with pytest.raises(CassetteDamaged):
        SealedReader(data).get(SMALL[0].key, 0)
