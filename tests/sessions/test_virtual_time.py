"""Time that jumps: everything that waits by a loop's timers runs in order, and nobody waits."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sessions.answering import Async

import playhead
from playhead import CompletionRequest, UsageError, VirtualClock
from playhead.engine.faults import Fault, FaultKind

HOUR = 3600
ASKED = CompletionRequest("tell me")


async def wakings(*delays: float) -> list[tuple[int, float]]:
    """Sleep so long side by side, and give who woke when, in the loop's seconds, in order."""
    loop = asyncio.get_running_loop()
    began, woken = loop.time(), list[tuple[int, float]]()

    async def sleep(index: int, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((index, loop.time() - began))

    await asyncio.gather(*(sleep(index, seconds) for index, seconds in enumerate(delays)))
    return woken


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8))
def test_sleepers_wake_in_order_and_at_their_time(delays: list[float]) -> None:
    """The order is that of the waits, each at its time, and the clock stands at the longest of them."""
    clock = VirtualClock()
    began = clock.now_ns
    woken = clock.run(wakings(*delays))
    # Loops wake together what is due within a tick of their clock.
    assert [delays[index] for index, _ in woken] == pytest.approx(sorted(delays), abs=1e-6)
    for index, at in woken:
        assert at == pytest.approx(delays[index], abs=1e-3)
    assert (clock.now_ns - began) / 1e9 == pytest.approx(max(delays), abs=1e-3)


def test_an_hour_takes_no_time() -> None:
    """Real time hardly passes."""
    began = time.monotonic()
    VirtualClock().run(wakings(HOUR, 24 * HOUR))
    assert time.monotonic() - began < 5


async def late(clock: VirtualClock) -> None:
    """Wait an hour on a clock."""
    await clock.sleep_async(HOUR)


def test_time_outs_run_out_in_virtual_time() -> None:
    """Those of asyncio and of anyio, at the second they were set for."""

    async def main() -> list[float]:
        began = clock.now_ns
        found: list[float] = []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await late(clock)
        found.append((clock.now_ns - began) / 1e9)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(late(clock), 7)
        found.append((clock.now_ns - began) / 1e9)
        with anyio.move_on_after(9):
            await late(clock)
        found.append((clock.now_ns - began) / 1e9)
        return found

    clock = VirtualClock()
    assert clock.run(main()) == pytest.approx([5, 12, 21], abs=1e-6)
    assert clock.slept == [HOUR] * 3


def test_time_stands_still_while_a_thread_works() -> None:
    """A time-out of a second does not run out over work that takes no virtual time."""

    async def main() -> str:
        async with asyncio.timeout(1):
            return await asyncio.to_thread(lambda: time.sleep(0.02) or "done")  # type: ignore[func-returns-value]

    assert VirtualClock().run(main()) == "done"


def test_a_server_of_the_programs_own_is_heard() -> None:
    """What comes over a socket in the same loop comes before the clock jumps."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def main() -> bytes:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        async with server, asyncio.timeout(HOUR):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return line

    assert VirtualClock().run(main()) == b"hello\n"


async def test_a_loop_that_runs_goes_onto_the_clock_and_off_again() -> None:
    """Inside the block time jumps; after it time passes as ever, and never back."""
    clock, loop = VirtualClock(), asyncio.get_running_loop()
    before = loop.time()
    async with clock:
        await asyncio.sleep(HOUR)
        inside = loop.time()
        with pytest.raises(UsageError, match="on the clock already"):
            await clock.__aenter__()
    assert inside - before >= HOUR
    assert inside <= loop.time() < inside + 60
    began = time.monotonic()
    await asyncio.sleep(0.01)
    assert time.monotonic() - began >= 0.009


async def test_off_the_loop_it_is_a_manual_clock() -> None:
    """Who waits on it moves it, from async code and from sync code."""
    clock = VirtualClock()
    began = clock.now_ns
    await clock.sleep_async(2)
    clock.sleep(3)
    assert clock.now_ns - began == 5_000_000_000
    assert clock.slept == [2, 3]


def test_a_loop_that_keeps_its_own_time_is_refused() -> None:
    """uvloop, for one, has no timers in Python."""

    class Foreign:
        pass

    with pytest.raises(UsageError, match="Foreign keeps its own time"):
        VirtualClock()._put_on(Foreign())  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a cassette of a slow provider: a second to the answer, three to each of a stream's pieces."""

    class Slow(Async):
        async def complete(self, request: CompletionRequest) -> Any:
            clock.sleep(1)
            return self.answer()

        async def stream(self, request: CompletionRequest) -> Any:
            async for piece in super().stream(request):
                clock.sleep(3)
                yield piece

    async def record() -> None:
        with playhead.use_cassette(tmp_path / "a.cassette", mode="record", clock=clock) as session:
            wrapped = session.wrap(Slow())
            await wrapped.complete(ASKED)
            assert [piece async for piece in wrapped.stream(ASKED)] == ["fresh", " ", "2"]

    clock = playhead.ManualClock()
    asyncio.run(record())
    return tmp_path / "a.cassette"


