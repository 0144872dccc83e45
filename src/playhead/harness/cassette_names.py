"""
The file name of a test's cassette: one a test, the same on every machine.

    tests/test_chat.py::test_hello               tests/cassettes/test_chat/test_hello.cassette
    tests/test_chat.py::TestChat::test_hello[a]  tests/cassettes/test_chat/TestChat.test_hello-a-8164b7963f.cassette

A name that any file system keeps as it is stays as it is. Any other is made of what can be kept and ends in a part of a
hash, so that two tests never share a file, also where upper and lower case are one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

FOLDER = "cassettes"
ENDING = ".cassette"
ENDINGS = (".cassette.json", ".cassette", ".json")
"""How a name may end that says how its file is written."""

MAX_STEM = 80
"""Characters of a name without its ending. A journal's name is 90 longer, and file systems end at 255 bytes."""

HASH_DIGITS = 10

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*\Z")
_ODD = re.compile(r"[^A-Za-z0-9_.]+")
# Names that Windows takes for devices, whatever ending follows.
_DEVICES = frozenset(
    {"aux", "con", "nul", "prn", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(10))}
)


def file_stem(names: Sequence[str]) -> str:
    """
    Give the name of a test's cassette without its ending.

    Args:
        names: The classes and the function, outermost first; the last may end in parameters: ``test_a[1-x]``.
    """
    whole = ".".join(names)
    if _PLAIN.match(whole) and len(whole) <= MAX_STEM and whole.partition(".")[0] not in _DEVICES:
        return whole
    # "\0" stands in no name, so that no two lists of names are hashed alike.
    digest = sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]
    kept = _ODD.sub("-", whole).strip("-.") or "test"
    return f"{kept[: MAX_STEM - HASH_DIGITS - 1].rstrip('-.')}-{digest}"


def cassette_path(test_file: Path, names: Sequence[str]) -> Path:
    """Give the place of a test's cassette: ``cassettes/<module>/`` beside the file of the test."""
    return cassette_folder(test_file) / f"{file_stem(names)}{ENDING}"


def cassette_folder(test_file: Path) -> Path:
    """Give the folder of the cassettes of a file's tests."""
    return test_file.parent / FOLDER / test_file.stem


def with_ending(name: str) -> str:
    """Give the file name of a cassette that is named by hand, which needs no ending."""
    return name if name.endswith(ENDINGS) else f"{name}{ENDING}"
