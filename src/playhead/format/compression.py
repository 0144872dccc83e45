"""zstd frames with a pinned dictionary, decompressed under bounds."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import zstandard

from playhead.errors import CassetteDamaged, LimitExceeded, RecordingError, UnsupportedVersion
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import (
    BUILTIN_DICTIONARY,
    EMBEDDED_DICTIONARY,
    EMBEDDED_DICTIONARY_SIZE,
    FRAME_HEAD,
    NO_DICTIONARY,
    SKIPPABLE_PADDING,
)

LEVEL = 9
"""For small cassettes: 17 % smaller than level 3 on real calls with the built-in dictionary, at tens of us a call."""

LARGE_LEVEL, LARGE_ENTRIES = 3, 64
"""From so many entries on: within 5 % of level 9 on 1,000 chats with a dictionary of their own, at a sixth of its time,
so that recording a call costs the same however many there are."""

LARGE_ENTRY = 16 * 1024
"""Bytes from which an entry is compressed at ``LEVEL`` in large cassettes too: a stream of 250 events is 6 % smaller,
for 0.2 ms beside the 14 ms it takes to receive it."""

# k and d of the trainer, and how much of the entries it sees: more samples cost time and gained nothing.
TRAIN_K, TRAIN_D = 200, 8
TRAIN_SAMPLE_BYTES = 512 * 1024


@functools.cache
def builtin_dictionary() -> bytes:
    """Give the dictionary that ships with the package; files name it by id ``BUILTIN_DICTIONARY``."""
    # Through the loader, as importlib.resources would, without the millisecond its import takes from a first answer.
    loader: Any = __spec__.loader if __spec__ is not None else None
    folder = __file__.rpartition("compression.py")[0]
    return bytes(loader.get_data(f"{folder}builtin.zdict"))


def dictionary_by_id(number: int, embedded: bytes) -> bytes:
    """
    Give the bytes of a file's dictionary.

    Raises:
        UnsupportedVersion: The id is not one this release knows.
    """
    if number == NO_DICTIONARY:
        return b""
    if number == BUILTIN_DICTIONARY:
        return builtin_dictionary()
    if number == EMBEDDED_DICTIONARY and embedded:
        return embedded
    raise UnsupportedVersion(
        f"needs dictionary {number}, which this release does not have",
        hint="upgrade playhead: pip install -U playhead",
    )


def train_dictionary(samples: Sequence[bytes]) -> bytes:
    """
    Train an embedded dictionary; equal samples give equal bytes under one libzstd.

    Returns:
        The dictionary, or nothing where the samples are too few or too alike to train on.
    """
    chosen: list[bytes | bytearray | memoryview] = []
    budget = TRAIN_SAMPLE_BYTES
    total = sum(map(len, samples))
    step = max(1, total // budget)
    for sample in samples[::step]:
        if budget < len(sample):
            break
        chosen.append(sample)
        budget -= len(sample)
    try:
        trained = zstandard.train_dictionary(
            EMBEDDED_DICTIONARY_SIZE, chosen, k=TRAIN_K, d=TRAIN_D, dict_id=EMBEDDED_DICTIONARY
        )
    except zstandard.ZstdError:
        return b""
    return trained.as_bytes()


_PADDING = SKIPPABLE_PADDING.to_bytes(4, "little")
_CHECKSUM_FLAG = 4
"""RFC 8878, 3.1.1.1.1: bit 2 of the frame header descriptor."""


def _without_padding(frame: bytes) -> bytes:
    end = FRAME_HEAD.size + int.from_bytes(frame[4:8], "little")
    if frame[:4] != _PADDING or end >= len(frame) or any(frame[FRAME_HEAD.size : end]):
        raise CassetteDamaged("a frame's padding does not hold")
    return frame[end:]


_declared_size = zstandard.frame_content_size


class Packer:
    """Compresses entries, each to a frame of its own with size, checksum and dictionary id."""

    def __init__(self, dictionary: bytes = b"", *, level: int = LEVEL) -> None:
        self._dictionary = dictionary
        self._compressor = _compressor(dictionary, level)
        self._thorough = None if level == LARGE_LEVEL else self._compressor

    def pack(self, data: bytes) -> bytes:
        """
        Compress one entry.

        Raises:
            RecordingError: zstd could not (out of memory).
            LimitExceeded: The entry is larger than any reader takes.
        """
        try:
            frame = (self._compressor if len(data) < LARGE_ENTRY else self._for_large()).compress(data)
        except zstandard.ZstdError as error:
            raise RecordingError(f"cannot compress an entry of {len(data)} bytes: {error}") from error
        limits = DEFAULT_LIMITS
        if len(data) > limits.entry:
            raise LimitExceeded(f"an entry of {len(data)} bytes is over the limit of {limits.entry}")
        short = -(-len(data) // limits.ratio) - len(frame) if len(data) > limits.ratio_floor else 0
        # A long run of one character shrinks more than any reader believes; zeros in front keep the ratio honest.
        return frame if short <= 0 else FRAME_HEAD.pack(SKIPPABLE_PADDING, short) + bytes(short) + frame

    def _for_large(self) -> zstandard.ZstdCompressor:
        if self._thorough is None:
            self._thorough = _compressor(self._dictionary, LEVEL)
        return self._thorough


def _compressor(dictionary: bytes, level: int) -> zstandard.ZstdCompressor:
    known = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    if known is not None:
        known.precompute_compress(level=level)  # pyright: ignore[reportUnknownMemberType] - untyped there
    return zstandard.ZstdCompressor(
        level=level, dict_data=known, write_checksum=True, write_content_size=True, write_dict_id=True
    )


@functools.cache
def _builtin_digested() -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(builtin_dictionary())


def _digested(dictionary: bytes) -> zstandard.ZstdCompressionDict | None:
    """Give a dictionary made ready; the built-in one is made ready once, which takes 18 us, not for every cassette."""
    if not dictionary:
        return None
    return _builtin_digested() if dictionary is builtin_dictionary() else zstandard.ZstdCompressionDict(dictionary)


class Unpacker:
    """Decompresses single frames; not safe for use by two threads at once, as libzstd's contexts are not."""

    def __init__(self, dictionary: bytes, limits: Limits) -> None:
        try:
            known = _digested(dictionary)
            self._decompressor = zstandard.ZstdDecompressor(dict_data=known) if known else zstandard.ZstdDecompressor()
        except zstandard.ZstdError as error:
            raise CassetteDamaged(f"unusable dictionary: {error}") from None
        self._decompress = self._decompressor.decompress
        self._limits = limits
        self._plain_size = min(limits.entry, limits.ratio_floor)

    def _looked_at(self, frame: bytes) -> bytes:
        """Give a frame that is large, padded or malformed without its padding, if its size is within the limits."""
        stored = len(frame)
        if frame[:4] == _PADDING:
            frame = _without_padding(frame)
        size, limits = _declared_size(frame), self._limits
        if size <= 0:
            raise CassetteDamaged("a frame does not declare its size")
        if size > limits.entry:
            raise LimitExceeded(f"an entry of {size} bytes is over the limit of {limits.entry}")
        if size > limits.ratio_floor and size > limits.ratio * stored:
            raise LimitExceeded(f"an entry grows {size // max(1, stored)} times, over the limit of {limits.ratio}")
        return frame

    def unpack(self, frame: bytes) -> bytes:
        """
        Decompress exactly one frame.

        Raises:
            LimitExceeded: The declared size is over a limit; nothing was decompressed.
            CassetteDamaged: The bytes are not one whole frame, or its checksum does not hold.
        """
        try:
            # zstandard ignores max_output_size where a frame declares its size, so the declaration is read first.
            if not 0 < _declared_size(frame) <= self._plain_size:
                frame = self._looked_at(frame)
            if not frame[4] & _CHECKSUM_FLAG:
                raise CassetteDamaged("a frame has no checksum")
            return self._decompress(frame, 0, False, False)  # neither several frames nor trailing bytes
        except zstandard.ZstdError as error:
            raise CassetteDamaged(f"a frame cannot be decompressed: {error}") from None
        except MemoryError as error:
            raise LimitExceeded("not enough memory for an entry") from error
