"""Bounds that are checked before anything of that size is allocated."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """
    Bounds of a reader.

    Attributes:
        entry: Bytes of one entry, decompressed.
        ratio: Largest decompressed size over compressed size, for entries above ``ratio_floor``.
        ratio_floor: Bytes below which the ratio is not looked at; small repetitive text compresses further.
        dictionary: Bytes of an embedded dictionary.
        text: Bytes of a whole file in the text profile.
    """

    entry: int = 64 * 1024 * 1024
    ratio: int = 2000
    ratio_floor: int = 1024 * 1024
    dictionary: int = 1024 * 1024
    text: int = 1024 * 1024 * 1024


DEFAULT_LIMITS = Limits()
