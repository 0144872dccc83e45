"""A transport to give to a client by hand: ``http_client=httpx.Client(transport=playhead.transport())``."""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType
from typing import Any

from playhead.errors import MissingDependencyError, UsageError
from playhead.sessions.inside import is_inside
from playhead.sessions.session import Session
from playhead.wire.finding import is_ignored, session_for
from playhead.wire.httpx_edge import handle, handle_async

_LIBRARIES = ("httpx", "httpx2")


def transport(session: Session | None = None, *, inner: Any = None, library: str | ModuleType = "httpx") -> Any:
    """
    Give a transport whose requests pass through a session, for sync and async clients of one library.

    It records what the inner transport answers, whatever that is: an app under test by ``ASGITransport`` or a
    ``MockTransport`` too, which are left alone otherwise.

    Args:
        session: The session; where it is left out, the one that is open where a request is made, and where none is
            open the request passes by.
        inner: What sends; the library's own transport where it is left out, made when it is first needed.
        library: ``httpx`` or ``httpx2``, by name or as a module.

    Raises:
        UsageError: The library is neither.
        MissingDependencyError: It is not installed.
    """
    return _transport_class(_library(library))(session, inner)


def _library(library: str | ModuleType) -> ModuleType:
    name = library if isinstance(library, str) else library.__name__
    if name not in _LIBRARIES:
        raise UsageError(f"{name!r} is no library with transports of this kind", hint="'httpx' or 'httpx2'")
    if isinstance(library, ModuleType):
        return library
    try:
        return sys.modules.get(name) or importlib.import_module(name)
    except ImportError:
        raise MissingDependencyError(name, purpose="a transport") from None


class _Transport:
    """What a transport does, whichever library's it is."""

    library: ModuleType

    def __init__(self, session: Session | None, inner: Any) -> None:
        self._session = session
        self._inner = inner
        self._inner_async = inner

    def __repr__(self) -> str:
        return f"<playhead transport of {self.library.__name__} in {self._session!r}>"

    def _found(self, request: Any) -> Session | None:
        if self._session is not None and not is_inside():
            return None if is_ignored(self._session, request.url) else self._session
        return session_for(request.url)

    def handle_request(self, request: Any) -> Any:
        session = self._found(request)
        return self._send(request) if session is None else handle(session, self.library, request, self._send)

    async def handle_async_request(self, request: Any) -> Any:
        session = self._found(request)
        if session is None:
            return await self._send_async(request)
        return await handle_async(session, self.library, request, self._send_async)

    def _send(self, request: Any) -> Any:
        if self._inner is None:
            self._inner = self.library.HTTPTransport()
        return self._inner.handle_request(request)

    async def _send_async(self, request: Any) -> Any:
        if self._inner_async is None:
            self._inner_async = self.library.AsyncHTTPTransport()
        return await self._inner_async.handle_async_request(request)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()

    async def aclose(self) -> None:
        if self._inner_async is not None:
            await self._inner_async.aclose()


@functools.cache
def _transport_class(library: ModuleType) -> type[Any]:
    return type("Transport", (_Transport, library.BaseTransport, library.AsyncBaseTransport), {"library": library})
