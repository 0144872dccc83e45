"""``playhead export``: a cassette written for other tools."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from playhead.cli.exit_codes import ExitCode
from playhead.cli.output import note, plural, printable, say, size_text
from playhead.errors import RecordingError, UsageError
from playhead.interchange.exporting import WRITERS, export


@click.command("export")
@click.argument("cassette", type=click.Path(path_type=Path))
@click.option(
    "--to", "wanted", required=True, type=click.Choice(list(WRITERS)), help="The format: HTTP archive or vcrpy."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file. [default: standard output]")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
def command(*, cassette: Path, wanted: str, output: Path | None, overwrite: bool) -> None:
    """
    Write CASSETTE for other tools: as an HTTP archive (HAR 1.2) or as a cassette of vcrpy.

    Answers keep every byte. What cannot be carried over is listed. Ends with 1 where nothing can be.
    """
    if output is not None and output.exists() and not overwrite:
        raise UsageError(f"{str(output)!r} is there already", hint="--overwrite replaces it")
    found = export(cassette, wanted)
    nothing = bool(found.left_out) and not found.calls
    if output is None:
        if not nothing:
            sys.stdout.buffer.write(found.data)
    elif not nothing:
        try:
            output.write_bytes(found.data)
        except OSError as error:
            raise RecordingError(f"cannot write {str(output)!r}: {error.strerror or error}") from error
        say(f"exported {plural(found.calls, 'call')} to {output}: {size_text(len(found.data))}")
    for text, count in found.notes.items():
        note(f"{plural(count, 'call')}: {text}")
    for kept in found.left_out:
        note(f"call {kept.call} take {kept.take} was not carried over: {printable(kept.reason)}")
    if nothing:
        note("nothing can be carried over, so nothing is written")
        raise SystemExit(ExitCode.FOUND)
