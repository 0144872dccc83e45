"""
The edge to httpx and httpx2, which are alike and share no class: one implementation, the library a parameter.

``HTTPTransport.handle_request`` and its async twin are replaced for the time of a session; what sends without them
(``MockTransport``, ``ASGITransport``, ``WSGITransport``) is not touched, so an app under test runs.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

from playhead.core.wire import WireError
from playhead.dialects.errors import usual_reason
from playhead.engine.faults import FaultKind
from playhead.sessions.inside import inside
from playhead.sessions.session import Session
from playhead.wire.exchange import Live, Played, begin, let_websocket_by
from playhead.wire.finding import session_for
from playhead.wire.guard import leads_nowhere
from playhead.wire.injecting import BROKEN
from playhead.wire.replacing import Function, Replacements
from playhead.wire.vcr_beside import beneath_vcr

KINDS = {
    "ConnectTimeout": "connect-timeout",
    "ReadTimeout": "read-timeout",
    "WriteTimeout": "write-timeout",
    "PoolTimeout": "pool-timeout",
    "TimeoutException": "timeout",
    "ConnectError": "connect",
    "ReadError": "read",
    "WriteError": "write",
    "CloseError": "write",
    "NetworkError": "read",
    "ProxyError": "proxy",
    "RemoteProtocolError": "protocol",
    "LocalProtocolError": "protocol",
    "ProtocolError": "protocol",
    "UnsupportedProtocol": "other",
    "TransportError": "other",
}
"""The library's exceptions with what each means to other libraries; the first of a kind stands for it."""

_CLASS_OF_KIND = {kind: name for name, kind in reversed(KINDS.items())} | {
    "tls": "ConnectError",
    "other": "TransportError",
}


class _Recording:
    """Relays a body piece by piece, unbuffered, and keeps what passed."""

    def __init__(self, inner: Any, live: Live, library: ModuleType) -> None:
        self._inner = inner
        self._live = live
        self._errors: type[Exception] = library.TransportError

    def __iter__(self) -> Iterator[bytes]:
        live = self._live
        try:
            for piece in self._inner:
                live.piece(piece)
                yield piece
        except self._errors as error:
            live.fail(error, kind_of(error))
            raise
        live.end()

    def close(self) -> None:
        try:
            self._live.leave()
        finally:
            self._inner.close()


class _RecordingAsync:
    """The same for async clients."""

    def __init__(self, inner: Any, live: Live, library: ModuleType) -> None:
        self._inner = inner
        self._live = live
        self._errors: type[Exception] = library.TransportError

    async def __aiter__(self) -> AsyncIterator[bytes]:
        live = self._live
        try:
            async for piece in self._inner:
                live.piece(piece)
                yield piece
        except self._errors as error:
            live.fail(error, kind_of(error))
            raise
        live.end()

    async def aclose(self) -> None:
        try:
            self._live.leave()
        finally:
            await self._inner.aclose()


class _PlayedStream:
    """A recorded body, for sync and async clients."""

    def __init__(self, played: Played, library: ModuleType, patience: float | None = None) -> None:
        self._played = played
        self._library = library
        self._patience = patience

    def whole(self) -> bytes:
        return self._played.answer.content()

    def __iter__(self) -> Iterator[bytes]:
        played = self._played
        for index, piece in enumerate(played.answer.pieces):
            if played.gaps:
                if index and played.breaks_at(index, self._patience):
                    played.clock.sleep(self._patience or 0)
                    raise error_of(_TOO_LATE, self._library)
                played.clock.sleep(played.wait_before(index))
            yield piece
        _end(played, self._library)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        played = self._played
        for index, piece in enumerate(played.answer.pieces):
            if played.gaps:
                if index and played.breaks_at(index, self._patience):
                    await played.clock.sleep_async(self._patience or 0)
                    raise error_of(_TOO_LATE, self._library)
                await played.clock.sleep_async(played.wait_before(index))
            yield piece
        _end(played, self._library)


class Streams(NamedTuple):
    """The stream classes of one library, which wants its own base classes."""

    recording: type[Any]
    recording_async: type[Any]
    played: type[Any]


@functools.cache
def streams_of(library: ModuleType) -> Streams:
    """Make the stream classes of a library."""
    sync, asynchronous = library.SyncByteStream, library.AsyncByteStream
    return Streams(
        type("RecordingStream", (_Recording, sync), {}),
        type("AsyncRecordingStream", (_RecordingAsync, asynchronous), {}),
        type("PlayedStream", (_PlayedStream, sync, asynchronous), {}),
    )


