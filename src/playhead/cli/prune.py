"""``playhead prune``: cassettes that no test claims, as the last whole run of the test suite listed them."""

from __future__ import annotations

from pathlib import Path

import click

from playhead.cli.output import plural, say, say_json
from playhead.store.orphans import Removal, removals, remove


@click.command("prune")
@click.argument("folder", required=False, default=Path(), type=click.Path(path_type=Path))
@click.option("--delete", is_flag=True, help="Remove them; without it they are listed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a cassette.")
def command(*, folder: Path, delete: bool, as_json: bool) -> None:
    """
    Remove the cassettes that no test claims from FOLDER, the root of a test suite (here, where it is left out).

    They are those that `pytest --playhead-orphans` listed after a run of the whole suite. A file that has changed since
    stays.
    """
    plan = removals(folder)
    for one in plan:
        if one.reason is None and delete:
            remove(one, folder)
        _tell(one, deleted=delete, as_json=as_json)
    if as_json:
        return
    going = [one.orphan.size for one in plan if one.reason is None]
    word = "removed" if delete else "would be removed, with --delete"
    say(f"{plural(len(going), 'cassette')}, {plural(sum(going), 'byte')} {word}")


def _tell(one: Removal, *, deleted: bool, as_json: bool) -> None:
    state = "stays" if one.reason is not None else "removed" if deleted else "orphan"
    if as_json:
        say_json({"path": one.orphan.path, "state": state, "size": one.orphan.size, "reason": one.reason})
    else:
        say(f"{state:<10} {one.orphan.path}{'' if one.reason is None else f'  ({one.reason})'}")
