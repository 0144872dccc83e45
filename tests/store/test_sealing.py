"""Sealing: the earlier cassette and closed journals become the new cassette, each call once, in the order of starts."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import filelock
import pytest

import playhead
from playhead import CompletionRequest, Mode, RecordingError, SecretFound
from playhead.core.calls import Volatile, compose_call, encode_outcome, outcome_fields, request_fields
from playhead.core.canonical import encode
from playhead.core.fingerprint import fingerprint
from playhead.core.model import Completion, Origin
from playhead.format.entries import Entry, outline_of
from playhead.store import sealing
from playhead.store.journals import JournalWriter, journal_paths
from playhead.store.sealing import Sealed, failed_path, seal, seal_failed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a cassette's path."""
    return tmp_path / "name.cassette"


def clean(entry: Entry) -> list[tuple[str, str]]:
    """Find no credential."""
    return []


def journal(
    path: Path,
    mode: Mode,
    calls: dict[int, tuple[str, str]],
    *,
    end: bool | None = True,
    date: str = "2026-01-01",
) -> Path:
    """Write a journal of calls, ``{start: (prompt, answer)}``; ``end`` is how it ends, ``None`` for a crash."""
    writer = JournalWriter(path, mode)
    for start, (prompt, text) in calls.items():
        request = CompletionRequest(prompt)
        key = fingerprint(request, "p")
        data = compose_call(
            request=encode(request_fields(request)),
            outcome=encode_outcome(outcome_fields(Completion(text))),
            provider="p",
            origin=Origin.LIVE,
            key=key.key,
            n=0,
            volatile=Volatile(date=date),
        )
        writer.append(start, data, outline_of(data))
    if end is None:
        writer.abandon()
    else:
        writer.close(ok=end)
    return writer.path


def takes(path: Path, prompt: str) -> list[str]:
    """Give the answers to a prompt, in order."""
    return [
        found.evidence.text for found in playhead.open_cassette(path).lookup(CompletionRequest(prompt), provider="p")
    ]


@pytest.mark.parametrize("ending", ["name.cassette", "name.cassette.json", "name.json", "name"])
def test_journals_become_a_cassette_in_the_profile_of_its_name(tmp_path: Path, ending: str) -> None:
    """A name that ends in ``.json`` is written as text, any other sealed; both hold the same evidence."""
    path = tmp_path / ending
    journal(path, Mode.RECORD, {1: ("a", "x")})
    assert seal(path, scan=clean) == Sealed(path, written=True, calls=1)
    cassette = playhead.open_cassette(path)
    assert cassette.profile == ("text" if ending.endswith(".json") else "sealed")
    assert takes(path, "a") == ["x"]
    other = tmp_path / "other.cassette"
    journal(other, Mode.RECORD, {9: ("a", "x")})
    seal(other, scan=clean)
    assert playhead.open_cassette(other).digest == cassette.digest


def test_takes_are_numbered_by_the_start_of_their_calls(path: Path) -> None:
    """Takes of one request from several journals are in the order their calls started, whatever the journals' names."""
    for calls in ({3: ("a", "3"), 5: ("a", "5")}, {1: ("a", "1"), 6: ("b", "6")}, {4: ("a", "4"), 2: ("a", "2")}):
        journal(path, Mode.RECORD, calls)
    seal(path, scan=clean)
    assert takes(path, "a") == ["1", "2", "3", "4", "5"]
    assert takes(path, "b") == ["6"]


def test_what_is_added_comes_after_what_is_there(path: Path) -> None:
    """A mode that adds keeps the earlier takes with their numbers; new ones follow, whatever the clock says."""
    journal(path, Mode.RECORD, {100: ("a", "old 0"), 200: ("a", "old 1"), 300: ("b", "old")})
    seal(path, scan=clean)
    journal(path, Mode.RECORD_MISSING, {1: ("a", "new 2"), 2: ("c", "new")})
    assert seal(path, scan=clean).calls == 5
    assert takes(path, "a") == ["old 0", "old 1", "new 2"]
    assert (takes(path, "b"), takes(path, "c")) == (["old"], ["new"])


def test_a_record_run_replaces_what_is_there(path: Path) -> None:
    """A journal of mode ``record`` takes the place of all calls that were there."""
    journal(path, Mode.RECORD, {1: ("a", "old"), 2: ("b", "old")})
    seal(path, scan=clean)
    journal(path, Mode.RECORD, {3: ("a", "new")})
    assert seal(path, scan=clean).calls == 1
    assert (takes(path, "a"), takes(path, "b")) == (["new"], [])


