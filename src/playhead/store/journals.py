"""
Journals on disk: ``name.cassette.j-<host>-<pid>-<random>``, one a recording session.

A journal is alive while its writer holds a lock on it, closed when its last line says so, and otherwise left by a
crash. What was appended before a ``kill -9`` is there after it: each line is one ``write`` to the page cache.
"""

from __future__ import annotations

import enum
import os
import re
import secrets
import socket
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from playhead.core.matching import EXACT, Matching
from playhead.core.modes import Mode
from playhead.errors import RecordingError
from playhead.format.assembly import Split
from playhead.format.entries import Entry, Outline, call_entry
from playhead.format.journal import (
    JournalCall,
    JournalEnd,
    JournalHead,
    Torn,
    encode_call_line,
    encode_line,
    read_lines,
)
from playhead.store.files import read_file

# Windows has no flock; there the process id in the name alone tells whether a writer lives.
if sys.platform != "win32":
    import fcntl


MOST_KEPT = 64 * 1024 * 1024
"""Bytes of calls that a journal keeps for the seal, which reads more than that from the file."""


class JournalWriter:
    """
    An open journal. Every ``append`` that returned survives the death of the process.

    Attributes:
        path: The file.
        opened: Nanoseconds since the epoch when it was opened.
        calls: How many calls are in it.
    """

    def __init__(self, cassette: Path, mode: Mode, *, fsync: bool = False, rules: Matching = EXACT) -> None:
        """
        Start a journal beside a cassette.

        Args:
            cassette: The cassette's path.
            mode: The session's mode.
            fsync: Whether each line waits for the disk, to survive a power cut as well; 0.2 ms a call.
            rules: The rules that its calls' keys are computed under.

        Raises:
            RecordingError: The file cannot be made.
        """
        self.calls = 0
        self.opened = time.time_ns()
        self._mode = mode
        self._rules = rules
        self._size = 0
        self._kept: list[RecordedCall] | None = []
        self._kept_bytes = 0
        self._ended: JournalEnd | None = None
        host = re.sub(r"[^A-Za-z0-9]+", "", socket.gethostname())[:24] or "host"
        self.path = cassette.with_name(f"{cassette.name}.j-{host}-{os.getpid()}-{secrets.token_hex(4)}")
        self._fsync = fsync
        self._lock = threading.Lock()
        self._pid = os.getpid()
        # Made under another name: a journal that could be seen before its lock is held would look like a crash's.
        unborn = cassette.with_name(f".{self.path.name}.tmp-")
        try:
            self._file = os.open(unborn, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        try:
            if sys.platform != "win32":
                fcntl.flock(self._file, fcntl.LOCK_EX)
            self._write(
                encode_line(JournalHead(mode=mode, opened=self.opened, rules=None if rules == EXACT else rules))
            )
            unborn.rename(self.path)
        except BaseException:
            self.abandon()
            unborn.unlink(missing_ok=True)
            raise

    def append(
        self,
        start: int,
        entry: bytes,
        outline: Outline,
        place: tuple[bytes, int] | None = None,
        split: Split | None = None,
    ) -> None:
        """
        Append a finished call.

        Args:
            start: Nanoseconds since the epoch when it started.
            entry: Its canonical bytes.
            outline: Its outline.
            place: Its fingerprint and take number, where they are at hand.
            split: What ``split_entry`` makes of it, where that is.

        Raises:
            RecordingError: The disk is full; the call is not in the journal.
        """
        kept = call_entry(entry) if place is None else Entry(*place, entry)
        self._write(encode_call_line(start, entry, outline), RecordedCall(start, kept, outline, split))

    def close(self, *, ok: bool) -> None:
        """
        Say that the run is over, and whether it ended well; the journal stays until it is sealed.

        Raises:
            RecordingError: The disk is full; the calls in it are kept, as after a crash.
        """
        if self._file < 0:
            return
        end = JournalEnd(ok=ok, closed=time.time_ns())
        try:
            self._write(encode_line(end))
            self._ended = end
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the file without a word, as a crash would."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def content(self) -> JournalContent | None:
        """
        Give what ``read_journal`` would read, once the journal is closed.

        ``None`` where it came to too much to be kept, or where the file is not as long as what was written to it.
        """
        end, calls = self._ended, self._kept
        try:
            if end is None or calls is None or self.path.stat().st_size != self._size:
                return None
        except OSError:
            return None
        state = State.CLOSED if end.ok else State.FAILED
        return JournalContent(self.path, state, self._mode, self.opened, end.closed, calls, [], self._rules)

    def _keep(self, call: RecordedCall) -> None:
        self.calls += 1
        self._kept_bytes += len(call.entry.data)
        if self._kept_bytes > MOST_KEPT:
            self._kept = None
        elif self._kept is not None:
            self._kept.append(call)

    def _write(self, line: bytes, call: RecordedCall | None = None) -> None:
        with self._lock:
            if self._file < 0 or os.getpid() != self._pid:
                raise RecordingError(
                    f"the journal {self.path.name!r} is closed, or belongs to the parent of this process",
                    hint="open a session in each process that records",
                )
            done = 0
            try:
                while done < len(line):
                    done += os.write(self._file, line[done:])
                if self._fsync:
                    os.fdatasync(self._file)
                self._size += done
                if call is not None:
                    self._keep(call)
            except OSError as error:
                if done:
                    self._take_back(done)
                raise _cannot_write(self.path, error) from error

    def _take_back(self, written: int) -> None:
        """Cut a line off that a full disk took in part; the next one must not be appended to it."""
        os.ftruncate(self._file, os.fstat(self._file).st_size - written)


def _cannot_write(path: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"cannot write the journal {str(path)!r}: {error.strerror or error}", context={"path": str(path)}
    )


class State(enum.Enum):
    """What became of a journal's writer."""

    ALIVE = "alive"
    CLOSED = "closed"
    FAILED = "failed"
    CRASHED = "crashed"


class RecordedCall(NamedTuple):
    """
    One call of a journal.

    Attributes:
        start: Nanoseconds since the epoch when it started.
        entry: The call; its take number counts within the journal.
        outline: Its outline, if the line has it.
        split: What ``split_entry`` makes of the entry, where that is known.
    """

    start: int
    entry: Entry
    outline: Outline | None
    split: Split | None = None


class JournalContent(NamedTuple):
    """
    A journal, read.

    Attributes:
        path: The file.
        state: What became of its writer.
        mode: The mode of its session; ``None`` where the first line is torn.
        opened: Nanoseconds since the epoch when it was opened.
        closed: The same for its close; ``None`` where it was not closed in order.
        calls: Its calls in the order they ended.
        torn: Lines that do not hold; after a crash the last one may.
        rules: The rules that its calls' keys were computed under.
    """

    path: Path
    state: State
    mode: Mode | None
    opened: int
    closed: int | None
    calls: list[RecordedCall]
    torn: list[Torn]
    rules: Matching = EXACT


_DONE = ".done-"


def is_journal(path: Path) -> bool:
    """Tell by its name whether a file is a journal."""
    return ".j-" in path.name


def journal_paths(cassette: Path) -> list[Path]:
    """Give the journals beside a cassette, by name; those a seal has set aside too."""
    prefix = f"{cassette.name}.j-"
    try:
        return sorted(path for path in cassette.parent.iterdir() if path.name.startswith(prefix))
    except FileNotFoundError:
        return []


def is_alive(path: Path) -> bool:
    """Tell whether a journal's writer still has it open."""
    if sys.platform == "win32":
        try:
            os.kill(int(path.name.split("-")[-2]), 0)
        except OSError:
            return False
        return True
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def read_journal(path: Path) -> JournalContent:
    """
    Read a journal as far as it holds.

    Raises:
        CassetteError: The file cannot be read, or is of a newer format.
    """
    alive = is_alive(path)
    mode: Mode | None = None
    opened, closed = 0, None
    rules = EXACT
    calls: list[RecordedCall] = []
    torn: list[Torn] = []
    state = State.ALIVE if alive else State.CRASHED
    for _, line in read_lines(bytes(read_file(path))):
        if isinstance(line, JournalHead):
            mode, opened, rules = line.mode, line.opened, line.rules or EXACT
        elif isinstance(line, JournalCall):
            calls.append(RecordedCall(line.start, call_entry(bytes(line.entry)), line.unpacked_outline()))
        elif isinstance(line, JournalEnd):
            state, closed = State.CLOSED if line.ok else State.FAILED, line.closed
        else:
            torn.append(line)
    return JournalContent(path, state, mode, opened, closed, calls, torn, rules)


def set_aside(path: Path, digest: bytes) -> Path:
    """Mark a journal as part of a cassette that is about to be swapped in."""
    marked = path.with_name(f"{path.name.split(_DONE)[0]}{_DONE}{digest.hex()[:32]}")
    return path.replace(marked)


def is_done(path: Path, digest: bytes | None) -> bool:
    """Tell whether a journal is part of the cassette that now stands there."""
    return digest is not None and path.name.endswith(f"{_DONE}{digest.hex()[:32]}")
