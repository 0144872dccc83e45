"""A recorded answer for aiohttp: a connection to nowhere, over which the bytes come again."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from playhead.wire.exchange import Played
from playhead.wire.framing import RequestBytes, Written, written
from playhead.wire.socket_errors import error_of

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_PATIENCE = 0.005
"""Seconds between two looks whether a reader has come to the end; nothing tells of it."""


class _NoConnector:
    """What a connection is given back to; it is not kept."""

    def __init__(self, connector: Any) -> None:
        self.force_close = connector.force_close

    def _release(self, key: Any, protocol: Any, *, should_close: bool = False) -> None:
        del key, should_close
        protocol.close()


class PlayedTransport(asyncio.Transport):
    """A transport that sends nothing and, once it was asked in full, gives a recorded answer."""

    def __init__(self, played: Played, method: str, protocol: Any) -> None:
        super().__init__()
        self._played = played
        self._method = method
        self._protocol = protocol
        self._asked = RequestBytes()
        self._was_told = False
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._lost = False

    def write(self, data: Any) -> None:
        """Take a part of the request."""
        self._asked.write(bytes(data))
        if self._asked.is_whole and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._give())
        elif self._asked.waits_for_word and not self._was_told:
            self._was_told = True
            asyncio.get_running_loop().call_soon(self._protocol.data_received, _CONTINUE)

    def is_closing(self) -> bool:
        """Tell whether the client has closed it."""
        return self._closed

    def close(self) -> None:
        """Give no more."""
        if self._closed:
            return
        self._closed = True
        self._may_read.set()
        loop = asyncio.get_running_loop()
        if self._task is not None and self._task is not asyncio.current_task(loop):
            self._task.cancel()
        loop.call_soon(self._lose, None)

    abort = close

    def pause_reading(self) -> None:
        """Wait with the next piece."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Wait no more."""
        self._may_read.set()

    def get_write_buffer_size(self) -> int:
        """Give the bytes that are not sent yet."""
        return 0

    def _lose(self, error: BaseException | None) -> None:
        if not self._lost:
            self._lost = True
            self._protocol.connection_lost(error)

    async def _give(self) -> None:
        played, protocol = self._played, self._protocol
        # A reader that is there has its turn before the next piece comes.
        await asyncio.sleep(0)
        if played.answer.status:
            parts = written(played.answer, self._method)
            protocol.data_received(parts.head)
            await self._give_body(parts)
            if self._closed:
                return
            if parts.tail:
                protocol.data_received(parts.tail)
            elif parts.ends_with_connection and played.answer.error is None and not played.answer.left:
                self._lose(None)
        if played.answer.error is not None or played.answer.left:
            await self._break()

    async def _give_body(self, parts: Written) -> None:
        played = self._played
        for index, piece in enumerate(parts.pieces):
            if played.gaps:
                await played.clock.sleep_async(played.wait_before(index))
            else:
                await asyncio.sleep(0)
            await self._may_read.wait()
            if self._closed:
                return
            self._protocol.data_received(piece)

    async def _break(self) -> None:
        """Break as the exchange broke, when its reader has had what came before."""
        waiting = self._reader()
        while not self._closed and not _is_waited_for(waiting):
            await asyncio.sleep(_PATIENCE)
            waiting = self._reader()
        if self._closed:
            return
        error = self._played.answer.error
        if error is None:
            waiting.set_exception(self._played.past_end())
            return
        made = error_of(error)
        if error.kind == "timeout":
            over = TimeoutError()
            over.__cause__ = asyncio.CancelledError()
            waiting.set_exception(over)
        elif isinstance(made, TimeoutError):
            self._protocol._on_read_timeout()  # noqa: SLF001 - what it makes of silence is its own
        else:
            self._lose(made)

    def _reader(self) -> Any:
        """Give what is read from now: the body, or the queue of answers while there is none."""
        payload = self._protocol._payload  # noqa: SLF001
        return self._protocol if payload is None else payload


def _is_waited_for(reader: Any) -> bool:
    return reader._waiter is not None and not reader._buffer  # noqa: SLF001


def played_connection(played: Played, connector: Any, request: Any) -> Any:
    """
    Give a connection over which a recorded answer comes.

    Args:
        played: The answer.
        connector: Of the client, which gets nothing back.
        request: The client's.
    """
    loop = asyncio.get_running_loop()
    modules: Any = sys.modules
    protocol = modules["aiohttp.client_proto"].ResponseHandler(loop)
    protocol.connection_made(PlayedTransport(played, request.method.upper(), protocol))
    return modules["aiohttp.connector"].Connection(_NoConnector(connector), request.connection_key, protocol, loop)
