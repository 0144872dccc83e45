"""``playhead show``: the conversations in a cassette."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from playhead.cli.describing import answer_lines, head_line, question_lines, take_line
from playhead.cli.group import paint
from playhead.cli.output import is_terminal, printable, say
from playhead.core.calls import decode_call
from playhead.errors import UsageError
from playhead.format.entries import Entry
from playhead.store.cassette import Cassette, open_cassette


@click.command("show")
@click.argument("cassette", type=click.Path(path_type=Path))
@click.option("--call", "prefix", help="Only the call whose fingerprint starts so, as shown at its head.")
@click.option("--take", type=click.IntRange(0), help="Only that take.")
@click.option("--raw", is_flag=True, help="Print the canonical entries as they are stored, one JSON object a line.")
def command(*, cassette: Path, prefix: str | None, take: int | None, raw: bool) -> None:
    """Show the conversations in CASSETTE, every take of a question below it."""
    opened = open_cassette(cassette)
    chosen = _chosen(opened, prefix, take)
    if raw:
        for entry in chosen:
            text = entry.data.decode()
            say(printable(text) if is_terminal() else text)
        return
    for number, (_, entries) in enumerate(groupby(chosen, key=lambda entry: entry.key)):
        if number:
            say()
        for line in _call_lines(opened, list(entries)):
            say(line)


def _chosen(cassette: Cassette, prefix: str | None, take: int | None) -> list[Entry]:
    wanted = "" if prefix is None else prefix.lower()
    found = [entry for entry in cassette.entries() if entry.key.hex().startswith(wanted)]
    if prefix is not None and not found:
        raise UsageError(f"no call starts with {prefix!r}", hint=f"'playhead show {cassette.path}' lists them")
    chosen = [entry for entry in found if take is None or entry.n == take]
    if found and not chosen:
        raise UsageError(f"there is no take {take}", hint=f"the last one is take {max(entry.n for entry in found)}")
    return chosen


def _call_lines(cassette: Cassette, entries: list[Entry]) -> Iterator[str]:
    takes = [cassette.interaction(decode_call(entry.data)) for entry in entries]
    yield paint(f"call {head_line(takes[0])}", bold=True)
    yield from question_lines(takes[0])
    for take in takes:
        yield paint(f"  {take_line(take)}", dim=True)
        yield from answer_lines(take)
