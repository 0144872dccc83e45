"""Folders with recordings, made once a run; with ``--cache`` once for many runs."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import playhead
from benchmarks.contenders import OURS, contender
from benchmarks.plan import BIG
from benchmarks.timing import say
from benchmarks.workloads.calls import Calls

_HERE = Path(__file__).resolve().parent
_PLAYHEAD = Path(playhead.__file__).resolve().parent
_SOURCES = (
    *(_PLAYHEAD / part for part in ("core", "format", "dialects", "wire")),
    *(_HERE / part for part in ("workloads", "contenders")),
)


class Workshop:
    """Makes the recordings that measures read."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        """
        Work in two folders.

        Args:
            folder: Where recordings are kept.
            scratch: Where measures may write what they throw away.
        """
        self._folder = folder
        self.scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)
        self._stamp = _stamp()

    def recorded(self, name: str, workload: str, calls: Calls) -> Path:
        """Give the folder of a contender's recording, made now unless it is there."""
        safe = "".join(letter if letter.isalnum() else "-" for letter in f"{name} {workload} {len(calls)}".lower())
        folder = self._folder / f"{safe}-{self._stamp}"
        if not (folder / ".done").exists():
            if len(calls) >= BIG:
                say(f"making {workload} of {len(calls):,} calls for {name}")
            shutil.rmtree(folder, ignore_errors=True)
            inner = folder / "recording"
            inner.mkdir(parents=True)
            if name == OURS and len(calls) >= BIG:
                from benchmarks.contenders.big_cassette import write_big

                write_big(inner / "golden.cassette", calls)
            else:
                contender(name).record(inner, calls)
            (folder / ".done").touch()
        return folder / "recording"

    def places(self) -> dict[str, str]:
        """Give the two folders, for a child that works in them too."""
        return {"recordings": str(self._folder), "scratch": str(self.scratch)}

    def empty(self, name: str) -> Path:
        """Give an empty folder to record into."""
        folder = self.scratch / "".join(letter if letter.isalnum() else "-" for letter in name.lower())
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def _stamp() -> str:
    """Name the code that recordings depend on, so that an old one is never taken for a new one."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        for path in sorted(source.rglob("*")):
            if path.suffix in (".py", ".zdict"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
