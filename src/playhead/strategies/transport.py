"""
The wire seam under a script: a transport for httpx and httpx2, so that a vendor's SDK parses what comes.

    openai.OpenAI(http_client=httpx2.Client(transport=run.transport("httpx2")), max_retries=0)
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import chain, repeat
from types import ModuleType
from typing import TYPE_CHECKING, Any

from playhead.core.wire import Answer
from playhead.errors import Exhausted, MissingDependencyError, UsageError
from playhead.strategies.replies import Reply, reply_to
from playhead.wire.exchange import Sent, read_sent
from playhead.wire.httpx_edge import error_of

if TYPE_CHECKING:
    from playhead.strategies.performance import Performance

_LIBRARIES = ("httpx", "httpx2")


class _Body:
    """The body of a reply, for sync and async clients; its library's base classes stand beside it."""

    library: ModuleType

    def __init__(self, reply: Reply, performance: Performance) -> None:
        self._answer: Answer = reply.answer
        self._gaps = reply.gaps
        self._performance = performance

    def __iter__(self) -> Iterator[bytes]:
        for piece, wait in self._pieces():
            if wait:
                self._performance.clock.sleep(wait)
            yield piece
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece, wait in self._pieces():
            if wait:
                await self._performance.clock.sleep_async(wait)
            yield piece
        self._end()

    def _pieces(self) -> Iterator[tuple[bytes, float]]:
        return zip(self._answer.pieces, chain(self._gaps, repeat(0.0)), strict=False)

    def _end(self) -> None:
        if self._answer.error is not None:
            raise error_of(self._answer.error, self.library)
        if self._answer.left:
            raise self._performance.refused(
                Exhausted(
                    f"this answer was recorded up to piece {len(self._answer.pieces)}, where its consumer stopped",
                    hint="record it with a consumer that reads to the end",
                )
            )


class _Transport:
    """What the transport does, whichever library's it is."""

    library: ModuleType
    body: type[Any]

    def __init__(self, performance: Performance) -> None:
        self._performance = performance

    def __repr__(self) -> str:
        return f"<transport of {self.library.__name__} in {self._performance!r}>"

    def handle_request(self, request: Any) -> Any:
        reply = self._reply(request, request.read())
        if reply.before:
            self._performance.clock.sleep(reply.before)
        return self._response(reply, request)

    async def handle_async_request(self, request: Any) -> Any:
        reply = self._reply(request, await request.aread())
        if reply.before:
            await self._performance.clock.sleep_async(reply.before)
        return self._response(reply, request)

    def _reply(self, request: Any, body: bytes) -> Reply:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        content_type = str(request.headers.get("content-type", ""))
        read = read_sent(Sent(request.method, str(request.url), path, query, body, content_type))
        step = self._performance.step(read.request, read.provider, stream=read.stream, wire=True)
        patience = request.extensions.get("timeout", {}).get("read")
        return reply_to(step, read, patience=patience)

    def _response(self, reply: Reply, request: Any) -> Any:
        library, answer = self.library, reply.answer
        if answer.status == 0 and answer.error is not None:
            raise error_of(answer.error, library, request)
        return library.Response(
            answer.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers],
            stream=self.body(reply, self._performance),
            extensions={"http_version": answer.http.encode("ascii")},
            request=request,
        )

    def close(self) -> None:
        """Hold nothing."""

    async def aclose(self) -> None:
        """Hold nothing."""


@functools.cache
def _transport_class(library: ModuleType) -> type[Any]:
    body = type("ScriptedBody", (_Body, library.SyncByteStream, library.AsyncByteStream), {"library": library})
    bases = (_Transport, library.BaseTransport, library.AsyncBaseTransport)
    return type("ScriptedTransport", bases, {"library": library, "body": body})


def scripted_transport(performance: Performance, library: str | ModuleType) -> Any:
    """
    Give a transport that answers as a script says, for sync and async clients of one library.

    Args:
        performance: The run.
        library: ``httpx`` or ``httpx2``, by name or as a module.

    Raises:
        UsageError: The library is neither.
        MissingDependencyError: It is not installed.
    """
    name = library if isinstance(library, str) else library.__name__
    if name not in _LIBRARIES:
        raise UsageError(f"{name!r} is no library with transports of this kind", hint="'httpx' or 'httpx2'")
    if isinstance(library, str):
        try:
            library = sys.modules.get(name) or importlib.import_module(name)
        except ImportError:
            raise MissingDependencyError(name, purpose="a transport") from None
    return _transport_class(library)(performance)
