"""``playhead.capture``: a decorated function finds the session that is open where it is called."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest
from playhead.harness.capturing import capture

calls = itertools.count()


@capture
def tool(question: str) -> str:
    """Answer in another way each time."""
    return f"{question} {next(calls)}"


@capture(name="slow_tool")
async def later(question: str) -> str:
    """Answer later."""
    await asyncio.sleep(0)
    return f"{question} {next(calls)}"


async def test_calls_go_to_the_session_that_is_open(tmp_path: Path) -> None:
    """Each session of its own; with none open the function is called as it is."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record"):
        recorded = [tool("a"), tool("a"), await later("b")]
    assert tool("a") not in recorded
    with playhead.use_cassette(path, mode="replay", strict=True) as session:
        assert [tool("a"), tool("a"), await later("b")] == recorded
        assert session.report().captured == 3


def test_a_decorated_method_is_a_method(tmp_path: Path) -> None:
    """It is bound to its object as before."""

    class Shop:
        def __init__(self, city: str) -> None:
            self.city = city

        @capture
        def stock(self, item: str) -> str:
            """Count."""
            return f"{item} in {self.city}: {next(calls)}"

    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record"):
        recorded = Shop("Ghent").stock("anvils")
    with playhead.use_cassette(path, mode="replay"):
        assert Shop("Ghent").stock("anvils") == recorded
    assert recorded.startswith("anvils in Ghent")


class Planner:
    """A model that names a tool's argument, then sums up what it was told; no two runs alike."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer the last message."""
        messages = request.conversation()
        said = messages[-1]["content"]
        return Completion(f"look up {said} {next(calls)}" if len(messages) == 1 else f"it is {said}", model="planner")


@capture
async def shelf(query: str) -> dict[str, Any]:
    """Look something up, which takes its time."""
    await asyncio.sleep(0)
    return {"query": query, "found": next(calls)}


async def agent(model: Any) -> tuple[str, str, float]:
    """Plan, look up, sum up; try again where the model is slow or busy; note an id and the time."""

    async def ask(*said: str) -> str:
        request = CompletionRequest(messages=tuple({"role": "user", "content": each} for each in said))
        for _ in range(3):
            try:
                async with asyncio.timeout(10):
                    return str((await model.complete(request)).text)
            except playhead.RateLimitError as busy:
                await asyncio.sleep(busy.retry_after)
            except TimeoutError:
                continue
        raise AssertionError("three tries were not enough")

    plan = await ask("anvils")
    found = await shelf(plan)
    return await ask("anvils", f"{found['found']} of {found['query']}"), str(uuid.uuid4()), time.time()


def test_an_agents_whole_run_replays_through_faults_in_virtual_time(tmp_path: Path) -> None:
    """Model, tool, id and time are those of the recording, although calls are limited, slow and lost in between."""
    path = tmp_path / "run.cassette"
    with playhead.use_cassette(path, mode="record") as session, playhead.surroundings(session):
        recorded = asyncio.run(agent(session.wrap(Planner(), name="planner")))
    clock = playhead.VirtualClock()
    began = clock.now_ns
    with playhead.use_cassette(path, mode="replay", strict=True, clock=clock) as session:
        session.inject(playhead.Fault(playhead.FaultKind.RATE_LIMIT, retry_after=60), at=1)
        session.inject("slow-first", at=3)
        with playhead.surroundings(session):
            text, made, _ = clock.run(agent(session.wrap(Planner(), name="planner")))
        report = session.report()
    assert (text, made) == recorded[:2]
    assert [call.kind for call in report.injected] == ["rate-limit", "slow-first"]
    assert (report.played, report.captured, report.unplayed) == (2, 2, 0)
    # A minute for the limit, ten seconds of patience.
    assert (clock.now_ns - began) / 1e9 == pytest.approx(70, abs=1e-3)
