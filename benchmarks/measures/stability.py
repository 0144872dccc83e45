"""The stability of a cassette of many takes, from before its opening to the report."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter_ns

import playhead
from benchmarks.contenders import OURS
from benchmarks.measures.base import Measure
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import say
from benchmarks.workshop import Workshop
from playhead import CompletionRequest, CyclingStubInferenceProvider

TAKES = 10

NOTES = (
    (
        "`playhead.measure_stability` of a cassette whose requests have 10 takes each, seven different answers of a "
        "line, every second one JSON; in this process, from the file, which is in the page cache."
    ),
    "No peer compares the takes of a request.",
)


def case(requests: int) -> str:
    """Name the case of so many requests."""
    return f"{requests:,} requests, {TAKES} takes each"


def _answer(number: int) -> str:
    if number % 2:
        return f'{{"vendor": "vendor {number}", "in_stock": true, "offers": [{{"price": {number}}}]}}'
    return f"The answer is number {number}, as far as can be told from what is known."


def _run(plan: Plan, shop: Workshop) -> Result:
    n = plan.stability
    say(f"stability: {n:,} requests")
    path = _recorded(shop.scratch / f"stability-{n}.cassette", n)
    taken: list[float] = []
    for _ in range(plan.rounds):
        began = perf_counter_ns()
        report = playhead.measure_stability(path)
        taken.append((perf_counter_ns() - began) / 1e6)
        assert report.takes == n * TAKES
    rows = (Row(case(n), OURS, "ms", tuple(taken)),)
    return Result("stability", "Comparing the takes of requests", NOTES, rows)


def _recorded(path: Path, n: int) -> Path:
    if not path.exists():
        requests = [CompletionRequest(f"Question {number}?", temperature=1) for number in range(n)]
        answers = tuple(_answer(number) for number in range(7))
        playhead.run_golden(requests, CyclingStubInferenceProvider(answers), path, takes=TAKES)
    return path


MEASURE = Measure("stability", _run)
