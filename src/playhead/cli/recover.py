"""``playhead recover``: what is whole in files that do not hold."""

from __future__ import annotations

from pathlib import Path

import click

from playhead.cli.output import plural, say, say_json
from playhead.cli.scan import current_redactor
from playhead.sessions.recorder import scan_entry
from playhead.store.recovering import recover


@click.command("recover")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The new cassette, where nothing stands yet."
)
@click.option("--accept-edits", is_flag=True, help="Take over calls that were edited by hand in a text cassette.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, paths: tuple[Path, ...], out: Path, accept_edits: bool, as_json: bool) -> None:
    """
    Put every whole call of the cassettes and journals at PATHS into a new cassette.

    Damaged cassettes, journals that a crash left, and text cassettes with git's conflict markers will do. No source
    is changed; what could not be kept is listed.
    """
    redactor = current_redactor()
    found = recover(paths, out, accept_edits=accept_edits, scan=lambda entry: scan_entry(entry, redactor))
    if as_json:
        sources = [str(source) for source in found.sources]
        say_json({"path": str(found.path), "calls": found.calls, "sources": sources, "dropped": list(found.dropped)})
        return
    say(f"recovered {plural(found.calls, 'call')} from {plural(len(found.sources), 'file')} into {found.path}")
    for line in found.dropped:
        say(f"  dropped {line}")
