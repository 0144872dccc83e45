"""Two cassettes compared: a fresh process a sample, with its peak of memory."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.contenders import OURS
from benchmarks.measures.base import Measure
from benchmarks.measures.processes import python
from benchmarks.plan import Plan
from benchmarks.results import Result, Row, case_of
from benchmarks.timing import say
from benchmarks.workloads.calls import Call, Calls, Edition
from benchmarks.workloads.chat import chat_call
from benchmarks.workshop import Workshop

FACTS, TENTH, ALL = "other facts", "every tenth answer another", "every answer another"
"""How the fresh recording differs: ids, times and latencies alone, or answers as well."""

_OTHER = {FACTS: 0, TENTH: 10, ALL: 1}

NOTES = (
    (
        "`playhead.compare` of two cassettes of chat calls of 6 KB in a fresh process, from before opening to the last "
        "call graded; files are in the page cache. Memory is the process's peak of resident memory, imports and mapped "
        "files included."
    ),
    "No peer compares two recordings.",
)


def case(n: int, how: str, what: str = "") -> str:
    """Name the case of ``n`` calls that differ in a way."""
    return f"{case_of(n)}, {how}{', memory' if what == 'memory' else ''}"


def _workload(n: int, how: str) -> Calls:
    step = _OTHER[how]

    def make(index: int) -> Call:
        return chat_call(index, Edition(answer=1 if step and index % step == 0 else 0, facts=1))

    return Calls(n, make)


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    for n in plan.diff:
        say(f"diff: {n:,} calls")
        golden = _file(shop.recorded(OURS, "chat", Calls(n, chat_call)))
        for how in (FACTS, TENTH, ALL):
            fresh = _file(shop.recorded(OURS, f"chat {how}", _workload(n, how)))
            found = [_sample(golden, fresh) for _ in range(plan.rounds)]
            rows.append(Row(case(n, how), OURS, "ms", tuple(one["ms"] for one in found)))
            rows.append(Row(case(n, how, "memory"), OURS, "KB", tuple(one["peak_kb"] for one in found)))
    return Result("diff", "Comparing two recordings", NOTES, tuple(rows))


def _file(folder: Path) -> Path:
    return folder / "golden.cassette"


def _sample(golden: Path, fresh: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads(python("-m", "benchmarks.measures.diffing_child", str(golden), str(fresh)))
    return found


MEASURE = Measure("diff", _run)
