"""The numbers of the format: they are written into files and never change."""

from __future__ import annotations

from playhead.format import numbers


def test_sizes() -> None:
    """The fixed records have the sizes of the specification."""
    sizes = {name: getattr(numbers, name).size for name in ("FRAME_HEAD", "HEADER", "FOOTER", "ROW", "FAN")}
    assert sizes == {"FRAME_HEAD": 8, "HEADER": 20, "FOOTER": 72, "ROW": 24, "FAN": 16}


def test_magic() -> None:
    """The magic starts above ASCII and ends in a line feed, so that no text and no text-mode copy has it."""
    assert (numbers.MAGIC, numbers.TAIL_MAGIC) == (b"\x89PLAYHD\n", b"PLHD")
    assert (numbers.MAJOR, numbers.JOURNAL_VERSION, numbers.TEXT_VERSION) == (1, 1, 1)


def test_skippable_frames() -> None:
    """Each of our frames has one of the sixteen numbers that zstd's stock tools pass over, and its own."""
    found = {name: value for name, value in vars(numbers).items() if name.startswith("SKIPPABLE_")}
    assert len(set(found.values())) == len(found) >= 5
    assert all(0x184D2A50 <= value <= 0x184D2A5F for value in found.values())
    assert found["SKIPPABLE_HEADER"] == 0x184D2A50
    assert found["SKIPPABLE_FOOTER"] == 0x184D2A5F


def test_reserved_takes() -> None:
    """The numbers that mark other kinds are the last 256 of 32 bits, and parts have the last."""
    assert (numbers.FIRST_RESERVED_N, numbers.PART_N) == (2**32 - 256, 2**32 - 1)


def test_dictionaries() -> None:
    """Dictionary ids are distinct and take two bytes in a frame."""
    known = {numbers.NO_DICTIONARY, numbers.EMBEDDED_DICTIONARY, numbers.BUILTIN_DICTIONARY}
    assert known == {0, 50000, 50001}
    assert max(known) < 2**16
