"""``playhead scan``: credentials in cassettes and journals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from playhead.cli.exit_codes import ExitCode
from playhead.cli.files import need_files
from playhead.cli.group import show_error
from playhead.cli.output import note, plural, printable, say, say_json
from playhead.core.redaction import DEFAULT, Redactor
from playhead.errors import CassetteError
from playhead.format.assembly import whole_entries
from playhead.format.entries import Entry
from playhead.sessions.recorder import LiveRedactor, scan_entry
from playhead.store.cassette import located, open_cassette
from playhead.store.journals import is_journal, read_journal


@click.command("scan")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a finding.")
def command(*, paths: tuple[Path, ...], as_json: bool) -> None:
    """
    Look for credentials in the cassettes and journals at PATHS; without PATHS in the current folder and below.

    By shape, by name, and by the values of your own variables that are named like secrets. A finding says where and
    by which rule, never what. Ends with 1 where something was found.
    """
    redactor = current_redactor()
    found = unreadable = 0
    files = need_files(paths, journals=True)
    for path in files:
        try:
            for entry in _entries(path):
                for place, rule in scan_entry(entry, redactor):
                    found += 1
                    _show(path, entry, place, rule, as_json=as_json)
        except CassetteError as error:
            unreadable += 1
            show_error(error)
    if not as_json:
        note(f"{plural(found, 'credential')} in {plural(len(files), 'file')}")
    if found or unreadable:
        raise SystemExit(ExitCode.CASSETTE if unreadable else ExitCode.FOUND)


def current_redactor() -> Redactor:
    """Give the built-in rules with the values of the environment's variables that are named like secrets."""
    return LiveRedactor(DEFAULT).current()


def _entries(path: Path) -> Iterator[Entry]:
    with located(path):
        if is_journal(path):
            yield from (call.entry for call in read_journal(path).calls)
        else:
            yield from whole_entries(open_cassette(path).reader)


def _show(path: Path, entry: Entry, place: str, rule: str, *, as_json: bool) -> None:
    key = entry.key.hex()[:12]
    if as_json:
        say_json({"path": str(path), "call": key, "take": entry.n, "place": place, "rule": rule})
    else:
        say(f"{path}: call {key} take {entry.n}: {printable(place)} ({rule})")
