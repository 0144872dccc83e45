"""What nothing that keeps recordings can beat: the bare steps that any of them must take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import zstandard

from benchmarks.contenders.base import Asked, Recorded
from benchmarks.contenders.keyed import encode, key_of, text_of
from playhead.core.calls import CallEntry
from playhead.format.compression import dictionary_by_id
from playhead.format.numbers import FIRST_RESERVED_N
from playhead.store.cassette import open_cassette
from playhead.store.files import read_file

DICT = "limit: dict + canonical key + decode"
SLICE = "limit: slice + zstd + decode"


class DictLimit:
    """Canonical key, one look into a dict of bytes, one decode."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}

    def add(self, call: Recorded) -> None:
        """Put a call in."""
        self._known[key_of(call.request)] = encode(call)

    def answer(self, asked: Asked) -> str:
        """Look it up."""
        return text_of(self._known[key_of(asked.request)])

    def close(self) -> None:
        """Nothing is held open."""


class SliceLimit:
    """The frames of a cassette at offsets that are known beforehand: slice, decompress, decode to the same struct."""

    def __init__(self, path: Path) -> None:
        self._data = read_file(path)
        reader = open_cassette(path).reader
        rows = [row for row in reader.rows() if row.n < FIRST_RESERVED_N]
        self.places = [(row.offset, row.offset + row.length) for row in rows]
        dictionary = dictionary_by_id(reader.dictionary_id, reader.dictionary)
        self._decompress: Any = zstandard.ZstdDecompressor(
            dict_data=zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        ).decompress
        self._decode = msgspec.json.Decoder(CallEntry).decode

    def get(self, number: int) -> CallEntry:
        """Give an entry."""
        start, end = self.places[number]
        return self._decode(self._decompress(self._data[start:end]))
