"""Paths that are no cassette: clear errors, nothing replaced, nothing waited for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import playhead
from playhead import CassetteError, NotACassette, PlayheadError, RecordingError

MODES = ("replay", "once", "record-missing", "record")
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX paths")
pytestmark = posix


def use(path: Path, mode: str) -> None:
    """Open a session and make one call."""
    with playhead.use_cassette(path, mode=mode) as session:
        session.wrap(playhead.StubInferenceProvider("fresh")).complete(playhead.CompletionRequest("a"))


def golden(path: Path) -> bytes:
    """Record a cassette and give its bytes."""
    use(path, "record")
    return path.read_bytes()


def a_folder(path: Path) -> None:
    """Put a folder there."""
    path.mkdir()


def an_empty_file(path: Path) -> None:
    """Put an empty file there."""
    path.touch()


def a_dangling_link(path: Path) -> None:
    """Put a link to nothing there."""
    path.symlink_to(path.with_name("nowhere"))


def a_link_to_itself(path: Path) -> None:
    """Put a link in a circle there."""
    path.symlink_to(path.name)


def a_link_to_a_folder(path: Path) -> None:
    """Put a link to a folder there."""
    path.symlink_to(path.parent)


def a_device(path: Path) -> None:
    """Put a link to a device there."""
    path.symlink_to("/dev/zero")


def text(path: Path) -> None:
    """Put somebody else's file there."""
    path.write_text("interactions:\n- request: {}\nversion: 1\n")


def json_of_others(path: Path) -> None:
    """Put somebody else's JSON there."""
    path.write_text('{"version": 1, "interactions": []}')


