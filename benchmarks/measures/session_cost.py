"""What a session costs that is opened and closed: every test pays it."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.contenders import OURS, available, over
from benchmarks.measures.base import Measure
from benchmarks.measures.wire import CASSETTER, JSON, YAML, in_child
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import in_turns, say
from benchmarks.workshop import Workshop

NAMES = (OURS, YAML, JSON, CASSETTER)
CASE = "a cassette of one call"
PROCESSES = 5

NOTES = (
    (
        "A block opened and closed again on a cassette of one chat call of 6 KB, httpx loaded and caught, nothing "
        "asked; the median of many sessions after the first few, a fresh process a sample."
    ),
)


def _run(plan: Plan, shop: Workshop) -> Result:
    say("session cost")
    facts = {"sessions": plan.sessions, **shop.places()}
    here = available(*(over(name, "httpx") for name in NAMES))
    names = [name for name in NAMES if over(name, "httpx") in here]
    times = in_turns({name: _sampler(name, facts) for name in names}, PROCESSES)
    rows = tuple(Row(CASE, name, "us", tuple(values)) for name, values in times.items())
    return Result("session_cost", "Over the wire: opening and closing a session", NOTES, rows)


def _sampler(name: str, facts: dict[str, object]) -> Callable[[], float]:
    return lambda: in_child("session", "httpx", {**facts, "names": [name]})[name][0]


MEASURE = Measure("session_cost", _run)
