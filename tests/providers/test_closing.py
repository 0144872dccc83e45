"""A block ends with a close, whatever happened in it."""

from __future__ import annotations

import asyncio

import pytest

from playhead.providers.closing import AsyncCloses, Closes


class Thing(Closes):
    """Writes down that it was closed."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def close(self) -> None:
        """Write it down."""
        self.log.append("closed")


class AsyncThing(AsyncCloses):
    """Writes down that it was closed."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def aclose(self) -> None:
        """Write it down."""
        self.log.append("closed")


def test_a_block_closes_it() -> None:
    """The block has the object itself, and closes it at its end."""
    log: list[str] = []
    thing = Thing(log)
    with thing as inside:
        assert inside is thing
        log.append("in the block")
    assert log == ["in the block", "closed"]


def test_an_error_closes_it_and_goes_on() -> None:
    """What is raised in the block is not held back."""
    log: list[str] = []
    with pytest.raises(ValueError, match="no"), Thing(log):
        raise ValueError("no")
    assert log == ["closed"]


def test_a_block_closes_it_in_a_loop() -> None:
    """The same with ``async``."""
    log: list[str] = []

    async def run(fails: bool) -> None:
        thing = AsyncThing(log)
        async with thing as inside:
            assert inside is thing
            log.append("in the block")
            if fails:
                raise ValueError("no")

    asyncio.run(run(fails=False))
    assert log == ["in the block", "closed"]
    with pytest.raises(ValueError, match="no"):
        asyncio.run(run(fails=True))
    assert log == ["in the block", "closed"] * 2


@pytest.mark.parametrize("cls", [Closes, AsyncCloses])
def test_a_way_to_close_must_be_given(cls: type) -> None:
    """What cannot be closed is no such thing."""
    with pytest.raises(TypeError, match="abstract"):
        cls()
