"""Whether output is what a page shows, where the page leaves open what differs from run to run."""

from __future__ import annotations

import re

ELLIPSIS = "..."


def matches(shown: str, printed: str, *, differs: str | None = None) -> bool:
    """
    Compare line by line; how many spaces stand between words does not matter.

    Args:
        shown: What the page says. ``...`` in a line stands for anything in it, a line that is ``...`` for any lines.
        printed: What came out.
        differs: A regular expression; what it matches in the shown text stands for anything in its line.
    """
    lines = [_pattern(line, differs) for line in _lines(shown)]
    return re.fullmatch("".join(lines), "".join(f"{line}\n" for line in _lines(printed))) is not None


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.rstrip().split("\n")]


def _pattern(line: str, differs: str | None) -> str:
    if line == ELLIPSIS:
        return r"(?:.*\n)*?"
    opened = line if differs is None else re.sub(differs, ELLIPSIS, line)
    return ".*?".join(map(re.escape, opened.split(ELLIPSIS))) + r"\n"
