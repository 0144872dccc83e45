"""``playhead.capture``: a decorated function finds the session that is open where it is called."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import playhead
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
