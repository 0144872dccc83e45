"""Streamed answers as iterators, sync and async, over a reader and responses of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import stamina

from playhead.core.model import Completion
from playhead.errors import PermanentError, ProviderError, UsageError
from playhead.providers.streams import AsyncCompletionStream, CompletionStream


class Reader:
    """Gives each byte as a piece; ``!`` fails, ``.`` is the end."""

    def __init__(self) -> None:
        self.done = False
        self.text = ""

    def feed(self, data: bytes) -> Iterator[str]:
        for character in data.decode():
            if character == "!":
                raise ProviderError("the reader failed")
            if character == ".":
                self.done = True
                return
            self.text += character
            yield character

    def finish(self) -> Completion:
        if not self.done:
            raise ProviderError("cut off")
        return Completion(self.text)


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A response body that may break, and knows whether it was closed and how far it was read."""

    def __init__(self, *parts: bytes | httpx.RequestError) -> None:
        self.parts = parts
        self.taken = 0
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            self.taken += 1
            if isinstance(part, Exception):
                raise part
            yield part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


class Server:
    """Opens one body after the other, or raises what stands in a body's place."""

    def __init__(self, *bodies: Body | Exception) -> None:
        self.bodies = bodies
        self.connects = 0

    def connect(self) -> tuple[httpx.Response, Reader]:
        body = self.bodies[self.connects]
        self.connects += 1
        if isinstance(body, Exception):
            raise body
        return httpx.Response(200, stream=body), Reader()


def translate(error: httpx.RequestError) -> ProviderError:
    """Make httpx's exception one of ours, as a provider would."""
    return ProviderError(f"translated {error}")


class SyncReading:
    """Reads a sync stream."""

    def __init__(self, server: Server, attempts: int) -> None:
        self.stream = CompletionStream(server.connect, translate=translate, attempts=attempts)

    def next(self) -> str | None:
        return next(self.stream, None)

    def close(self) -> None:
        self.stream.close()

    def leave_block_after_one(self) -> None:
        with self.stream as stream:
            next(stream)


class AsyncReading:
    """Reads an async stream through the same calls."""

    def __init__(self, server: Server, attempts: int) -> None:
        async def connect() -> tuple[httpx.Response, Reader]:
            return server.connect()

        self.loop = asyncio.Runner()
        self.stream = AsyncCompletionStream(connect, translate=translate, attempts=attempts)

    def next(self) -> str | None:
        async def read() -> str | None:
            return await anext(self.stream, None)

        return self.loop.run(read())

    def close(self) -> None:
        self.loop.run(self.stream.aclose())

    def leave_block_after_one(self) -> None:
        async def read() -> None:
            async with self.stream as stream:
                await anext(stream)

        self.loop.run(read())


Reading = SyncReading | AsyncReading
Open = Callable[..., Any]


