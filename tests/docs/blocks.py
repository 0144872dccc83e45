"""The fenced blocks of a Markdown page, with what the comment above each says about running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"( *)(`{3,}|~{3,})([^`]*)\Z")
_COMMENT = re.compile(r"<!-- *([a-z-]+)(?:: *(.*?))? *-->\Z")

NOTES = ("not-run", "file", "output", "differs")
"""What a comment above a block may say; any other comment is none of ours."""


class Note(NamedTuple):
    """
    A comment above a block.

    Attributes:
        kind: ``not-run: reason``, ``file: name`` (the block is written there), ``output`` (the block is what the Python
            block above it prints), ``differs: regular expression`` (what may differ in the output shown).
        text: What follows the colon.
    """

    kind: str
    text: str


class Block(NamedTuple):
    """
    One fenced block.

    Attributes:
        language: The first word after the fence, empty where there is none.
        text: The lines between the fences, each with its line end.
        line: The number of the first line between the fences, from 1.
        notes: The comments directly above it.
    """

    language: str
    text: str
    line: int
    notes: tuple[Note, ...] = ()

    def note(self, kind: str) -> str | None:
        """Give the text of a note, ``None`` where the block has none of that kind."""
        return next((note.text for note in self.notes if note.kind == kind), None)


def blocks_in(text: str) -> Iterator[Block]:
    """
    Give the fenced blocks of a page in order.

    Raises:
        ValueError: A fence is not closed.
    """
    lines = text.split("\n")
    at = 0
    notes: tuple[Note, ...] = ()
    while at < len(lines):
        fence = _FENCE.match(lines[at].rstrip())
        if fence is None:
            notes = _notes(lines[at], notes)
            at += 1
            continue
        indent, mark, words = fence.groups()
        start = at = at + 1
        while lines[at].strip() != mark:
            at += 1
            if at == len(lines):
                raise ValueError(f"the fence above line {start + 1} is not closed")
        inner = [line.removeprefix(indent) for line in lines[start:at]]
        language = words.split()[0] if words.split() else ""
        yield Block(language, "".join(f"{line}\n" for line in inner), start + 1, notes)
        notes = ()
        at += 1


def _notes(line: str, before: tuple[Note, ...]) -> tuple[Note, ...]:
    found = _COMMENT.match(line.strip())
    if found is None or found.group(1) not in NOTES:
        return ()
    return (*before, Note(found.group(1), found.group(2) or ""))


def prose_of(text: str) -> str:
    """Give a page without its fenced blocks and its code words, so that links are looked for where there can be any."""
    kept: list[str] = []
    inside = ""
    for line in text.split("\n"):
        fence = _FENCE.match(line.rstrip())
        if inside:
            inside = "" if line.strip() == inside else inside
        elif fence is not None:
            inside = fence.group(2)
        else:
            kept.append(re.sub(r"`[^`]*`", "", line))
    return "\n".join(kept)


def pages(root: Path) -> list[Path]:
    """Give the pages whose blocks run, README first."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
