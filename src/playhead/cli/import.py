"""``playhead import``: recordings of other tools made into cassettes."""

# ruff: noqa: N999 - the module has the name of its command, and is loaded by it

from __future__ import annotations

from pathlib import Path

import click

from playhead.cli.exit_codes import ExitCode
from playhead.cli.group import show_problem
from playhead.cli.output import note, plural, printable, say, say_json
from playhead.interchange.importing import Imported, ImportReport, import_files
from playhead.interchange.reading import AUTO, FORMATS
from playhead.plugins.installed import offer_installed_dialects


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder the cassettes are written to.")
@click.option("--one", metavar="NAME", help="Write all calls into one cassette of this name.")
@click.option(
    "--format",
    "wanted",
    type=click.Choice([AUTO, *FORMATS]),
    default=AUTO,
    show_default=True,
    help="The format the files are in; it is found by what they hold.",
)
@click.option("--text", is_flag=True, help="Write cassettes as text for reviews.")
@click.option("--overwrite", is_flag=True, help="Replace cassettes that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    *,
    paths: tuple[Path, ...],
    out: Path,
    one: str | None,
    wanted: str,
    text: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """
    Make cassettes of the recordings at PATHS, files or folders: vcrpy, pydantic-ai, Llama Stack, HTTP archives (HAR).

    Each file becomes a cassette of its name, at its place below --out. What cannot be carried over is listed, and no
    source is changed. Ends with 1 where a file could not be imported at all.
    """
    offer_installed_dialects()
    report = import_files(paths, out, one=one, wanted=wanted, text=text, overwrite=overwrite)
    if as_json:
        say_json({"files": report.files, "passed_over": report.passed_over, "totals": _totals(report)})
    else:
        _show(report)
    if report.failed:
        raise SystemExit(ExitCode.FOUND)


def _totals(report: ImportReport) -> dict[str, object]:
    return {
        "files": len(report.files),
        "failed": len(report.failed),
        "cassettes": _cassettes(report),
        "calls": report.total("calls"),
        "model_calls": report.total("model_calls"),
        "evidence": report.total("evidence"),
        "left_out": sum(len(one.left_out) for one in report.files),
        "dialects": report.counted("dialects"),
        "notes": report.counted("notes"),
    }


def _cassettes(report: ImportReport) -> int:
    return len({one.cassette for one in report.files if one.cassette is not None})


def _show(report: ImportReport) -> None:
    calls, models = report.total("calls"), report.total("model_calls")
    made = plural(_cassettes(report), "cassette")
    say(f"imported {plural(calls, 'call')} from {plural(len(report.files) - len(report.failed), 'file')} into {made}")
    if models:
        say(f"  {models:,} of them ask a model, {report.total('evidence'):,} with evidence of what it answered")
    for name, count in report.counted("dialects").items():
        say(f"  {count:6,}  {name}")
    for text, count in report.counted("notes").items():
        note(f"{plural(count, 'call')}: {text}")
    for one in report.files:
        _show_rest(one)
    if report.passed_over:
        note(f"passed over {plural(len(report.passed_over), 'file')} that hold no recordings")


def _show_rest(one: Imported) -> None:
    """Print what of a file is not in its cassette."""
    for left in one.left_out:
        note(f"{one.path}: number {left.number} was not carried over: {printable(left.reason)}")
    for number in one.nothing:
        note(f"{one.path}: number {number} is carried over to the byte, but what it answers could not be read")
    if one.error is not None:
        show_problem(printable(one.error), one.hint)
    elif not one.calls and not one.left_out:
        note(f"{one.path}: holds no calls, and neither does its cassette")