def test_a_recording_takes_as_long_as_it_took(path: Path) -> None:
    """Latency and gaps pass on the clock at the recorded pace, at half of it, or not at all."""

    async def main(session: Any) -> float:
        wrapped = session.wrap(Async())
        began = clock.now_ns
        await wrapped.complete(ASKED)
        assert "".join([piece async for piece in wrapped.stream(ASKED)]) == "fresh 2"
        return (clock.now_ns - began) / 1e9

    took = []
    for pace in (0, 0.5, 1):
        clock = VirtualClock()
        with playhead.use_cassette(path, mode="replay", clock=clock, pace=pace) as session:
            took.append(clock.run(main(session)))
    assert took == pytest.approx([0, 5, 10], abs=1e-6)


def test_a_stream_that_was_slow_runs_into_the_codes_own_time_out(path: Path) -> None:
    """A stream whose pieces took three seconds each breaks a deadline of four in the second piece."""
    pieces: list[str] = []

    async def main(session: Any) -> None:
        async with asyncio.timeout(4):
            async for piece in session.wrap(Async()).stream(ASKED):
                pieces.append(piece)  # noqa: PERF401 - the deadline breaks it

    clock = VirtualClock()
    with playhead.use_cassette(path, mode="replay", clock=clock, pace=1) as session, pytest.raises(TimeoutError):
        clock.run(main(session))
    assert pieces == ["fresh"]


def test_a_slow_call_is_given_up_and_tried_again(path: Path) -> None:
    """The deadline is the code's own; the call it gave up takes no turn."""

    async def main(session: Any) -> str:
        wrapped = session.wrap(Async())
        for _ in range(2):
            try:
                return str((await asyncio.wait_for(wrapped.complete(ASKED), 5)).text)
            except TimeoutError:
                continue
        return "never"

    clock = VirtualClock()
    with playhead.use_cassette(path, mode="replay", clock=clock) as session:
        session.inject(Fault(FaultKind.SLOW_FIRST, seconds=30), at=1)
        assert clock.run(main(session)) == "fresh 1"
        assert session.report().played == 1
    assert clock.now_ns == pytest.approx(VirtualClock().now_ns + 5e9, abs=1e6)


def test_a_client_meets_its_own_time_out_over_the_wire(tmp_path: Path) -> None:
    """An answer recorded in 8 s is a read time-out for a client that waits 5, and none for one that waits 10."""

    async def ask(session: Any, seconds: float, inner: Any = None) -> str:
        transport = playhead.transport(session, inner=inner)
        async with httpx.AsyncClient(transport=transport, timeout=seconds) as client:
            return (await client.get("https://h.example/x")).text

    def slow(_: httpx.Request) -> httpx.Response:
        clock.sleep(8)
        return httpx.Response(200, text="at last")

    clock: playhead.ManualClock = playhead.ManualClock()
    with playhead.use_cassette(tmp_path / "a.cassette", mode="record", wire=False, clock=clock) as session:
        asyncio.run(ask(session, 10, httpx.MockTransport(slow)))
    options: dict[str, Any] = {"mode": "replay", "wire": False, "pace": 1, "takes": "cycle"}
    virtual = VirtualClock()
    with playhead.use_cassette(tmp_path / "a.cassette", clock=virtual, **options) as session:
        assert virtual.run(ask(session, 10)) == "at last"
        with pytest.raises(httpx.ReadTimeout, match="timed out"):
            virtual.run(ask(session, 5))
    assert virtual.slept == [8.0, 5.0]
