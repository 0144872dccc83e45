"""Cassettes written for other tools, with a list of everything that could not be carried over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from playhead.core.evidence import Interaction
from playhead.core.wire import Answer
from playhead.interchange import har_writing, vcr_writing
from playhead.interchange.sending import NO_WIRE, Wired, wired
from playhead.interchange.source import Unusable
from playhead.store.cassette import open_cassette

NO_HEADERS = "request headers are not recorded, so that of the content type stands alone"
JOINED = "the pieces its answer came in are joined"
DECODED = "its content encoding is undone, as the format wants it"
LEFT = "its consumer left before the answer was whole"


class Kept(msgspec.Struct, frozen=True):
    """
    A call that was not carried over.

    Attributes:
        call: The beginning of its fingerprint, as ``playhead show`` prints it.
        take: Which take.
        reason: Why.
    """

    call: str
    take: int
    reason: str


class Exported(msgspec.Struct, frozen=True):
    """
    A file for another tool.

    Attributes:
        data: Its bytes.
        calls: How many calls it holds.
        left_out: The calls that it does not.
        notes: What is not as it was recorded, and for how many calls.
    """

    data: bytes
    calls: int
    left_out: tuple[Kept, ...]
    notes: dict[str, int]


def _as_har(interaction: Interaction, asked: Wired, answer: Answer) -> dict[str, Any]:
    return har_writing.entry_of(interaction, asked, answer)


def _as_vcr(interaction: Interaction, asked: Wired, answer: Answer) -> dict[str, Any]:
    del interaction
    return vcr_writing.interaction_of(asked, answer)


_Write = Callable[[Interaction, Wired, Answer], dict[str, Any]]

WRITERS: dict[str, tuple[_Write, Callable[[list[dict[str, Any]]], bytes]]] = {
    "har": (_as_har, har_writing.archive),
    "vcr": (_as_vcr, vcr_writing.cassette),
}
"""What writes a call, and what writes the file, by the name the command line gives the format."""


def export(path: Path, to: str) -> Exported:
    """
    Write a cassette for another tool.

    Args:
        path: The cassette.
        to: ``har`` or ``vcr``.

    Raises:
        CassetteError: The cassette is missing or damaged.
        MissingDependencyError: The format needs a package that is not installed.
    """
    write, whole = WRITERS[to]
    written: list[dict[str, Any]] = []
    left_out: list[Kept] = []
    notes: dict[str, int] = {}
    for interaction in open_cassette(path):
        try:
            answer = interaction.answer
            if answer is None:
                raise Unusable(NO_WIRE)
            written.append(write(interaction, wired(interaction), answer))
        except Unusable as reason:
            left_out.append(Kept(interaction.fingerprint[:12], interaction.sequence, str(reason)))
            continue
        for note in _notes(answer, to):
            notes[note] = notes.get(note, 0) + 1
    return Exported(whole(written), len(written), tuple(left_out), notes)


def _notes(answer: Answer, to: str) -> list[str]:
    found = [NO_HEADERS]
    if to == "har" and answer.pieces and answer.header("content-encoding"):
        found.append(DECODED)
    if len(answer.pieces) > 1:
        found.append(JOINED)
    if answer.left:
        found.append(LEFT)
    return found
