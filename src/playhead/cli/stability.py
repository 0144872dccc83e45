"""``playhead stability``: how alike the takes of each request are."""

from __future__ import annotations

from pathlib import Path

import click

from playhead.cli.output import note, one_line, plural, say, say_json, show_table
from playhead.engine.stability import RequestStability, StabilityReport
from playhead.harness.stability import measure_stability

WIDTH = 40


@click.command("stability")
@click.argument("cassette", type=click.Path(path_type=Path))
@click.option(
    "--top", type=int, default=20, show_default=True, help="Show so many requests, the least stable; 0 for all."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every request.")
def command(*, cassette: Path, top: int, as_json: bool) -> None:
    """
    Show how alike the takes of each request of CASSETTE are.

    Same is the share of takes that gave the most frequent answer, form the share that a program would read alike. A
    request is worth more takes where it has fewer than 3, or where the share of takes whose form no other take had is
    0.1 or more.
    """
    report = measure_stability(cassette)
    if as_json:
        say_json(report)
        return
    if not report.requests:
        note("no calls of a model here")
        return
    _show(report, top)


def _show(report: StabilityReport, top: int) -> None:
    shown = report.requests[:top] if top else report.requests
    headers = ("REQUEST", "TAKES", "SAME", "FORM", "TEXTS", "TOOLS", "SHAPES", "ENDS", "TOKENS", "FAILED", "MORE")
    show_table(headers, [_row(each) for each in shown], right=frozenset(range(1, 10)))
    if len(shown) < len(report.requests):
        say(f"and {len(report.requests) - len(shown):,} more, at least as stable")
    say(
        f"{plural(report.takes, 'take')} of {plural(len(report.requests), 'request')}:"
        f" agreement {report.agreement:.0%}, same form {report.same_form:.0%};"
        f" {plural(report.worth_more, 'request')} worth more takes"
    )


def _row(each: RequestStability) -> tuple[str, ...]:
    tokens = each.tokens
    return (
        one_line(each.question, WIDTH) or each.fingerprint[:12],
        f"{each.takes:,}",
        f"{each.agreement:.0%}",
        f"{each.same_form:.0%}",
        f"{each.texts:,}",
        f"{each.tool_calls:,}",
        f"{len(each.shapes):,}",
        f"{len(each.finish_reasons):,}",
        f"{tokens.least}-{tokens.most}" if tokens.least != tokens.most else f"{tokens.most}",
        f"{each.failures:,}",
        "yes" if each.worth_more else "",
    )
