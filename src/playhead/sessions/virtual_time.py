"""
Time that passes without waiting, for sessions and for an asyncio event loop.

A loop asks its selector to wait until the next timer is due. Here the selector looks whether anything is ready at once,
and where nothing is, the clock jumps to that timer: ``asyncio.sleep``, ``asyncio.timeout``, ``wait_for``, anyio's and
every SDK's time-outs that are built on the loop's timers run in order and in no time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar, cast

from playhead.errors import UsageError
from playhead.sessions.clock import ManualClock

T = TypeVar("T")

_GRACE = 0.01
"""Real seconds that sockets of the program's own get to answer before time jumps past them."""
_OWN_SOCKETS = 1
"""The socket by which a loop wakes itself, which is always there."""


class VirtualClock(ManualClock):
    """
    A clock that jumps to the next moment at which something happens.

    Give it to a session (``clock=``), and run the code on it with ``clock.run(main())`` or inside ``async with clock``.
    Where the code waits by a loop's timers, the loop's time is the clock's: what waits longest is woken last, and
    nobody waits. While a thread of the loop's executor works, or a socket of the program's own may still answer, time
    stands still.
    """

    def __init__(self, now_ns: int = 1_767_225_600_000_000_000) -> None:
        super().__init__(now_ns)
        self._loops: dict[asyncio.AbstractEventLoop, _Placed] = {}
        self._entered: list[asyncio.AbstractEventLoop] = []

    async def sleep_async(self, seconds: float) -> None:
        """Wait on the loop's timers where the loop is on this clock, else move on at once."""
        if asyncio.get_running_loop() not in self._loops:
            self.sleep(seconds)
            return
        self.slept.append(seconds)
        await asyncio.sleep(seconds)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """
        Run a coroutine in a new event loop on this clock, as ``asyncio.run`` does.

        Raises:
            RuntimeError: A loop runs in this thread already; use ``async with`` there.
        """
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            self._put_on(loop)
            try:
                return runner.run(main)
            finally:
                self._take_off(loop)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._put_on(loop)
        self._entered.append(loop)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._take_off(self._entered.pop())

    def _put_on(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop in self._loops:
            raise UsageError("this event loop is on the clock already")
        self._loops[loop] = _Placed(self, loop)

    def _take_off(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loops.pop(loop).take_off()


class _Placed:
    """One event loop on a clock."""

    def __init__(self, clock: VirtualClock, loop: asyncio.AbstractEventLoop) -> None:
        placed: Any = loop
        selector = getattr(loop, "_selector", None)
        if selector is None or not isinstance(loop, asyncio.BaseEventLoop):
            raise UsageError(
                f"a {type(loop).__module__}.{type(loop).__qualname__} keeps its own time",
                hint="virtual time needs asyncio's own event loop on a selector, not uvloop or a proactor",
            )
        self._clock = clock
        self._loop = placed
        # Timers that were set before have the loop's own time, which goes on from where it is.
        self._offset = cast("float", placed.time()) - clock.now_ns / 1e9
        self._working = 0
        self._selector = selector
        self._in_executor: Callable[..., Any] = placed.run_in_executor
        placed.time = self.time
        placed.run_in_executor = self.run_in_executor
        placed._selector = _Jumping(self, selector)  # noqa: SLF001 - no public way to say what a loop waits by

    def time(self) -> float:
        """Give the loop's time: the clock's, counted from where the loop's own stood."""
        return self._clock.now_ns / 1e9 + self._offset

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """Have a thread do something, during which time stands still."""
        future = self._in_executor(executor, func, *args)
        self._working += 1
        future.add_done_callback(self._done)
        return future

    def _done(self, _: Any) -> None:
        self._working -= 1

    def wait(self, timeout: float | None) -> Any:
        """Give what is ready; where nothing is and nobody works, jump to when the next timer is due."""
        ready = self._selector.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self._working:
            # Only another thread or a socket can wake the loop now.
            return self._selector.select(None)
        if len(self._selector.get_map()) > _OWN_SOCKETS:
            ready = self._selector.select(_GRACE)
            if ready:
                return ready
        # One nanosecond more, since a float of seconds may round to below the timer.
        self._clock.now_ns += round(timeout * 1e9) + 1
        return ready

    def take_off(self) -> None:
        """Give the loop its own time again; it goes on from here, so that timers which were set stay ahead."""
        placed, reached = self._loop, self.time()
        del placed.time, placed.run_in_executor
        ahead = reached - cast("float", placed.time())
        placed._selector = self._selector  # noqa: SLF001
        own: Callable[[], float] = placed.time

        def later() -> float:
            return own() + ahead

        placed.time = later


class _Jumping:
    """The selector of a loop on a clock."""

    def __init__(self, placed: _Placed, selector: Any) -> None:
        self._placed = placed
        self._selector = selector

    def select(self, timeout: float | None = None) -> Any:
        return self._placed.wait(timeout)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._selector, name)
