"""What ``import`` costs: fresh interpreters, taken in turns."""

from __future__ import annotations

import importlib.util
from time import perf_counter_ns

from benchmarks.measures.base import Measure
from benchmarks.measures.processes import python
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import in_turns, say
from benchmarks.workshop import Workshop

CASE = "wall time of the process"
OVER = "over bare Python"
BARE = "bare Python"
OURS = "import playhead"
STATEMENTS = {
    BARE: "pass",
    OURS: "import playhead",
    "import playhead, use_cassette touched": "import playhead; playhead.use_cassette",
    "import vcr": "import vcr",
    "import cassetter": "import cassetter",
    "import diskcache": "import diskcache",
    "import httpx": "import httpx",
}
NOTES = (
    (
        "Milliseconds of a fresh interpreter with compiled byte code in place. Playhead loads each public name "
        "when it is first used, so the line with `use_cassette` touched is what a test that replays pays."
    ),
)


def _run(plan: Plan, shop: Workshop) -> Result:  # noqa: ARG001 - one shape for all
    say("import")
    chosen = {
        name: code
        for name, code in STATEMENTS.items()
        if name == BARE or importlib.util.find_spec(name.split()[1].strip(",")) is not None
    }
    for code in chosen.values():
        python("-c", code)

    def sample(code: str) -> float:
        began = perf_counter_ns()
        python("-c", code)
        return (perf_counter_ns() - began) / 1e6

    times = in_turns({name: (lambda code=code: sample(code)) for name, code in chosen.items()}, plan.imports)  # type: ignore[misc]
    rows = [Row(CASE, name, "ms", tuple(values)) for name, values in times.items()]
    for name, values in times.items():
        if name != BARE:
            rows.append(Row(OVER, name, "ms", tuple(a - b for a, b in zip(values, times[BARE], strict=True))))
    return Result("import", "Import", NOTES, tuple(rows))


MEASURE = Measure("import", _run)
