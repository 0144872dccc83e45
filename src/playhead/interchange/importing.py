"""Recordings of other tools made into cassettes, with a report of everything that was not carried over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

import msgspec

from playhead.core.modes import Mode
from playhead.errors import CassetteError, PlayheadError, RecordingError, SecretFound, UsageError
from playhead.format.assembly import assemble
from playhead.interchange.placing import SOURCE_ENDINGS, Found, find_sources, targets
from playhead.interchange.reading import AUTO, FORMATS, NO_RECORDING, Source, read_source
from playhead.interchange.recording import Recorded, proves_something, record_exchange, record_talk
from playhead.interchange.source import Exchange, Item, LeftOut, Talk
from playhead.sessions.clock import ManualClock
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions
from playhead.store.files import check_target, read_file
from playhead.store.journals import journal_paths
from playhead.store.sealing import is_text, lock_for, write_assembly

NO_DATE = "the file does not say when it was recorded: the date is that of the file itself"


class Left(msgspec.Struct, frozen=True):
    """
    Something that was not carried over.

    Attributes:
        number: Its place in the file, from 1.
        reason: Why.
    """

    number: int
    reason: str


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of one file.

    Attributes:
        path: The file.
        cassette: What it became, or ``None``.
        format: Its format, empty where it could not be read.
        calls: How many calls were carried over.
        model_calls: How many of them are calls of a model.
        evidence: How many of those say what was answered, or how it failed.
        dialects: How many calls are written in which dialect.
        left_out: What was not carried over.
        notes: What is not as the file has it, and for how many calls.
        error: Why nothing could be imported, or ``None``.
        hint: What to do about it, or ``None``.
        nothing: Calls of a model that say nothing, by their places.
    """

    path: str
    cassette: str | None = None
    format: str = ""
    calls: int = 0
    model_calls: int = 0
    evidence: int = 0
    dialects: dict[str, int] = {}
    left_out: tuple[Left, ...] = ()
    notes: dict[str, int] = {}
    error: str | None = None
    hint: str | None = None
    nothing: tuple[int, ...] = ()


class ImportReport(msgspec.Struct, frozen=True):
    """
    What became of all files.

    Attributes:
        files: The recordings, in the order they were read.
        passed_over: Files in the folders that are no recordings.
    """

    files: tuple[Imported, ...]
    passed_over: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Imported, ...]:
        """The files that could not be imported."""
        return tuple(one for one in self.files if one.error is not None)

    def total(self, field: str) -> int:
        """Give the sum of a number over all files."""
        return sum(getattr(one, field) for one in self.files)

    def counted(self, field: str) -> dict[str, int]:
        """Give the sums of counts by name over all files, the greatest first."""
        sums: dict[str, int] = {}
        for one in self.files:
            for name, count in getattr(one, field).items():
                sums[name] = sums.get(name, 0) + count
        return dict(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))


class _Read(msgspec.Struct):
    """A file on its way."""

    found: Found
    source: Source | None = None
    error: PlayheadError | None = None


def import_files(
    paths: Sequence[Path],
    out: Path,
    *,
    one: str | None = None,
    wanted: str = AUTO,
    text: bool = False,
    overwrite: bool = False,
    on_file: Callable[[Imported], None] | None = None,
) -> ImportReport:
    """
    Import recordings of other tools.

    Args:
        paths: Files, and folders that are searched with all below.
        out: The folder the cassettes are written to, at the files' places below their common root.
        one: The name of one cassette for all calls, instead of one a file.
        wanted: The format the files must be in, or ``auto``.
        text: Whether cassettes are written as text.
        overwrite: Whether a cassette at a target is replaced.
        on_file: Is told of each file as soon as it is done.

    Raises:
        UsageError: There is nothing at a path, no recording at all, or no such format.
    """
    if wanted != AUTO and wanted not in FORMATS:
        raise UsageError(f"no format {wanted!r}", hint=f"one of {', '.join((AUTO, *FORMATS))}")
    tell = on_file or _tell_nobody
    files: list[Imported] = []
    passed_over: list[str] = []
    pending: list[_Read] = []
    found = find_sources(paths)
    places = targets([one_found.place for one_found in found], text=text)
    for one_found, place in zip(found, places, strict=True):
        read = _read(one_found, wanted)
        if read.error is not None and _is_no_recording(read):
            passed_over.append(str(one_found.path))
        elif one is not None:
            pending.append(read)
        else:
            files.append(_import_one(read, out / place, overwrite=overwrite))
            tell(files[-1])
    if one is not None and pending:
        files = _import_all(pending, out / _named(one, text=text), overwrite=overwrite)
        for done in files:
            tell(done)
    if not files:
        shown = ", ".join(repr(str(path)) for path in paths)
        raise UsageError(f"there are no recordings in {shown}", hint=f"formats: {', '.join(FORMATS)}")
    return ImportReport(tuple(files), tuple(passed_over))


def _tell_nobody(done: Imported) -> None:
    del done


def _is_no_recording(read: _Read) -> bool:
    """Tell whether a file only happens to be in a folder; one whose name says YAML or JSON must be readable."""
    if read.found.named or read.error is None:
        return False
    return read.error.error_code == NO_RECORDING or not read.found.path.name.lower().endswith(SOURCE_ENDINGS)


def _named(name: str, *, text: bool) -> PurePath:
    if name.endswith((".cassette", ".cassette.json")):
        return PurePath(name)
    return PurePath(name + (".cassette.json" if text else ".cassette"))


