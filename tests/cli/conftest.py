"""What the tests of the command line share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from playhead import CompletionRequest, CyclingStubInferenceProvider
from playhead.cli import main
from playhead.harness.golden import run_golden
from playhead.harness.golden_requests import GoldenRequest

SOURCES = Path(__file__).parents[2] / "src"

Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[str]"]

LINES = """\
{"prompt": "Name a vendor for paper.", "temperature": 1}
{"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "And for ink?"}]}
{"prompt": "Stream a vendor.", "stream": true}
"""


@pytest.fixture
def run() -> Run:
    """Run a command line in this process."""

    def call(*arguments: object, text: str | None = None) -> Result:
        result = CliRunner().invoke(main, [str(one) for one in arguments], input=text, catch_exceptions=True)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a command line in a process of its own, in the test's folder, its output no terminal."""
    with ExitStack() as running:

        def call(*arguments: object, **environment: str) -> subprocess.Popen[str]:
            inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLAYHEAD_")}
            process = subprocess.Popen(
                [sys.executable, "-m", "playhead", *map(str, arguments)],
                cwd=tmp_path,
                env={**inherited, "PYTHONPATH": str(SOURCES), "PYTHONWARNINGS": "error", **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.enter_context(process)
            running.callback(process.kill)
            return process

        yield call


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    """Write a file of requests: a plain one, a conversation and a streamed one."""
    path = tmp_path / "requests.jsonl"
    path.write_text(LINES)
    return path


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """Record the same requests, three takes each, from the cycling stub."""
    asked = [
        GoldenRequest(CompletionRequest("Name a vendor for paper.", temperature=1)),
        GoldenRequest(
            CompletionRequest(
                messages=({"role": "system", "content": "be brief"}, {"role": "user", "content": "And for ink?"})
            )
        ),
        GoldenRequest(CompletionRequest("Stream a vendor."), stream=True),
    ]
    path = tmp_path / "golden.cassette"
    run_golden(asked, CyclingStubInferenceProvider(), path, name="cycling-stub", takes=3)
    return path
