"""Two texts side by side, by words."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

MOST_WORDS = 3_000
"""Words between the common head and tail up to which texts are aligned: the time grows with their square."""

MOST_FINE = 200
"""Words up to which spaces count as words of their own; they are in every text, and aligning them takes longest."""

_FINE = re.compile(r"\s+|\w+|[^\w\s]")
_COARSE = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")


class Change(enum.Enum):
    """What became of a run of words."""

    SAME = "same"
    DELETED = "deleted"
    INSERTED = "inserted"


class Run(NamedTuple):
    """
    A run of words.

    Attributes:
        change: What became of it.
        text: The words, with the spaces between them.
    """

    change: Change
    text: str


def words_of(text: str, *, fine: bool = True) -> list[str]:
    """
    Cut a text into words and marks; joined they are the text.

    Args:
        text: The text.
        fine: Whether the spaces between them stand alone; else each stands with the word before it.
    """
    return (_FINE if fine else _COARSE).findall(text)


def word_runs(old: str, new: str) -> list[Run]:
    """
    Give the runs of words that stayed, went and came, in order.

    The runs that stayed and went, joined, are the old text; those that stayed and came the new one.
    """
    before, after = words_of(old), words_of(new)
    if max(len(before), len(after)) > MOST_FINE:
        before, after = words_of(old, fine=False), words_of(new, fine=False)
    head = _shared(before, after)
    rest = min(len(before), len(after)) - head
    tail = min(rest, _shared(before[::-1], after[::-1]))
    middle = before[head : len(before) - tail], after[head : len(after) - tail]
    runs = [
        Run(Change.SAME, "".join(before[:head])),
        *_aligned(*middle),
        Run(Change.SAME, "".join(before[len(before) - tail :]) if tail else ""),
    ]
    return list(_joined(run for run in runs if run.text))


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    if max(len(old), len(new)) > MOST_WORDS:
        yield Run(Change.DELETED, "".join(old))
        yield Run(Change.INSERTED, "".join(new))
        return
    # Beyond a page the most frequent words are no anchors: they would be tried in every place.
    often = max(len(old), len(new)) > 5 * MOST_FINE
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=often).get_opcodes():
        if tag == "equal":
            yield Run(Change.SAME, "".join(old[i1:i2]))
        else:
            yield Run(Change.DELETED, "".join(old[i1:i2]))
            yield Run(Change.INSERTED, "".join(new[j1:j2]))


def _joined(runs: Iterator[Run]) -> Iterator[Run]:
    """
    Join what a single space holds apart: two changed words with nothing but it between them are one change.

    So a sentence that was written anew reads as one deletion and one insertion.
    """
    gone, come = "", ""
    pending = list(runs)
    for index, run in enumerate(pending):
        if run.change is Change.DELETED:
            gone += run.text
        elif run.change is Change.INSERTED:
            come += run.text
        elif (gone or come) and run.text.isspace() and 0 < index < len(pending) - 1:
            gone, come = gone + run.text, come + run.text
        else:
            yield from _changed(gone, come)
            gone = come = ""
            yield run
    yield from _changed(gone, come)


def _changed(gone: str, come: str) -> Iterator[Run]:
    if gone:
        yield Run(Change.DELETED, gone)
    if come:
        yield Run(Change.INSERTED, come)
