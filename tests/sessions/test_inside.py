"""The mark on code that runs inside a recorded call: it follows tasks, ends with its block, and is counted."""

from __future__ import annotations

import asyncio
import threading

import pytest

from playhead.sessions.inside import any_inside, inside, is_inside


def test_the_mark_holds_for_its_block() -> None:
    """Code is inside in the block, also in one within it, and not before or after."""
    assert not is_inside()
    with inside():
        assert is_inside()
        with inside():
            assert is_inside()
        assert is_inside()
    assert not is_inside()
    assert not any_inside()


def test_the_mark_ends_with_an_error() -> None:
    """A call that fails leaves no mark behind."""
    with pytest.raises(ZeroDivisionError), inside(own_threads=True):
        _ = 1 / 0
    assert not is_inside()
    assert not any_inside()


def test_a_bare_thread_has_no_mark_and_can_tell() -> None:
    """A thread that a provider starts has none of its own, but knows that some call is on its way."""
    seen: list[tuple[bool, bool]] = []
    with inside(own_threads=True):
        thread = threading.Thread(target=lambda: seen.append((is_inside(), any_inside())))
        thread.start()
        thread.join()
    assert seen == [(False, True)]


async def test_the_mark_follows_tasks_and_threads_of_asyncio() -> None:
    """What is begun inside is inside, however it is scheduled; what was begun before is not."""
    go = asyncio.Event()

    async def wait() -> bool:
        await go.wait()
        return is_inside()

    before = asyncio.create_task(wait())
    await asyncio.sleep(0)
    with inside():
        within = asyncio.create_task(wait())
        assert await asyncio.to_thread(is_inside)
        task = asyncio.create_task(asyncio.to_thread(is_inside))
        assert all(await asyncio.gather(asyncio.to_thread(is_inside), task))
    go.set()
    assert (await before, await within) == (False, True)
    assert not is_inside()


async def test_tasks_side_by_side_have_marks_of_their_own() -> None:
    """One task's mark is not another's, whatever order they end in."""
    leave = [asyncio.Event(), asyncio.Event()]

    async def hold(index: int) -> None:
        with inside(own_threads=True):
            await leave[index].wait()
            assert is_inside()
        assert not is_inside()

    tasks = [asyncio.create_task(hold(index)) for index in range(2)]
    await asyncio.sleep(0)
    assert (is_inside(), any_inside()) == (False, True)
    for index in (0, 1):
        leave[index].set()
        await tasks[index]
    assert not any_inside()


def test_a_transport_is_not_taken_for_a_provider() -> None:
    """A transport marks its own context alone: other threads that send meanwhile are no threads of its call."""
    with inside():
        assert is_inside()
        assert not any_inside()
        with inside(own_threads=True):
            assert any_inside()
        assert not any_inside()
    assert not is_inside()
