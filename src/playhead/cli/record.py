"""``playhead record``: a golden run from the command line."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from playhead.cli.choosing import choose_provider, stable_name
from playhead.cli.exit_codes import ExitCode
from playhead.cli.output import note, plural, printable, say, say_json, size_text
from playhead.cli.progress import PlainProgress, watch_progress
from playhead.cli.sources import read_source
from playhead.harness.golden import run_golden
from playhead.harness.golden_report import GoldenReport
from playhead.harness.golden_requests import GoldenRequest, with_defaults

MAX_SHOWN = 10


@click.command("record")
@click.argument("cassette", type=click.Path(path_type=Path))
@click.option("-i", "--input", "source", required=True, help="Requests as JSON lines; - is standard input.")
@click.option(
    "--provider",
    "kind",
    default="openai-compatible",
    show_default=True,
    help="openai-compatible, stub, cycling-stub, or module:attribute for one of your own.",
)
@click.option("--base-url", help="The server's address, such as https://api.openai.com/v1.")
@click.option("--model", help="The model of requests that name none.")
@click.option("--key", help="Where the key is found: env:NAME or file:PATH. Never the key itself.")
@click.option("--name", help="The provider's stable name, part of what is matched. [default: the provider's own]")
@click.option("--takes", default=1, show_default=True, help="Answers of each request.")
@click.option("--concurrency", default=4, show_default=True, help="Calls at a time.")
@click.option("--temperature", type=float, help="The temperature of requests that have none.")
@click.option("--max-tokens", type=int, help="The length limit of requests that have none.")
@click.option("--max-failures", type=int, help="Stop after so many failed calls; start again to resume.")
@click.option("--extend", is_flag=True, help="Keep an existing golden; call what it lacks and what failed in it.")
@click.option("--overwrite", is_flag=True, help="Replace an existing golden when the run has ended well.")
@click.option("--drop-unasked", is_flag=True, help="Drop answers of an interrupted run that are not asked for now.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    *,
    cassette: Path,
    source: str,
    kind: str,
    base_url: str | None,
    model: str | None,
    key: str | None,
    name: str | None,
    temperature: float | None,
    max_tokens: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """
    Record every request of a file into CASSETTE, several takes each.

    Each line of the input is an object with "prompt" or "messages", and where wanted "model", "temperature",
    "max_tokens", "tools", "params", "id", "family" and "stream". A run that was interrupted goes on where it
    stopped when the same command is given again; no answer is paid for twice.
    """
    requests = with_defaults(read_source(source), model=model, temperature=temperature, max_tokens=max_tokens)
    with ExitStack() as stack:
        provider = choose_provider(kind, base_url=base_url, model=model or _only_model(requests), key=key)
        if kind == "openai-compatible":
            stack.callback(provider.close)
        checked = stable_name(provider) if name is None else name
        with watch_progress() as progress:
            report = _run(requests, provider, cassette, name=checked, progress=progress, options=options)
    if as_json:
        say_json(report)
    else:
        _show(report, checked)
    _end(report)


def _only_model(requests: list[GoldenRequest]) -> str | None:
    """Give the model of the first request where every request names one."""
    models = [one.request.model for one in requests]
    return models[0] if all(models) else None


def _run(
    requests: list[GoldenRequest],
    provider: Any,
    cassette: Path,
    *,
    name: str,
    progress: PlainProgress,
    options: dict[str, Any],
) -> GoldenReport:
    try:
        return run_golden(requests, provider, cassette, name=name, on_progress=progress, **options)
    except KeyboardInterrupt:
        latest = progress.latest
        if latest is not None:
            kept = latest.done - latest.failed
            note(f"{kept:,} of {plural(latest.wanted, 'call')} are kept; the same command makes only the missing ones")
        raise


def _show(report: GoldenReport, name: str) -> None:
    if report.sealed:
        say(
            f"recorded {plural(report.wanted, 'call')} as {name!r} into {report.path}:"
            f" {size_text(report.size)}, digest {report.digest[:12]}"
        )
    if report.resumed:
        say(f"  {report.resumed:,} were there already, {report.called:,} were made now")
    if report.retried:
        say(f"  {plural(report.retried, 'failed call')} of before called again")
    say(f"  {plural(report.tokens, 'token')} in {report.seconds:.1f} s")
    if report.failed:
        say(f"  {report.failed:,} failed:")
        for failure in report.failures[:MAX_SHOWN]:
            place = f"request {failure.request + 1} take {failure.take}"
            say(f"    {place}: {failure.error}: {printable(failure.message)}")
        if report.failed > MAX_SHOWN:
            say(f"    and {report.failed - MAX_SHOWN:,} more")


def _end(report: GoldenReport) -> None:
    if not report.sealed:
        nothing = report.called and report.failed == report.called
        note(
            "every call failed, so nothing was sealed" if nothing else "somebody else still records here, and will seal"
        )
        raise SystemExit(ExitCode.PROVIDER)
    if report.failed:
        note("failed calls are in the cassette as failures; --extend calls them again")
        raise SystemExit(ExitCode.FOUND)