@pytest.fixture(params=[SyncReading, AsyncReading], ids=["sync", "async"])
def reading(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Give what opens a stream of either kind, with pauses of no length."""
    opened: list[Reading] = []

    def open_(server: Server, *, attempts: int = 3) -> Reading:
        opened.append(request.param(server, attempts))
        return opened[-1]

    with stamina.set_testing(True, attempts=100, cap=True):
        yield open_
    for one in opened:
        one.close()
        if isinstance(one, AsyncReading):
            one.loop.close()


def pieces_of(stream: Reading) -> list[str]:
    """Read to the end."""
    found: list[str] = []
    while (piece := stream.next()) is not None:
        found.append(piece)
    return found


def test_pieces_then_completion(reading: Open) -> None:
    """Pieces come one by one, the completion after the last, and the response is closed at the end mark."""
    body = Body(b"ab", b"c.", b"never read")
    stream = reading(Server(body))
    assert stream.next() == "a"
    with pytest.raises(UsageError, match="last piece"):
        _ = stream.stream.completion
    assert pieces_of(stream) == ["b", "c"]
    assert stream.stream.completion == Completion("abc")
    assert (body.taken, body.closed) == (2, 1)
    assert stream.next() is None


def test_pieces_come_as_they_arrive(reading: Open) -> None:
    """No more is read of the body than the pieces asked for need."""
    body = Body(b"a", b"b", b"c.")
    stream = reading(Server(body))
    assert stream.next() == "a"
    assert body.taken == 1


def test_nothing_is_sent_before_the_first_piece_is_asked_for(reading: Open) -> None:
    """A stream that nobody reads, or that is closed at once, never connects."""
    server = Server(Body(b"a."))
    stream = reading(server)
    stream.close()
    assert server.connects == 0
    assert stream.next() is None
    assert server.connects == 0


def test_an_answer_without_pieces(reading: Open) -> None:
    """A stream may end without any text and still has its completion."""
    stream = reading(Server(Body(b".")))
    assert stream.next() is None
    assert stream.stream.completion == Completion("")


@pytest.mark.parametrize(
    "first",
    [(httpx.ReadError("lost"),), (b"!",), ()],
    ids=["connection lost", "error event", "cut off"],
)
def test_retried_before_the_first_piece(reading: Open, first: tuple[Any, ...]) -> None:
    """Whatever fails before the first piece is tried again, and the failed response is closed."""
    broken = Body(*first)
    server = Server(ProviderError("busy"), broken, Body(b"ab."))
    stream = reading(server)
    assert pieces_of(stream) == ["a", "b"]
    assert server.connects == 3
    assert broken.closed == 1


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((b"ab", httpx.ReadError("lost")), "translated lost"),
        ((b"ab!",), "the reader failed"),
        ((b"ab",), "cut off"),
    ],
    ids=["connection lost", "error event", "cut off"],
)
def test_not_retried_after_the_first_piece(reading: Open, parts: tuple[Any, ...], words: str) -> None:
    """An error after a piece is raised after the pieces that came, and nothing is sent again."""
    body = Body(*parts)
    server = Server(body, Body(b"never."))
    stream = reading(server)
    assert [stream.next(), stream.next()] == ["a", "b"]
    with pytest.raises(ProviderError, match=words) as caught:
        stream.next()
    assert caught.value.__context__ is None
    assert server.connects == 1
    assert body.closed == 1
    with pytest.raises(UsageError):
        _ = stream.stream.completion


def test_a_permanent_error_is_not_retried(reading: Open) -> None:
    """What will fail again is raised at once."""
    server = Server(PermanentError("no"), Body(b"a."))
    with pytest.raises(PermanentError):
        reading(server).next()
    assert server.connects == 1


def test_tries_are_counted(reading: Open) -> None:
    """After the last try the error comes out."""
    server = Server(*[ProviderError(str(n)) for n in range(5)])
    with pytest.raises(ProviderError, match="1"):
        reading(server, attempts=2).next()
    assert server.connects == 2


def test_close_in_the_middle(reading: Open) -> None:
    """Closing lets go of the response, as often as it is done; no piece and no completion follow."""
    body = Body(b"a", b"b.")
    stream = reading(Server(body))
    assert stream.next() == "a"
    stream.close()
    stream.close()
    assert body.closed == 1
    assert stream.next() is None
    with pytest.raises(UsageError):
        _ = stream.stream.completion


def test_a_block_closes(reading: Open) -> None:
    """Leaving a block closes the stream."""
    body = Body(b"a", b"b.")
    reading(Server(body)).leave_block_after_one()
    assert body.closed == 1


async def test_a_cancelled_read_closes_the_response() -> None:
    """A task that is cancelled while it waits for a piece leaves no response open."""

    class Endless(Body):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"a"
            await asyncio.Event().wait()

    body = Endless()

    async def connect() -> tuple[httpx.Response, Reader]:
        return httpx.Response(200, stream=body), Reader()

    stream = AsyncCompletionStream(connect, translate=translate, attempts=3)
    assert await anext(stream) == "a"
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert body.closed == 1


async def test_sync_classes_are_iterators_of_their_kind() -> None:
    """A sync stream works in ``for``, an async one in ``async for``."""
    server = Server(Body(b"ab."), Body(b"cd."))
    assert list(CompletionStream(server.connect, translate=translate, attempts=1)) == ["a", "b"]

    async def connect() -> tuple[httpx.Response, Reader]:
        return server.connect()

    stream = AsyncCompletionStream(connect, translate=translate, attempts=1)
    assert [piece async for piece in stream] == ["c", "d"]
