"""Single zstd frames: what comes back, what is refused, and before what."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import CassetteDamaged, CassetteError, LimitExceeded, UnsupportedVersion
from playhead.format.compression import (
    LARGE_ENTRY,
    LARGE_LEVEL,
    LEVEL,
    Packer,
    Unpacker,
    builtin_dictionary,
    dictionary_by_id,
    train_dictionary,
)
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import (
    BUILTIN_DICTIONARY,
    EMBEDDED_DICTIONARY,
    EMBEDDED_DICTIONARY_SIZE,
    NO_DICTIONARY,
)
from tests.strategies import call_entry

SAMPLES = [
    call_entry(f"question {number} about the weather in town {number * 37}", f"it is {number} degrees").data * 3
    for number in range(300)
]
ENTRY = SAMPLES[0]


def frame(header: int, size: bytes, blocks: bytes, *, window: bytes = b"") -> bytes:
    """Put a zstd frame together by hand (RFC 8878, 3.1.1)."""
    return b"\x28\xb5\x2f\xfd" + bytes([header]) + window + size + blocks


def raw_block(data: bytes, *, last: bool = True) -> bytes:
    """Give an uncompressed block."""
    return (len(data) << 3 | last).to_bytes(3, "little") + data


HELLO_CHECK = zstandard.ZstdCompressor(write_checksum=True).compress(b"hello")[-4:]
"""The checksum zstd gives that content."""

SINGLE_SEGMENT, CHECKSUM, SIZE_8, SIZE_4 = 0x20, 0x04, 0xC0, 0x80


# --- round trips


@given(st.binary(min_size=1, max_size=3000))
def test_round_trip(data: bytes) -> None:
    """Any entry comes back, with and without a dictionary."""
    for dictionary in (b"", builtin_dictionary()):
        assert Unpacker(dictionary, DEFAULT_LIMITS).unpack(Packer(dictionary).pack(data)) == data


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 2_000_000, 8 * 2**20])
def test_what_is_written_can_be_read(size: int) -> None:
    """No entry within the limit is too repetitive to be read again: zero vectors, one letter a million times."""
    data = b"A" * size
    assert Unpacker(b"", DEFAULT_LIMITS).unpack(Packer().pack(data)) == data


def test_too_large_is_refused_by_the_writer() -> None:
    """An entry that no reader would take is refused when it is written."""
    with pytest.raises(LimitExceeded, match="over the limit"):
        Packer().pack(bytes(DEFAULT_LIMITS.entry + 1))


@pytest.mark.parametrize("data", [b"x", ENTRY, b"A" * 3_000_000, bytes(range(256)) * 80_000])
def test_frames_are_as_specified(data: bytes) -> None:
    """Every frame declares its size and has a checksum, and no reader needs a window above 8 MiB for it."""
    packed = Packer().pack(data)
    start = packed.index(b"\x28\xb5\x2f\xfd")
    parameters = zstandard.get_frame_parameters(packed[start:])
    assert parameters.content_size == len(data)
    assert parameters.has_checksum
    assert parameters.window_size <= 8 * 2**20


def test_frames_name_their_dictionary() -> None:
    """A frame made with a dictionary names it, so that a stock tool can ask for the right one."""
    trained = train_dictionary(SAMPLES)
    assert zstandard.get_frame_parameters(Packer(trained).pack(ENTRY)).dict_id == EMBEDDED_DICTIONARY
    if builtin_dictionary():
        assert zstandard.get_frame_parameters(Packer(builtin_dictionary()).pack(ENTRY)).dict_id == BUILTIN_DICTIONARY


def test_equal_entries_give_equal_frames() -> None:
    """Packing depends on the entry and the dictionary alone, not on what was packed before."""
    packer = Packer(builtin_dictionary())
    first = packer.pack(ENTRY)
    packer.pack(SAMPLES[7])
    assert packer.pack(ENTRY) == first == Packer(builtin_dictionary()).pack(ENTRY)


# --- dictionaries


def test_dictionary_by_id() -> None:
    """A file's dictionary is none, the built-in one or the one it brings."""
    assert dictionary_by_id(NO_DICTIONARY, b"") == b""
    assert dictionary_by_id(BUILTIN_DICTIONARY, b"") == builtin_dictionary()
    assert dictionary_by_id(EMBEDDED_DICTIONARY, b"own") == b"own"


