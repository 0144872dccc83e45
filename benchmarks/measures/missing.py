"""From a call that was never recorded to the explanation why not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from time import perf_counter_ns

from benchmarks.contenders import OURS, available
from benchmarks.contenders.base import Asked, Contender
from benchmarks.measures.base import Measure
from benchmarks.plan import Plan
from benchmarks.results import Result, Row, case_of
from benchmarks.timing import in_turns, say
from benchmarks.workloads.chat import chat_calls, edited
from benchmarks.workloads.wire import chat_request, request_headers
from benchmarks.workshop import Workshop

NAMES = (
    OURS,
    "Playhead, text profile",
    "vcrpy YAML, body ==",
    "vcrpy JSON, its own body matcher",
    "cassetter YAML, body",
)
NOTES = (
    (
        "One word of a recorded prompt is changed; measured from the call to the error with its message. By "
        "default vcrpy and cassetter would not miss but give a recorded answer, so bodies are matched here."
    ),
    (
        "Playhead names the nearest recorded call and the changed path with both values. vcrpy lists the most "
        "similar requests by the matchers that failed; cassetter names method and URI."
    ),
)


def _asked(index: int) -> Asked:
    request = edited(index)
    body = chat_request(request)
    return Asked(request, "https://api.openai.com/v1/chat/completions", body, request_headers(body))


def _run(plan: Plan, shop: Workshop) -> Result:
    n = plan.miss
    say(f"miss: {n:,} calls")
    calls = chat_calls(n)
    known = available(*NAMES)
    numbers = iter(range(10**9))
    samples: dict[str, Callable[[], float]] = {}
    for name, contender in known.items():
        file_of = name.split(",")[0] if name.startswith(("vcrpy", "cassetter")) else name
        samples[name] = _sampler(contender, shop.recorded(file_of, "chat", calls), n, numbers)
    times = in_turns(samples, plan.rounds, slow_limit_s=plan.slow_limit_s)
    rows = tuple(Row(case_of(n), name, "us", tuple(values)) for name, values in times.items())
    return Result("miss", "Explaining a miss", NOTES, rows)


def _sampler(contender: Contender, folder: object, n: int, numbers: object) -> Callable[[], float]:
    def sample() -> float:
        asked = _asked(next(numbers) * 37 % n)  # type: ignore[call-overload]
        reader = contender.open(folder)  # type: ignore[arg-type]
        began = perf_counter_ns()
        missed = True
        with contextlib.suppress(Exception):
            reader.answer(asked)
            missed = False
        taken = perf_counter_ns() - began
        assert missed
        reader.close()
        return taken / 1000

    return sample


MEASURE = Measure("miss", _run)
