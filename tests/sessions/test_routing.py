"""Which session a call is of: the one its context was opened in, or the only one there is, or nobody's."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from playhead import Mode
from playhead.sessions import routing
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions

T = TypeVar("T")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Callable[[str], Session]]:
    """Make sessions that store nothing; they are closed at the end."""
    made: list[Session] = []

    def make(name: str) -> Session:
        made.append(Session(tmp_path / f"{name}.cassette", Mode.LIVE, SessionOptions()))
        return made[-1]

    yield make
    for one in made:
        routing.leave(one)
        one.close()
    assert routing.sessions() == ()


def in_thread(work: Callable[[], T]) -> T:
    """Do something in a thread that has no context of anybody's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def where() -> Session | str | None:
    """Give the current session, or ``unclear``."""
    try:
        return routing.current()
    except routing.Unclear:
        return "unclear"


Make = Callable[[str], Session]


def test_where_none_is_open_there_is_none(session: Make) -> None:
    """Without a session, and after it, calls are nobody's."""
    assert routing.current() is None
    assert not routing.is_in_context()
    one = session("a")
    routing.enter(one)
    assert (routing.current(), routing.is_in_context(), routing.sessions()) == (one, True, (one,))
    routing.leave(one)
    assert (routing.current(), routing.is_in_context(), routing.sessions()) == (None, False, ())


def test_the_innermost_session_takes_the_calls(session: Make) -> None:
    """Of nested sessions the inner one counts, and the outer one again when that has ended."""
    outer, inner = session("outer"), session("inner")
    routing.enter(outer)
    routing.enter(inner)
    assert routing.current() is inner
    routing.leave(inner)
    assert routing.current() is outer


def test_sessions_that_end_in_another_order(session: Make) -> None:
    """An outer session that ends first leaves the inner one its calls."""
    outer, inner = session("outer"), session("inner")
    routing.enter(outer)
    routing.enter(inner)
    routing.leave(outer)
    assert routing.current() is inner
    assert in_thread(where) is inner
    routing.leave(inner)
    assert routing.current() is None


def test_leaving_twice_or_never_entered(session: Make) -> None:
    """A session that is not open can be left without harm."""
    one, other = session("a"), session("b")
    routing.enter(one)
    routing.leave(other)
    routing.leave(one)
    routing.leave(one)
    assert routing.current() is None


