"""How a repository grows when a golden is recorded again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import msgspec

import playhead
from benchmarks.contenders import OURS, available
from benchmarks.contenders.base import Contender, Recorded
from benchmarks.contenders.ours import Playhead
from benchmarks.measures.base import Measure
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import say
from benchmarks.workloads.calls import Call, Edition
from benchmarks.workloads.chat import chat_call
from benchmarks.workshop import Workshop

ANSWERS = "5 % of the answers changed"
FACTS = "5 % changed, and every id and time"
LOOSE = ", before git gc"
RAW = "Playhead, raw answers kept"
SHARE = 20
"""Every twentieth answer changes in each recording."""

NAMES = (OURS, RAW, "Playhead, text profile", "vcrpy YAML", "vcrpy JSON", "cassetter YAML", "JSON file a request")
NOTES = (
    (
        "Kilobytes that `.git` grows by a recording, over five recordings of the same calls after the first; "
        "after `git gc` and, as loose objects, before it."
    ),
    (
        "Playhead records with `mode='record'` over its golden, each recording a week later, from a provider "
        "with another latency each time; it keeps what did not change. The others write their file anew."
    ),
    (
        "The first case leaves ids, times and headers of unchanged answers as they were, which only a recorder "
        "of HTTP would notice; the second makes them all new, as a real server does."
    ),
    "With raw answers kept, each completion carries the server's JSON, ids and times in it.",
)


def _edition(index: int, recording: int, *, facts: bool) -> Edition:
    changed = max((r for r in range(1, recording + 1) if (index + r * 7) % SHARE == 0), default=0)
    return Edition(answer=changed, facts=recording if facts else changed)


def _calls(n: int, recording: int, *, facts: bool) -> Iterable[Call]:
    return (chat_call(index, _edition(index, recording, facts=facts)) for index in range(n))


def _with_raw(calls: Iterable[Call]) -> Iterable[Recorded]:
    for call in calls:
        raw = msgspec.json.decode(call.exchange.response)
        completion = msgspec.structs.replace(call.completion, raw=raw)
        yield Call(call.request, completion, lambda call=call: call.exchange, latency_ms=call.latency_ms)  # type: ignore[misc]


class Repository:
    """A git repository that is thrown away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q")
        settings = {
            "user.name": "benchmarks",
            "user.email": "benchmarks@example.org",
            "gc.auto": "0",
            "pack.threads": "1",
        }
        for name, value in settings.items():
            self.git("config", name, value)

    def git(self, *arguments: str) -> str:
        """Run git, uninfluenced by the user's settings."""
        return subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            check=True,
            capture_output=True,
            text=True,
            env={"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": "/usr/bin:/bin"},
        ).stdout

    def commit(self) -> None:
        """Commit everything but what a session leaves beside its cassette."""
        self.git("add", "-A", "--", ".", ":!.playhead.lock")
        self.git("commit", "-q", "--allow-empty", "-m", "record")

    def objects(self) -> int:
        """Give the bytes of all objects."""
        return sum(path.stat().st_size for path in (self.folder / ".git" / "objects").rglob("*") if path.is_file())

    def pack(self) -> None:
        """Collect garbage."""
        self.git("gc", "-q", "--prune=now")


Record = Callable[[Path, Iterable[Recorded], int], None]


def _recorder(name: str, contender: Contender) -> Record:
    def others(folder: Path, calls: Iterable[Recorded], recording: int) -> None:  # noqa: ARG001 - one shape for all
        contender.record(folder, calls)

    def ours(folder: Path, calls: Iterable[Recorded], recording: int) -> None:
        clock = playhead.ManualClock()
        clock.now_ns += recording * 7 * 86_400 * 10**9
        given = _with_raw(cast("Iterable[Call]", calls)) if name == RAW else calls
        cast("Playhead", contender).record(folder, given, clock=clock)

    return ours if isinstance(contender, Playhead) else others


def growth(folder: Path, record: Record, n: int, editions: int, *, facts: bool) -> tuple[float, float]:
    """Give kilobytes of growth a recording: packed, and loose."""
    repository = Repository(folder)
    record(folder, _calls(n, 0, facts=facts), 0)
    repository.commit()
    repository.pack()
    packed = repository.objects()
    loose = 0
    for recording in range(1, editions + 1):
        before = repository.objects()
        record(folder, _calls(n, recording, facts=facts), recording)
        repository.commit()
        loose += repository.objects() - before
    repository.pack()
    return (repository.objects() - packed) / 1000 / editions, loose / 1000 / editions


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    known = available(*(name for name in NAMES if name != RAW))
    known[RAW] = known[OURS]
    for case, facts in ((ANSWERS, False), (FACTS, True)):
        for name in (name for name in NAMES if name in known):
            say(f"git: {case}: {name}")
            record = _recorder(name, known[name])
            packed, loose = growth(shop.empty(f"git {name}"), record, plan.git, plan.editions, facts=facts)
            rows += [Row(case, name, "KB", (packed,)), Row(case + LOOSE, name, "KB", (loose,))]
    return Result("git", "Growth of a git repository, a recording", NOTES, tuple(rows))


MEASURE = Measure("git", _run)
