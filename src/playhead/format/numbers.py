"""Every number of the cassette format, under the names docs/format.md gives them."""

from __future__ import annotations

import struct

MAGIC = b"\x89PLAYHD\n"
"""First byte above 127 and a line feed last, so that a text-mode copy shows."""

TAIL_MAGIC = b"PLHD"
MAJOR, MINOR = 1, 0

# zstd leaves sixteen skippable frame numbers to its users; stock tools pass over them.
SKIPPABLE_HEADER = 0x184D2A50
SKIPPABLE_DICTIONARY = 0x184D2A51
SKIPPABLE_INDEX = 0x184D2A52
SKIPPABLE_SEGMENTS = 0x184D2A53
SKIPPABLE_PADDING = 0x184D2A54
SKIPPABLE_FOOTER = 0x184D2A5F

FRAME_HEAD = struct.Struct("<II")
"""Skippable frame: number, length of the payload."""

HEADER = struct.Struct("<8sHHII")
"""Magic, major, minor, dictionary id, CRC-32 of what stands before it."""

FOOTER = struct.Struct("<IIQIIIB3x32sI4s")
"""Calls, other entries, offset of the index, length of the segment table's frame (0: none), length and CRC-32 of the
embedded dictionary (0: none), bucket bits, digest, CRC-32 of what stands before it, tail magic."""

ROW = struct.Struct("<16sII")
"""Index row: first 16 bytes of the key, take number, length of the entry's frame."""

BOUNDS = struct.Struct("<IQ")
FAN = struct.Struct("<IQI")
"""Fan-out row: number of the bucket's first row, offset of its first frame, CRC-32 (see ``fan_check``)."""

KEY_LENGTH = 16
FIRST_RESERVED_N = 0xFFFFFF00
"""Take numbers from here on mark entries that are not calls."""

PART_N = 0xFFFFFFFF
RULES_N = 0xFFFFFF01
"""The entry of the rules a cassette was recorded under."""

ROWS_PER_BUCKET = 8
MAX_BUCKET_BITS = 24

NO_DICTIONARY = 0
EMBEDDED_DICTIONARY = 50000
BUILTIN_DICTIONARY = 50001
"""Below 65536, so that a frame spends two bytes on it."""

EMBEDDED_DICTIONARY_SIZE = 64 * 1024

PART_MIN_LENGTH = 1024
"""Characters from which a string of a request becomes a shared part; bytes from which a tools array or a run of
messages does. Why 1,024 and not 512: docs/decisions/0004-shared-parts.md."""

SEGMENT_PREFIX = 4
"""Bytes kept of each segment digest; the table only ranks candidates, so a collision costs nothing but rank."""

SEGMENT_TABLE_MIN_CALLS = 32
"""Below this many calls a miss reads the requests themselves, and the table would only cost space."""

JOURNAL_VERSION = 1
TEXT_VERSION = 1
