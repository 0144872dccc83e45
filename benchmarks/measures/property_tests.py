"""An example of a property test: its script drawn, its calls answered, less what the code under test takes itself."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time_ns

import httpx
from hypothesis import HealthCheck, given, settings

import playhead
from benchmarks.contenders import OURS
from benchmarks.measures.base import Measure
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import say
from benchmarks.workshop import Workshop
from playhead import CompletionRequest, strategies

PROVIDER, WIRE = "at the provider seam", "over the wire, by httpx"
TURNS = 3
URL = "https://api.openai.com/v1/chat/completions"

NOTES = (
    (
        f"A property test draws a script and runs an agent of {TURNS} streamed calls under it; measured is an example "
        "with what Hypothesis itself takes, less the same agent over a stub (a `MockTransport` over the wire). In time "
        "of the processor, since nothing waits."
    ),
    "No peer has property tests.",
)


class _Model:
    """Streams three words."""

    def complete(self, request: CompletionRequest) -> playhead.Completion:
        return playhead.Completion(f"to {request.prompt}")

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        yield from ("word ", "by ", f"wörd to {request.prompt}")


def _asked(provider: playhead.Session | object) -> None:
    for turn in range(TURNS):
        with contextlib.suppress(playhead.InferenceProviderError):
            list(provider.stream(CompletionRequest(f"turn {turn}")))  # type: ignore[union-attr]


def _answered(request: httpx.Request) -> httpx.Response:
    asked = json.loads(request.content)["messages"][-1]["content"]
    head = {"id": "chatcmpl-1", "created": 0, "model": "m"}
    pieces = [({"content": piece}, None) for piece in ("word ", "by ", f"wörd to {asked}")]
    choices = [{"index": 0, "delta": delta, "finish_reason": reason} for delta, reason in [*pieces, ({}, "stop")]]
    lines = [f"data: {json.dumps({**head, 'choices': [choice]}, ensure_ascii=False)}\n\n" for choice in choices]
    body = "".join([*lines, "data: [DONE]\n\n"]).encode()
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)


def _posted(client: httpx.Client) -> None:
    for turn in range(TURNS):
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": f"turn {turn}"}]}
        with contextlib.suppress(httpx.TransportError):
            _ = client.post(URL, json=body).text


def _run(plan: Plan, shop: Workshop) -> Result:
    n = plan.examples
    say(f"property tests: {n:,} examples")
    cassette = playhead.open_cassette(_recorded(shop.scratch / "property.cassette"))
    taken: dict[str, list[float]] = {PROVIDER: [], WIRE: []}
    with httpx.Client(transport=httpx.MockTransport(_answered)) as plain, httpx.Client() as scripted:

        def by_provider(script: strategies.Script) -> None:
            with strategies.Performance(cassette, script) as run:
                _asked(run.provider("openai"))

        def by_wire(script: strategies.Script) -> None:
            with strategies.Performance(cassette, script) as run:
                scripted._transport = run.transport()
                _posted(scripted)

        for _ in range(plan.rounds):
            taken[PROVIDER].append(_examples(by_provider, n) - _alone(lambda: _asked(_Model()), n))
            taken[WIRE].append(_examples(by_wire, n) - _alone(lambda: _posted(plain), n))
    rows = tuple(Row(case, OURS, "ms", tuple(values)) for case, values in taken.items())
    return Result("property", "An example of a property test", NOTES, rows)


def _examples(run: Callable[[strategies.Script], None], n: int) -> float:
    """Give the milliseconds of an example."""

    @settings(max_examples=n, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategies.scripts())
    def test(script: strategies.Script) -> None:
        run(script)

    began = process_time_ns()
    test()
    return (process_time_ns() - began) / 1e6 / n


def _alone(run: Callable[[], None], n: int) -> float:
    """Give the milliseconds of the code under test by itself."""
    began = process_time_ns()
    for _ in range(n):
        run()
    return (process_time_ns() - began) / 1e6 / n


def _recorded(path: Path) -> Path:
    with playhead.use_cassette(path, mode="record", wire=False) as session:
        _asked(session.wrap(_Model(), name="openai"))
        inner = httpx.MockTransport(_answered)
        with httpx.Client(transport=playhead.transport(session, inner=inner)) as client:
            _posted(client)
    return path


MEASURE = Measure("property", _run)
