"""The streams users iterate: recorded while they pass, and played from a cassette. Sync and async differ in await."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Self

from playhead.core.model import Completion, Failure, Stream
from playhead.errors import UsageError
from playhead.providers.conventions.convention import Arguments, Pieces
from playhead.sessions.clock import Clock
from playhead.sessions.inside import inside
from playhead.sessions.tickets import StreamTicket

_MISSING = object()
_PLAIN = Pieces()
_NOTHING = Arguments((), {})


class _Passing:
    """What the sync and the async recording stream share: everything but the await."""

    _iterator: Any

    def __init__(self, inner: Any, ticket: StreamTicket, pieces: Pieces = _PLAIN, asked: Arguments = _NOTHING) -> None:
        self._inner = inner
        self._ticket = ticket
        self._pieces = pieces
        self._asked = asked
        self._ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _both(self) -> tuple[Any, ...]:
        """Give what is to be closed: the iterator, and behind it what may hold a connection."""
        return (self._iterator,) if self._iterator is self._inner else (self._iterator, self._inner)

    def paused(self, ns: int) -> None:
        """Leave out so many nanoseconds, in which a delay was injected."""
        self._ticket.paused(ns)

    def _completed(self) -> None:
        self._ended = True
        found = getattr(self._inner, "completion", None)
        end = found if isinstance(found, Completion) else self._pieces.to_end(self._ticket.pieces, self._asked)
        self._ticket.complete(end)

    def _kept(self, piece: Any) -> Any:
        self._ticket.piece(piece if isinstance(piece, Completion) else self._pieces.to_plain(piece))
        return piece

    def _failed(self, error: Exception) -> None:
        self._ended = True
        self._ticket.fail(error)

    def _closed(self) -> None:
        if not self._ended:
            self._ended = True
            self._ticket.close()


class RecordingStream(_Passing):
    """Passes a provider's pieces through, unbuffered, and keeps them."""

    def __init__(
        self, inner: Iterable[Any], ticket: StreamTicket, pieces: Pieces = _PLAIN, asked: Arguments = _NOTHING
    ) -> None:
        super().__init__(inner, ticket, pieces, asked)
        self._iterator = iter(inner)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        try:
            with inside(own_threads=True):
                piece = next(self._iterator)
        except StopIteration:
            self._completed()
            raise
        except Exception as error:
            self._failed(error)
            raise
        return self._kept(piece)

    def close(self) -> None:
        """Want no more; what came is kept."""
        self._closed()
        for one in self._both():
            close = getattr(one, "close", None)
            if close is not None:
                close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncRecordingStream(_Passing):
    """The same for an async provider."""

    def __init__(self, inner: Any, ticket: StreamTicket, pieces: Pieces = _PLAIN, asked: Arguments = _NOTHING) -> None:
        super().__init__(inner, ticket, pieces, asked)
        self._iterator = aiter(inner)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            with inside(own_threads=True):
                piece = await anext(self._iterator)
        except StopAsyncIteration:
            self._completed()
            raise
        except Exception as error:
            self._failed(error)
            raise
        return self._kept(piece)

    async def aclose(self) -> None:
        """Want no more; what came is kept."""
        self._closed()
        for one in self._both():
            close = getattr(one, "aclose", None) or getattr(one, "close", None)
            if close is not None:
                closing = close()
                if inspect.isawaitable(closing):
                    await closing

    close = aclose
    """The name it has in the SDKs."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Playing:
    """What the sync and the async played stream share."""

    def __init__(
        self,
        stream: Stream,
        gaps: tuple[int, ...],
        *,
        pace: float,
        clock: Clock,
        rebuild: Callable[[Failure], Exception],
        refuse: Callable[[int], Exception],
        pieces: Pieces = _PLAIN,
        asked: Arguments = _NOTHING,
    ) -> None:
        self._pieces = list(stream.pieces())
        self._form = pieces
        self._asked = asked
        self._told = False
        if stream.yielded is not None:
            self._pieces.append(stream.yielded)
        self._end = stream.end
        self._gaps = gaps
        self._pace = pace
        self._clock = clock
        self._rebuild = rebuild
        self._refuse = refuse
        self._at = 0
        self._closed = False

    @property
    def completion(self) -> Completion:
        """
        What the stream came to, once it has been read to its end.

        Raises:
            UsageError: Pieces are left, or the stream did not end in a completion.
        """
        if isinstance(self._end, Completion) and self._at >= len(self._pieces):
            return self._end
        raise UsageError("this stream has no completion yet", hint="read it to its end first")

    def paused(self, ns: int) -> None:
        """Take note of an injected delay: a recorded stream has its own times."""

    def _wait(self) -> float:
        """Give the seconds to wait before the next piece."""
        if not self._pace or self._closed or self._at >= len(self._gaps):
            return 0.0
        return self._gaps[self._at] * self._pace / 1000

    def _next(self) -> Any:
        """Give the next piece, ``_MISSING`` at an orderly end."""
        if self._closed:
            return _MISSING
        if self._at < len(self._pieces):
            self._at += 1
            piece = self._pieces[self._at - 1]
            return piece if isinstance(piece, Completion) else self._form.from_plain(piece)
        if isinstance(self._end, Failure):
            raise self._rebuild(self._end)
        if self._end is None:
            raise self._refuse(len(self._pieces))
        if not self._told:
            self._told = True
            self._form.at_end(self._end, self._asked)
        return _MISSING


class PlayedStream(_Playing):
    """A recorded stream, piece by piece with its boundaries."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        wait = self._wait()
        if wait:
            self._clock.sleep(wait)
        piece = self._next()
        if piece is _MISSING:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Want no more."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncPlayedStream(_Playing):
    """The same for async consumers."""

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        wait = self._wait()
        if wait:
            await self._clock.sleep_async(wait)
        piece = self._next()
        if piece is _MISSING:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Want no more."""
        self._closed = True

    close = aclose
    """The name it has in the SDKs."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
