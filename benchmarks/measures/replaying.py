"""Replay of one call at the provider seam, in an open session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from time import perf_counter_ns

from benchmarks.contenders import OURS, available
from benchmarks.contenders.base import Asked, Contender, Reader, asked_of
from benchmarks.contenders.limits import DICT, DictLimit
from benchmarks.contenders.ours import NAME
from benchmarks.measures.base import Measure
from benchmarks.plan import BIG, Plan
from benchmarks.results import Result, Row, case_of
from benchmarks.timing import in_turns, say
from benchmarks.workloads.calls import Calls
from benchmarks.workloads.chat import chat_call, chat_calls
from benchmarks.workshop import Workshop
from playhead.core import fingerprint as fingerprints

CALLS = 2_000
"""Calls a sample."""

SLOW_CALLS = 100
"""Calls a sample of the contenders that look through a list."""

NAMES = (
    OURS,
    "vcrpy YAML",
    "vcrpy YAML, body ==",
    "vcrpy JSON, body ==",
    "cassetter YAML",
    "cassetter YAML, body",
    "JSON file a request",
    "SQLite",
    "diskcache",
)
NOTES = (
    (
        "From the request to the text of its recorded answer: for Playhead `wrapped.complete(request)`, each "
        "request once a session, in random order. Opening is not counted."
    ),
    "What Playhead remembers of earlier requests is cleared before each session, but for the shared system prompts.",
    "The limit is a dict of bytes in memory, looked up by a canonical key (SHA-256 of sorted JSON) and decoded.",
    (
        "vcrpy and cassetter match method and URI by default, so every answer would be the next one recorded "
        "whatever was asked; they are asked in the order of recording there, and in random order with bodies "
        "matched."
    ),
)


_OTHERS = [chat_call(number).request for number in range(-4, 0)]
"""Requests that share nothing but the system prompts with those that are replayed."""


def forget() -> None:
    """
    Make Playhead forget the requests it has seen, but for what a suite shares: system prompts, model, settings.

    It remembers digests of messages for agents that resend them. Every round of this measure asks the same questions
    again, which would all be remembered.
    """
    for name in vars(fingerprints).values():
        if hasattr(name, "cache_clear"):
            name.cache_clear()
    for request in _OTHERS:
        fingerprints.fingerprint(request, NAME)


def _sample(opened: Callable[[], Reader], asked: list[Asked], sessions: int) -> float:
    total = 0
    for _ in range(sessions):
        reader = opened()
        forget()
        answer = reader.answer
        began = perf_counter_ns()
        for one in asked:
            answer(one)
        total += perf_counter_ns() - began
        reader.close()
    return total / 1000 / (len(asked) * sessions)


def _check(opened: Callable[[], Reader], asked: list[Asked], texts: list[str]) -> None:
    reader = opened()
    for one, text in zip(asked, texts, strict=True):
        assert reader.answer(one) == text
    reader.close()


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    known = available(*NAMES)
    for n in plan.replay:
        rows += _case(n, known, plan, shop)
    return Result("replay", "Replay of one call", NOTES, tuple(rows))


def _case(n: int, known: dict[str, Contender], plan: Plan, shop: Workshop) -> list[Row]:
    say(f"replay: {n:,} calls")
    calls = chat_calls(n)
    chosen = Random(11).sample(range(n), min(n, CALLS))
    asked = [asked_of(calls[number]) for number in chosen]
    texts = [calls[number].completion.text for number in chosen]
    limit = _dict_limit(calls)
    samples: dict[str, Callable[[], float]] = {}
    skipped: dict[str, str] = {}
    for name, contender in known.items():
        if contender.whole_file and n >= BIG:
            skipped[name] = "reads the whole file"
            continue
        if name != OURS and n >= BIG and not plan.keyed_big:
            skipped[name] = "takes minutes to fill"
            continue
        folder = shop.recorded(_recorded_by(name), "chat", calls)
        opened = _opener(contender, folder)
        mine, mine_texts = asked, texts
        if contender.whole_file:
            mine, mine_texts = asked[:SLOW_CALLS], texts[:SLOW_CALLS]
            if name in ("vcrpy YAML", "cassetter YAML"):
                first = [calls[number] for number in range(min(n, SLOW_CALLS))]
                mine, mine_texts = [asked_of(call) for call in first], [call.completion.text for call in first]
        _check(opened, mine, mine_texts)
        samples[name] = _sampler(opened, mine, 1 if contender.whole_file else max(1, 200 // n))
    samples[DICT] = _sampler(lambda: limit, asked, max(1, 200 // n))
    times = in_turns(samples, plan.rounds, slow_limit_s=plan.slow_limit_s)
    rows = [Row(case_of(n), name, "us", tuple(values)) for name, values in times.items()]
    return rows + [Row(case_of(n), name, "us", skipped=reason) for name, reason in skipped.items()]


def _recorded_by(name: str) -> str:
    """Give the contender whose file is the same: matching is no part of it."""
    return name.split(",", 1)[0] if name.startswith(("vcrpy", "cassetter")) else name


def _opener(contender: Contender, folder: Path) -> Callable[[], Reader]:
    return lambda: contender.open(folder)


def _sampler(opened: Callable[[], Reader], asked: list[Asked], sessions: int) -> Callable[[], float]:
    return lambda: _sample(opened, asked, sessions)


def _dict_limit(calls: Calls) -> DictLimit:
    limit = DictLimit()
    for call in calls:
        limit.add(call)
    return limit


MEASURE = Measure("replay", _run)