def test_a_crashed_run_replaces_nothing(path: Path) -> None:
    """What a crash left is taken over only when that is asked for, and then it is added, whatever its mode."""
    journal(path, Mode.RECORD, {1: ("a", "old")})
    seal(path, scan=clean)
    before = path.read_bytes()
    crashed = journal(path, Mode.RECORD, {2: ("b", "crashed")}, end=None)
    failed = journal(path, Mode.RECORD, {3: ("c", "failed")}, end=False)
    sealed = seal(path, scan=clean)
    assert (sealed.written, sealed.calls, set(sealed.left)) == (False, 1, {crashed, failed})
    assert path.read_bytes() == before
    assert sorted(journal_paths(path)) == sorted((crashed, failed))
    assert seal(path, scan=clean, adopt_crashed=True).calls == 3
    assert takes(path, "a") == ["old"]
    assert journal_paths(path) == []


def test_a_living_journal_is_waited_for(path: Path) -> None:
    """While one journal is alive nothing is sealed; when it has ended, all is."""
    living = JournalWriter(path, Mode.RECORD)
    journal(path, Mode.RECORD, {1: ("a", "x")})
    assert seal(path, scan=clean) == Sealed(path, written=False, calls=0, waiting=(living.path,))
    assert not path.exists()
    living.close(ok=True)
    assert seal(path, scan=clean).calls == 1
    assert journal_paths(path) == []


def test_sealing_nothing_is_nothing(path: Path) -> None:
    """Without a journal neither a cassette is made nor one that is there touched."""
    assert seal(path, scan=clean) == Sealed(path, written=False, calls=0)
    assert not path.exists()
    journal(path, Mode.RECORD, {1: ("a", "x")})
    seal(path, scan=clean)
    os.utime(path, ns=(7, 7))
    assert seal(path, scan=clean) == Sealed(path, written=False, calls=1)
    assert path.stat().st_mtime_ns == 7


def test_equal_evidence_leaves_the_file_untouched(path: Path) -> None:
    """A run that recorded the same again removes its journal and leaves the file, times and all."""
    for day in (1, 2):
        journal(path, Mode.RECORD, {day: ("a", "x")})
        sealed = seal(path, scan=clean)
        if day == 1:
            os.utime(path, ns=(7, 7))
    assert (sealed.written, sealed.calls) == (False, 1)
    assert path.stat().st_mtime_ns == 7
    assert journal_paths(path) == []


def test_equal_evidence_brings_its_dates_where_it_is_to(path: Path) -> None:
    """A recording made anew because it was old says the same and is young: its evidence and digest are as before."""
    journal(path, Mode.RECORD, {1: ("a", "x")})
    seal(path, scan=clean)
    before = playhead.open_cassette(path).digest
    journal(path, Mode.RECORD, {2: ("a", "x")}, date="2026-02-02")
    assert seal(path, scan=clean, renew=True).written
    assert [call.recorded_on for call in playhead.open_cassette(path)] == ["2026-02-02"]
    assert playhead.open_cassette(path).digest == before
    assert journal_paths(path) == []


def test_a_credential_stops_the_seal(path: Path) -> None:
    """Where the scan finds something nothing is written, the journal stays, and the error says where but not what."""
    journal(path, Mode.RECORD, {1: ("a", "x")})
    seal(path, scan=clean)
    before = path.read_bytes()
    journal(path, Mode.RECORD, {2: ("b", "hunter2")})

    def scan(entry: Entry) -> list[tuple[str, str]]:
        return [("$.outcome.text", "value")] if b"hunter2" in entry.data else []

    with pytest.raises(SecretFound, match=r"1 credential\(s\) found: \$\.outcome\.text of") as caught:
        seal(path, scan=scan)
    assert "hunter2" not in str(caught.value)
    ((key, place, rule),) = caught.value.findings
    assert (fingerprint(CompletionRequest("b"), "p").hex[:12], "$.outcome.text", "value") == (key, place, rule)
    assert path.read_bytes() == before
    assert len(journal_paths(path)) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.cassette", "a.failed.cassette"),
        ("a.cassette.json", "a.failed.cassette.json"),
        ("a.json", "a.failed.json"),
        ("a.b.cassette", "a.b.failed.cassette"),
        ("a", "a.failed"),
    ],
)
def test_a_failed_recording_has_its_own_place(name: str, expected: str) -> None:
    """The recording of a failed run lies beside its cassette, in the same profile."""
    assert failed_path(Path("folder") / name) == Path("folder") / expected


