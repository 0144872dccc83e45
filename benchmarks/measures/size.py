"""Bytes on disk."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import zstandard

from benchmarks.contenders import OURS, available
from benchmarks.contenders.base import weigh
from benchmarks.contenders.keyed import encode
from benchmarks.measures.base import Measure
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import say
from benchmarks.workloads.agents import agent_calls
from benchmarks.workloads.calls import Calls
from benchmarks.workloads.chat import chat_calls
from benchmarks.workloads.embeddings import embedding_calls
from benchmarks.workloads.single import single_call
from benchmarks.workloads.streams import stream_calls
from benchmarks.workshop import Workshop

NAMES = (
    OURS,
    "Playhead, text profile",
    "vcrpy YAML",
    "vcrpy JSON",
    "cassetter YAML",
    "JSON file a request",
    "SQLite",
    "diskcache",
)
SOLID = "limit: all as one zstd -19 frame"
GZIPPED = "all as one gzip -9 file"
PLAIN = "plain JSON lines"

NOTES = (
    (
        "Bytes of all files over the number of calls, in bytes. Recorders of HTTP also keep headers, ids and "
        "the server's other fields; Playhead at the provider seam keeps request, answer and usage."
    ),
    "The limits hold the same content without an index, and nothing can be read of them without unpacking all of it.",
)


def workloads(plan: Plan) -> dict[str, Callable[[], Calls]]:
    """Give the workloads by their case."""
    n, few = plan.size, max(2, plan.size // 10)
    return {
        f"{n:,} chat calls of 6 KB": lambda: chat_calls(n),
        f"{n:,} agent turns of 28 KB": lambda: agent_calls(n),
        f"{few:,} streams of 2 KB": lambda: stream_calls(few),
        f"{few:,} calls for 4 x 768 vectors": lambda: embedding_calls(few),
        "one call of 2 KB": single_call,
    }


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    known = available(*NAMES)
    for case, make in workloads(plan).items():
        say(f"size: {case}")
        calls = make()
        lines = b"\n".join(encode(call) for call in calls)
        solid = len(zstandard.ZstdCompressor(level=19).compress(lines))
        rows.append(Row(case, PLAIN, "bytes", (len(lines) / len(calls),)))
        rows.append(Row(case, GZIPPED, "bytes", (len(gzip.compress(lines, 9)) / len(calls),)))
        rows.append(Row(case, SOLID, "bytes", (solid / len(calls),)))
        for name in known:
            folder = shop.recorded(name, case, calls)
            rows.append(Row(case, name, "bytes", (weigh(folder) / len(calls),)))
    return Result("size", "Size on disk, a call", NOTES, tuple(rows))


MEASURE = Measure("size", _run)
