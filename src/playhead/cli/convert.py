"""``playhead convert``: from one profile to the other."""

from __future__ import annotations

from pathlib import Path

import click

from playhead.cli.output import plural, say, size_text
from playhead.store.converting import convert


@click.command("convert")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace a file at TARGET.")
def command(*, source: Path, target: Path, overwrite: bool) -> None:
    """
    Write the cassette SOURCE anew as TARGET: text where the name ends in .json, else compressed.

    Nothing is lost either way, and the digest stays the same.
    """
    written = convert(source, target, overwrite=overwrite)
    size = size_text(target.stat().st_size)
    say(f"{plural(len(written), 'call')} in {target} ({written.profile}): {size}, digest {written.digest[:12]}")
