"""Reading and replacing files: the old one or the new one, never half of one, and never something else."""

from __future__ import annotations

import errno
import mmap
import os
import sys
from pathlib import Path

import pytest

from playhead import CassetteError, CassetteMissing, LimitExceeded, NotACassette, RecordingError
from playhead.errors import UsageError
from playhead.store import files
from playhead.store.files import MAP_ABOVE, check_target, read_file, replacing


@pytest.mark.parametrize("size", [0, 1, MAP_ABOVE - 1, MAP_ABOVE, MAP_ABOVE + 1, 3 * MAP_ABOVE])
def test_content_is_given_whatever_its_size(tmp_path: Path, size: int) -> None:
    """Small files are read, large ones mapped; either way slices are bytes and the whole is what was written."""
    data = os.urandom(size)
    path = tmp_path / "f"
    path.write_bytes(data)
    found = read_file(path)
    assert isinstance(found, mmap.mmap) is (size > MAP_ABOVE)
    assert bytes(found) == data
    assert type(found[:10]) is bytes
    assert found[-7:] == data[-7:]


def test_a_mapped_file_outlives_its_replacement(tmp_path: Path) -> None:
    """A reader that has a file mapped goes on with what it opened when another file is swapped in."""
    path = tmp_path / "f"
    path.write_bytes(b"old" * MAP_ABOVE)
    found = read_file(path)
    with replacing(path) as write:
        write(b"new")
    assert found[-3:] == b"old"
    assert path.read_bytes() == b"new"


def test_nothing_there_is_missing(tmp_path: Path) -> None:
    """A path with nothing at it is missing, which is no other error."""
    with pytest.raises(CassetteMissing, match="there is no such file") as caught:
        read_file(tmp_path / "f")
    assert caught.value.path == str(tmp_path / "f")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX paths")
def test_other_things_than_files_are_named(tmp_path: Path) -> None:
    """A folder, a pipe and links to nothing are named as what they are; no writer is waited for."""
    pipe, dangling, circle = tmp_path / "pipe", tmp_path / "dangling", tmp_path / "circle"
    os.mkfifo(pipe)
    dangling.symlink_to("nowhere")
    circle.symlink_to(circle)
    for path, words in (
        (tmp_path, "a folder"),
        (pipe, "a pipe"),
        (Path("/dev/null"), "a device"),
        (dangling, "leads nowhere"),
        (circle, "leads back to itself"),
    ):
        with pytest.raises(NotACassette, match=words):
            read_file(path)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE, errno.ENOTDIR])
def test_any_other_fault_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A file that is there and cannot be read is an error, never missing."""

    def broken(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", broken)
    with pytest.raises(CassetteError, match=os.strerror(number)) as caught:
        read_file(tmp_path / "f")
    assert type(caught.value) is CassetteError


def test_a_file_beyond_any_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the bound is refused before it is read."""
    path = tmp_path / "f"
    path.write_bytes(b"x" * 11)
    monkeypatch.setattr(files, "MAX_FILE", 10)
    with pytest.raises(LimitExceeded, match="has 11 bytes"):
        read_file(path)


@pytest.mark.parametrize("fsync", [False, True])
def test_a_file_is_replaced_whole(tmp_path: Path, fsync: bool) -> None:
    """What was written stands at the path when the block ends, and nothing stands beside it."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with replacing(path, fsync=fsync) as write:
        write(b"ne")
        write(b"w")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


def test_a_block_that_fails_replaces_nothing(tmp_path: Path) -> None:
    """An exception out of the block leaves the old file, takes the half-written one away, and passes."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(path) as write:  # noqa: PT012 - the block is the subject
        write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_fault_of_the_disk_replaces_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A fault at any step leaves the old file, and the error says what to do."""
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, step, broken)
    with pytest.raises(RecordingError, match="Input/output error") as caught, replacing(path) as write:
        write(b"new")
    assert caught.value.hint
    assert caught.value.context == {"path": str(path)}
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="the platform cannot flush a folder")
def test_the_file_is_flushed_before_the_swap_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is: the file's bytes, then the name, then the folder; else a power cut could leave an empty file."""
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")  # noqa: PTH112
        real_fsync(descriptor)

    def replace(source: str, target: str) -> None:
        steps.append("swap")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    with replacing(tmp_path / "f") as write:
        write(b"new")
    expected = ["file", "swap", "folder"] if sys.platform == "linux" else ["file", "swap", "file"]
    assert steps == expected


def test_a_target_is_checked_before_anything_is_paid_for(tmp_path: Path) -> None:
    """A new name, an old file and a folder to be made will do; a folder or a link at the path will not."""
    old = tmp_path / "old"
    old.touch()
    check_target(old)
    check_target(tmp_path / "new")
    check_target(tmp_path / "made" / "for" / "it")
    assert (tmp_path / "made" / "for").is_dir()
    with pytest.raises(NotACassette, match="is a folder, not a file"):
        check_target(tmp_path / "made")
    link = tmp_path / "link"
    link.symlink_to(old)
    with pytest.raises(NotACassette, match="symbolic link"):
        check_target(link)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A path below a file cannot be recorded to."""
    (tmp_path / "file").touch()
    with pytest.raises((RecordingError, CassetteError)):
        check_target(tmp_path / "file" / "sub" / "f")


def test_saving_keeps_permissions_and_sweeps_up(tmp_path: Path) -> None:
    """A file keeps its mode when it is replaced, and what a crash left of an earlier save goes."""
    path = tmp_path / "a.cassette"
    path.write_bytes(b"old")
    path.chmod(0o640)
    (tmp_path / "a.cassette.tmp-dead").write_bytes(b"half")
    (tmp_path / "b.cassette.tmp-alive").write_bytes(b"somebody else's")
    with replacing(path) as write:
        write(b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.cassette", "b.cassette.tmp-alive"]


def test_a_zero_byte_is_no_name() -> None:
    """A path no system takes is a clear error of ours, for reading and for writing."""
    for use in (read_file, check_target):
        with pytest.raises(UsageError, match="zero byte"):
            use(Path("a\0b"))