def _read(found: Found, wanted: str) -> _Read:
    try:
        return _Read(found, read_source(bytes(read_file(found.path)), str(found.path), wanted))
    except CassetteError as error:
        return _Read(found, error=UsageError(f"{str(found.path)!r} cannot be read: {error.reason}"))
    except PlayheadError as error:
        return _Read(found, error=error)


def _import_one(read: _Read, target: Path, *, overwrite: bool) -> Imported:
    tally = _Tally(read)
    fault = _into(target, [tally], overwrite=overwrite) if read.error is None else read.error
    return tally.done(target, fault)


def _import_all(reads: Sequence[_Read], target: Path, *, overwrite: bool) -> list[Imported]:
    tallies = [_Tally(read) for read in reads]
    good = sorted((tally for tally in tallies if tally.read.error is None), key=_Tally.begins)
    fault = _into(target, good, overwrite=overwrite)
    return [tally.done(target, tally.read.error or fault) for tally in tallies]


class _Tally:
    """Counts what becomes of one file."""

    def __init__(self, read: _Read) -> None:
        self.read = read
        self.calls = self.model_calls = self.evidence = 0
        self.dialects: dict[str, int] = {}
        self.notes: dict[str, int] = {}
        self.left_out: list[Left] = []
        self.nothing: list[int] = []
        self.items: list[Item] = [] if read.source is None else read.source.items
        self._dates = _dates(self.items, read.found.path)

    def begins(self) -> int:
        """Give the time of the first call, so that one cassette of many files is in the order of their recording."""
        return next(iter(self._dates), 0)

    def take_in(self, session: Session, clock: ManualClock) -> None:
        """Record every call of the file."""
        for item, when in zip(self.items, self._dates, strict=True):
            if isinstance(item, LeftOut):
                self.left_out.append(Left(item.number, item.reason))
                continue
            clock.now_ns = when
            try:
                done = record_exchange(session, item) if isinstance(item, Exchange) else record_talk(session, item)
            except (RecordingError, RecursionError) as error:
                reason = error.message if isinstance(error, RecordingError) else "it is nested too deeply"
                self.left_out.append(Left(item.number, reason))
                continue
            self._count(item, done)

    def _count(self, item: Exchange | Talk, done: Recorded) -> None:
        self.calls += 1
        self.dialects[done.dialect] = self.dialects.get(done.dialect, 0) + 1
        for note in item.notes:
            self.notes[note] = self.notes.get(note, 0) + 1
        if done.model_call:
            self.model_calls += 1
            if proves_something(done.outcome):
                self.evidence += 1
            else:
                self.nothing.append(item.number)

    def done(self, target: Path, fault: PlayheadError | None) -> Imported:
        """Give what became of the file."""
        source = self.read.source
        path, format_name = str(self.read.found.path), "" if source is None else source.format
        if fault is None and self.left_out and not self.calls:
            fault = UsageError(f"nothing in {path!r} can be carried over: {self.left_out[0].reason}")
        if fault is not None:
            return Imported(
                path=path,
                format=format_name,
                left_out=tuple(self.left_out),
                error=fault.message,
                hint=fault.hint,
            )
        undated = {NO_DATE: self.calls} if self.calls and _first_date(self.items) is None else {}
        return Imported(
            path=path,
            cassette=str(target) if target.exists() else None,
            format=format_name,
            calls=self.calls,
            model_calls=self.model_calls,
            evidence=self.evidence,
            dialects=self.dialects,
            left_out=tuple(self.left_out),
            notes={**self.notes, **undated},
            nothing=tuple(self.nothing),
        )


def _into(target: Path, tallies: Sequence[_Tally], *, overwrite: bool) -> PlayheadError | None:
    """Record files into a cassette, and give what stood in the way."""
    if target.exists() and not overwrite:
        return UsageError(f"{str(target)!r} is there already", hint="--overwrite replaces it")
    before = set(journal_paths(target))
    clock = ManualClock()
    try:
        if not any(tally.items for tally in tallies):
            _write_empty(target)
            return None
        session = Session(target, Mode.RECORD, SessionOptions(clock=clock, wire=False))
        for tally in tallies:
            tally.take_in(session, clock)
        session.close()
    except SecretFound as error:
        _remove(target, before)
        return SecretFound(
            f"{error.message}; nothing of it was written",
            findings=error.findings,
            hint="take the credential out of the source and import it again",
        )
    except PlayheadError as error:
        _remove(target, before)
        return error
    return None


def _write_empty(target: Path) -> None:
    """Write a cassette without calls: a test that makes none finds its recording, and is refused any."""
    check_target(target)
    with lock_for(target):
        write_assembly(target, assemble([], passing=is_text(target)))


def _remove(target: Path, before: set[Path]) -> None:
    """Remove the journal of an import that failed: its source is still there, and the next import starts anew."""
    for path in set(journal_paths(target)) - before:
        path.unlink(missing_ok=True)


def _first_date(items: Sequence[Item]) -> int | None:
    return next((item.when for item in items if not isinstance(item, LeftOut) and item.when is not None), None)


def _dates(items: Sequence[Item], path: Path) -> list[int]:
    """Give a time for each item: its own, else that of the call before it, else of the first one that has one."""
    latest = _first_date(items)
    if latest is None:
        try:
            latest = path.stat().st_mtime_ns
        except OSError:
            latest = ManualClock().now_ns
    found: list[int] = []
    for item in items:
        if not isinstance(item, LeftOut) and item.when is not None:
            latest = item.when
        found.append(latest)
    return found
