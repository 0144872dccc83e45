"""The benchmarks run, and what they write has the shape that the docs and CI read."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PEERS = ("vcr", "cassetter", "diskcache")

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(peer) is None for peer in PEERS), reason="needs the peers of group `bench`"
)


def _run(target: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--json", str(target), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What one quick run of two measures prints and writes."""
    target = tmp_path_factory.mktemp("quick") / "quick.json"
    done = _run(target, "--only", "get,miss")
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(target.read_text())


def test_rows_have_samples_and_ratios(quick: tuple[str, dict[str, Any]]) -> None:
    """Every row that was not skipped has an ordered minimum, median and maximum; others stand beside Playhead."""
    _, document = quick
    assert [measure["name"] for measure in document["measures"]] == ["get", "miss"]
    rows = [row for measure in document["measures"] for row in measure["rows"]]
    assert {"Playhead", "vcrpy YAML, body ==", "cassetter YAML, body"} <= {row["contender"] for row in rows}
    for row in rows:
        assert 0 < row["min"] <= row["median"] <= row["max"]
        assert (row["contender"] == "Playhead") != ("times_playhead" in row)


def test_bars_that_were_not_measured_are_not_judged(quick: tuple[str, dict[str, Any]]) -> None:
    """No bar passes for met without a figure of its own case."""
    _, document = quick
    assert len(document["bars"]) > 15
    for bar in document["bars"]:
        assert (bar["state"] == "not judged") == (bar["value"] is None)


def test_machine_and_tables_are_shown(quick: tuple[str, dict[str, Any]]) -> None:
    """The output says what it was taken on and prints a table a measure."""
    printed, document = quick
    assert {"cpu", "cores", "python", "vcrpy", "date"} <= document["machine"].keys()
    for words in ("Random get", "Explaining a miss", "Figures to reach", document["machine"]["python"]):
        assert words in printed


def test_unknown_measure_is_refused(tmp_path: Path) -> None:
    """A misspelt measure is an error, not an empty run."""
    done = _run(tmp_path / "none.json", "--only", "speed")
    assert done.returncode == 2
    assert "unknown measure 'speed'" in done.stderr
    assert not (tmp_path / "none.json").exists()
