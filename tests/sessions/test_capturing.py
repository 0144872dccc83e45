"""Captured functions: recorded and replayed beside calls of models, counted apart, told in order when they differ."""

from __future__ import annotations

import datetime
import itertools
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sessions.answering import Sync

import playhead
from playhead import CompletionRequest, Exhausted, NoMatch, RecordingError, UsageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "a.cassette"


class World:
    """What differs from run to run."""

    def __init__(self) -> None:
        self.calls = itertools.count(1)

    def search(self, query: str, limit: int = 3) -> list[str]:
        """Find something else each time."""
        number = next(self.calls)
        return [f"{query} {number}"] * limit

    async def lookup(self, query: str) -> dict[str, Any]:
        """Look something up."""
        return {"query": query, "call": next(self.calls)}

    def rows(self, count: int) -> Iterator[tuple[int, int]]:
        """Give rows one by one."""
        for _ in range(count):
            yield (count, next(self.calls))

    async def feed(self, count: int) -> AsyncIterator[int]:
        """Give numbers one by one."""
        for _ in range(count):
            yield next(self.calls)

    def broken(self) -> None:
        """Fail in another way each time."""
        raise KeyError(f"call {next(self.calls)}")


async def run(session: Any, world: World) -> list[Any]:
    """Call everything, twice where that differs."""
    search, lookup = session.capture(world.search), session.capture(world.lookup)
    rows, feed = session.capture(world.rows), session.capture(world.feed)
    found: list[Any] = [search("a"), search("a"), search("b", limit=1), await lookup("x")]
    found.append(list(rows(2)))
    found.append([number async for number in feed(2)])
    try:
        session.capture(world.broken)()
    except KeyError as error:
        found.append(repr(error))
    return found


async def test_a_run_replays_whatever_the_world_says_now(path: Path) -> None:
    """Values, streams and failures come again in order, and the world is not asked."""
    with playhead.use_cassette(path, mode="record") as session:
        recorded = await run(session, World())
    fresh = World()
    with playhead.use_cassette(path, mode="replay", strict=True) as session:
        assert await run(session, fresh) == recorded
    assert next(fresh.calls) == 1
    assert recorded[0] == ["a 1"] * 3
    assert recorded[1] == ["a 2"] * 3
    assert recorded[-1] == "KeyError('call 9')"


async def test_captured_calls_count_as_no_calls_of_models(path: Path) -> None:
    """They have a number of their own, recording and replaying."""
    with playhead.use_cassette(path, mode="record") as session:
        session.wrap(Sync()).complete(CompletionRequest("hello"))
        await run(session, World())
        report = session.report()
    assert (report.recorded, report.captured, report.abandoned, report.live) == (1, 7, 0, 0)
    with playhead.use_cassette(path, mode="replay") as session:
        await run(session, World())
        report = session.report()
    assert (report.played, report.captured, report.unplayed) == (0, 7, 1)
    with playhead.use_cassette(path, mode="live") as session:
        await run(session, World())
        report = session.report()
    assert (report.live, report.captured) == (0, 7)


def test_the_same_call_is_the_same_however_it_is_written(path: Path) -> None:
    """By position or by name."""
    with playhead.use_cassette(path, mode="record") as session:
        session.capture(World().search)("a", 1)
    with playhead.use_cassette(path, mode="replay") as session:
        assert session.capture(World().search)(limit=1, query="a") == ["a 1"]


def test_the_first_call_that_differs_is_named_in_order(path: Path) -> None:
    """The refusal says which captured call it is, what it asks and what was recorded at its place."""
    with playhead.use_cassette(path, mode="record") as session:
        search = session.capture(World().search)
        for query in ("a", "b", "c"):
            search(query)
    with playhead.use_cassette(path, mode="replay") as session:
        search = session.capture(World().search)
        search("a")
        with pytest.raises(NoMatch) as caught:
            search("x")
        assert 'captured call 2 is search(query="x"); recorded there is search(query="b")' in str(caught.value)
        (refusal,) = session.report().refusals
        assert "captured call 2" in refusal.message
        search("c")
        with pytest.raises(Exhausted) as late:
            search("c")
        assert "it is captured call 4, and 3 are recorded" in str(late.value)


