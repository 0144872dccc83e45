"""Several processes record into one cassette: nothing is lost or mixed, and the order they end in does not show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead.store.journals import journal_paths
from playhead.store.recovering import recover

WORKER = Path(__file__).with_name("worker.py")
ORDERS = [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)]


class Remote:
    """A worker in another process."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(playhead.__file__).parents[1])}
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def start(self, *words: Any) -> None:
        """Tell it what to do."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        self.process.stdin.flush()

    def finish(self) -> Any:
        """Wait until it is done, and give what it says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the worker died"
        return json.loads(line)

    def do(self, *words: Any) -> Any:
        """Tell it and wait."""
        self.start(*words)
        return self.finish()


@pytest.fixture(scope="module")
def workers() -> Iterator[list[Remote]]:
    """Start four workers."""
    started = [Remote() for _ in range(4)]
    yield started
    for remote in started:
        assert remote.process.stdin is not None
        assert remote.process.stdout is not None
        remote.process.stdin.close()
        assert remote.process.wait(30) == 0
        remote.process.stdout.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "shared.cassette"


def record_golden(path: Path) -> None:
    """Record what stands there before: one call that all ask, one that nobody asks."""
    with playhead.use_cassette(path, mode="record", clock=playhead.ManualClock()) as session:
        wrapped = session.wrap(playhead.StubInferenceProvider("golden"), name="told")
        for prompt in ("common", "old"):
            wrapped.complete(playhead.CompletionRequest(prompt))


def run_once(workers: list[Remote], path: Path, mode: str, order: tuple[int, ...]) -> list[dict[str, Any]]:
    """Let each worker make its calls at fixed times, then end them in an order; give what each end came to."""
    for worker in workers:
        worker.do("open", str(path), mode)
    for turn in range(3):
        for number, worker in enumerate(workers):
            # The worker that is opened last starts first in each turn, so that times and order of calls differ.
            start = 1_000 + turn * 10 + (3 - number)
            worker.do("call", "common", f"worker {number} turn {turn}", start)
            worker.do("call", f"own {number}", f"own {number} turn {turn}", start + 100)
    return [workers[number].do("close") for number in order]


@pytest.mark.parametrize("ending", [".cassette", ".cassette.json"])
@pytest.mark.parametrize("mode", ["record", "record-missing"])
@pytest.mark.parametrize("golden", [False, True])
def test_the_order_of_ending_does_not_show(
    workers: list[Remote], tmp_path: Path, mode: str, golden: bool, ending: str
) -> None:
    """Whichever process ends last seals for all, into the same bytes, with takes in the order their calls started."""
    found: list[bytes] = []
    for order in ORDERS:
        path = tmp_path / f"shared{ending}"
        if golden:
            record_golden(path)
        ends = run_once(workers, path, mode, order)
        assert [end["waiting"] for end in ends] == [3, 2, 1, 0]
        assert [end["written"] for end in ends] == [False, False, False, True]
        assert journal_paths(path) == []
        check_takes(path, mode, golden=golden)
        found.append(path.read_bytes())
        path.unlink()
    assert found[0] == found[1] == found[2]


def check_takes(path: Path, mode: str, *, golden: bool) -> None:
    """Check that every call is there once, under its request, in the order of its start."""
    cassette = playhead.open_cassette(path)
    kept = golden and mode == "record-missing"
    common = [f"worker {3 - start} turn {turn}" for turn in range(3) for start in range(4)]
    if kept:
        # Each worker's first call was answered from the golden.
        common = ["golden"] + [text for text in common if not text.endswith("turn 0")]
    assert takes(cassette, "common") == common
    for number in range(4):
        assert takes(cassette, f"own {number}") == [f"own {number} turn {turn}" for turn in range(3)]
    assert takes(cassette, "old") == (["golden"] if kept else [])
    assert len(cassette) == len(common) + 12 + kept


def takes(cassette: playhead.Cassette, prompt: str) -> list[str]:
    """Give the answers to a prompt, in order."""
    found = cassette.lookup(playhead.CompletionRequest(prompt), provider="told")
    return [interaction.evidence.text for interaction in found]


@pytest.mark.parametrize("mode", ["record", "record-missing"])
def test_processes_that_race_lose_nothing(workers: list[Remote], path: Path, mode: str) -> None:
    """Four processes that record and end as fast as they can leave every call of each, none under another's request."""
    for _ in range(3):
        for worker in workers:
            worker.do("open", str(path), mode)
        for number, worker in enumerate(workers):
            worker.start("burst", str(number), 40)
            worker.start("close")
        for worker in workers:
            assert worker.finish() == 40
            worker.finish()
        entries = list(playhead.open_cassette(path))
        assert sorted(entry.evidence.text for entry in entries) == sorted(
            f"{w} {n}" for w in range(4) for n in range(40)
        )
        for entry in entries:
            who, turn = entry.evidence.text.split()
            assert entry.request.prompt in (f"common {turn}", f"own {who} {turn}")
        assert journal_paths(path) == []
        path.unlink()


def test_equal_answers_at_one_instant_are_as_many_takes(workers: list[Remote], path: Path) -> None:
    """Two processes that record the same answer to the same request at the same time on the clock record two takes."""
    for worker in workers[:2]:
        worker.do("open", str(path), "record")
        worker.do("call", "common", "same", 5_000)
    for worker in workers[:2]:
        worker.do("close")
    assert takes(playhead.open_cassette(path), "common") == ["same", "same"]


def test_a_process_that_dies_does_not_hold_the_others_up(workers: list[Remote], path: Path) -> None:
    """A worker killed while it records leaves its journal; those that end in order seal what they recorded."""
    dying = Remote()
    for worker in (dying, workers[0]):
        worker.do("open", str(path), "record-missing")
    dying.do("call", "lost?", "no", 1_000)
    workers[0].do("call", "kept", "yes", 2_000)
    dying.process.kill()
    dying.process.communicate()
    assert workers[0].do("close") == {"written": True, "calls": 1, "waiting": 0}
    assert len(journal_paths(path)) == 1
    with playhead.use_cassette(path, mode="record-missing", adopt_crashed=True) as session:
        session.wrap(playhead.StubInferenceProvider("x"), name="told").complete(playhead.CompletionRequest("new"))
    cassette = playhead.open_cassette(path)
    assert [takes(cassette, prompt) for prompt in ("lost?", "kept", "new")] == [["no"], ["yes"], ["x"]]


def test_a_record_run_with_a_crash_in_it_replaces_nothing(tmp_path: Path) -> None:
    """When one session of a run dies, the one that ends well says so, and the golden and every journal stay."""
    path = tmp_path / "run.cassette"
    with playhead.record(playhead.StubInferenceProvider("golden"), path) as provider:
        provider.complete(playhead.CompletionRequest("a"))
    before = path.read_bytes()
    survivor = playhead.use_cassette(path, mode="record").open()
    victim = playhead.use_cassette(path, mode="record").open()
    for session in (survivor, victim):
        session.wrap(playhead.StubInferenceProvider("new")).complete(playhead.CompletionRequest("a"))
    victim.abandon()
    with pytest.raises(playhead.RecordingError, match="crashed"):
        survivor.close()
    assert path.read_bytes() == before
    recover([path], tmp_path / "recovered.cassette", scan=lambda _: ())
    texts = [call.evidence.text for call in playhead.open_cassette(tmp_path / "recovered.cassette")]
    assert sorted(texts) == ["golden", "new", "new"]
