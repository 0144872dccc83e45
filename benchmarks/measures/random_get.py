"""Random gets: Playhead's index against slices whose offsets are known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from time import perf_counter_ns

from benchmarks.contenders import OURS
from benchmarks.contenders.limits import SLICE, SliceLimit
from benchmarks.measures.base import Measure
from benchmarks.plan import Plan
from benchmarks.results import Result, Row, case_of
from benchmarks.timing import in_turns, say
from benchmarks.workloads.chat import chat_calls
from benchmarks.workshop import Workshop
from playhead import open_cassette
from playhead.core.calls import key_bytes

GETS = 4_000
NOTES = (
    "One recorded call by its key, in random order: `open_cassette(path).get(key, 0)` with every check it makes.",
    (
        "The limit slices the same frames of the same file at offsets it knows, decompresses them with the same "
        "dictionary and decodes them to the same struct; no index, no check of one."
    ),
)


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    for n in plan.get:
        say(f"random get: {n:,} entries")
        path = shop.recorded(OURS, "chat", chat_calls(n)) / "golden.cassette"
        limit = SliceLimit(path)
        cassette = open_cassette(path)
        chosen = Random(7).choices(range(len(limit.places)), k=GETS)
        keys = [key_bytes(limit.get(number).key) for number in chosen]
        for key, number in zip(keys[:50], chosen, strict=False):
            found = cassette.get(key, 0)
            assert found is not None
            assert found.key == limit.get(number).key

        def ours(keys: list[bytes] = keys, get: Callable[..., object] = cassette.get) -> float:
            began = perf_counter_ns()
            for key in keys:
                get(key, 0)
            return (perf_counter_ns() - began) / 1000 / GETS

        def bare(chosen: list[int] = chosen, get: Callable[..., object] = limit.get) -> float:
            began = perf_counter_ns()
            for number in chosen:
                get(number)
            return (perf_counter_ns() - began) / 1000 / GETS

        times = in_turns({OURS: ours, SLICE: bare}, plan.rounds)
        rows += [Row(case_of(n), name, "us", tuple(values)) for name, values in times.items()]
    return Result("get", "Random get", NOTES, tuple(rows))


MEASURE = Measure("get", _run)