def test_a_call_made_once_too_often_is_told_from_another(path: Path) -> None:
    """Where the same call was recorded at that place, it has been played before."""
    with playhead.use_cassette(path, mode="record") as session:
        search = session.capture(World().search)
        search("a")
        search("b")
    with playhead.use_cassette(path, mode="replay") as session:
        search = session.capture(World().search)
        search("b")
        with pytest.raises(Exhausted, match="recorded there is that call, which was played already"):
            search("b")


def test_a_method_is_matched_by_what_its_key_gives(path: Path) -> None:
    """An object that holds more than values need not be part of the match."""

    class Tool:
        def __init__(self) -> None:
            self.lock = object()

        def search(self, query: str) -> str:
            return query.upper()

    def query_of(_tool: Any, query: str) -> str:
        return query

    with playhead.use_cassette(path, mode="record") as session:
        captured = session.capture(Tool.search, key=query_of, name="tool")
        assert captured(Tool(), "a") == "A"
    with playhead.use_cassette(path, mode="replay") as session:
        assert session.capture(Tool.search, key=query_of, name="tool")(Tool(), "a") == "A"


def test_it_decorates(path: Path) -> None:
    """Bare or with arguments, and the function keeps its name and words."""
    with playhead.use_cassette(path, mode="record") as session:

        @session.capture
        def now() -> datetime.datetime:
            """Tell the time."""
            return datetime.datetime.now(datetime.UTC)

        @session.capture(name="new_id")
        def made() -> uuid.UUID:
            return uuid.uuid4()

        assert (now.__name__, now.__doc__) == ("now", "Tell the time.")
        recorded = (now(), made())
    with playhead.use_cassette(path, mode="replay") as session:
        assert (session.capture(now)(), session.capture(uuid.uuid4, name="new_id")()) == recorded
        assert session.report().captured == 2


def test_functions_in_c_and_callable_objects_can_be_captured(path: Path) -> None:
    """What shows no signature is matched by its arguments as they are."""

    class Adder:
        def __call__(self, *numbers: int) -> int:
            return sum(numbers)

    with playhead.use_cassette(path, mode="record") as session:
        recorded = (session.capture(time.time_ns)(), session.capture(Adder())(1, 2))
    with playhead.use_cassette(path, mode="replay") as session:
        assert (session.capture(time.time_ns)(), session.capture(Adder())(1, 2)) == recorded


def test_what_cannot_be_captured_is_refused(path: Path) -> None:
    """A function without a name, what is no function, and an argument that is no value."""
    with playhead.use_cassette(path, mode="record") as session:
        with pytest.raises(UsageError, match="has no name of its own"):
            session.capture(lambda: 1)
        with pytest.raises(UsageError, match="it is not called"):
            session.capture(7)  # type: ignore[call-overload]
        with pytest.raises(RecordingError, match="cannot be recorded: it is no value"):
            session.capture(World().search)(open)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="kept for captured calls"):
            session.wrap(Sync(), name="captured")


def test_faults_befall_no_captured_call(path: Path) -> None:
    """They are for calls of models, and are not counted by others."""
    with playhead.use_cassette(path, mode="record") as session:
        session.inject("reset", at=1)
        assert session.capture(World().search)("a")
        with pytest.raises(playhead.ProviderError):
            session.wrap(Sync()).complete(CompletionRequest("hello"))


def test_arguments_are_redacted_as_prompts_are(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in a tool's argument or answer does not reach the file, and the call still matches."""
    secret = "correct-horse-battery-staple"
    monkeypatch.setenv("SHOP_TOKEN", secret)

    def login(token: str) -> dict[str, str]:
        return {"echo": token}

    with playhead.use_cassette(path, mode="record") as session:
        assert session.capture(login)(secret) == {"echo": secret}
    (call,) = playhead.open_cassette(path)
    assert secret not in repr(call)
    with playhead.use_cassette(path, mode="replay") as session:
        session.capture(login)(secret)
