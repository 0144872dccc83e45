"""The sealed profile's index against a dict, whole and damaged."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import CassetteDamaged
from playhead.format.index import Index, Row, bucket_bits, bucket_of, encode_index
from playhead.format.numbers import (
    FAN,
    FIRST_RESERVED_N,
    FRAME_HEAD,
    MAX_BUCKET_BITS,
    PART_N,
    ROW,
    ROWS_PER_BUCKET,
)

FRAMES_START = 28
Place = tuple[bytes, int]


class File(NamedTuple):
    """A file of nothing but frames' lengths and an index."""

    data: bytes
    start: int
    bits: int
    model: dict[Place, tuple[int, int]]

    def open(self, data: bytes | None = None) -> Index:
        """Open the index, of other bytes if they are given."""
        return Index(
            self.data if data is None else data,
            start=self.start,
            count=len(self.model),
            bits=self.bits,
            frames_start=FRAMES_START,
        )


def make(places: list[Place]) -> File:
    """Lay out entries of different lengths and their index."""
    model: dict[Place, tuple[int, int]] = {}
    offset = FRAMES_START
    for key, n in sorted(places):
        length = 20 + (key[3] + n) % 40
        model[key, n] = (offset, offset + length)
        offset += length
    rows = [Row(key, n, begin, end - begin) for (key, n), (begin, end) in model.items()]
    bits, payload = encode_index(rows, count=len(rows), start=FRAMES_START)
    head = FRAME_HEAD.pack(0, len(payload))
    # What follows the index in a real file; a reader must not need it.
    return File(bytes(offset) + head + payload + bytes(80), offset + FRAME_HEAD.size, bits, model)


def places(count: int, *, seed: int = 7, prefix: bytes = b"") -> list[Place]:
    """Give entries with random keys, a third of them with further takes."""
    source = random.Random(seed)
    found: dict[Place, None] = {}
    while len(found) < count:
        key = (prefix + source.randbytes(16))[:16]
        takes = min(count - len(found), source.choice([1, 1, 1, 2, 5]))
        found |= dict.fromkeys((key, n) for n in range(takes))
    return list(found)


def check(index: Index, model: dict[Place, tuple[int, int]], *, absent: bytes = b"\x00" * 16) -> None:
    """Compare every answer of an index with the dict's."""
    takes: dict[bytes, int] = {}
    for (key, n), place in model.items():
        assert index.find(key + bytes(16), n) == place
        takes[key] = takes.get(key, 0) + (n < FIRST_RESERVED_N)
    for key, count in takes.items():
        assert index.takes(key + b"tail") == count
        assert index.find(key, 2**32 - 7) == model.get((key, 2**32 - 7))
        assert index.find(key, count) == model.get((key, count))
    if (absent, 0) not in model:
        assert index.find(absent, 0) is None
        assert index.takes(absent) == sum(1 for key, n in model if key == absent and n < FIRST_RESERVED_N)
    assert list(index) == [Row(key, n, begin, end - begin) for (key, n), (begin, end) in sorted(model.items())]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 63, 64, 1000])
def test_random_keys(count: int) -> None:
    """At any size every lookup, count and listing agrees with the dict."""
    file = make(places(count))
    check(file.open(), file.model)


@pytest.mark.parametrize("prefix", [b"\x00" * 4, b"\xff" * 4, b"\x80\x00\x00\x00", b"same leading!!!"])
def test_colliding_keys(prefix: bytes) -> None:
    """Keys that share their leading bytes, and so one bucket, are told apart."""
    file = make(places(100, prefix=prefix))
    check(file.open(), file.model, absent=prefix.ljust(16, b"\x00"))


def test_many_takes() -> None:
    """Hundreds of takes of one request are found one by one."""
    key = b"k" * 16
    file = make([(key, n) for n in range(300)] + places(50))
    check(file.open(), file.model)
    assert file.open().takes(key) == 300


def test_other_kinds_are_no_takes() -> None:
    """Entries of other kinds under a call's key are found, and not counted as takes."""
    key = b"k" * 16
    file = make([(key, 0), (key, 1), (key, FIRST_RESERVED_N), (key, PART_N)])
    index = file.open()
    assert index.takes(key) == 2
    assert index.find(key, PART_N) == file.model[key, PART_N]
    assert index.find(key, FIRST_RESERVED_N) == file.model[key, FIRST_RESERVED_N]
    assert index.find(key, 2) is None


few_bytes = st.sampled_from([0, 1, 127, 128, 255])
odd_keys = st.lists(few_bytes, min_size=16, max_size=16).map(bytes)
odd_numbers = st.one_of(st.integers(0, 3), st.integers(0, 255).map(lambda n: n << 24), st.just(PART_N))


@given(st.sets(st.tuples(odd_keys, odd_numbers), max_size=60), odd_keys)
def test_keys_that_look_like_each_other(found: set[Place], absent: bytes) -> None:
    """A key whose bytes occur across the border of two rows is not found there."""
    file = make(sorted(found))
    check(file.open(), file.model, absent=absent)


def test_no_match_across_rows() -> None:
    """Bytes that stand in the index at no row's start are no entry."""
    file = make([(bytes(range(16)), 5), (bytes(range(1, 17)), 6), (bytes(range(2, 18)), 7)])
    index = file.open()
    rows = file.data[file.start : file.start + 3 * ROW.size]
    for at in range(1, len(rows) - 20):
        key, n = rows[at : at + 16], int.from_bytes(rows[at + 16 : at + 20], "little")
        if (key, n) not in file.model:
            assert index.find(key, n) is None