@pytest.mark.parametrize("number", [1, 49999, 50002, 2**32 - 1, EMBEDDED_DICTIONARY])
def test_unknown_dictionary(number: int) -> None:
    """A dictionary that this release does not have is told as such, with the way to get it."""
    with pytest.raises(UnsupportedVersion, match=f"needs dictionary {number}") as caught:
        dictionary_by_id(number, b"")
    assert caught.value.hint is not None
    assert "upgrade" in caught.value.hint


def test_training_is_repeatable() -> None:
    """Equal samples give the same dictionary, within its size and with its id."""
    trained = train_dictionary(SAMPLES)
    assert trained == train_dictionary(SAMPLES)
    assert 0 < len(trained) <= EMBEDDED_DICTIONARY_SIZE
    assert zstandard.ZstdCompressionDict(trained).dict_id() == EMBEDDED_DICTIONARY


@pytest.mark.parametrize("samples", [[], [b"x"], [b""] * 300])
def test_training_on_too_little(samples: list[bytes]) -> None:
    """Where there is nothing to learn, training gives no dictionary, not an error."""
    assert train_dictionary(samples) == b""


def test_wrong_dictionary() -> None:
    """A frame read with another dictionary than its own is damage, not other content."""
    packed = Packer(train_dictionary(SAMPLES)).pack(ENTRY)
    for dictionary in (b"", builtin_dictionary()):
        with pytest.raises(CassetteDamaged):
            Unpacker(dictionary, DEFAULT_LIMITS).unpack(packed)


@pytest.mark.parametrize("dictionary", [b"\x37\xa4\x30\xec" + bytes(4), b"\x37\xa4\x30\xec" + bytes(100)])
def test_unusable_dictionary(dictionary: bytes) -> None:
    """A dictionary that zstd cannot use is damage, told no later than the first frame."""
    with pytest.raises(CassetteDamaged):
        Unpacker(dictionary, DEFAULT_LIMITS).unpack(Packer().pack(ENTRY))


# --- what is refused

PACKED = Packer().pack(ENTRY)
BAD_FRAMES: dict[str, bytes] = {
    "nothing": b"",
    "a few bytes": b"\x28\xb5",
    "no frame": b"hello, world",
    "JSON": ENTRY,
    "trailing bytes": PACKED + b"x",
    "a second frame": PACKED + PACKED,
    "trailing zeros": PACKED + bytes(8),
    "a skippable frame behind": PACKED + struct.pack("<II", 0x184D2A50, 0),
    "a skippable frame in front": struct.pack("<II", 0x184D2A50, 0) + PACKED,
    "a skippable frame alone": struct.pack("<II", 0x184D2A50, 4) + b"abcd",
    "an empty skippable frame": struct.pack("<II", 0x184D2A50, 0),
    "padding alone": struct.pack("<II", 0x184D2A54, 4) + bytes(4),
    "padding that is not zero": struct.pack("<II", 0x184D2A54, 4) + b"abcd" + PACKED,
    "padding longer than the frame": struct.pack("<II", 0x184D2A54, 10**6) + bytes(4) + PACKED,
    "padding twice": (struct.pack("<II", 0x184D2A54, 4) + bytes(4)) * 2 + PACKED,
    "no checksum": zstandard.ZstdCompressor(write_checksum=False).compress(ENTRY),
    "no content size": zstandard.ZstdCompressor(write_checksum=True, write_content_size=False).compress(ENTRY),
    "an empty frame": zstandard.ZstdCompressor(write_checksum=True).compress(b""),
    "declares more": frame(SINGLE_SEGMENT | CHECKSUM, b"\x32", raw_block(b"hello") + HELLO_CHECK),
    "declares less": frame(SINGLE_SEGMENT | CHECKSUM, b"\x03", raw_block(b"hello") + HELLO_CHECK),
    "declares nothing": frame(SINGLE_SEGMENT | CHECKSUM, b"\x00", raw_block(b"hello") + HELLO_CHECK),
    "no last block": frame(SINGLE_SEGMENT | CHECKSUM, b"\x05", raw_block(b"hello", last=False) + HELLO_CHECK),
    "a wrong checksum": frame(SINGLE_SEGMENT | CHECKSUM, b"\x05", raw_block(b"hello") + bytes(4)),
    "a reserved bit": frame(SINGLE_SEGMENT | CHECKSUM | 0x08, b"\x05", raw_block(b"hello") + HELLO_CHECK),
    "an unknown dictionary": frame(SINGLE_SEGMENT | CHECKSUM | 0x01, b"\x07\x05", raw_block(b"hello") + HELLO_CHECK),
}


