"""
Joining runs that measured different things into one report.

All measures together take some ten minutes; on a machine that is not yours for so long they can be run in parts, each
side by side within itself, and joined: ``python -m benchmarks --join ONE.json OTHER.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.bars import BARS, OPEN, Verdict
from benchmarks.results import Result, Row


def joined(files: Sequence[Path]) -> tuple[dict[str, Any], list[Result], tuple[Verdict, ...]]:
    """
    Read the figures of several runs; of a measure that stands in two, the later file's count.

    Returns:
        The document to be written, its results with the medians as their samples, and its verdicts.
    """
    documents: list[dict[str, Any]] = [msgspec.json.decode(path.read_bytes()) for path in files]
    measures = {measure["name"]: measure for document in documents for measure in document["measures"]}
    judged = {
        (bar["text"], bar["case"]): bar for document in documents for bar in document["bars"] if bar["state"] != OPEN
    }
    verdicts = tuple(Verdict(bar, judged.get((bar.text, bar.case), {}).get("value")) for bar in BARS)
    document = {
        **documents[-1],
        "measures": list(measures.values()),
        "bars": [verdict.summary() for verdict in verdicts],
    }
    return document, [_result(measure) for measure in measures.values()], verdicts


def _result(measure: dict[str, Any]) -> Result:
    rows = tuple(
        Row(row["case"], row["contender"], row["unit"], (row["median"],) if "median" in row else (), row.get("skipped"))
        for row in measure["rows"]
    )
    return Result(measure["name"], measure["title"], tuple(measure["notes"]), rows)
