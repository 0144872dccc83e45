"""A recorded answer given to aiohttp's own protocol: the same pieces and the same end, with no connection."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from playhead import ManualClock
from playhead.core.wire import Answer, WireError
from playhead.errors import ReplayRefused
from playhead.wire.aiohttp_played import PlayedTransport, played_connection

aiohttp = pytest.importorskip("aiohttp")
reqrep = pytest.importorskip("aiohttp.client_reqrep")

ASKED = b"GET /x HTTP/1.1\r\nHost: h.example\r\n\r\n"
LENGTH = (("Content-Length", "6"),)
CHUNKED = (("Transfer-Encoding", "chunked"),)


class Playing:
    """What a transport asks of a recorded answer, without a session."""

    def __init__(self, answer: Answer, gaps: tuple[float, ...] = ()) -> None:
        self.answer = answer
        self.gaps = gaps
        self.clock = ManualClock()

    def wait_before(self, index: int) -> float:
        """Give the seconds before a piece."""
        return self.gaps[index]

    def past_end(self) -> ReplayRefused:
        """Refuse to say more."""
        return ReplayRefused("past the end")


async def start(playing: Any, method: str = "GET") -> Any:
    """Open a connection, ask, and give aiohttp's protocol with the head and the body it read."""
    connector = SimpleNamespace(force_close=False)
    request = SimpleNamespace(
        method=method, connection_key=reqrep.ConnectionKey("h", 80, False, True, None, None, None)
    )
    connection = played_connection(playing, connector, request)
    connection.protocol.set_response_params(read_until_eof=True)
    connection.transport.write(ASKED[:10])
    connection.transport.write(ASKED[10:])
    head, body = await connection.protocol.read()
    return connection, head, body


@pytest.mark.parametrize("headers", [LENGTH, CHUNKED, ()], ids=["length", "chunked", "until the end"])
async def test_an_answer_comes_in_its_pieces(headers: Any) -> None:
    """Status, headers and pieces come as they were recorded, however the body's end is told."""
    connection, head, body = await start(Playing(Answer(207, headers, (b"ab", b"cd", b"ef"), reason="Odd")))
    assert (head.code, head.reason) == (207, "Odd")
    assert [await body.readany() for _ in range(3)] == [b"ab", b"cd", b"ef"]
    assert await body.readany() == b""
    connection.close()


async def test_gaps_pass_on_the_sessions_clock() -> None:
    """The recorded rhythm is kept on a clock that need not be the wall's."""
    playing = Playing(Answer(200, CHUNKED, (b"a", b"b")), gaps=(1.5, 2.5))
    before = playing.clock.stopwatch_ns()
    connection, _, body = await start(playing)
    assert await body.read() == b"ab"
    assert playing.clock.stopwatch_ns() - before == 4_000_000_000
    connection.close()


async def test_a_stream_that_broke_breaks_where_it_did() -> None:
    """A reader has all that came before, and then the error."""
    error = WireError("builtins.ConnectionResetError", "read", "[Errno 104] Connection reset by peer")
    connection, _, body = await start(Playing(Answer(200, CHUNKED, (b"ab",), error=error)))
    assert await body.readany() == b"ab"
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await body.readany()
    connection.close()


async def test_reading_past_a_recorded_stop_is_refused() -> None:
    """Where the recorded consumer stopped, one that reads on is refused."""
    connection, _, body = await start(Playing(Answer(200, CHUNKED, (b"ab",), left=True)))
    assert await body.readany() == b"ab"
    with pytest.raises(ReplayRefused, match="past the end"):
        await body.readany()
    connection.close()


async def test_a_client_that_leaves_stops_the_answer() -> None:
    """A closed transport gives nothing more, and says so once."""
    lost: list[object] = []
    protocol = SimpleNamespace(data_received=lambda data: None, connection_lost=lost.append, _payload=None)
    playing: Any = Playing(Answer(200, CHUNKED, (b"a",)))
    transport = PlayedTransport(playing, "GET", protocol)
    transport.write(ASKED)
    transport.close()
    transport.close()
    assert transport.is_closing()
    import asyncio

    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert lost == [None]
