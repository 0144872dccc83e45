"""``playhead verify``: whether cassettes hold in every byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from playhead.cli.exit_codes import ExitCode
from playhead.cli.files import need_files
from playhead.cli.output import plural, say, say_json
from playhead.errors import CassetteError
from playhead.store.verifying import verify


@click.command("verify")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a cassette.")
def command(*, paths: tuple[Path, ...], as_json: bool) -> None:
    """
    Check the cassettes at PATHS: checksums, order, keys, references, canonical bytes, digest.

    Without PATHS those in the current folder and below. Ends with 1 where a fault was found, and with 3 where a file
    cannot even be opened.
    """
    worst = ExitCode.OK
    for path in need_files(paths):
        facts, code = _checked(path)
        worst = max(worst, code)
        if as_json:
            say_json(facts)
            continue
        facts_shown = "" if code else f"  {facts['digest'][:12]}  {plural(facts['calls'], 'call')}"
        say(f"{facts['state']:<10} {path}{facts_shown}")
        for fault in facts["faults"]:
            say(f"{'':<10}   {fault}")
    if worst:
        raise SystemExit(worst)


def _checked(path: Path) -> tuple[dict[str, Any], ExitCode]:
    try:
        found = verify(path)
    except CassetteError as error:
        nothing = {"path": str(path), "state": "unreadable", "calls": None, "digest": None, "faults": [error.reason]}
        return nothing, ExitCode.CASSETTE
    facts: dict[str, Any] = {
        "path": str(path),
        "state": "damaged" if found.faults else "sound",
        "calls": found.calls,
        "digest": found.digest,
        "faults": list(found.faults),
    }
    return facts, ExitCode.FOUND if found.faults else ExitCode.OK