@pytest.mark.parametrize("data", BAD_FRAMES.values(), ids=BAD_FRAMES)
def test_bad_frame(data: bytes) -> None:
    """What is not exactly one whole frame of the specified form is damage."""
    with pytest.raises(CassetteDamaged):
        Unpacker(b"", DEFAULT_LIMITS).unpack(data)


def test_truncation_at_every_byte() -> None:
    """A frame cut anywhere is damage."""
    unpacker = Unpacker(b"", DEFAULT_LIMITS)
    for end in range(len(PACKED)):
        with pytest.raises(CassetteDamaged):
            unpacker.unpack(PACKED[:end])


@given(st.binary(max_size=40))
def test_any_bytes(data: bytes) -> None:
    """Any bytes after a frame's magic give content or an error of ours."""
    unpacker = Unpacker(b"", DEFAULT_LIMITS)
    for prefix in (b"", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd" + bytes([SINGLE_SEGMENT | CHECKSUM])):
        try:
            unpacker.unpack(prefix + data)
        except CassetteError:
            continue


def allocated(unpacker: Unpacker, data: bytes) -> int:
    """Give the most memory that refusing a frame took."""
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceeded):
            unpacker.unpack(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [64 * 2**20 + 1, 2**30, 2**40, 2**63])
def test_declared_bomb(size: int) -> None:
    """A frame that declares more than the limit is refused before anything of that size is allocated."""
    bomb = frame(SINGLE_SEGMENT | CHECKSUM | SIZE_8, struct.pack("<Q", size), raw_block(b"hello") + bytes(4))
    assert allocated(Unpacker(b"", DEFAULT_LIMITS), bomb) < 2**20


def test_ratio_bomb() -> None:
    """A small frame that expands beyond the ratio is refused before it is expanded."""
    bomb = zstandard.ZstdCompressor(write_checksum=True).compress(bytes(16 * 2**20))
    assert len(bomb) * DEFAULT_LIMITS.ratio < 16 * 2**20
    assert allocated(Unpacker(b"", DEFAULT_LIMITS), bomb) < 2**20


def test_small_repetitive_entries_are_no_bombs() -> None:
    """Below the floor the ratio is not looked at."""
    data = bytes(2**20)
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(data)
    assert len(packed) * DEFAULT_LIMITS.ratio < len(data)
    assert Unpacker(b"", DEFAULT_LIMITS).unpack(packed) == data


def test_large_entries_are_packed_thoroughly_in_large_cassettes_too() -> None:
    """From 16 KB on an entry has the frame of a small cassette's level; files made to be read once are left fast."""
    words = [f'"token {number * 7919 % 1009}",' for number in range(2000)]
    large = "".join(words).encode()
    small = large[: LARGE_ENTRY - 1]
    fast, thorough, passing = Packer(level=LARGE_LEVEL), Packer(level=LEVEL), Packer(level=1)
    assert fast.pack(large) == thorough.pack(large)
    assert fast.pack(small) != thorough.pack(small)
    assert passing.pack(large) != thorough.pack(large)


def test_limits_are_the_readers() -> None:
    """A reader's own limits hold, tighter or wider than the defaults."""
    packed = Packer().pack(ENTRY)
    with pytest.raises(LimitExceeded, match=f"an entry of {len(ENTRY)} bytes is over the limit of 100"):
        Unpacker(b"", Limits(entry=100)).unpack(packed)
    with pytest.raises(LimitExceeded, match=r"over the limit of 2$"):
        Unpacker(b"", Limits(ratio=2, ratio_floor=10)).unpack(Packer().pack(bytes(1000)))
    assert Unpacker(b"", Limits(entry=len(ENTRY))).unpack(packed) == ENTRY


def test_frames_by_hand_are_right() -> None:
    """The frames these tests put together are read where nothing is wrong with them."""
    good = frame(SINGLE_SEGMENT | CHECKSUM, b"\x05", raw_block(b"hello") + HELLO_CHECK)
    assert Unpacker(b"", DEFAULT_LIMITS).unpack(good) == b"hello"


@pytest.mark.parametrize("exponent", [0x70, 0xA0, 0xF8])
def test_huge_window(exponent: int) -> None:
    """A frame that asks for a window of gigabytes is refused, or read without one."""
    odd = frame(CHECKSUM | SIZE_4, struct.pack("<I", 5), raw_block(b"hello") + HELLO_CHECK, window=bytes([exponent]))
    tracemalloc.start()
    try:
        assert Unpacker(b"", DEFAULT_LIMITS).unpack(odd) == b"hello"
    except CassetteError:
        pass
    finally:
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert taken < 2**20
