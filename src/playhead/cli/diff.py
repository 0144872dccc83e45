"""``playhead diff``: what a fresh recording says that a golden does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import click

from playhead.cli.exit_codes import ExitCode
from playhead.cli.group import paint
from playhead.cli.output import note, one_line, plural, printable, say, say_json, show_table
from playhead.engine.comparison import NEVER, WORDS, Fact, Grade
from playhead.engine.comparison_values import NEAR
from playhead.engine.comparison_words import Change, word_runs
from playhead.harness.comparing import compare
from playhead.harness.comparison import Asked, Changed, Comparison, Row
from playhead.harness.drift_page import write_page
from playhead.harness.drift_report import as_json, has_words, label_of

MAX_SHOWN = 20
"""Calls that are shown without ``--all``."""

_VALUE, _KEPT = 60, 30
"""Characters of a value that are shown, and of words that stayed on either side of a change."""

_COLOURS = {
    Grade.STRUCTURAL: "red",
    Grade.REWORDED: "yellow",
    Grade.PROVENANCE: "cyan",
    Grade.USAGE: "cyan",
    Grade.IDENTICAL: "green",
}


@click.command("diff")
@click.argument("golden", type=click.Path(path_type=Path))
@click.argument("fresh", type=click.Path(path_type=Path))
@click.option(
    "--fail-on",
    type=click.Choice([*WORDS, NEVER]),
    default=Grade.REWORDED.word,
    show_default=True,
    help="The least grave difference that ends the command with 6.",
)
@click.option(
    "--near",
    type=click.FloatRange(0, 1, min_open=True),
    default=NEAR,
    show_default=True,
    help="The cosine from which two vectors count as the same.",
)
@click.option("--all", "everything", is_flag=True, help=f"Show every call that differs, not the first {MAX_SHOWN}.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write a report to look at, one file.")
@click.option("--json", "as_values", is_flag=True, help="Print one JSON object with every call.")
def command(
    *, golden: Path, fresh: Path, fail_on: str, near: float, everything: bool, page: Path | None, as_values: bool
) -> None:
    """
    Compare the recording FRESH with GOLDEN, call by call.

    Calls are paired by fingerprint and take. Each pair is identical, or differs in token counts (usage), in the model
    that was served (provenance), in words (reworded) or in what code relies on (structural): tool calls, the shape of
    an answer in JSON, the finish reason, a failure. A request that changed, went or came is structural.

    Ends with 6 where something is as grave as --fail-on.
    """
    comparison = compare(golden, fresh, near=near)
    if page is not None:
        write_page(comparison, page)
    if as_values:
        say_json(as_json(comparison, fail_on=fail_on))
    else:
        show_comparison(comparison, most=None if everything else MAX_SHOWN)
        if page is not None:
            note(f"report: {page}")
    if comparison.drifted(fail_on):
        raise SystemExit(ExitCode.DRIFTED)


def show_comparison(comparison: Comparison, *, most: int | None) -> None:
    """Print a comparison: the calls that differ, then how many of each kind there are."""
    differing = sum(bool(row.facts) for row in comparison.rows)
    differing += len(comparison.changed) + len(comparison.removed) + len(comparison.added)
    for lines in islice(_blocks(comparison), most):
        for line in lines:
            say(line)
    if most is not None and differing > most:
        say(f"and {plural(differing - most, 'more call')}; --all shows them")
    if differing:
        say()
    rows = [[grade.word, f"{count:,}"] for grade, count in comparison.counts.items() if count]
    alone = (("changed", comparison.changed), ("removed", comparison.removed), ("added", comparison.added))
    rows += [[word, f"{len(calls):,}"] for word, calls in alone if calls]
    show_table(["", "calls"], rows, right=frozenset({1}))
    for line in comparison.notes:
        note(line)


def _blocks(comparison: Comparison) -> Iterator[list[str]]:
    for row in comparison.rows:
        if row.facts:
            yield row_lines(row)
    for pair in comparison.changed:
        yield [_head("changed", "magenta", pair.old), *_changed_lines(pair)]
    for asked in comparison.removed:
        yield [_head("removed", "red", asked)]
    for asked in comparison.added:
        yield [_head("added", "green", asked)]


def row_lines(row: Row) -> list[str]:
    """Give the lines of a call that differs: what it is, then everything that differs."""
    return [
        _head(row.grade.word, _COLOURS[row.grade], row.asked),
        *(line for fact in row.facts for line in fact_lines(fact)),
    ]


def _head(word: str, colour: str, asked: Asked) -> str:
    facts = [f"{asked.call[:12]} take {asked.take}", asked.provider, asked.model or "(model not named)"]
    question = f'  "{one_line(asked.question, 80)}"' if asked.question else ""
    return f"{paint(f'{word:<11}', fg=colour, bold=True)}{'  '.join(map(printable, facts))}{question}"


def fact_lines(fact: Fact) -> Iterator[str]:
    """Give the lines of one thing that differs: texts by words, everything else as old and new."""
    label = label_of(fact)
    if has_words(fact):
        lines = _words(fact).split("\n")
        yield f"  {printable(label)}: {lines[0]}"
        yield from (f"    {line}".rstrip() for line in lines[1:])
        return
    near = "" if fact.cosine is None else f" (not exact: cosine {fact.cosine:.12g})"
    yield f"  {printable(label)}: {one_line(fact.old, _VALUE)} -> {one_line(fact.new, _VALUE)}{near}"


def _words(fact: Fact) -> str:
    runs = word_runs(fact.old, fact.new)
    shown: list[str] = []
    for index, run in enumerate(runs):
        text = printable(run.text)
        if run.change is Change.DELETED:
            shown.append(paint(f"[-{text}-]", fg="red"))
        elif run.change is Change.INSERTED:
            shown.append(paint(f"{{+{text}+}}", fg="green"))
        else:
            shown.append(_shortened(text, first=index == 0, last=index == len(runs) - 1))
    return "".join(shown)


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """Leave out the middle of words that stayed, and what lies far before the first change or after the last."""
    if len(text) <= 2 * _KEPT + 5:
        return text
    head, tail = ("" if first else text[:_KEPT]), ("" if last else text[-_KEPT:])
    return f"{head} ... {tail}"


def _changed_lines(pair: Changed) -> Sequence[str]:
    lines = [f"  is now {pair.new.call[:12]} take {pair.new.take}"]
    for one in pair.differences:
        old, new = one_line(one.recorded, 2 * _VALUE), one_line(one.asked, 2 * _VALUE)
        lines.append(f"  {printable(one.path)}: {old} -> {new}")
    return lines