def test_threads_of_a_pool_belong_to_the_only_session(session: Make) -> None:
    """A pool that was there before the session does its work in it, though not in its context."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(where).result() is None
        one = session("a")
        routing.enter(one)
        assert pool.submit(where).result() is one
        assert pool.submit(routing.is_in_context).result() is False
        inner = session("inner")
        routing.enter(inner)
        assert pool.submit(where).result() is inner
        routing.leave(inner)
        routing.leave(one)
        assert pool.submit(where).result() is None


def test_sessions_side_by_side_never_mix(session: Make) -> None:
    """Two threads with a session each have their own; a thread of neither, and this one, have none that is clear."""
    barrier = threading.Barrier(3, timeout=10)
    seen: dict[str, list[object]] = {"a": [], "b": []}

    def run(name: str) -> None:
        mine = session(name)
        routing.enter(mine)
        barrier.wait()
        for _ in range(50):
            seen[name].append(routing.current() is mine)
        barrier.wait()
        routing.leave(mine)

    threads = [threading.Thread(target=run, args=(name,)) for name in seen]
    for thread in threads:
        thread.start()
    barrier.wait()
    with pytest.raises(routing.Unclear, match="2 sessions are open side by side") as caught:
        in_thread(routing.current)
    assert where() == "unclear"
    barrier.wait()
    for thread in threads:
        thread.join()
    assert sorted(one.path.name for one in caught.value.sessions) == ["a.cassette", "b.cassette"]
    assert seen == {"a": [True] * 50, "b": [True] * 50}
    assert routing.current() is None


def test_a_branch_of_nested_sessions_is_unclear(session: Make) -> None:
    """Two sessions opened inside the same one stand side by side; calls in its context are still its own."""
    outer = session("outer")
    routing.enter(outer)
    contexts = [contextvars.copy_context() for _ in range(2)]
    inner = [session(name) for name in "ab"]
    for context, one in zip(contexts, inner, strict=True):
        context.run(routing.enter, one)
    assert [context.run(where) for context in contexts] == inner
    assert where() is outer
    assert in_thread(where) == "unclear"
    contexts[0].run(routing.leave, inner[0])
    assert in_thread(where) is inner[1]


async def test_tasks_carry_their_session(session: Make) -> None:
    """Each task of a gathering that opens a session has its own, and tasks it makes and threads it asks have it too."""

    async def run(name: str) -> bool:
        mine = session(name)
        routing.enter(mine)
        await asyncio.sleep(0)
        found = await asyncio.gather(
            asyncio.to_thread(where), asyncio.create_task(asyncio.to_thread(where)), asyncio.sleep(0, where())
        )
        routing.leave(mine)
        return list(found) == [mine] * 3

    assert await asyncio.gather(*map(run, "abc")) == [True] * 3
    assert routing.current() is None


async def test_tasks_made_before_the_session_belong_to_the_only_one(session: Make) -> None:
    """A worker task that was there first has no context of the session and makes its calls in it all the same."""
    go = asyncio.Event()

    async def work() -> object:
        await go.wait()
        return where()

    before = asyncio.create_task(work())
    await asyncio.sleep(0)
    one = session("a")
    routing.enter(one)
    go.set()
    assert await before is one


async def test_callbacks_carry_their_session(session: Make) -> None:
    """What the loop is asked to call later is called in the context it was asked in."""
    outer, inner = session("outer"), session("inner")
    routing.enter(outer)
    later: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: later.set_result(where()))
    context = contextvars.copy_context()
    context.run(routing.enter, inner)
    assert await later is outer


def test_a_context_that_outlives_its_session_goes_to_the_next_outer_one(session: Make) -> None:
    """A context copied in an inner session falls back to the outer one, then to whichever is alone."""
    outer, inner, other = session("outer"), session("inner"), session("other")
    routing.enter(outer)
    routing.enter(inner)
    context = contextvars.copy_context()
    assert context.run(where) is inner
    routing.leave(inner)
    assert context.run(where) is outer
    routing.leave(outer)
    assert context.run(where) is None
    routing.enter(other)
    assert context.run(where) is other
    assert not context.run(routing.is_in_context)


def test_a_session_is_closed_in_another_context(session: Make) -> None:
    """Fixtures of async frameworks close in another context than they opened in; then it is closed everywhere."""
    one = session("a")
    contextvars.copy_context().run(routing.enter, one)
    assert routing.current() is one
    contextvars.copy_context().run(routing.leave, one)
    assert (routing.current(), in_thread(where)) == (None, None)


def test_a_session_opened_after_another_ended_is_not_inside_it(session: Make) -> None:
    """What has ended is no part of the chain, so two sessions one after the other are not nested."""
    first, second = session("first"), session("second")
    routing.enter(first)
    context = contextvars.copy_context()
    routing.leave(first)
    context.run(routing.enter, second)
    assert in_thread(where) is second
    routing.enter(first)
    assert in_thread(where) == "unclear"


def test_code_in_a_replay_is_told(session: Callable[[str], Session], tmp_path: Path) -> None:
    """Only the context of a session that lets nothing go out says that it replays; a thread of nobody's does not."""
    assert not routing.replays_here()
    live = session("live")
    routing.enter(live)
    assert not routing.replays_here()
    replaying = Session(tmp_path / "r.cassette", Mode.REPLAY, SessionOptions())
    routing.enter(replaying)
    assert routing.replays_here()
    assert not in_thread(routing.replays_here)
    routing.leave(replaying)
    replaying.close()
    assert not routing.replays_here()
