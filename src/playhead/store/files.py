"""Reading and replacing files so that neither a crash nor a strange path can lose a cassette."""

from __future__ import annotations

import contextlib
import errno
import glob
import mmap
import os
import secrets
import stat
from collections.abc import Callable, Generator
from pathlib import Path

from playhead.errors import CassetteError, CassetteMissing, LimitExceeded, NotACassette, RecordingError, UsageError

MAP_ABOVE = 256 * 1024
"""Bytes from which a file is mapped instead of read: mapping costs some 10 us, reading 256 KB about as much."""

MAX_FILE = 1 << 40


def read_file(path: Path) -> bytes:
    """
    Give a file's content as bytes, or as a read-only memory map (whose slices are bytes) where it is large.

    Raises:
        CassetteMissing: There is nothing at the path.
        NotACassette: There is something else than a regular file.
        CassetteError: The file cannot be read.
    """
    check_name(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise _translated(error, path) from None
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise NotACassette(f"is {_kind(facts.st_mode)}, not a file", path=path)
        if facts.st_size > MAX_FILE:
            raise LimitExceeded(f"has {facts.st_size} bytes", path=path)
        if facts.st_size <= MAP_ABOVE:
            return _read_all(descriptor, facts.st_size)
        mapped = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_RANDOM"):
            # Read-ahead costs 20 times the open of a page-cold file of 100,000 calls (22.5 ms against 1.1).
            mapped.madvise(mmap.MADV_RANDOM)
        return mapped  # type: ignore[return-value]  # pyright: ignore[reportReturnType]
    except OSError as error:
        raise _translated(error, path) from None
    finally:
        os.close(descriptor)


def _read_all(descriptor: int, size: int) -> bytes:
    pieces: list[bytes] = []
    while True:
        piece = os.read(descriptor, size + 1)
        if not piece:
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.append(piece)


def _kind(mode: int) -> str:
    for test, word in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if test(mode):
            return word
    return "something else"


def _translated(error: OSError, path: Path) -> CassetteError:
    if error.errno == errno.ENOENT:
        if path.is_symlink():
            return NotACassette("is a symbolic link that leads nowhere", path=path)
        return CassetteMissing("there is no such file", path=path)
    if error.errno == errno.EISDIR:
        return NotACassette("is a folder, not a file", path=path)
    if error.errno == errno.ELOOP:
        return NotACassette("is a symbolic link that leads back to itself", path=path)
    if error.errno == errno.ENXIO:
        return NotACassette("is a socket or a pipe, not a file", path=path)
    return CassetteError(f"cannot be read: {error.strerror or error}", path=path)


def check_name(path: Path) -> None:
    """
    Check that a path can name a file at all.

    Raises:
        UsageError: It holds a zero byte.
    """
    if "\0" in str(path):
        raise UsageError(f"{str(path)!r} is no path: it holds a zero byte")


def check_target(path: Path) -> None:
    """
    Check that a cassette can be written to a path, before anything is paid for.

    Raises:
        NotACassette: Something else than a regular file stands there; a symbolic link would be replaced by a file.
        RecordingError: The folder cannot be made or written to.
    """
    check_name(path)
    if path.is_symlink():
        raise NotACassette(
            "is a symbolic link: recording would put a file in its place", path=path, hint="name its target"
        )
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _translated(error, path) from None
    else:
        if not stat.S_ISREG(mode):
            raise NotACassette(f"is {_kind(mode)}, not a file", path=path)
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(
            f"cannot make the folder {str(folder)!r}: {error.strerror}", context={"path": str(path)}
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RecordingError(
            f"cannot record into {str(folder)!r}: the folder is not writable",
            context={"path": str(path)},
            hint="make it writable, or record elsewhere and copy the cassette",
        )


@contextlib.contextmanager
def replacing(path: Path, *, fsync: bool = True) -> Generator[Callable[[bytes], object]]:
    """
    Write a file beside its place and swap it in when the block ends well; its permissions stay.

    Args:
        path: The file's place.
        fsync: Whether to wait for the disk; without it the swap is atomic but not yet durable.

    Yields:
        A function that takes the bytes, in order.

    Raises:
        RecordingError: The disk is full or the folder cannot be written; the old file is as it was.
    """
    beside = path.with_name(f"{path.name}.tmp-{secrets.token_hex(6)}")
    try:
        for stale in path.parent.glob(f"{glob.escape(path.name)}.tmp-*"):
            stale.unlink(missing_ok=True)  # of a crash: whoever saves here holds the folder's lock
        with beside.open("xb", buffering=1 << 18) as file:
            yield file.write
            file.flush()
            if path.exists():
                beside.chmod(stat.S_IMODE(path.stat().st_mode))
            if fsync:
                os.fsync(file.fileno())
        beside.replace(path)
        if fsync:
            sync_folder(path.parent)
    except OSError as error:
        raise RecordingError(
            f"cannot write {str(path)!r}: {error.strerror or error}",
            context={"path": str(path)},
            hint="the old cassette and the journal are as they were; free space or fix the folder and seal again",
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder durable, where the platform can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
