"""Recording: microseconds a call with the save at the end."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns

from benchmarks.contenders import OURS, available
from benchmarks.contenders.base import Contender
from benchmarks.measures.base import Measure
from benchmarks.plan import Plan
from benchmarks.results import Result, Row, case_of
from benchmarks.timing import in_turns, say
from benchmarks.workloads.calls import Call
from benchmarks.workloads.chat import chat_calls
from benchmarks.workshop import Workshop

NAMES = (
    OURS,
    "Playhead, text profile",
    "vcrpy YAML",
    "vcrpy YAML, body ==",
    "vcrpy JSON",
    "vcrpy JSON, body ==",
    "vcrpy JSON, its own body matcher",
    "cassetter YAML",
    "cassetter YAML, body",
    "JSON file a request",
    "SQLite",
    "diskcache",
)
LIMITS = {
    "vcrpy JSON, its own body matcher": 100,  # parses each recorded body again for each call
    **dict.fromkeys(("vcrpy YAML, body ==", "vcrpy JSON, body ==", "cassetter YAML, body"), 1_000),
}
"""Calls above which contenders are not tried that look through all that was recorded before each call."""
FSYNC_LIMIT = 1_000
"""Calls above which nobody waits for the disk: a disk takes as long for the last call as for the first."""

NOTES = (
    (
        "The whole recording, from opening to the saved file, divided by its calls; the provider answers at "
        "once. Playhead redacts, journals each call, scans and seals."
    ),
    (
        "Playhead, SQLite and JSON files lose no call that was acknowledged when the process is killed; vcrpy "
        "and cassetter write once, at the end."
    ),
    "Waiting for the disk (fsync) is an option of Playhead, SQLite and JSON files; the others have none.",
)


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    known = available(*NAMES)
    for n in plan.recording:
        say(f"recording: {n:,} calls")
        calls = list(chat_calls(n))
        for call in calls:
            assert call.exchange
        for fsync in (False, True) if n <= FSYNC_LIMIT else (False,):
            rows += _case(n, calls, known, plan, shop, fsync=fsync)
    return Result("record", "Recording a call, with the save", NOTES, tuple(rows))


def _case(
    n: int, calls: list[Call], known: dict[str, Contender], plan: Plan, shop: Workshop, *, fsync: bool
) -> list[Row]:
    case = f"{case_of(n)}, fsync" if fsync else case_of(n)
    samples: dict[str, Callable[[], float]] = {}
    rows: list[Row] = []
    for name, contender in known.items():
        if fsync and (not contender.syncs or contender.whole_file):
            continue
        if n > LIMITS.get(name, n):
            rows.append(Row(case, name, "us", skipped="takes minutes"))
            continue
        samples[name] = _sampler(contender, calls, shop, fsync=fsync)
    times = in_turns(samples, plan.recording_rounds, slow_limit_s=plan.slow_limit_s)
    return [Row(case, name, "us", tuple(values)) for name, values in times.items()] + rows


def _sampler(contender: Contender, calls: list[Call], shop: Workshop, *, fsync: bool) -> Callable[[], float]:
    def sample() -> float:
        folder = shop.empty(contender.name)
        began = perf_counter_ns()
        contender.record(folder, calls, fsync=fsync)
        return (perf_counter_ns() - began) / 1000 / len(calls)

    return sample


MEASURE = Measure("record", _run)
