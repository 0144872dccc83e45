"""The suite that pytest plugins are measured by runs, and its clock tells the first test from the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
from benchmarks.measures.plugin_clock import VARIABLE
from benchmarks.workloads.suite import answering, write_suite

ROOT = Path(__file__).resolve().parents[2]


def test_server_answers_as_the_mock_does() -> None:
    """What is recorded from the loopback server is what the mock of the same suite answers."""
    body = {"model": "m", "messages": [{"role": "user", "content": "what is it?"}]}
    with answering() as url, httpx.Client(trust_env=False) as client:
        answer = client.post(url, json=body).json()
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "WHAT IS IT?"}


def test_mocked_suite_runs_without_any_plugin(tmp_path: Path) -> None:
    """The baseline passes with every plugin off, and the clock writes two positive numbers."""
    write_suite(tmp_path, tests=3, url="http://127.0.0.1:9/v1/chat/completions", mocked=True)
    clock = tmp_path / "clock"
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    # The clock leaves xdist's workers alone, and this test may run in one.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "benchmarks.measures.plugin_clock"],
        cwd=tmp_path,
        env={**inherited, "PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", VARIABLE: str(clock)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    first, each = json.loads(clock.read_text())
    assert first > 0
    assert each > 0
