"""One way to ask in tests, whatever the library and whether it is awaited."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any, NamedTuple

import pytest

LIBRARIES = ("httpx", "httpx2")
SHAPES = ("sync", "async")


def library_named(name: str) -> ModuleType:
    """Give a library; the test is skipped where it is not installed."""
    return (
        pytest.importorskip(name, reason=f"{name} is not installed")
        if name != "httpx"
        else importlib.import_module(name)
    )


class Seen(NamedTuple):
    """Everything a client can see of an answer."""

    status: int
    reason: str
    http: str
    headers: tuple[tuple[bytes, bytes], ...]
    pieces: tuple[bytes, ...]
    content: bytes
    error: tuple[str, str] | None = None


class Caller:
    """Asks with one library, sync or async, in the same words."""

    def __init__(self, library: ModuleType, shape: str) -> None:
        self.library = library
        self.shape = shape

    def __repr__(self) -> str:
        return f"{self.library.__name__} {self.shape}"

    def client(self, **options: Any) -> Any:
        """Make a client; without a store of certificates, which takes long to read and none of these servers has."""
        cls = self.library.Client if self.shape == "sync" else self.library.AsyncClient
        return cls(**{"verify": False, "timeout": 5.0, **options})

    @asynccontextmanager
    async def opened(self, url: str, method: str = "GET", client: Any = None, **options: Any) -> AsyncIterator[Any]:
        """Open a streamed answer with an ``anext`` for its pieces and an ``aclose``."""
        own = self.client() if client is None else client
        try:
            if self.shape == "sync":
                with own.stream(method, url, **options) as response:
                    yield _Reading(response, iter(response.iter_raw()))
            else:
                async with own.stream(method, url, **options) as response:
                    yield _ReadingAsync(response, aiter(response.aiter_raw()))
        finally:
            if client is None:
                await self.close(own)

    async def close(self, client: Any) -> None:
        """Close a client."""
        if self.shape == "sync":
            client.close()
        else:
            await client.aclose()

    async def ask(self, url: str, method: str = "GET", client: Any = None, **options: Any) -> Seen:
        """Ask, read to the end, and give all there is to see; an error of the library's too."""
        pieces: list[bytes] = []
        response: Any = None
        error: tuple[str, str] | None = None
        try:
            async with self.opened(url, method, client, **options) as reading:
                response = reading.response
                async for piece in reading:
                    pieces.append(piece)  # noqa: PERF401 - what came before an error is kept
        except self.library.TransportError as caught:
            error = (type(caught).__name__, str(caught))
        if response is None:
            return Seen(0, "", "", (), (), b"", error)
        headers = tuple(response.headers.raw)
        content = b"" if error else self.library.Response(200, headers=headers, content=b"".join(pieces)).content
        return Seen(
            response.status_code, response.reason_phrase, response.http_version, headers, tuple(pieces), content, error
        )

    async def get(self, url: str, method: str = "GET", client: Any = None, **options: Any) -> Any:
        """Ask as most programs do, and give the library's own answer; its exceptions are raised."""
        own = self.client() if client is None else client
        try:
            return (
                own.request(method, url, **options)
                if self.shape == "sync"
                else await own.request(method, url, **options)
            )
        finally:
            if client is None:
                await self.close(own)


class _Reading:
    def __init__(self, response: Any, pieces: Any) -> None:
        self.response = response
        self._pieces = pieces

    def __aiter__(self) -> _Reading:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return bytes(piece)
        raise StopAsyncIteration

    async def close(self) -> None:
        self.response.close()


class _ReadingAsync:
    def __init__(self, response: Any, pieces: Any) -> None:
        self.response = response
        self._pieces = pieces

    def __aiter__(self) -> _ReadingAsync:
        return self

    async def __anext__(self) -> bytes:
        return bytes(await anext(self._pieces))

    async def close(self) -> None:
        await self.response.aclose()


def callers() -> Callable[[Any], Any]:
    """Run a test with every library that is there, sync and async."""
    return pytest.mark.parametrize(
        "caller", [(library, shape) for library in LIBRARIES for shape in SHAPES], ids=" ".join, indirect=True
    )
