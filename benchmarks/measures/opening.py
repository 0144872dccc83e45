"""Open to first answer: a fresh process a sample, imports not counted."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from benchmarks.contenders import OURS, available
from benchmarks.measures.base import Measure
from benchmarks.measures.processes import python
from benchmarks.plan import BIG, Plan
from benchmarks.results import Result, Row, case_of
from benchmarks.timing import in_turns, say
from benchmarks.workloads.calls import Call
from benchmarks.workloads.chat import chat_calls
from benchmarks.workshop import Workshop

NAMES = (
    OURS,
    "Playhead, text profile",
    "vcrpy YAML through httpx",
    "vcrpy YAML through requests",
    "vcrpy YAML",
    "vcrpy JSON through httpx",
    "vcrpy JSON",
    "cassetter YAML",
    "JSON file a request",
    "SQLite",
    "diskcache",
)

SLOW_LIMIT_S = 1.5
"""A process that takes longer, nearly all of it one opening, is not started again."""

# Clients read what the plain contender recorded.
_RECORDED_BY = {
    "vcrpy YAML through httpx": "vcrpy YAML",
    "vcrpy YAML through requests": "vcrpy YAML",
    "vcrpy JSON through httpx": "vcrpy JSON",
}

NOTES = (
    (
        "From opening to the text of the first recorded call, in a fresh process that has imported everything "
        "and opened nothing; files are in the page cache. Chat calls of 6 KB."
    ),
    (
        "vcrpy in two ways: as its users meet it (`use_cassette` and a call through requests, or through a new "
        "httpx client, as the openai and anthropic SDKs make one), and its cassette object alone, without patching "
        "and without an HTTP client, which is the least it can take. YAML uses libyaml's C loader."
    ),
    (
        "Memory is the peak of resident memory over what it was before opening. It counts the pages of the mapped file "
        "that the kernel's cache holds anyway; a fresh file's come in pieces of 2 MB. Of its own is what was allocated "
        "beside them and kept."
    ),
    f"Formats that are read whole are not tried at {BIG:,} calls and more; the other stores with `--full` alone.",
)


def write_call(call: Call, path: Path) -> None:
    """Write a call for ``opening_child`` to ask for."""
    exchange = call.exchange
    path.write_bytes(
        msgspec.json.encode(
            {
                "request": dict(msgspec.to_builtins(call.request).items()),
                "url": exchange.url,
                "body": exchange.request.decode(),
                "headers": exchange.request_headers,
                "text": call.completion.text,
            }
        )
    )


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    known = available(*NAMES)
    for n in plan.opening:
        rows += _case(n, [name for name in NAMES if name in known], plan, shop)
    return Result("opening", "Open to first answer", NOTES, tuple(rows))


def _case(n: int, names: list[str], plan: Plan, shop: Workshop) -> list[Row]:
    say(f"opening: {n:,} calls")
    calls = chat_calls(n)
    probe = shop.scratch / f"call-{n}.json"
    write_call(calls[0], probe)
    whole = [name for name in names if n >= BIG and _reads_whole(name)]
    left = [name for name in names if name not in whole and name != OURS and _is_out_of_reach(n, plan)]
    tried = [name for name in names if name not in whole and name not in left]
    folders = {name: shop.recorded(_RECORDED_BY.get(name, name), "chat", calls) for name in tried}
    memory: dict[str, list[dict[str, float]]] = {name: [] for name in tried}

    def sample(name: str) -> float:
        answer = python("-m", "benchmarks.measures.opening_child", name, str(folders[name]), str(probe))
        found: dict[str, float] = json.loads(answer)
        memory[name].append(found)
        return found["us"]

    times = in_turns(
        {name: (lambda name=name: sample(name)) for name in tried},  # type: ignore[misc]
        plan.opening_samples,
        slow_limit_s=min(plan.slow_limit_s, SLOW_LIMIT_S),
    )
    rows = [Row(case_of(n), name, "us", tuple(times[name])) for name in tried]
    for case, field in ((f"{case_of(n)}, memory", "peak_kb"), (f"{case_of(n)}, of its own", "own_kb")):
        rows += [Row(case, name, "KB", tuple(found[field] for found in memory[name])) for name in tried]
    reasons = dict.fromkeys(whole, "reads the whole file") | dict.fromkeys(left, "takes minutes to fill")
    return rows + [Row(case_of(n), name, "us", skipped=reason) for name, reason in reasons.items()]


def _is_out_of_reach(n: int, plan: Plan) -> bool:
    return n > 100_000 or (n >= BIG and not plan.keyed_big)


def _reads_whole(name: str) -> bool:
    return available(name)[name].whole_file


MEASURE = Measure("opening", _run)