def a_half(path: Path) -> None:
    """Put half a cassette there."""
    data = golden(path)
    path.write_bytes(data[: len(data) // 2])


def a_large_pointer(path: Path) -> None:
    """Put a pointer to large-file storage there."""
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n")


CASES: dict[Callable[[Path], None], tuple[type[CassetteError], str]] = {
    a_folder: (NotACassette, "is a folder, not a file"),
    an_empty_file: (NotACassette, "not a Playhead cassette"),
    a_dangling_link: (NotACassette, "symbolic link that leads nowhere"),
    a_link_to_itself: (NotACassette, "symbolic link that leads back to itself"),
    a_link_to_a_folder: (NotACassette, "is a folder, not a file"),
    a_device: (NotACassette, "is a device, not a file"),
    text: (NotACassette, "not a Playhead cassette"),
    json_of_others: (NotACassette, "not a Playhead cassette"),
    a_half: (playhead.CassetteDamaged, "the file is cut off"),
    a_large_pointer: (NotACassette, "pointer to large-file storage"),
}


def state(folder: Path) -> dict[str, object]:
    """Give what a folder holds: links, kinds and contents."""
    found: dict[str, object] = {}
    for path in folder.iterdir():
        if path.name == ".playhead.lock":
            continue
        if path.is_symlink():
            found[path.name] = os.readlink(path)  # noqa: PTH115 - the text, not where it leads
        else:
            found[path.name] = path.read_bytes() if path.is_file() else "other"
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_what_is_no_cassette_is_refused_and_stays(tmp_path: Path, make: Callable[[Path], None], mode: str) -> None:
    """Whatever stands at the path, in every mode it is refused in words that say what it is, and it stays."""
    path = tmp_path / "odd.cassette"
    make(path)
    before = state(tmp_path)
    kind, words = CASES[make]
    with pytest.raises(kind, match=words) as caught:
        use(path, mode)
    assert type(caught.value) is kind
    assert str(path) in str(caught.value)
    assert state(tmp_path) == before


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_pipes_and_sockets_are_refused_without_waiting(tmp_path: Path, mode: str, kind: str) -> None:
    """A named pipe without a writer and a socket are refused at once."""
    path = tmp_path / "p.cassette"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        server = socket.socket(socket.AF_UNIX)
        # A socket's path may have some hundred bytes; from within the folder its name does.
        where = Path.cwd()
        os.chdir(tmp_path)
        try:
            server.bind(path.name)
        finally:
            os.chdir(where)
            server.close()
    code = f"import playhead\nplayhead.use_cassette({str(path)!r}, mode={mode!r}).open()\n"
    environment = {**os.environ, "PYTHONPATH": str(Path(playhead.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=20, env=environment, check=False, text=True
    )
    assert done.returncode == 1
    assert "NotACassette" in done.stderr.splitlines()[-1] + done.stderr
    assert "not a file" in done.stderr


@pytest.mark.parametrize("mode", ["once", "record-missing", "record"])
def test_a_link_is_not_replaced_by_a_file(tmp_path: Path, mode: str) -> None:
    """Recording through a link is refused, or leaves link and target alone; replay reads through it."""
    target = tmp_path / "target.cassette"
    before = golden(target)
    path = tmp_path / "link.cassette"
    path.symlink_to(target.name)
    use(path, "replay")
    if mode == "once":
        use(path, mode)
    else:
        with pytest.raises(NotACassette, match="is a symbolic link") as caught:
            use(path, mode)
        assert caught.value.hint == "name its target"
    assert path.is_symlink()
    assert target.read_bytes() == before


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ending", [".cassette", ".cassette.json"])
def test_conflict_markers_are_named(tmp_path: Path, mode: str, ending: str) -> None:
    """A file in which git left both sides is refused with the way out, and stays."""
    path = tmp_path / f"conflict{ending}"
    data = golden(path)
    lines = data.splitlines(keepends=True) if ending.endswith("json") else []
    middle = len(lines) // 2
    marked = b"".join([*lines[:middle], b"<<<<<<< ours\n", *lines[middle:], b"=======\n", b">>>>>>> theirs\n"])
    path.write_bytes(marked)
    with pytest.raises(CassetteError, match="git conflict markers") as caught:
        use(path, mode)
    assert "playhead recover" in (caught.value.hint or "")
    assert path.read_bytes() == marked


@pytest.mark.parametrize("mode", ["once", "record-missing", "record"])
def test_a_folder_that_cannot_be_written_is_named_before_anything_is_paid_for(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recording into a folder without the right to write is refused before a call is made."""
    provider = playhead.CyclingStubInferenceProvider()
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with (
        pytest.raises(RecordingError, match="the folder is not writable"),
        playhead.use_cassette(tmp_path / "a.cassette", mode=mode) as session,
    ):
        session.wrap(provider).complete(playhead.CompletionRequest("a"))
    assert provider.call_count == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_can_be_replayed_from(tmp_path: Path) -> None:
    """From a folder that may only be read a cassette is replayed, and recording into it is refused."""
    path = tmp_path / "a.cassette"
    before = golden(path)
    tmp_path.chmod(0o555)
    try:
        use(path, "replay")
        with pytest.raises(RecordingError, match="not writable"):
            use(path, "record")
        assert path.read_bytes() == before
    finally:
        tmp_path.chmod(0o755)


def test_replay_leaves_no_trace(tmp_path: Path) -> None:
    """Replaying writes nothing at all, not even a lock."""
    path = tmp_path / "a.cassette"
    golden(path)
    (tmp_path / ".playhead.lock").unlink(missing_ok=True)
    before = {entry.name: entry.stat().st_mtime_ns for entry in tmp_path.iterdir()}
    for mode in ("replay", "once"):
        use(path, mode)
        assert {entry.name: entry.stat().st_mtime_ns for entry in tmp_path.iterdir()} == before


@pytest.mark.parametrize("mode", MODES)
def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path, mode: str) -> None:
    """A path below a file is an error of ours."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(PlayheadError):
        use(tmp_path / "file" / "a.cassette", mode)
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("mode", MODES)
def test_a_name_no_file_can_have_is_an_error_of_ours(tmp_path: Path, mode: str) -> None:
    """A name that is too long for any file is refused in words."""
    with pytest.raises(PlayheadError, match="too long"):
        use(tmp_path / ("x" * 255 + ".cassette"), mode)


def test_a_name_too_long_for_a_journal_is_refused_before_a_call(tmp_path: Path) -> None:
    """A cassette's name may be so long that its journal cannot be made: that shows before the provider is asked."""
    provider = playhead.CyclingStubInferenceProvider()
    with (
        playhead.use_cassette(tmp_path / ("x" * 240 + ".cassette"), mode="record-missing") as session,
        pytest.raises(RecordingError),
    ):
        session.wrap(provider).complete(playhead.CompletionRequest("a"))
    assert provider.call_count == 0
