"""Tables for the terminal and for the docs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.bars import Verdict
from benchmarks.contenders import OURS
from benchmarks.contenders.limits import SLICE
from benchmarks.results import Result, Row, find, paired_ratio

BEGIN = "<!-- begin: written by `python -m benchmarks` -->"
END = "<!-- end -->"

_HEAD = f"""# Benchmarks

How Playhead compares with other ways to keep recordings, taken side by side in one run by `python -m benchmarks`.
What is measured, and how, stands above each table; the figures are medians, and in brackets how many times
Playhead's they are. Nothing in the tables is edited by hand.

{BEGIN}
{END}
"""

_TAKEN = ("us", "ms", "bytes", "KB")
"""Units whose ratios mean something: time and room that were taken."""

_STEPS = {"us": (("us", 1.0), ("ms", 1e3), ("s", 1e6)), "KB": (("KB", 1.0), ("MB", 1e3)), "ms": (("ms", 1.0),)}


def shown(value: float, unit: str) -> str:
    """Write a value in the unit that reads best: three digits."""
    chosen, factor = unit, 1.0
    for name, size in _STEPS.get(unit, ()):
        if abs(value) >= size:
            chosen, factor = name, size
    number = value / factor
    digits = f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
    return f"{digits} {chosen}"


def _times(row: Row, base: Row | None) -> str:
    if base is None or base.contender == row.contender or base.median <= 0 or row.unit not in _TAKEN:
        return ""
    ratio = paired_ratio(row.values, base.values)
    return f" ({ratio:,.0f}x)" if ratio >= 100 else f" ({ratio:.3g}x)"


def grid(result: Result) -> list[list[str]]:
    """Give a result as lines of cells: contenders down, cases across."""
    cases = list(dict.fromkeys(row.case for row in result.rows))
    names = list(dict.fromkeys(row.contender for row in result.rows))
    lines = [["", *cases]]
    for name in names:
        line = [name]
        for case in cases:
            row = find(result.rows, case, name)
            base = find(result.rows, case, OURS)
            line.append(
                _skipped(result.rows, case, name) if row is None else shown(row.median, row.unit) + _times(row, base)
            )
        lines.append(line)
    return lines


def _skipped(rows: Sequence[Row], case: str, name: str) -> str:
    return next((row.skipped or "" for row in rows if row.case == case and row.contender == name), "")


def _verdict_cells(verdicts: Sequence[Verdict]) -> list[list[str]]:
    lines = [["figure", "case", "wanted", "measured", ""]]
    for verdict in verdicts:
        facts = verdict.summary()
        unit = verdict.bar.unit
        value = (
            "" if verdict.value is None else (f"{verdict.value:,.3g} x" if unit == "x" else shown(verdict.value, unit))
        )
        lines.append([facts["text"], facts["case"], facts["wanted"], value, facts["state"]])
    return lines


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    head, *rest = lines
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *rest])


def to_terminal(results: Sequence[Result], verdicts: Sequence[Verdict], machine: Mapping[str, str]) -> str:
    """Write everything out for a terminal."""
    blocks = [
        ", ".join(f"{name} {value}" for name, value in machine.items()),
        *("\n".join([r.title, *(f"  {note}" for note in r.notes), "", _aligned(grid(r))]) for r in results),
        "Figures to reach\n\n" + _aligned(_verdict_cells(verdicts)),
    ]
    return "\n\n".join(blocks)


def to_json(results: Sequence[Result], verdicts: Sequence[Verdict], machine: Mapping[str, str], plan: Any) -> bytes:
    """Write everything out for a program."""
    document = {
        "schema": 1,
        "machine": dict(machine),
        "plan": plan._asdict(),
        "measures": [
            {
                "name": result.name,
                "title": result.title,
                "notes": list(result.notes),
                "rows": [_row(result, row) for row in result.rows],
            }
            for result in results
        ],
        "bars": [verdict.summary() for verdict in verdicts],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _row(result: Result, row: Row) -> dict[str, Any]:
    facts = row.summary()
    for name, key in ((OURS, "times_playhead"), (SLICE, "times_limit")):
        base = find(result.rows, row.case, name)
        if row.values and base is not None and base.median > 0 and name != row.contender:
            facts[key] = float(f"{paired_ratio(row.values, base.values):.4g}")
    return facts


def to_docs(page: Path, results: Sequence[Result], verdicts: Sequence[Verdict], machine: Mapping[str, str]) -> None:
    """Put the tables between the markers of a page; the page is made where there is none."""
    text = page.read_text(encoding="utf-8") if page.exists() else _HEAD
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    blocks = [
        "Machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()) + ".",
        "## Figures to reach\n\n" + _markdown(_verdict_cells(verdicts)),
        *(f"## {r.title}\n\n" + "\n\n".join(r.notes) + "\n\n" + _markdown(grid(r)) for r in results),
    ]
    page.parent.mkdir(parents=True, exist_ok=True)
    body = "\n\n".join(blocks)
    page.write_text(f"{head}{BEGIN}\n\n{body}\n\n{END}{tail}", encoding="utf-8")
