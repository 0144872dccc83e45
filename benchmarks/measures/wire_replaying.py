"""Replay of one call through an HTTP client or an SDK, in an open session, beside the same call through a mock."""

from __future__ import annotations

from benchmarks.contenders import MOCK, OURS
from benchmarks.measures.base import Measure
from benchmarks.measures.wire import BODIES, MATCHING, NAMES, SAME_BODY, WHOLE_FILES, in_child, interpreter
from benchmarks.measures.wire_opening import case
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import say
from benchmarks.workshop import Workshop

SLOW_LIMIT_S = 4.0

NOTES = (
    (
        "A non-streaming chat call of 6 KB from `client.post(...)` to the bytes of its answer, each call once a "
        "session, in random order; through the openai SDK from `create(...)` to its completion. Opening is not "
        "counted, the garbage collector is off, and all take turns round by round in one fresh process."
    ),
    (
        "The limit is the same call through the library's `MockTransport`, whose handler gives "
        "`Response(200, headers=..., content=...)`: what the client itself costs."
    ),
    MATCHING + " Those with the default are asked in the order of recording, where they are right.",
)


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    for client, sizes in (("httpx", plan.wire), ("httpx2", plan.sdk), ("openai", plan.sdk)):
        for n in sizes:
            rows += _case(n, client, plan, shop)
    return Result("wire_replaying", "Over the wire: replay of one call", NOTES, tuple(rows))


def _case(n: int, client: str, plan: Plan, shop: Workshop) -> list[Row]:
    name_of_case = case(n, client)
    _, reason = interpreter(client)
    if reason:
        return [Row(name_of_case, name, "us", skipped=reason) for name in (*NAMES, MOCK)]
    say(f"wire replay: {n:,} calls, {client}")
    # What vcrpy's matchers take is the same whichever client asks.
    wanted = tuple(name for name in NAMES if client != "httpx2" or name not in (BODIES, SAME_BODY))
    names = wanted if n <= WHOLE_FILES else (OURS,)
    facts = {"n": n, "names": names, "rounds": plan.rounds, "slow_limit_s": SLOW_LIMIT_S, **shop.places()}
    times = in_child("replay", client, facts)
    rows = [Row(name_of_case, name, "us", tuple(times[name])) for name in (*NAMES, MOCK) if name in times]
    missing = "not installed there" if n <= WHOLE_FILES else "reads the whole file"
    return rows + [Row(name_of_case, name, "us", skipped=missing) for name in wanted if name not in times]


MEASURE = Measure("wire_replaying", _run)