def _end(played: Played, library: ModuleType) -> None:
    if played.answer.error is not None:
        raise error_of(played.answer.error, library)
    if played.answer.left:
        raise played.past_end()


def kind_of(error: Exception) -> str:
    """Say in a word what an exception of the library means."""
    for cls in type(error).__mro__:
        if cls.__name__ in KINDS:
            kind = KINDS[cls.__name__]
            return "tls" if kind == "connect" and "SSL" in str(error) else kind
    return "other"


def error_of(error: WireError, library: ModuleType, request: Any = None) -> Exception:
    """Make the library's exception of a recorded one, its own class where it is one of the library's."""
    module, _, name = error.type.rpartition(".")
    cls: Any = getattr(library, name, None) if module.partition(".")[0] in ("httpx", "httpx2") else None
    if not (isinstance(cls, type) and issubclass(cls, library.TransportError)):
        cls = getattr(library, _CLASS_OF_KIND.get(error.kind, "TransportError"), library.TransportError)
    made: Exception = cls(error.message)
    if request is not None:
        made.request = request  # type: ignore[attr-defined]
    return made


class _Sent:
    """The library's request; its URL as a text and its headers take it longer than the rest together."""

    __slots__ = ("_request", "body", "method", "path", "query")

    def __init__(self, request: Any, body: bytes) -> None:
        self._request = request
        self.body = body
        self.method: str = request.method
        self.path, _, self.query = request.url.raw_path.decode("ascii").partition("?")

    @property
    def url(self) -> str:
        return str(self._request.url)

    @property
    def content_type(self) -> str:
        return str(self._request.headers.get("content-type", ""))


_TOO_LATE = BROKEN[FaultKind.TIMEOUT]


def _patience(request: Any) -> float | None:
    """Give the seconds without a byte after which the client gives up; ``None`` where it never does."""
    limit = request.extensions.get("timeout", {}).get("read")
    return None if limit is None else float(limit)


def _answer(played: Played, request: Any, library: ModuleType) -> Any:
    answer = played.answer
    if answer.status == 0 and answer.error is not None:
        raise error_of(answer.error, library, request)
    cls = library.Response
    if answer.error is None and not (answer.left or played.gaps or answer.header("content-encoding")):
        cls = whole_response(library)
    # Only an answer that is waited for can come too late.
    stream = streams_of(library).played(played, library, _patience(request) if played.gaps else None)
    response = cls(
        answer.status,
        headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers],
        stream=stream,
        extensions={
            "http_version": answer.http.encode("ascii"),
            **({"reason_phrase": answer.reason.encode("latin-1")} if answer.reason else {}),
        },
        request=request,
    )
    if cls is not library.Response:
        response._played = stream
    return response


class _Whole:
    """
    An answer whose body is at hand: one that is read at once skips 25 us of streaming.

    It is mixed into the library's response, and is nothing but that as soon as anything is read.
    """

    _plain: Any

    def read(self: Any) -> Any:
        if self._at_once():
            self.close()
        return self.read()

    async def aread(self: Any) -> Any:
        if self._at_once():
            await self.aclose()
        return await self.aread()

    def iter_raw(self: Any, chunk_size: int | None = None) -> Any:
        self._become_plain()
        return self.iter_raw(chunk_size)

    def aiter_raw(self: Any, chunk_size: int | None = None) -> Any:
        self._become_plain()
        return self.aiter_raw(chunk_size)

    def _at_once(self: Any) -> bool:
        played = self._become_plain()
        # A transport round ours may have put a stream of its own round the answer's.
        if self.is_closed or getattr(self.stream, "_stream", self.stream) is not played:
            return False
        self.is_stream_consumed = True
        self._content = played.whole()
        self._num_bytes_downloaded = len(self._content)
        return True

    def _become_plain(self: Any) -> Any:
        self.__class__ = self._plain
        return self.__dict__.pop("_played")


@functools.cache
def whole_response(library: ModuleType) -> Any:
    """Give the class of an answer whose body is at hand; the library's own where a release keeps contents elsewhere."""
    plain: Any = library.Response
    probe: dict[str, Any] = plain(200, content=b"content").__dict__
    if probe.get("_content") != b"content" or type(probe.get("_num_bytes_downloaded")) is not int:
        return plain
    return type("WholeResponse", (_Whole, plain), {"_plain": plain})


