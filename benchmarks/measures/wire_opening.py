"""
Open to first answer through an HTTP client: a fresh process a sample; imports and the making of the client are not
counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from benchmarks.contenders import MOCK, OURS, available, over
from benchmarks.measures.base import Measure
from benchmarks.measures.opening import write_call
from benchmarks.measures.processes import python
from benchmarks.measures.wire import CASSETTER, JSON, YAML, interpreter, recorded_by
from benchmarks.plan import Plan
from benchmarks.results import Result, Row, case_of
from benchmarks.timing import in_turns, say
from benchmarks.workloads.chat import chat_calls
from benchmarks.workshop import Workshop

NAMES = (OURS, YAML, JSON, CASSETTER, MOCK)
CLIENTS = ("httpx", "httpx2")
SLOW_LIMIT_S = 1.5
"""A process that takes longer, nearly all of it one opening, is not started again."""

NOTES = (
    (
        "From the start of the block to the bytes of the first recorded call's answer through a client that was made "
        "before, in a fresh process that has imported everything and opened nothing; files are in the page cache. "
        "Chat calls of 6 KB, recorded through httpx. YAML uses libyaml's C loader."
    ),
    (
        "The limit is the same first call through a `MockTransport`: what a client that has not been used yet takes "
        "by itself. What grows with the cassette is the last column: the largest over the smallest, of samples taken "
        "in turns."
    ),
)


def _run(plan: Plan, shop: Workshop) -> Result:
    rows = [row for client in CLIENTS for row in _client(client, plan, shop)]
    return Result("wire_opening", "Over the wire: open to first answer", NOTES, tuple(rows))


def case(n: int, client: str) -> str:
    """Name a case; httpx is the plain one."""
    return case_of(n) if client == "httpx" else f"{case_of(n)}, {client}"


def flat_case(low: int, high: int, client: str) -> str:
    """Name the case that sets the largest cassette against the smallest."""
    return case(high, client) + f", over N = {low:,}"


def _client(client: str, plan: Plan, shop: Workshop) -> list[Row]:
    executable, reason = interpreter(client)
    if reason:
        return [Row(case(n, client), name, "us", skipped=reason) for n in plan.wire_opening for name in NAMES]
    # Elsewhere only the names that the project itself brings along are installed.
    here = available(*(over(name, "httpx") for name in NAMES))
    names = [name for name in NAMES if over(name, "httpx") in here and (executable is None or name != CASSETTER)]
    samples: dict[str, Callable[[], float]] = {}
    for n in plan.wire_opening:
        say(f"wire opening: {n:,} calls, {client}")
        calls = chat_calls(n)
        probe = shop.scratch / f"wire-call-{n}.json"
        write_call(calls[0], probe)
        for name in names:
            folder = shop.recorded(recorded_by(name, client), "chat", calls)
            samples[f"{n} {name}"] = _sampler(over(name, client), str(folder), str(probe), executable)
    times = in_turns(samples, plan.opening_samples, slow_limit_s=SLOW_LIMIT_S)
    rows = [Row(case(n, client), name, "us", tuple(times[f"{n} {name}"])) for n in plan.wire_opening for name in names]
    low, high = plan.wire_opening[0], plan.wire_opening[-1]
    flat = tuple(a / b for a, b in zip(times[f"{high} {OURS}"], times[f"{low} {OURS}"], strict=True))
    rows.append(Row(flat_case(low, high, client), OURS, "x", flat))
    left = [name for name in NAMES if name not in names]
    return rows + [
        Row(case(n, client), name, "us", skipped="not installed there") for n in plan.wire_opening for name in left
    ]


def _sampler(name: str, folder: str, probe: str, executable: str | None) -> Callable[[], float]:
    def sample() -> float:
        answer = python("-m", "benchmarks.measures.opening_child", name, folder, probe, executable=executable)
        return float(json.loads(answer)["us"])

    return sample


MEASURE = Measure("wire_opening", _run)
