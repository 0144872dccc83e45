"""A golden run that is killed: started again, it makes only the calls that are missing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import playhead
from tests.cli.conftest import Run, Start

# Each call is written down before it is made, as a bill would be. The calls that are told to wait do so until a file
# appears, so that the test knows where the run is when it is killed.
COUNTING = """
import pathlib, time
from playhead import Completion

class Counting:
    name = "counting"
    def complete(self, request):
        with open("bill", "a") as bill:
            bill.write(request.prompt + "\\n")
        if request.prompt == "q2":
            while not pathlib.Path("go on").exists():
                time.sleep(0.005)
        return Completion("answer to " + request.prompt, model="m")

class AsyncCounting:
    name = "counting"
    async def complete(self, request):
        import asyncio
        with open("bill", "a") as bill:
            bill.write(request.prompt + "\\n")
        if request.prompt == "q2":
            while not pathlib.Path("go on").exists():
                await asyncio.sleep(0.005)
        return Completion("answer to " + request.prompt, model="m")
"""

WAIT_SECONDS = 20.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture(autouse=True)
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the provider and five requests into the current folder."""
    (tmp_path / "counting_provider.py").write_text(COUNTING)
    (tmp_path / "five.jsonl").write_text("".join(f'{{"prompt":"q{n}"}}\n' for n in range(5)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def command(kind: str) -> tuple[object, ...]:
    """Give the command that is run, killed and run again."""
    return (
        "record",
        *("-i", "five.jsonl", "--provider", f"counting_provider:{kind}"),
        *("--takes", "2", "--concurrency", "1", "golden.cassette"),
    )


def bill(folder: Path) -> Counter[str]:
    """Give what was paid for so far."""
    path = folder / "bill"
    return Counter(path.read_text().splitlines()) if path.exists() else Counter()


def wait_for_the_waiting_call(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the run is inside its fifth call; four are finished then."""
    deadline = time.monotonic() + WAIT_SECONDS
    while bill(folder)["q2"] == 0:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def check_golden(folder: Path) -> None:
    """Check that every request has its two takes."""
    found = Counter(interaction.request.prompt for interaction in playhead.open_cassette(folder / "golden.cassette"))
    assert found == {f"q{n}": 2 for n in range(5)}
    assert [path.name for path in folder.iterdir() if ".j-" in path.name or ".failed" in path.name] == []


@pytest.mark.parametrize("kind", ["Counting", "AsyncCounting"])
def test_a_run_that_is_killed_pays_for_no_answer_twice(start: Start, run: Run, tmp_path: Path, kind: str) -> None:
    """After SIGKILL the four finished calls are kept; only the one that was cut off is made again."""
    process = start(*command(kind))
    wait_for_the_waiting_call(tmp_path, process)
    process.kill()
    process.communicate()
    assert not (tmp_path / "golden.cassette").exists()
    (tmp_path / "go on").touch()
    result = run(*command(kind))
    assert result.exit_code == 0, result.output
    assert "4 were there already, 6 were made now" in result.stdout
    assert "resuming: 4 of 10 calls are there already" in result.stderr
    assert bill(tmp_path) == {"q0": 2, "q1": 2, "q2": 3, "q3": 2, "q4": 2}
    check_golden(tmp_path)


@pytest.mark.parametrize("kind", ["Counting", "AsyncCounting"])
def test_a_run_that_is_interrupted_lets_its_calls_end(start: Start, run: Run, tmp_path: Path, kind: str) -> None:
    """After Ctrl-C the call in flight is waited for and kept, so that nothing at all is paid for twice."""
    process = start(*command(kind))
    wait_for_the_waiting_call(tmp_path, process)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("stopping: waiting for the calls in flight")
    (tmp_path / "go on").touch()
    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines() == ["5 of 10 calls are kept; the same command makes only the missing ones", "interrupted"]
    result = run(*command(kind))
    assert result.exit_code == 0, result.output
    assert "5 were there already, 5 were made now" in result.stdout
    assert bill(tmp_path) == {f"q{n}": 2 for n in range(5)}
    check_golden(tmp_path)


@pytest.mark.parametrize("kind", ["Counting", "AsyncCounting"])
def test_a_second_interruption_leaves_at_once(start: Start, run: Run, tmp_path: Path, kind: str) -> None:
    """Who cannot wait presses Ctrl-C again; the finished calls are kept all the same."""
    process = start(*command(kind))
    wait_for_the_waiting_call(tmp_path, process)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("stopping")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 130
    (tmp_path / "go on").touch()
    assert run(*command(kind)).exit_code == 0
    assert bill(tmp_path)["q2"] == 3
    check_golden(tmp_path)


def test_an_interrupted_overwrite_leaves_the_golden(start: Start, run: Run, tmp_path: Path) -> None:
    """A killed overwrite has not touched the old file, to the byte."""
    (tmp_path / "go on").touch()
    assert run(*command("Counting")).exit_code == 0
    before = (tmp_path / "golden.cassette").read_bytes()
    (tmp_path / "go on").unlink()
    (tmp_path / "bill").unlink()
    process = start(*command("Counting"), "--overwrite")
    wait_for_the_waiting_call(tmp_path, process)
    process.kill()
    process.communicate()
    assert (tmp_path / "golden.cassette").read_bytes() == before
    (tmp_path / "go on").touch()
    result = run(*command("Counting"), "--overwrite")
    assert "4 were there already" in result.stdout
    check_golden(tmp_path)


def test_a_second_run_into_the_same_cassette_is_refused(start: Start, run: Run, tmp_path: Path) -> None:
    """While a run records, another one neither pays for the same answers nor harms its journal."""
    process = start(*command("Counting"))
    wait_for_the_waiting_call(tmp_path, process)
    result = run(*command("Counting"))
    assert result.exit_code == 5
    assert "somebody is recording into" in result.stderr
    (tmp_path / "go on").touch()
    process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0
    check_golden(tmp_path)