def note_head(live: Live, response: Any) -> list[tuple[str, str]]:
    """Have an exchange take an answer's status and headers, and give the headers."""
    raw: list[tuple[bytes, bytes]] = response.headers.raw
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
    version: bytes = response.extensions.get("http_version", b"HTTP/1.1")
    reason: bytes = response.extensions.get("reason_phrase", b"")
    words = reason.decode("latin-1")
    live.head(
        response.status_code,
        headers,
        reason="" if words == usual_reason(response.status_code) else words,
        http=version.decode("ascii", "replace"),
    )
    return headers


def _was_read(response: Any, live: Live) -> bool:
    """Record an answer that comes with its whole body, as a mock's does; nobody will iterate it."""
    if not response.is_stream_consumed:
        return False
    for piece in response.stream:
        live.piece(piece)
    live.end()
    return True


def _is_websocket(request: Any) -> bool:
    return request.method == "GET" and str(request.headers.get("upgrade", "")).lower() == "websocket"


def handle(session: Session, library: ModuleType, request: Any, send: Callable[[Any], Any]) -> Any:
    """
    Let a request pass through a session.

    Args:
        session: The session.
        library: ``httpx`` or ``httpx2``.
        request: The library's request.
        send: Sends it as it would have been.
    """
    if _is_websocket(request):
        let_websocket_by(session, str(request.url), request.url.host)
        return send(request)
    step = begin(session, _Sent(request, request.read()))
    if isinstance(step, Played):
        if step.gaps and step.breaks_at(0, patience := _patience(request)):
            step.clock.sleep(patience or 0)
            raise error_of(_TOO_LATE, library, request)
        return _answer(step, request, library)
    try:
        with inside():
            response = send(request)
    except library.TransportError as error:
        step.fail(error, kind_of(error))
        raise
    except BaseException:
        step.forget()
        raise
    note_head(step, response)
    if not _was_read(response, step):
        response.stream = streams_of(library).recording(response.stream, step, library)
    return response


async def handle_async(
    session: Session, library: ModuleType, request: Any, send: Callable[[Any], Awaitable[Any]]
) -> Any:
    """Let a request pass through a session; the same for async clients."""
    if _is_websocket(request):
        let_websocket_by(session, str(request.url), request.url.host)
        return await send(request)
    step = begin(session, _Sent(request, await request.aread()))
    if isinstance(step, Played):
        if step.gaps and step.breaks_at(0, patience := _patience(request)):
            await step.clock.sleep_async(patience or 0)
            raise error_of(_TOO_LATE, library, request)
        return _answer(step, request, library)
    try:
        with inside():
            response = await send(request)
    except library.TransportError as error:
        step.fail(error, kind_of(error))
        raise
    except BaseException:
        step.forget()
        raise
    note_head(step, response)
    if not _was_read(response, step):
        response.stream = streams_of(library).recording_async(response.stream, step, library)
    return response


class Patch(Replacements):
    """The replacement of a library's two transports, put in and taken out as sessions come and go."""

    def __init__(self, library: ModuleType) -> None:
        super().__init__()
        self.library = library

    def put_in(self) -> None:
        """Catch the library's requests; what stands there now, a mock of somebody's too, is what sends."""
        library = self.library
        self.replace(library.HTTPTransport, "handle_request", self._caught)
        self.replace(library.AsyncHTTPTransport, "handle_async_request", self._caught_async)
        self.replace(getattr(library, "_client", None), "get_environment_proxies", _proxies_unless_dead)

    def _caught(self, sync: Function) -> Function:
        # A cassette of vcrpy's that was opened before would record as well what a session sends.
        library, send = self.library, beneath_vcr(sync)

        def handle_request(transport: Any, request: Any) -> Any:
            session = session_for(request.url)
            if session is None:
                return sync(transport, request)
            return handle(session, library, request, functools.partial(send, transport))

        return handle_request

    def _caught_async(self, asynchronous: Function) -> Function:
        library, send = self.library, beneath_vcr(asynchronous)

        async def handle_async_request(transport: Any, request: Any) -> Any:
            session = session_for(request.url)
            if session is None:
                return await asynchronous(transport, request)
            return await handle_async(session, library, request, functools.partial(send, transport))

        return handle_async_request


def _proxies_unless_dead(original: Function) -> Function:
    # Proxies that lead nowhere are for other clients: these would make a TLS context for each, 20 ms apiece.
    def proxies() -> Any:
        return {} if leads_nowhere() else original()

    return proxies