def test_bucket_bits() -> None:
    """A bucket holds some eight rows at any size, and there are at most 2**24 of them."""
    for rows in (0, 1, 7, 8, 9, 100, 10_000, 10**6, 10**8):
        bits = bucket_bits(rows)
        assert 0 <= bits <= MAX_BUCKET_BITS
        assert rows / 2**bits <= ROWS_PER_BUCKET or bits == MAX_BUCKET_BITS
    assert bucket_bits(7) == 0
    assert bucket_bits(10**12) == MAX_BUCKET_BITS


def test_bucket_of() -> None:
    """A bucket is named by the leading bits of the key, so buckets stand in the keys' order."""
    assert bucket_of(b"\xff" * 16, 0) == 0
    assert bucket_of(b"\x80" + bytes(15), 1) == 1
    assert bucket_of(b"\xff" * 16, 24) == 2**24 - 1
    keys = sorted(key for key, _ in places(200))
    numbers = [bucket_of(key, 5) for key in keys]
    assert numbers == sorted(numbers)


def test_the_index_is_as_large_as_specified() -> None:
    """The payload is 24 bytes an entry and 16 bytes a bucket, and one closing row."""
    for count in (0, 1, 8, 100):
        rows = [Row(key, n, 0, 0) for key, n in sorted(places(count))]
        bits, payload = encode_index(rows, count=count, start=FRAMES_START)
        assert len(payload) == count * ROW.size + (2**bits + 1) * FAN.size


# --- damage


def answers_or_damage(file: File, data: bytes) -> int:
    """Ask a damaged index everything; give how often it told damage."""
    index = file.open(data)
    told = 0
    for (key, n), place in file.model.items():
        try:
            assert index.find(key, n) == place
        except CassetteDamaged:
            told += 1
        try:
            assert index.takes(key) == sum(1 for name, m in file.model if name == key and m < FIRST_RESERVED_N)
        except CassetteDamaged:
            told += 1
    try:
        assert index.find(b"\x7f" * 16, 0) is None
    except CassetteDamaged:
        told += 1
    rows: list[Row] = []
    try:
        rows.extend(index)
    except CassetteDamaged:
        told += 1
    whole = [Row(key, n, begin, end - begin) for (key, n), (begin, end) in file.model.items()]
    assert rows == whole[: len(rows)]
    return told


@pytest.mark.parametrize("count", [0, 1, 9, 20])
def test_every_flip(count: int) -> None:
    """A flipped bit or an inverted byte anywhere in the index gives damage or the right answer, never another."""
    file = make(places(count))
    end = file.start + count * ROW.size + (2**file.bits + 1) * FAN.size
    harmless: list[int] = []
    for at in range(file.start, end):
        for mask in (0xFF, 1, 2, 4, 8, 16, 32, 64, 128):
            data = file.data[:at] + bytes([file.data[at] ^ mask]) + file.data[at + 1 :]
            if not answers_or_damage(file, data):
                harmless.append(at)
    # Only the closing row may change unseen here: opening a file checks that one.
    assert all(at >= end - FAN.size for at in harmless)


def test_flips_in_a_large_index() -> None:
    """The same at a thousand entries, at random places."""
    file = make(places(1000))
    source = random.Random(3)
    end = file.start + 1000 * ROW.size + (2**file.bits + 1) * FAN.size
    for _ in range(25):
        at = source.randrange(file.start, end - FAN.size)
        data = file.data[:at] + bytes([file.data[at] ^ (1 << source.randrange(8))]) + file.data[at + 1 :]
        assert answers_or_damage(file, data)


@pytest.mark.parametrize(
    ("before", "behind"), [(4, 0), (0, 4), (-4, 4), (0, -4)], ids=["gap", "rest", "early", "past the end"]
)
def test_entries_lie_back_to_back(before: int, behind: int) -> None:
    """An index whose checksums hold is damage if its entries do not fill the space between header and index."""
    places_ = sorted(places(20))
    rows = [Row(key, n, 0, 30) for key, n in places_]
    bits, payload = encode_index(rows, count=20, start=FRAMES_START + before)
    frames = bytes(FRAMES_START + before + 20 * 30 + behind)
    data = frames + FRAME_HEAD.pack(0, len(payload)) + payload + bytes(80)
    index = Index(data, start=len(frames) + FRAME_HEAD.size, count=20, bits=bits, frames_start=FRAMES_START)
    with pytest.raises(CassetteDamaged):
        list(index)
    if behind < 0:
        with pytest.raises(CassetteDamaged, match="past the entries"):
            index.find(*places_[-1])


@given(st.binary(min_size=2 * FAN.size + 3 * ROW.size, max_size=2 * FAN.size + 3 * ROW.size))
def test_junk_for_an_index(junk: bytes) -> None:
    """Arbitrary bytes in place of an index are damage."""
    file = make([(b"a" * 16, 0), (b"b" * 16, 0), (b"c" * 16, 1)])
    data = file.data[: file.start] + junk + bytes(80)
    if junk != file.data[file.start : file.start + len(junk)]:
        assert answers_or_damage(file, data)


def test_swapped_buckets() -> None:
    """Two fan-out rows in each other's place are damage, though each is whole."""
    file = make(places(30))
    fans = file.start + 30 * ROW.size
    one, other = (file.data[fans + number * FAN.size : fans + (number + 1) * FAN.size] for number in (0, 1))
    data = file.data[:fans] + other + one + file.data[fans + 2 * FAN.size :]
    assert answers_or_damage(file, data)