def test_a_failed_recording_is_kept_apart(path: Path) -> None:
    """It holds that run alone, replaces an earlier one, and its journal goes; a credential keeps it from the disk."""
    for text in ("first", "second"):
        apart = seal_failed(path, journal(path, Mode.RECORD, {1: ("a", text)}, end=False), scan=clean)
        assert takes(apart, "a") == [text]
        assert journal_paths(path) == []
    assert not path.exists()
    left = journal(path, Mode.RECORD, {1: ("a", "third")}, end=False)
    with pytest.raises(SecretFound):
        seal_failed(path, left, scan=lambda _: [("$", "value")])
    assert takes(apart, "a") == ["second"]
    assert left.exists()


def test_a_lock_that_is_held_for_too_long_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process does not let go of the folder's lock, the journal stays and the error says so."""
    monkeypatch.setattr(sealing, "LOCK_SECONDS", 0.05)
    journal(path, Mode.RECORD, {1: ("a", "x")})
    with (
        filelock.FileLock(path.parent / sealing.LOCK_NAME),
        pytest.raises(RecordingError, match="has held the lock") as caught,
    ):
        seal(path, scan=clean)
    assert caught.value.hint
    assert not path.exists()
    assert len(journal_paths(path)) == 1
    assert seal(path, scan=clean).written


def test_a_journal_that_vanishes_is_not_missed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that its own session removed after it was listed keeps nobody from sealing."""
    journal(path, Mode.RECORD, {1: ("a", "x")})
    gone = path.with_name(f"{path.name}.j-host-1-ffffffff")
    monkeypatch.setattr(sealing, "journal_paths", lambda cassette: [gone, *journal_paths(cassette)])
    assert seal(path, scan=clean).calls == 1


def test_a_damaged_cassette_is_not_sealed_over(path: Path) -> None:
    """Where the earlier cassette cannot be read, it and the journal stay."""
    journal(path, Mode.RECORD, {1: ("a", "x")})
    seal(path, scan=clean)
    broken = path.read_bytes()[:-1]
    path.write_bytes(broken)
    journal(path, Mode.RECORD, {1: ("a", "x")})
    with pytest.raises(playhead.CassetteDamaged):
        seal(path, scan=clean)
    assert path.read_bytes() == broken
    assert len(journal_paths(path)) == 1


def test_a_record_run_replaces_what_an_earlier_one_could_not_seal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose seal failed is over: the next ``record`` run takes its place and is not united with it."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full_disk)
        with pytest.raises(RecordingError):
            record_text(path, "stale")
    assert len(journal_paths(path)) == 1
    record_text(path, "fresh")
    with playhead.replay(path, strict=True) as player:
        assert player.complete(CompletionRequest("a")).text == "fresh"


def record_text(path: Path, text: str) -> None:
    """Record one answer in a run of its own."""
    with playhead.record(playhead.StubInferenceProvider(text), path, fsync=True) as provider:
        provider.complete(CompletionRequest("a"))


def full_disk(*_: object) -> None:
    """Stand for a disk without room."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["replace", "unlink"])
def test_a_fault_at_the_journals_is_an_error_of_ours(path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A journal that can be neither set aside nor removed is named with the system's reason, and nothing is lost."""
    journal(path, Mode.RECORD, {1: ("a", "x")})
    real = getattr(os, step)

    def broken(place: object, *others: object) -> None:
        if ".j-" in str(place):
            raise PermissionError(errno.EACCES, "Permission denied")
        real(place, *others)

    with monkeypatch.context() as patched:
        patched.setattr(os, step, broken)
        with pytest.raises(playhead.PlayheadError, match="Permission denied"):
            seal(path, scan=clean)
    seal(path, scan=clean)
    assert takes(path, "a") == ["x"]
    assert journal_paths(path) == []


def test_a_call_that_ends_while_its_session_closes_is_kept_or_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call whose line was written when its session closed is in the cassette, or its caller is told it is not."""
    appended, closed = threading.Event(), threading.Event()
    real = JournalWriter.append

    def slow(self: JournalWriter, *args: object) -> None:
        real(self, *args)  # type: ignore[arg-type]
        appended.set()
        closed.wait(0.5)

    monkeypatch.setattr(JournalWriter, "append", slow)
    told: list[str] = []
    session = playhead.use_cassette(path, mode="record").open()
    wrapped = session.wrap(playhead.StubInferenceProvider("x"), name="p")

    def call() -> None:
        try:
            wrapped.complete(CompletionRequest("a"))
            told.append("recorded")
        except playhead.PlayheadError:
            told.append("refused")

    thread = threading.Thread(target=call)
    thread.start()
    appended.wait(10)
    session.close()
    closed.set()
    thread.join(10)
    assert told == ["refused"] or takes(path, "a") == ["x"]
