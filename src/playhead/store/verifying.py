"""Verifying a cassette on disk."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from playhead.format.assembly import whole_entries
from playhead.format.soundness import faults_of
from playhead.format.text import encode_text
from playhead.store.cassette import open_cassette
from playhead.store.files import read_file


class Verified(NamedTuple):
    """
    The result of a verification.

    Attributes:
        path: The file.
        calls: Calls in it.
        digest: Its evidence digest, 64 hexadecimal digits.
        faults: What does not hold, in words; nothing where the file is sound.
    """

    path: Path
    calls: int
    digest: str
    faults: tuple[str, ...]


def verify(path: Path) -> Verified:
    """
    Check a cassette in every byte.

    Raises:
        CassetteError: The file cannot even be opened as a cassette.
    """
    cassette = open_cassette(path)
    faults = list(faults_of(cassette.reader))
    if cassette.profile == "text" and not faults and encode_text(whole_entries(cassette.reader)) != read_file(path):
        faults.append("the entries are sound but not in canonical form or order; 'playhead convert' rewrites them")
    return Verified(path, len(cassette), cassette.digest, tuple(faults))
