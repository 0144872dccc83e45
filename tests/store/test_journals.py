"""Journals: every line that was acknowledged is there, and each says what became of its writer."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import CompletionRequest, Mode, RecordingError, UnsupportedVersion
from playhead.core.calls import Volatile, compose_call, encode_outcome, outcome_fields, request_fields
from playhead.core.canonical import encode
from playhead.core.fingerprint import fingerprint
from playhead.core.model import Completion, Origin
from playhead.format.entries import Outline, call_entry, outline_of
from playhead.format.journal import JournalEnd, JournalHead, encode_line
from playhead.format.segments import pack_outline, unpack_outline
from playhead.store.journals import (
    JournalWriter,
    State,
    is_alive,
    is_done,
    journal_paths,
    read_journal,
    set_aside,
)


def call(prompt: str, text: str = "x", n: int = 0) -> tuple[bytes, Outline]:
    """Give a canonical call entry and its outline."""
    request = CompletionRequest(prompt)
    key = fingerprint(request, "p")
    data = compose_call(
        request=encode(request_fields(request)),
        outcome=encode_outcome(outcome_fields(Completion(text))),
        provider="p",
        origin=Origin.LIVE,
        key=key.key,
        n=n,
        volatile=Volatile(),
    )
    return data, outline_of(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a cassette's path."""
    return tmp_path / "name.cassette"


def written(path: Path, count: int = 3, mode: Mode = Mode.RECORD) -> JournalWriter:
    """Start a journal and append some calls."""
    writer = JournalWriter(path, mode)
    for number in range(count):
        writer.append(number, *call(f"question {number}"))
    return writer


@pytest.mark.parametrize("mode", [Mode.RECORD, Mode.RECORD_MISSING, Mode.ONCE])
@pytest.mark.parametrize("ok", [True, False])
def test_what_was_appended_is_read_back(path: Path, mode: Mode, ok: bool) -> None:
    """Mode, calls with their starts and segments, and the way it ended are read as they were written."""
    writer = written(path, mode=mode)
    writer.close(ok=ok)
    writer.close(ok=not ok)
    content = read_journal(writer.path)
    assert (content.path, content.mode, content.torn) == (writer.path, mode, [])
    assert content.state is (State.CLOSED if ok else State.FAILED)
    assert [line.start for line in content.calls] == [0, 1, 2]
    for number, line in enumerate(content.calls):
        data, outline = call(f"question {number}")
        assert line.entry.data == data
        assert line.outline == Outline(tuple(digest[:4] for digest in outline.segments), outline.sketch)


@pytest.mark.parametrize("ok", [True, False])
def test_what_a_writer_kept_is_what_stands_in_the_file(path: Path, ok: bool) -> None:
    """The seal takes the writer's word for a journal it closed, and every word of it is the file's."""
    writer = written(path)
    data, outline = call("a question whose place is at hand", n=2)
    entry = call_entry(data)
    writer.append(3, data, outline, (entry.key, entry.n), (data, {}))
    assert writer.content() is None
    writer.close(ok=ok)
    content = writer.content()
    assert content is not None
    read = read_journal(writer.path)
    assert content._replace(calls=[]) == read._replace(calls=[])
    assert [call.split for call in content.calls] == [None, None, None, (data, {})]
    for kept, stored in zip(content.calls, read.calls, strict=True):
        assert kept.outline is not None
        assert (kept.start, kept.entry) == (stored.start, stored.entry)
        assert stored.outline == unpack_outline(pack_outline(kept.outline))


