"""The report file: JSON, sorted, the same whatever order the tests ran in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from playhead.pytest_plugin.options import Run
from playhead.pytest_plugin.tally import Tally

FORMAT = "playhead-report"
VERSION = 1
"""Raised when a field changes its meaning or goes; fields may be added."""


def document(tally: Tally, run: Run, *, orphans: Any = None) -> dict[str, Any]:
    """Give the report as plain values."""
    cost, unpriced = tally.cost()
    tried, unnoticed = tally.mutations()
    return {
        "format": FORMAT,
        "version": VERSION,
        "mode": run.mode.value,
        "totals": {
            "tests": tally.states(),
            "calls": {**tally.counts(), "unplayed": tally.unplayed()},
            "cost_usd": None if cost is None else format(cost, "f"),
            "unpriced": unpriced,
        },
        "tests": sorted(tally.tests, key=lambda test: (test["test"], test["cassette"])),
        "cassettes": tally.united(),
        "side_traffic": tally.side_traffic(),
        "drifted": tally.drifted(),
        "takes": [group._asdict() for group in tally.groups()],
        "mutations": {"tried": tried, "unnoticed": unnoticed} if run.mutate else None,
        "orphans": orphans if isinstance(orphans, list) else None,
        "crashed_workers": sorted(tally.crashed),
        "failures": tally.failures(),
    }


def write(path: Path, content: dict[str, Any]) -> None:
    """
    Write the report.

    Raises:
        pytest.UsageError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise pytest.UsageError(f"the report {str(path)!r} cannot be written: {error.strerror or error}") from error
