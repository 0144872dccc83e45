"""Printing: plain lines where a program reads, tables where a person does; recorded text never drives the terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from playhead.core.canonical import encode

# C0 without tab and line feed, DEL, C1, and the marks that turn the direction of text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Give a recorded text with control characters spelt out: an escape sequence in an answer is shown, not obeyed."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def one_line(text: str, width: int) -> str:
    """Give the beginning of a text on one line."""
    joined = " ".join(printable(text).split())
    return joined if len(joined) <= width else f"{joined[: width - 3]}..."


def say(text: str = "") -> None:
    """Print a line."""
    click.echo(text)


def say_json(value: Any) -> None:
    """Print a value as one line of canonical JSON, plain values and structs alike."""
    click.echo(printable(encode(msgspec.to_builtins(value)).decode()))


def note(text: str) -> None:
    """Print a line for the person, apart from the results."""
    click.echo(text, err=True)


def is_terminal() -> bool:
    """Tell whether a person watches standard output."""
    return sys.stdout.isatty()


def size_text(count: int) -> str:
    """Write a number of bytes in three digits: ``412 B``, ``1.9 KB``, ``48.0 MB``."""
    if count < 1000:
        return f"{count} B"
    value = count / 1000
    for unit in ("KB", "MB"):
        if value < 999.95:
            return f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def time_text(milliseconds: float) -> str:
    """Write a duration: ``0.4 ms``, ``850 ms``, ``12.3 s``."""
    if milliseconds < 10:
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:,.1f} s"


def plural(count: int, word: str) -> str:
    """Write a count with its word: ``1 call``, ``2 calls``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def show_table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> None:
    """
    Print rows under headers.

    Args:
        headers: One a column.
        rows: Texts, one a column.
        right: Columns that are aligned to the right.
    """
    if is_terminal():
        _show_rich(headers, rows, right)
        return
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    for row in (headers, *rows):
        cells = (
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        say("  ".join(cells).rstrip())


def _show_rich(headers: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for index, header in enumerate(headers):
        table.add_column(header, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