def test_a_journal_that_is_not_as_it_was_written_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another length, one that is gone, and one that came to too much have to be read."""
    writer = written(path)
    writer.close(ok=True)
    with writer.path.open("ab") as file:
        file.write(b"x")
    assert writer.content() is None
    writer.path.unlink()
    assert writer.content() is None
    monkeypatch.setattr("playhead.store.journals.MOST_KEPT", 2 * len(call("question 0")[0]))
    writer = written(path, count=2)
    writer.close(ok=True)
    assert writer.content() is not None
    writer = written(path, count=3)
    writer.close(ok=True)
    assert (writer.content(), writer.calls) == (None, 3)


def test_a_journal_is_alive_as_long_as_its_writer(path: Path) -> None:
    """While the writer has it open a journal is alive, and what is in it can be read; then it is crashed or closed."""
    writer = written(path)
    assert is_alive(writer.path)
    content = read_journal(writer.path)
    assert (content.state, len(content.calls)) == (State.ALIVE, 3)
    writer.abandon()
    assert not is_alive(writer.path)
    assert read_journal(writer.path).state is State.CRASHED
    assert not is_alive(path.with_name("nothing"))


def test_a_journal_is_never_seen_without_its_lock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the making of a journal and its lock nobody may take it for one that a crash left."""
    seen: list[State] = []
    fcntl: Any = pytest.importorskip("fcntl")
    real = fcntl.flock

    def watched(descriptor: int, operation: int) -> Any:
        if operation == fcntl.LOCK_EX:
            seen.extend(read_journal(journal).state for journal in journal_paths(path))
        return real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", watched)
    written(path).close(ok=True)
    assert State.CRASHED not in seen


def test_a_journal_is_named_after_its_cassette_and_writer(path: Path) -> None:
    """The name says cassette, host and process; two journals of one process have two names."""
    one, other = written(path, 0), written(path, 0)
    for writer in (one, other):
        head, _, tail = writer.path.name.partition(".j-")
        assert head == path.name
        assert tail.split("-")[1] == str(os.getpid())
        assert writer.path.parent == path.parent
        writer.close(ok=True)
    assert one.path != other.path


@pytest.mark.parametrize("host", ["", "weird host/..\\:name", "ü", "x" * 200])
def test_any_host_name_makes_a_file_name(path: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Whatever the machine is called, its journals have names that files can have and that are found again."""
    monkeypatch.setattr("socket.gethostname", lambda: host)
    writer = written(path)
    writer.close(ok=True)
    assert journal_paths(path) == [writer.path]
    assert writer.path.parent == path.parent


def test_only_the_journals_of_one_cassette_are_found(tmp_path: Path) -> None:
    """Names that start alike are other cassettes'; journals set aside are found; a missing folder has none."""
    names = ("a.cassette", "a.cassette.json", "a.cassette.jx", "aa.cassette", "a.failed.cassette")
    made: dict[str, Path] = {}
    for name in names:
        writer = written(tmp_path / name)
        writer.close(ok=True)
        made[name] = writer.path
    for name in names:
        assert journal_paths(tmp_path / name) == [made[name]]
    aside = set_aside(made["a.cassette"], b"\x01" * 32)
    assert journal_paths(tmp_path / "a.cassette") == [aside]
    assert journal_paths(tmp_path / "no" / "a.cassette") == []


def test_set_aside_says_for_which_cassette(path: Path) -> None:
    """A journal set aside belongs to the cassette of that digest and no other, and can be set aside anew."""
    writer = written(path)
    writer.close(ok=True)
    one, other = b"\x01" * 32, b"\x02" * 32
    assert not is_done(writer.path, one)
    first = set_aside(writer.path, one)
    assert (is_done(first, one), is_done(first, other), is_done(first, None)) == (True, False, False)
    second = set_aside(first, other)
    assert (is_done(second, one), is_done(second, other)) == (False, True)
    assert not first.exists()
    assert len(read_journal(second).calls) == 3


def whole_journal(path: Path) -> tuple[Path, bytes]:
    """Give a closed journal's path and bytes."""
    writer = written(path)
    writer.close(ok=True)
    return writer.path, writer.path.read_bytes()


def test_a_journal_cut_off_anywhere_holds_its_whole_lines(path: Path) -> None:
    """Of a journal that ends at any byte every whole call is read, and at most one torn line is reported, the last."""
    journal, data = whole_journal(path)
    ends = [at + 1 for at, byte in enumerate(data) if byte == 10]
    near_ends = {end + step for end in ends for step in (-10, -2, -1, 0, 1, 2, 10)}
    for size in sorted({*range(0, len(data), 29), *(size for size in near_ends if size < len(data))}):
        journal.write_bytes(data[:size])
        content = read_journal(journal)
        whole = sum(1 for end in ends if end <= size)
        assert len(content.calls) == min(3, max(0, whole - 1))
        assert [torn.last for torn in content.torn] == ([] if size in (0, *ends) else [True])
        assert content.state is State.CRASHED
        assert content.mode is (Mode.RECORD if whole else None)


@given(at=st.integers(0, 10_000), mask=st.integers(1, 255))
def test_a_changed_byte_costs_its_line_only(tmp_path_factory: pytest.TempPathFactory, at: int, mask: int) -> None:
    """A changed byte makes its line torn, or two lines where it was a line's end, and no other call is lost."""
    journal, data = journal_of_module(tmp_path_factory)
    at %= len(data)
    journal.write_bytes(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])
    content = read_journal(journal)
    number = data[:at].count(10)
    expected = [start for start in range(3) if start + 1 != number and not (data[at] == 10 and start == number)]
    assert [line.start for line in content.calls] == expected
    assert content.torn


