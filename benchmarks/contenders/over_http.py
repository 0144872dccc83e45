"""A recorder of HTTP with a client in front of it, raw or a vendor's SDK; a mock stands for the vendor's server."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.contenders.answers import text_of
from benchmarks.contenders.base import Asked, Reader, Recorded, asked_of
from benchmarks.contenders.http_tools import Tool, tool

if TYPE_CHECKING:
    from benchmarks.workloads.calls import Exchange
    from playhead import ManualClock

CLIENTS = ("httpx", "httpx2", "openai")


class Mock:
    """A handler of ``MockTransport`` that answers with the exchange it was told to."""

    def __init__(self, library: ModuleType, clock: ManualClock | None = None) -> None:
        self.exchange: Exchange | None = None
        self._response: Any = library.Response
        self._chunks = type("Chunks", (_Chunks, library.SyncByteStream), {"clock": clock})

    def __call__(self, request: Any) -> Any:  # noqa: ARG002 - the shape of a handler
        """Answer."""
        exchange = self.exchange
        assert exchange is not None
        if exchange.chunks:
            return self._response(200, headers=exchange.response_headers, stream=self._chunks(exchange))
        return self._response(200, headers=exchange.response_headers, content=exchange.response)


class _Chunks:
    """A body as the network cut it."""

    clock: ManualClock | None

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        clock = self.clock
        for chunk, gap in zip(self._exchange.chunks, self._exchange.gaps_ms, strict=True):
            if clock is not None:
                clock.sleep(gap / 1000)
            yield chunk


class Client(Protocol):
    """A client of one kind, made and ready to ask."""

    def ask(self, asked: Asked) -> Any:
        """Make a call, and give what the client gives for the whole of its answer."""
        ...

    def text(self, asked: Asked) -> str:
        """Make a call, and give the text of its answer."""
        ...

    def pieces(self, asked: Asked) -> list[bytes]:
        """Make a call whose answer is read as it comes, content encoding and all."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class _Raw:
    """httpx or httpx2 alone."""

    def __init__(self, library: ModuleType, transport: Any) -> None:
        self._client: Any = library.Client(transport=transport) if transport is not None else library.Client()
        self._post = self._client.post

    def ask(self, asked: Asked) -> Any:
        """Give the body's bytes."""
        return self._post(asked.url, content=asked.body, headers=asked.headers).content

    def text(self, asked: Asked) -> str:
        """Read the text of a chat answer."""
        return text_of(self.ask(asked))

    def pieces(self, asked: Asked) -> list[bytes]:
        """Give the pieces as they came; a recorder that has read all of an answer leaves one."""
        with self._client.stream("POST", asked.url, content=asked.body, headers=asked.headers) as response:
            return [response.read()] if response.is_stream_consumed else list(response.iter_raw())

    def close(self) -> None:
        """Close the client."""
        self._client.close()


class _OpenAI:
    """OpenAI's SDK, which asks and reads by itself."""

    def __init__(self, transport: Any) -> None:
        openai: Any = importlib.import_module("openai")
        given: dict[str, Any] = {}
        if transport is not None:
            given["http_client"] = openai.DefaultHttpxClient(transport=transport)
        self._client: Any = openai.OpenAI(api_key="unused-in-benchmarks", **given)
        self._create = self._client.chat.completions.create

    def ask(self, asked: Asked) -> Any:
        """Give the SDK's completion."""
        request = asked.request
        return self._create(
            model=request.model,
            messages=list(request.messages or ()),
            temperature=request.temperature,
            max_tokens=request.max_tokens,
        )

    def text(self, asked: Asked) -> str:
        """Read the text of a chat answer."""
        return str(self.ask(asked).choices[0].message.content)

    def pieces(self, asked: Asked) -> list[bytes]:
        """Not asked for."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the client."""
        self._client.close()


def library_of(client: str) -> ModuleType:
    """
    Give the HTTP library below a client.

    Raises:
        ImportError: The client is not installed.
    """
    if client != "openai":
        return importlib.import_module(client)
    # Today's openai stands on httpx2, earlier ones on httpx; its default client says which.
    base: Any = importlib.import_module("openai").DefaultHttpxClient
    found = next(cls.__module__.partition(".")[0] for cls in base.__mro__ if cls.__module__.startswith("httpx"))
    return importlib.import_module(found)


def make_client(client: str, transport: Any = None) -> Client:
    """Make a client that sends by a transport, its own where none is given."""
    return _OpenAI(transport) if client == "openai" else _Raw(importlib.import_module(client), transport)


class _Playing:
    """An open block and a client in it."""

    def __init__(self, block: AbstractContextManager[Any], client: Client) -> None:
        self._block = block
        self._client = client
        block.__enter__()

    def answer(self, asked: Asked) -> str:
        """Make a call."""
        return self._client.text(asked)

    def close(self) -> None:
        """Leave the block."""
        self._block.__exit__(None, None, None)


class OverHttp:
    """One tool with one client, which is made before anything is opened, as a program's is."""

    syncs = False

    def __init__(self, name: str, tool_name: str, client: str) -> None:
        self.name = name
        self.tool: Tool = tool(tool_name)
        self.file_name = self.tool.file_name
        self.whole_file = self.tool.searches
        self._client_name = client
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """The client, made when it is first asked for."""
        if self._client is None:
            self._client = make_client(self._client_name)
        return self._client

    def preload(self) -> None:
        """Import what is needed and make the client."""
        library_of(self._client_name)
        self.tool.preload()
        assert self.client

    def record(
        self,
        folder: Path,
        calls: Iterable[Recorded],
        *,
        fsync: bool = False,
        clock: ManualClock | None = None,
    ) -> None:
        """Record what a mock answers."""
        assert not fsync
        library = library_of(self._client_name)
        mock = Mock(library, clock)
        transport = library.MockTransport(mock)
        with self.tool.recording(folder / self.file_name, clock):
            client = make_client(self._client_name, self.tool.around(library, transport))
            ask_all(client, mock, calls)
            client.close()

    def open(self, folder: Path) -> Reader:
        """Enter the block."""
        return _Playing(self.tool.replaying(folder / self.file_name), self.client)


class _Answered:
    """A client whose calls a mock answers."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def answer(self, asked: Asked) -> str:
        """Make a call."""
        return self._client.text(asked)

    def close(self) -> None:
        """Nothing was opened."""


class Mocked:
    """A client in front of a mock that answers with the first chat call: nothing to open, nothing recorded."""

    syncs = False
    whole_file = False

    def __init__(self, name: str, client: str) -> None:
        self.name = name
        self._client_name = client
        self._client: Client | None = None

    def preload(self) -> None:
        """Make the client and the answer."""
        from benchmarks.workloads.chat import chat_call

        library = library_of(self._client_name)
        mock = Mock(library)
        mock.exchange = chat_call(0).exchange
        self._client = make_client(self._client_name, library.MockTransport(mock))

    def record(self, folder: Path, calls: Iterable[Recorded], *, fsync: bool = False) -> None:
        """Nothing is kept."""

    def open(self, folder: Path) -> Reader:  # noqa: ARG002 - one shape for all
        """Give the client."""
        assert self._client is not None
        return _Answered(self._client)


def ask_all(client: Client, mock: Mock, calls: Iterable[Recorded]) -> None:
    """Make calls that a mock answers."""
    for call in calls:
        mock.exchange = exchange = call.exchange
        if exchange.chunks:
            client.pieces(asked_of(call))
        else:
            client.ask(asked_of(call))
