"""A disk that takes no more: an error for the call concerned, everything before it kept, nothing after it spoilt."""

from __future__ import annotations

import errno
import os
import pathlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import CompletionRequest, RecordingError
from playhead.store.journals import State, journal_paths, read_journal
from playhead.store.sealing import seal


class Long:
    """Answers with text that does not compress."""

    def complete(self, request: CompletionRequest) -> playhead.Completion:
        """Answer."""
        return playhead.Completion(f"answer to {request.prompt}", model="m")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "full.cassette"


def golden(path: Path) -> bytes:
    """Record one call and give the file's bytes."""
    with playhead.record(Long(), path) as provider:
        provider.complete(CompletionRequest("golden"))
    return path.read_bytes()


def prompts(path: Path) -> list[str]:
    """Give the prompts a cassette holds."""
    return sorted(str(entry.request.prompt) for entry in playhead.open_cassette(path))


class FullOnce:
    """Stands for ``os.write`` on a disk that is full for one write of a call, part of which it takes."""

    def __init__(self, taken: int) -> None:
        self.taken = taken
        self.full = False
        self.real = os.write

    def __call__(self, descriptor: int, data: bytes) -> int:
        """Write, or take a part and then nothing."""
        if not self.full:
            return self.real(descriptor, data)
        if self.taken:
            done = self.real(descriptor, bytes(data)[: self.taken])
            self.taken = 0
            return done
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("taken", [0, 1, 40])
def test_a_full_disk_costs_the_one_call(path: Path, monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    """A call that finds the disk full raises, also where half of its line was written; those after it are kept."""
    before = golden(path)
    disk = FullOnce(taken)
    monkeypatch.setattr(os, "write", disk)
    with playhead.use_cassette(path, mode="record-missing") as session:
        wrapped = session.wrap(Long())
        wrapped.complete(CompletionRequest("one"))
        disk.full = True
        with pytest.raises(RecordingError, match="No space left on device"):
            wrapped.complete(CompletionRequest("two"))
        disk.full = False
        assert path.read_bytes() == before
        wrapped.complete(CompletionRequest("three"))
        wrapped.complete(CompletionRequest("four"))
        (journal,) = journal_paths(path)
        assert len(read_journal(journal).calls) == 3
    assert prompts(path) == ["four", "golden", "one", "three"]


def test_a_disk_that_stays_full_keeps_what_was_acknowledged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not even the journal's last line can be written, closing raises, and recovery has what was acknowledged."""
    before = golden(path)
    disk = FullOnce(0)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", disk)
        session = playhead.use_cassette(path, mode="record-missing").open()
        session.wrap(Long()).complete(CompletionRequest("one"))
        disk.full = True
        with pytest.raises(RecordingError, match="No space left on device"):
            session.close()
    assert path.read_bytes() == before
    (journal,) = journal_paths(path)
    assert read_journal(journal).state is State.CRASHED, "the dead session holds its journal"
    seal(path, scan=lambda _: (), adopt_crashed=True)
    assert prompts(path) == ["golden", "one"]


class FullFile:
    """A file that takes its first bytes and then no more."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = 100

    def write(self, data: bytes) -> int:
        """Write while there is room."""
        self._left -= len(data)
        if self._left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> FullFile:
        return self

    def __exit__(self, *facts: object) -> None:
        self._file.close()


@pytest.mark.parametrize("ending", [".cassette", ".cassette.json"])
@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
def test_a_full_disk_while_sealing_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, ending: str
) -> None:
    """Sealing that finds the disk full raises with the way out; old cassette and journal stay, and can be sealed."""
    path = tmp_path / f"full{ending}"
    before = golden(path)
    with monkeypatch.context() as patched:
        fill_disk(patched, where)
        with (
            pytest.raises(RecordingError, match="No space left on device") as caught,
            playhead.record(Long(), path, mode="record-missing", fsync=True) as provider,
        ):
            provider.complete(CompletionRequest("new"))
    assert "seal again" in (caught.value.hint or "")
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir() if ".tmp-" in entry.name) == []
    (journal,) = journal_paths(path)
    assert len(read_journal(journal).calls) == 1
    seal(path, scan=lambda _: ())
    assert prompts(path) == ["golden", "new"]
    assert journal_paths(path) == []


def fill_disk(patched: pytest.MonkeyPatch, where: str) -> None:
    """Have a step of swapping a file in find the disk full."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    real_open, real_replace = pathlib.Path.open, os.replace
    if where == "fsync":
        patched.setattr(os, "fsync", full)
    elif where == "replace":
        patched.setattr(os, "replace", lambda a, b: full() if ".tmp-" in str(a) else real_replace(a, b))
    else:

        def opened(self: Path, *args: Any, **kwargs: Any) -> Any:
            file = real_open(self, *args, **kwargs)
            return FullFile(file) if ".tmp-" in self.name else file

        patched.setattr(pathlib.Path, "open", opened)


LIMITED = """
import random, resource, sys, playhead
path, limit, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
class Noise:
    def complete(self, request):
        return playhead.Completion(random.Random(request.prompt).randbytes(size // 2).hex(), model="m")
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
session = playhead.use_cassette(path, mode="record-missing").open()
wrapped = session.wrap(Noise())
try:
    for number in range(5):
        wrapped.complete(playhead.CompletionRequest(f"question {number}"))
        print("kept", number)
except playhead.RecordingError as error:
    print("refused", error.message.rsplit(": ", 1)[-1])
try:
    session.close()
    print("sealed")
except playhead.RecordingError as error:
    print("not sealed", error.message.rsplit(": ", 1)[-1])
"""


def limited(path: Path, *, limit: int, size: int) -> list[str]:
    """Record in a process whose files may have so many bytes, and give what it says."""
    environment = {**os.environ, "PYTHONPATH": str(Path(playhead.__file__).parents[1])}
    command = [sys.executable, "-c", LIMITED, str(path), str(limit), str(size)]
    done = subprocess.run(command, capture_output=True, timeout=60, env=environment, check=False, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_journal_that_may_not_grow(path: Path) -> None:
    """Where the system refuses to let the journal grow, what was acknowledged can be recovered."""
    golden(path)
    said = limited(path, limit=10_000, size=3_000)
    assert said[:3] == ["kept 0", "kept 1", "refused File too large"]
    seal(path, scan=lambda _: (), adopt_crashed=True)
    assert prompts(path) == ["golden", "question 0", "question 1"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_cassette_that_may_not_grow(path: Path) -> None:
    """Where the system lets the journal be but not the cassette, the old one stays and the journal can be sealed."""
    assert limited(path, limit=1_000_000, size=20_000)[-1] == "sealed"
    with playhead.record(Long(), path, mode="record-missing") as provider:
        provider.complete(CompletionRequest("golden"))
    before = path.read_bytes()
    assert len(before) > 30_000
    code = LIMITED.replace('f"question {number}"', 'f"another {number}"').replace("range(5)", "range(1)")
    environment = {**os.environ, "PYTHONPATH": str(Path(playhead.__file__).parents[1])}
    command = [sys.executable, "-c", code, str(path), "30000", "20000"]
    done = subprocess.run(command, capture_output=True, timeout=60, env=environment, check=False, text=True)
    assert done.stdout.splitlines() == ["kept 0", "not sealed File too large"], done.stderr
    assert path.read_bytes() == before
    seal(path, scan=lambda _: ())
    assert prompts(path) == ["another 0", "golden", *(f"question {number}" for number in range(5))]
