"""
Streamed answers as iterators of text, over any dialect that reads bytes into pieces.

The sync and the async class differ in ``await`` and nothing else. Both connect when the first piece is asked
for, and may connect again until it came; after it an error is the caller's, who has used the pieces already.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import aclosing
from typing import Protocol

import httpx

from playhead.core.model import Completion
from playhead.errors import ProviderError, UsageError
from playhead.providers.closing import AsyncCloses, Closes
from playhead.providers.retrying import retrying, retrying_async


class AnswerReader(Protocol):
    """Reads one streamed answer; raises only errors of ours."""

    @property
    def done(self) -> bool:
        """Whether the answer's end was read, whatever else the server sends."""
        ...

    def feed(self, data: bytes) -> Iterator[str]:
        """Give the pieces in the next bytes, one by one."""
        ...

    def finish(self) -> Completion:
        """Give the whole answer, or raise where it was cut."""
        ...


Translate = Callable[[httpx.RequestError], ProviderError]


class _StreamState:
    """What both classes keep."""

    def __init__(self, *, translate: Translate, attempts: int) -> None:
        self._translate = translate
        self._attempts = attempts
        self._response: httpx.Response | None = None
        self._completion: Completion | None = None

    @property
    def completion(self) -> Completion:
        """
        The whole answer.

        Raises:
            UsageError: The stream has not been read to its end: it is still going on, failed or was closed.
        """
        if self._completion is None:
            raise UsageError(
                "the completion of a stream is known when its last piece has been read",
                hint="iterate over the stream to its end first",
            )
        return self._completion

    def _take_response(self) -> httpx.Response | None:
        response, self._response = self._response, None
        return response


class CompletionStream(_StreamState, Closes, Iterator[str]):
    """
    The text pieces of one answer, with the server's boundaries.

    Args:
        connect: Opens the answer: a response whose body was not read, and its reader.
        translate: Makes httpx's exceptions errors of ours.
        attempts: How often to connect until the first piece has come.
    """

    def __init__(
        self,
        connect: Callable[[], tuple[httpx.Response, AnswerReader]],
        *,
        translate: Translate,
        attempts: int,
    ) -> None:
        super().__init__(translate=translate, attempts=attempts)
        self._connect = connect
        self._pieces = self._run()

    def __iter__(self) -> CompletionStream:
        return self

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """Stop reading and let go of the connection; nothing happens the second time."""
        self._pieces.close()
        self._close_response()

    def _run(self) -> Generator[str, None, None]:
        try:
            first, others = retrying(self._attempts, self._open)
            if first is not None:
                yield first
                yield from others
        finally:
            self._close_response()

    def _open(self) -> tuple[str | None, Iterator[str]]:
        self._close_response()
        self._response, reader = self._connect()
        pieces = self._read(self._response, reader)
        return next(pieces, None), pieces

    def _read(self, response: httpx.Response, reader: AnswerReader) -> Iterator[str]:
        failure: ProviderError | None = None
        try:
            yield from self._received(response, reader)
        except httpx.RequestError as error:
            failure = self._translate(error)
        except ProviderError as error:
            # The frames it passed hold what the server sent.
            failure = error.with_traceback(None)
        if failure is not None:
            raise failure
        self._completion = reader.finish()

    def _received(self, response: httpx.Response, reader: AnswerReader) -> Iterator[str]:
        for data in response.iter_bytes():
            yield from reader.feed(data)
            if reader.done:
                break

    def _close_response(self) -> None:
        response = self._take_response()
        if response is not None:
            response.close()


class AsyncCompletionStream(_StreamState, AsyncCloses, AsyncIterator[str]):
    """
    The text pieces of one answer, with the server's boundaries.

    Args:
        connect: Opens the answer: a response whose body was not read, and its reader.
        translate: Makes httpx's exceptions errors of ours.
        attempts: How often to connect until the first piece has come.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[tuple[httpx.Response, AnswerReader]]],
        *,
        translate: Translate,
        attempts: int,
    ) -> None:
        super().__init__(translate=translate, attempts=attempts)
        self._connect = connect
        self._pieces = self._run()

    def __aiter__(self) -> AsyncCompletionStream:
        return self

    async def __anext__(self) -> str:
        return await anext(self._pieces)

    async def aclose(self) -> None:
        """Stop reading and let go of the connection; nothing happens the second time."""
        await self._pieces.aclose()
        await self._close_response()

    async def _run(self) -> AsyncGenerator[str, None]:
        try:
            first, others = await retrying_async(self._attempts, self._open)
            async with aclosing(others):
                if first is not None:
                    yield first
                    async for piece in others:
                        yield piece
        finally:
            await self._close_response()

    async def _open(self) -> tuple[str | None, AsyncGenerator[str, None]]:
        await self._close_response()
        self._response, reader = await self._connect()
        pieces = self._read(self._response, reader)
        return await anext(pieces, None), pieces

    async def _read(self, response: httpx.Response, reader: AnswerReader) -> AsyncGenerator[str, None]:
        failure: ProviderError | None = None
        try:
            async with aclosing(self._received(response, reader)) as received:
                async for piece in received:
                    yield piece
        except httpx.RequestError as error:
            failure = self._translate(error)
        except ProviderError as error:
            # The frames it passed hold what the server sent.
            failure = error.with_traceback(None)
        if failure is not None:
            raise failure
        self._completion = reader.finish()

    async def _received(self, response: httpx.Response, reader: AnswerReader) -> AsyncGenerator[str, None]:
        async for data in response.aiter_bytes():
            for piece in reader.feed(data):
                yield piece
            if reader.done:
                break

    async def _close_response(self) -> None:
        response = self._take_response()
        if response is not None:
            await response.aclose()
