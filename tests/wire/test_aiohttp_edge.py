"""aiohttp where it is more than requests and answers; what it sends as a client is proven in tests/sdks."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import playhead
from playhead.errors import ReplayRefused

aiohttp = pytest.importorskip("aiohttp")

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@asynccontextmanager
async def talking() -> AsyncIterator[str]:
    """Run a server that repeats what it is told over a websocket."""
    from aiohttp import web

    async def talk(request: Any) -> Any:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"heard {message.data}")
        return socket

    app = web.Application()
    app.router.add_get("/talk", talk)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/talk"
    finally:
        await runner.cleanup()


async def say(url: str) -> str:
    """Say a word and hear it."""
    async with aiohttp.ClientSession() as client, client.ws_connect(url) as socket:
        await socket.send_str("hello")
        return str((await socket.receive()).data)


async def test_a_websocket_is_let_by_and_told_of(path: Path) -> None:
    """A websocket works while a session records; it is no call, and the report names it."""
    async with talking() as url:
        with playhead.use_cassette(path, mode="record") as session:
            assert await say(url) == "heard hello"
        report = session.report()
        assert report.recorded == 0
        assert report.side_traffic == (f"GET {url}",)


@pytest.mark.parametrize("guard", [True, False])
async def test_a_websocket_is_refused_in_a_replay(path: Path, guard: bool) -> None:
    """A replay opens no websocket, whatever guards it, and says that none can be replayed."""
    async with talking() as url:
        with playhead.use_cassette(path, guard=guard) as session, pytest.raises(ReplayRefused, match="websocket"):
            await say(url)
        assert session.report().refused == 1
