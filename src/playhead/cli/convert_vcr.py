"""``playhead convert-vcr``: a tree of vcrpy's cassettes made into ours, each beside the file it is made of."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

import click
import msgspec

from playhead.cli.exit_codes import ExitCode
from playhead.cli.group import show_problem
from playhead.cli.output import note, plural, printable, say, say_json
from playhead.interchange.importing import Imported, ImportReport, import_files
from playhead.store.cassette import open_cassette

FORMAT = "vcr"


class Change(msgspec.Struct, frozen=True):
    """
    What becomes different for the tests of one file.

    Attributes:
        path: The file.
        told_apart: Calls that vcrpy's default match tells apart by their order alone, and that are told apart by what
            they say from now on.
        ambiguous: Calls that say exactly the same and are answered differently: they are played in their order.
    """

    path: str
    told_apart: int = 0
    ambiguous: int = 0


@click.command("convert-vcr")
@click.argument("tree", type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Write the cassettes; without it nothing is changed.")
@click.option("--remove", is_flag=True, help="With --write, remove files of which every call was carried over.")
@click.option("--text", is_flag=True, help="Write cassettes as text for reviews.")
@click.option("--overwrite", is_flag=True, help="Replace cassettes that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, tree: Path, write: bool, remove: bool, text: bool, overwrite: bool, as_json: bool) -> None:
    """
    Convert the cassettes of vcrpy in the folder TREE, YAML or JSON, and tell what changes for their tests.

    Each cassette is written beside its file, where the marks 'vcr' find it. Without --write it is only tried and
    reported. Nothing is lost: what cannot be carried over is listed, and its file stays. Ends with 1 where a file could
    not be converted as a whole.
    """
    if remove and not write:
        raise click.UsageError("--remove goes with --write")
    if write:
        report = import_files([tree], _root(tree), wanted=FORMAT, text=text, overwrite=overwrite)
        changes = _changes(report)
        removed = _remove(report) if remove else []
    else:
        with tempfile.TemporaryDirectory() as folder:
            report = import_files([tree], Path(folder), wanted=FORMAT, text=text)
            changes = _changes(report)
        removed = []
    if as_json:
        files = report.files if write else [msgspec.structs.replace(one, cassette=None) for one in report.files]
        say_json({"written": write, "files": files, "changes": changes, "removed": removed})
    else:
        _show(report, changes, removed, write=write)
    if any(one.error is not None or one.left_out for one in report.files):
        raise SystemExit(ExitCode.FOUND)


def _root(tree: Path) -> Path:
    return tree if tree.is_dir() else tree.parent


def _changes(report: ImportReport) -> list[Change]:
    found = [_change(one) for one in report.files if one.cassette is not None]
    return [one for one in found if one.told_apart or one.ambiguous]


def _change(one: Imported) -> Change:
    """Count what is matched differently in a cassette."""
    places: defaultdict[tuple[object, object], list[str]] = defaultdict(list)
    answers: defaultdict[str, set[bytes]] = defaultdict(set)
    takes: defaultdict[str, int] = defaultdict(int)
    for call in open_cassette(str(one.cassette)):
        context = call.request.context
        places[context.get("method"), context.get("url")].append(call.fingerprint)
        takes[call.fingerprint] += 1
        answers[call.fingerprint].add(b"" if call.answer is None else call.answer.content())
    return Change(
        path=one.path,
        told_apart=sum(len(keys) for keys in places.values() if len(set(keys)) > 1),
        ambiguous=sum(takes[key] for key, bodies in answers.items() if len(bodies) > 1),
    )


def _remove(report: ImportReport) -> list[str]:
    """Remove the sources of which nothing is left to carry over."""
    removed = [one.path for one in report.files if one.error is None and not one.left_out]
    for path in removed:
        Path(path).unlink()
    return removed


def _show(report: ImportReport, changes: list[Change], removed: list[str], *, write: bool) -> None:
    whole = [one for one in report.files if one.error is None and not one.left_out]
    verb = "converted" if write else "would convert"
    say(f"{verb} {plural(report.total('calls'), 'call')} from {plural(len(report.files) - len(report.failed), 'file')}")
    say(f"  {len(whole):6,}  carried over as a whole")
    say(f"  {sum(one.told_apart for one in changes):6,}  calls told apart by their bodies, no longer by order alone")
    say(f"  {sum(one.ambiguous for one in changes):6,}  calls that say the same and are answered differently, in order")
    for change in changes:
        parts: list[str] = []
        if change.told_apart:
            parts.append(f"{plural(change.told_apart, 'call')} told apart by body")
        if change.ambiguous:
            parts.append(f"{change.ambiguous} of the same request, played in order")
        note(f"{printable(change.path)}: {', '.join(parts)}")
    for text, count in report.counted("notes").items():
        note(f"{plural(count, 'call')}: {text}")
    for one in report.files:
        for left in one.left_out:
            note(f"{printable(one.path)}: number {left.number} is not carried over: {printable(left.reason)}")
        if one.error is not None:
            show_problem(printable(one.error), one.hint)
    if removed:
        say(f"removed {plural(len(removed), 'file')}")
    elif not write:
        say("nothing was written; --write does so")
