"""``playhead ls``: a line for each cassette."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from playhead.cli.exit_codes import ExitCode
from playhead.cli.files import find_files
from playhead.cli.group import show_error
from playhead.cli.output import note, one_line, say_json, show_table, size_text
from playhead.core.names import CAPTURED_PROVIDER
from playhead.errors import CassetteError
from playhead.store.cassette import open_cassette


@click.command("ls")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a cassette.")
def command(*, paths: tuple[Path, ...], as_json: bool) -> None:
    """
    List the cassettes at PATHS, and in folders below them; without PATHS in the current folder.

    One that cannot be read is named with its fault, and the command ends with 3.
    """
    rows: list[dict[str, Any]] = []
    unreadable = 0
    for path in find_files(paths):
        try:
            rows.append(_facts(path))
        except CassetteError as error:
            unreadable += 1
            show_error(error)
    if as_json:
        for row in rows:
            say_json(row)
    elif rows:
        _show(rows)
    elif not unreadable:
        note("no cassettes here")
    if unreadable:
        raise SystemExit(ExitCode.CASSETTE)


def _facts(path: Path) -> dict[str, Any]:
    cassette = open_cassette(path)
    models: set[str] = set()
    dates: set[str] = set()
    captured = 0
    for interaction in cassette:
        captured += interaction.provider == CAPTURED_PROVIDER
        model = interaction.evidence.model or interaction.request.model
        models |= {model} if model else set()
        dates |= {interaction.recorded_on} if interaction.recorded_on else set()
    return {
        "path": str(path),
        "profile": cassette.profile,
        "calls": len(cassette) - captured,
        "captured": captured,
        "size": path.stat().st_size,
        "digest": cassette.digest,
        "models": sorted(models),
        "first": min(dates, default=None),
        "last": max(dates, default=None),
    }


def _show(rows: list[dict[str, Any]]) -> None:
    show_table(
        ("CASSETTE", "CALLS", "SIZE", "DIGEST", "RECORDED", "MODELS"),
        [
            (
                row["path"],
                f"{row['calls']:,}",
                size_text(row["size"]),
                row["digest"][:12],
                _dates(row["first"], row["last"]),
                one_line(", ".join(row["models"]) or "-", 60),
            )
            for row in rows
        ],
        right=frozenset({1, 2}),
    )


def _dates(first: str | None, last: str | None) -> str:
    if first is None or last is None:
        return "-"
    return first if first == last else f"{first} to {last}"
