"""
The fresh process of measures at the wire seam, in the environment that has the client.

Arguments: task, client, facts as JSON. Prints one JSON object: samples in microseconds a call, by contender.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.contenders import MOCK, OURS
from benchmarks.contenders.http_tools import tool
from benchmarks.contenders.over_http import Mock, ask_all, library_of, make_client
from benchmarks.measures.replaying import forget
from benchmarks.measures.wire import BODIES, Round, known, mocked, recorded_by, undisturbed
from benchmarks.timing import in_turns
from benchmarks.workloads.calls import Call
from benchmarks.workloads.chat import chat_calls
from benchmarks.workshop import Workshop

Samplers = dict[str, Callable[[], float]]

CALLS = 300
"""Calls a sample."""

SEARCHED = 20_000
"""Recorded calls times calls a sample, for tools that look through a list."""

PARSED = 2_000
"""The same for vcrpy's own body matcher, which parses each body it looks at."""


def replay(client: str, facts: dict[str, Any], shop: Workshop) -> dict[str, list[float]]:
    """Replay calls in open sessions, in turns with the same calls answered by a mock."""
    n = int(facts["n"])
    calls = chat_calls(n)
    chosen = Random(13).sample(range(n), min(n, CALLS))
    samples: Samplers = {MOCK: _bare(client, [calls[number] for number in chosen], max(1, CALLS // n))}
    for name in known(facts["names"], client):
        own = tool(name)
        numbers = chosen
        if own.by_order:
            numbers = list(range(min(n, CALLS)))
        if own.searches:
            numbers = numbers[: max(2, (PARSED if name == BODIES else SEARCHED) // n)]
        folder = shop.recorded(recorded_by(name, client), "chat", calls)
        samples[name] = _replaying(name, client, folder, [calls[number] for number in numbers])
    # The files that vcrpy has read are a million objects that every collection between samples would go through.
    gc.collect()
    gc.freeze()
    return in_turns(samples, facts["rounds"], slow_limit_s=facts["slow_limit_s"])


def _bare(client: str, calls: list[Call], times: int) -> Callable[[], float]:
    asking, mock = mocked(client)
    round_ = Round(calls)
    round_.checked(asking, mock, [call.completion.text for call in calls])

    def sample() -> float:
        with undisturbed():
            return sum(round_.timed(asking, mock) for _ in range(times)) / 1000 / (len(round_) * times)

    return sample


def _replaying(name: str, client: str, folder: Path, calls: list[Call]) -> Callable[[], float]:
    own, asking, mock = tool(name), make_client(client), Mock(library_of(client))
    path = folder / own.file_name
    round_ = Round(calls)
    sessions = max(1, (20 if own.searches else CALLS) // len(calls))
    with own.again(path):
        round_.checked(asking, mock, [call.completion.text for call in calls])

    def sample() -> float:
        taken = 0
        with undisturbed():
            for _ in range(sessions):
                with own.again(path):
                    if name == OURS:
                        forget()
                    taken += round_.timed(asking, mock)
        return taken / 1000 / (len(round_) * sessions)

    return sample


def record(client: str, facts: dict[str, Any], shop: Workshop) -> dict[str, list[float]]:
    """Record calls that a mock answers, with the save, in turns with the same calls and no recorder."""
    calls = list(chat_calls(facts["n"]))
    for call in calls:
        assert call.exchange
    samples: Samplers = {MOCK: _bare(client, calls, 1)}
    for name in known(facts["names"], client):
        samples[name] = _recording(name, client, calls, shop)
    return in_turns(samples, facts["rounds"], slow_limit_s=facts["slow_limit_s"])


def _recording(name: str, client: str, calls: list[Call], shop: Workshop) -> Callable[[], float]:
    from time import perf_counter_ns

    own, library = tool(name), library_of(client)
    mock = Mock(library)
    transport = library.MockTransport(mock)

    def sample() -> float:
        path = shop.empty(name) / own.file_name
        with undisturbed():
            began = perf_counter_ns()
            with own.recording(path):
                asking = make_client(client, own.around(library, transport))
                ask_all(asking, mock, calls)
            return (perf_counter_ns() - began) / 1000 / len(calls)

    return sample


def session(client: str, facts: dict[str, Any], shop: Workshop) -> dict[str, list[float]]:
    """Open and close sessions on a cassette of one call; the median of many is the sample."""
    from statistics import median
    from time import perf_counter_ns

    library_of(client)
    calls = chat_calls(1)
    (name,) = known(facts["names"], client)
    own = tool(name)
    path = shop.recorded(recorded_by(name, client), "chat", calls) / own.file_name
    taken: list[float] = []
    for _ in range(3):
        with own.replaying(path):
            pass
    with undisturbed():
        for _ in range(facts["sessions"]):
            began = perf_counter_ns()
            with own.replaying(path):
                pass
            taken.append((perf_counter_ns() - began) / 1000)
    return {name: [median(taken)]}


TASKS = {"replay": replay, "record": record, "session": session}


def main(task: str, client: str, given: str) -> None:
    """Run a task."""
    facts: dict[str, Any] = json.loads(given)
    shop = Workshop(Path(facts["recordings"]), Path(facts["scratch"]))
    print(json.dumps(TASKS[task](client, facts, shop)))


if __name__ == "__main__":
    main(*sys.argv[1:])
