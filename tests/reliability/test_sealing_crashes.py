"""Sealing cut off at every step, then done again: always the same cassette, every call once."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead.format.journal import JournalEnd, encode_line
from playhead.store import sealing
from playhead.store.journals import journal_paths

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

STEPS = ("replace", "rename", "unlink", "remove", "fsync")
"""The calls by which sealing changes the disk; ``pathlib`` goes through them."""

MOST_STEPS = 40


class Fixed:
    """Gives one answer to each question, and a text of its own as long as it likes."""

    def __init__(self, voice: str) -> None:
        self.voice = voice

    def complete(self, request: playhead.CompletionRequest) -> playhead.Completion:
        """Answer."""
        return playhead.Completion(f"{self.voice} says {request.prompt}", model="m")


def seal(path: Path, *, fsync: bool = True) -> sealing.Sealed:
    """Seal with nothing to scan for."""
    return sealing.seal(path, scan=lambda _: (), fsync=fsync)


def prepare(folder: Path, mode: str, ending: str) -> Path:
    """Leave a cassette with two calls and two closed journals that were not sealed yet."""
    path = folder / f"sealed{ending}"
    clock = playhead.ManualClock()
    with playhead.use_cassette(path, mode="record", clock=clock) as session:
        for prompt in ("a", "b"):
            session.wrap(Fixed("old")).complete(playhead.CompletionRequest(prompt))
    clock.now_ns += 1_000_000
    sessions = [playhead.use_cassette(path, mode=mode, clock=clock).open() for _ in range(2)]
    for number, session in enumerate(sessions):
        for prompt in ("a", "c", f"own {number}"):
            clock.now_ns += 1_000
            session.wrap(Fixed(f"new {number}")).complete(playhead.CompletionRequest(prompt))
    before = path.read_bytes()
    for session in sessions:
        session.abandon()
    for journal in journal_paths(path):
        # As it is when its run has said that it ended, and died before it sealed.
        with journal.open("ab") as file:
            file.write(encode_line(JournalEnd(ok=True, closed=time.time_ns())))
    assert path.read_bytes() == before
    return path


@pytest.fixture(params=["record", "record-missing"])
def mode(request: pytest.FixtureRequest) -> str:
    """Give a mode that records."""
    return str(request.param)


@pytest.fixture(params=[".cassette", ".cassette.json"])
def template(request: pytest.FixtureRequest, tmp_path: Path, mode: str) -> tuple[Path, str]:
    """Give a prepared folder to copy from, and its cassette's name."""
    folder = tmp_path / "template"
    folder.mkdir()
    return folder, prepare(folder, mode, request.param).name


def copies(template: Path, name: str) -> Iterator[Path]:
    """Give the cassette's path in one fresh copy of the folder after the other."""
    number = 0
    while True:
        folder = template.with_name(f"copy {number}")
        shutil.copytree(template, folder)
        yield folder / name
        number += 1


def crash_at(step: int, *, after: bool) -> Callable[[], None]:
    """Give a function that makes the process die at a numbered step, before or after it is done."""

    def install() -> None:
        count = 0

        def dying(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                nonlocal count
                count += 1
                if count == step and not after:
                    os._exit(77)
                try:
                    return real(*args, **kwargs)
                finally:
                    if count == step:
                        os._exit(77)

            return call

        for name in STEPS:
            setattr(os, name, dying(getattr(os, name)))

    return install


def in_child(install: Callable[[], None], path: Path) -> int:
    """Seal in a child with something installed, and give its exit code; 0 means that it came to the end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            install()
            seal(path)
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_crash_at_any_step_leaves_work_that_can_be_done_again(template: tuple[Path, str]) -> None:
    """After a crash before or after any step the old or the new cassette is there, and sealing again gives the new."""
    paths = copies(*template)
    path = next(paths)
    old = path.read_bytes()
    assert seal(path).written
    new = path.read_bytes()
    assert new != old
    steps = 0
    for step in range(1, MOST_STEPS):
        codes = set()
        for after in (False, True):
            path = next(paths)
            codes.add(in_child(crash_at(step, after=after), path))
            assert path.read_bytes() in (old, new)
            playhead.open_cassette(path)
            assert_sealed(path, new)
        if codes == {0}:
            break
        assert codes == {77}
        steps += 1
    # Two journals set aside, one file flushed and swapped in, one folder flushed, two journals removed.
    assert 7 <= steps < MOST_STEPS - 1


def assert_sealed(path: Path, expected: bytes) -> None:
    """Seal, check the result and that nothing is left to do."""
    seal(path)
    assert path.read_bytes() == expected
    assert journal_paths(path) == []
    again = seal(path)
    assert not again.written
    assert path.read_bytes() == expected


def test_crashing_again_and_again_comes_to_the_same(template: tuple[Path, str]) -> None:
    """Sealing that dies at its first step, then at its second, and so on, still comes to the same cassette."""
    paths = copies(*template)
    path = next(paths)
    seal(path)
    new = path.read_bytes()
    path = next(paths)
    for step in range(1, 6):
        in_child(crash_at(step, after=True), path)
    assert_sealed(path, new)


@pytest.mark.parametrize("step", ["set_aside_all", "write_assembly", "assemble", "unite", "refuse_secrets"])
def test_an_exception_at_any_step_leaves_work_that_can_be_done_again(
    template: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A step that raises leaves the old cassette and all journals, and sealing again gives the new one."""
    paths = copies(*template)
    path = next(paths)
    old = path.read_bytes()
    seal(path)
    new = path.read_bytes()
    path = next(paths)
    with monkeypatch.context() as patched:
        patched.setattr(sealing, step, lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            seal(path)
    assert path.read_bytes() == old
    assert len(journal_paths(path)) == 2
    assert_sealed(path, new)


def test_a_crash_between_swap_and_removal_adds_nothing_to_later_recordings(template: tuple[Path, str]) -> None:
    """Journals that are in the cassette already are not taken for new ones by the next recording session."""
    paths = copies(*template)
    path = next(paths)
    seal(path)
    expected = len(playhead.open_cassette(path))
    path = next(paths)
    for step in range(1, MOST_STEPS):
        if in_child(crash_at(step, after=False), path) == 0:
            break
    with playhead.record(Fixed("later"), path, mode="record-missing") as provider:
        provider.complete(playhead.CompletionRequest("later"))
    cassette = playhead.open_cassette(path)
    assert len(cassette) == expected + 1
    assert len({(entry.fingerprint, entry.evidence.text) for entry in cassette}) == expected + 1


def test_a_first_cassette_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Where no cassette was there before, a crash leaves none or the whole one."""
    folder = tmp_path / "template"
    folder.mkdir()
    path = prepare(folder, "record", ".cassette")
    path.unlink()
    paths = copies(folder, path.name)
    path = next(paths)
    seal(path)
    new = path.read_bytes()
    for step in range(1, MOST_STEPS):
        path = next(paths)
        code = in_child(crash_at(step, after=False), path)
        assert not path.exists() or path.read_bytes() == new
        assert_sealed(path, new)
        if code == 0:
            break
