"""Bytes on disk of what an HTTP client was answered, and whether it comes back to the byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.contenders import OURS, available, over
from benchmarks.contenders.base import asked_of, weigh
from benchmarks.contenders.over_http import OverHttp, make_client
from benchmarks.measures.base import Measure
from benchmarks.measures.wire import CASSETTER, JSON, YAML
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import say
from benchmarks.workloads.calls import Call, Calls
from benchmarks.workloads.chat import chat_calls
from benchmarks.workloads.embeddings import wire_embedding_calls
from benchmarks.workloads.streams import wire_stream_calls
from benchmarks.workshop import Workshop
from playhead import ManualClock

NAMES = (OURS, YAML, JSON, CASSETTER)
STREAMS, VECTORS, CHAT = "streams of 59 KB", "calls for a vector of 1,536", "chat calls of 6 KB"
EXACT = ", bytes exact"
CUTS_EXACT = ", bytes and chunks exact"

NOTES = (
    (
        "Bytes of the file over the number of calls that an httpx client made, everything a server sends in them: "
        "headers, ids, usage; streams are 250 server-sent events with a random `obfuscation` each, recorded with the "
        "times their chunks came at, where a tool keeps them. Vectors are single precision printed as doubles."
    ),
    (
        "Then all of them are replayed through a client and compared with what was sent: the bytes of each body, and "
        "for streams how the network had cut them."
    ),
)


def case(what: str, plan: Plan) -> str:
    """Name a case."""
    return f"{plan.wire_size:,} {what}"


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    known = available(*(over(name, "httpx") for name in NAMES))
    workloads: dict[str, Callable[[int], Calls]] = {
        STREAMS: wire_stream_calls,
        VECTORS: wire_embedding_calls,
        CHAT: chat_calls,
    }
    for what, make in workloads.items():
        named = case(what, plan)
        say(f"wire size: {named}")
        calls = list(make(plan.wire_size))
        for name in NAMES:
            contender = known.get(over(name, "httpx"))
            if not isinstance(contender, OverHttp):
                rows.append(Row(named, name, "bytes", skipped="not installed"))
                continue
            folder = shop.empty("wire size")
            # A clock of its own: the gaps of a stream are kept as if they had been waited for.
            contender.record(folder, calls, clock=ManualClock())
            rows.append(Row(named, name, "bytes", (weigh(folder) / len(calls),)))
            rows += _exactness(named, name, contender, folder, calls)
    return Result("wire_size", "Over the wire: size on disk, a call", NOTES, tuple(rows))


def _exactness(named: str, name: str, contender: OverHttp, folder: Path, calls: list[Call]) -> list[Row]:
    client = make_client("httpx")
    same = same_cuts = 0
    with contender.tool.replaying(folder / contender.file_name):
        for call in calls:
            exchange = call.exchange
            pieces = client.pieces(asked_of(call))
            same += b"".join(pieces) == exchange.response
            same_cuts += tuple(pieces) == exchange.chunks
    client.close()
    rows = [Row(named + EXACT, name, "%", (100 * same / len(calls),))]
    if calls[0].exchange.chunks:
        rows.append(Row(named + CUTS_EXACT, name, "%", (100 * same_cuts / len(calls),)))
    return rows


MEASURE = Measure("wire_size", _run)