_MADE: dict[str, tuple[Path, bytes]] = {}


def journal_of_module(factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """Give one journal for all examples."""
    if not _MADE:
        _MADE["one"] = whole_journal(factory.mktemp("changed") / "name.cassette")
    return _MADE["one"]


def test_a_newer_journal_is_refused(path: Path) -> None:
    """A journal of a later format is not read in part."""
    journal = path.with_name(f"{path.name}.j-host-1-0")
    journal.write_bytes(
        encode_line(JournalHead(mode=Mode.RECORD, opened=1, version=99)) + encode_line(JournalEnd(ok=True, closed=2))
    )
    with pytest.raises(UnsupportedVersion, match="99"):
        read_journal(journal)


def test_a_closed_journal_takes_nothing_more(path: Path) -> None:
    """Appending after the close is refused, and leaves the file alone."""
    journal, data = whole_journal(path)
    ends: list[Callable[[JournalWriter], None]] = [lambda writer: writer.close(ok=True), JournalWriter.abandon]
    for end in ends:
        writer = written(path)
        end(writer)
        before = writer.path.read_bytes()
        one = call("late")
        with pytest.raises(RecordingError, match="is closed"):
            writer.append(9, *one)
        assert writer.path.read_bytes() == before
    assert journal.read_bytes() == data


def test_threads_append_whole_lines(path: Path) -> None:
    """Lines that threads append side by side are whole and all there, in the order of each thread."""
    writer = JournalWriter(path, Mode.RECORD)

    def work(thread: int) -> None:
        for number in range(50):
            one = call(f"{thread}", text="y" * (number * 37))
            writer.append(thread * 1000 + number, *one)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close(ok=True)
    content = read_journal(writer.path)
    assert content.torn == []
    starts = [line.start for line in content.calls]
    for number in range(4):
        assert [start for start in starts if start // 1000 == number] == [number * 1000 + n for n in range(50)]


def test_a_large_journal_is_read_like_a_small_one(path: Path) -> None:
    """A journal that is mapped rather than read gives the same calls."""
    writer = JournalWriter(path, Mode.RECORD)
    one = call("large", text="z" * 300_000)
    for number in range(2):
        writer.append(number, *one)
    writer.close(ok=True)
    assert [line.entry.data for line in read_journal(writer.path).calls] == [one[0], one[0]]


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give the list of descriptors that were flushed."""
    found: list[int] = []
    with contextlib.suppress(AttributeError):
        monkeypatch.setattr(os, "fdatasync", found.append)
    return found


def test_fsync_flushes_every_line(path: Path, synced: list[int]) -> None:
    """With ``fsync`` each line, head and end included, waits for the disk; without it none does."""
    for fsync, expected in ((False, 0), (True, 3)):
        synced.clear()
        writer = JournalWriter(path, Mode.RECORD, fsync=fsync)
        one = call("a")
        writer.append(1, *one)
        writer.close(ok=True)
        assert len(synced) == expected


def test_a_folder_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    """A journal that cannot be made is named with the system's reason."""
    with pytest.raises(RecordingError, match="No such file or directory"):
        JournalWriter(tmp_path / "no" / "name.cassette", Mode.RECORD)
