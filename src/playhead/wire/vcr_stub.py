"""
vcrpy's stub, laid over one connection of ``http.client``'s for the time of one request.

What the client writes is gathered; when it is whole the session is asked. A recorded answer is written out as the bytes
it came in and read by the client's own code, from a socket that is none: chunked, compressed, cut short or broken, it
is what the client makes of the same bytes again, one chunk at a time. An answer from the server is read by the client
as ever, from its own socket, with our ear at it: nothing is buffered, and a consumer may leave an endless one.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import vcr.request
import vcr.stubs

from playhead.core.wire import WireError, header_in
from playhead.errors import RecordingError, ReplayRefused
from playhead.sessions.inside import inside
from playhead.sessions.session import Session
from playhead.wire.exchange import Live, Played, Sent, begin
from playhead.wire.framing import AnswerBytes, Asked, RequestBytes, written
from playhead.wire.socket_errors import TUNNEL_FAILED, Phase, beneath, comes_before_answer, error_of, kind_of
from playhead.wire.vcr_bridge import STUB, Originals

_VcrStub: Any = vcr.stubs.VCRHTTPConnection
_VcrSocket: Any = vcr.stubs.VCRFakeSocket
_VcrRequest: Any = vcr.request.Request


class SessionCassette:
    """What stands where vcrpy's stubs expect a cassette: the session that each request is of."""

    def begin(self, session: Session, request: Any) -> Played | Live:
        """
        Decide what happens to a request of vcrpy's.

        Raises:
            ReplayRefused: It may not go out.
        """
        uri: str = request.uri
        parts = urlsplit(uri)
        return begin(
            session,
            Sent(
                method=request.method.upper(),
                url=parts._replace(fragment="").geturl(),
                path=parts.path or "/",
                query=parts.query,
                body=request.body or b"",
                content_type=request.headers.get("content-type", ""),
            ),
        )


class PlayedFile(io.RawIOBase):
    """The bytes of a recorded answer, as a socket would give them: one piece a read, then its end or its error."""

    def __init__(self, played: Played, method: str, patience: float | None = None) -> None:
        super().__init__()
        self._played = played
        self._segments = _segments(played, method, patience)
        self._rest = memoryview(b"")
        self._broken: Exception | None = None

    @property
    def _sock(self) -> Any:
        # botocore reaches for this one to set a time-out.
        return _VcrSocket()

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Give what is left of a piece, or the next one."""
        if self._broken is not None:
            raise self._broken
        while not self._rest:
            try:
                self._rest = memoryview(next(self._segments))
            except StopIteration:
                return self._end()
            except TimeoutError as error:
                self._broken = error
                raise
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _end(self) -> int:
        answer = self._played.answer
        if answer.error is not None:
            self._broken = error_of(answer.error)
        elif answer.left:
            self._broken = self._played.past_end()
        if self._broken is not None:
            raise self._broken
        return 0


def _segments(played: Played, method: str, patience: float | None) -> Iterator[bytes]:
    answer = played.answer
    if not answer.status:
        return
    parts = written(answer, method)
    if played.gaps:
        _be_patient(played, 0, patience)
    yield parts.head
    for index, piece in enumerate(parts.pieces):
        if played.gaps:
            _be_patient(played, index, patience)
            played.clock.sleep(played.wait_before(index))
        yield piece
    if parts.tail:
        yield parts.tail


def _be_patient(played: Played, index: int, patience: float | None) -> None:
    """Time out as a socket would where a piece comes later than the client waits for it."""
    if played.breaks_at(index, patience):
        played.clock.sleep(patience or 0.0)
        raise TimeoutError("timed out")


class PlayedSocket(_VcrSocket):  # type: ignore[misc]
    """
    vcrpy's socket that is none, with an answer in it.

    It stands in for the connection's own, which may be alive from before the session and is put back afterwards.
    """

    def __init__(self, played: Played | None, method: str, beneath: Any, patience: object = None) -> None:
        self.beneath = beneath
        self._played = played
        self._method = method
        self.settimeout(patience)

    def settimeout(self, value: object) -> None:
        """Take the seconds that the client waits for a byte; what is no number waits for ever."""
        self._patience = float(value) if isinstance(value, (int, float)) else None

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """Give the answer's bytes."""
        played = self._played
        raw = io.BytesIO() if played is None else PlayedFile(played, self._method, self._patience)
        return io.BufferedReader(cast("io.RawIOBase", raw))

    def sendall(self, *_: Any) -> None:
        """Send nothing."""

    def shutdown(self, *_: Any) -> None:
        """Shut nothing."""

    def close(self) -> None:
        """Close what it stands in for: the client wants to be rid of the connection."""
        if self.beneath is not None:
            self.beneath.close()
            self.beneath = None


class HeardFile(io.RawIOBase):
    """A connection's own bytes, told to a recording as they are read."""

    def __init__(self, inner: Any, live: Live, answer: AnswerBytes) -> None:
        super().__init__()
        self._inner = inner
        self._live = live
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def fileno(self) -> int:
        """Give the connection's own."""
        return cast("int", self._inner.fileno())

    def readinto(self, buffer: Any, /) -> int | None:
        """Read on, and tell what came."""
        try:
            count: int | None = self._inner.readinto(buffer)
        except Exception as error:
            if self._answer.has_head:
                self._answer.flush()
                self._live.fail(error, kind_of(error, "read"))
            raise
        if count:
            self._heard(bytes(memoryview(buffer)[:count]))
        elif count == 0 and not self._answer.end_of_file() and self._answer.has_head:
            self._live.fail(self._answer.cut_short(), "protocol")
        return count

    def _heard(self, data: bytes) -> None:
        try:
            self._answer.feed(data)
        except ValueError:
            # No HTTP, or a length that is none: the client says so in its own words.
            self._live.fail(self._answer.cut_short(), "protocol")

    def close(self) -> None:
        """Close; where the answer was not whole, its consumer wanted no more."""
        if not self.closed:
            try:
                if self._answer.has_head:
                    self._answer.flush()
                    self._live.leave()
            finally:
                self._inner.close()
                super().close()


class HeardSocket:
    """A connection's socket, for the one purpose that an answer has of it."""

    def __init__(self, inner: Any, live: Live, method: str) -> None:
        self._inner = inner
        self._live = live
        self._method = method

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """Give what is read from the connection."""
        raw = self._inner.makefile("rb", buffering=0)
        return io.BufferedReader(HeardFile(raw, self._live, AnswerBytes(self._method, self._live)))


class Stub(_VcrStub):  # type: ignore[misc]
    """vcrpy's stub, over a connection that is there already."""

    cassette = SessionCassette()

    def __init__(self, connection: Any, session: Session, originals: Originals) -> None:
        self.real_connection = connection
        self._protocol = "https" if connection.default_port == 443 else "http"
        self._session = session
        self._originals = originals
        self._written = RequestBytes()
        self._method = ""
        self._step: Played | Live | None = None
        self._held: Exception | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        # What the stub keeps is no business of the connection beneath, to which vcrpy hands everything on.
        object.__setattr__(self, name, value)

    def _real_host(self) -> str:
        host: str = _VcrStub._real_host(self)  # noqa: SLF001
        return f"[{host}]" if ":" in host and not host.startswith("[") else host

    def _uri(self, url: str) -> str:
        # vcrpy takes what does not start with a slash for a whole URL; "*" is none.
        path = url if "://" in url[:10] or url.startswith("/") else f"/{url}"
        uri: str = _VcrStub._uri(self, path)  # noqa: SLF001
        return uri

    def send(self, data: Any) -> None:
        """Gather what a request writes; ask the session when it is whole."""
        if self._step is not None:
            if isinstance(self._step, Live):
                self._originals.send(self.real_connection, data)
            return
        if getattr(self.real_connection, "_expect_header_set", False):
            # botocore would wait for word that it may go on; it may.
            self.real_connection._expect_header_set = False  # noqa: SLF001
        for piece in _pieces(data, self.real_connection.blocksize):
            self._written.write(piece)
        if self._written.is_whole:
            self._ask()

    def _ask(self) -> None:
        asked = self._written.read()
        self._vcr_request = self._request_of(asked)
        self._method = asked.method.upper()
        connection = self.real_connection
        step = self._step = self.cassette.begin(self._session, self._vcr_request)
        if isinstance(step, Live):
            self._go_out(step)
            return
        error = step.answer.error
        if getattr(connection, "proxy", None) is not None:
            # Else urllib3 blames the proxy, which nobody connected to, for what breaks.
            connection._has_connected_to_proxy = error is None or not _is_of_proxy(error)  # noqa: SLF001
        patience = getattr(connection, "timeout", None)
        connection.sock = PlayedSocket(step, self._method, connection.sock, patience)
        if not step.answer.status and error is not None and comes_before_answer(error):
            made = error_of(error) or ConnectionResetError()
            opened = not error.kind.startswith("connect") and not _is_of_proxy(error)
            self._raise(made if opened else _dressed(connection, made))

    def _request_of(self, asked: Asked) -> Any:
        headers = {"content-type": header_in(asked.headers, "content-type") or ""}
        return _VcrRequest(asked.method, self._uri(asked.target), asked.body, headers)

    def _go_out(self, live: Live) -> None:
        connection, phase = self.real_connection, cast("Phase", "connect")
        try:
            with inside():
                if connection.sock is None and connection.auto_open:
                    connection.connect()
                phase = "write"
                self._originals.send(connection, bytes(self._written.raw))
        except Exception as error:
            if phase == "write" and _is_urllib3(connection) and isinstance(error, ConnectionError):
                # The server may have answered before it had read all; urllib3 looks.
                raise
            raw = beneath(error)
            kind = kind_of(raw, phase)
            if kind == "connect" and raw is error and _is_urllib3(connection):
                kind = "tls"
            elif raw is not error and getattr(connection, "proxy", None) is not None:
                kind = "proxy"
            live.fail(raw, kind)
            self._raise(error)
        except BaseException:
            live.forget()
            raise

    def _raise(self, error: Exception) -> None:
        """Raise what broke the sending where the client is ready for it."""
        if not (_is_urllib3(self.real_connection) and isinstance(error, OSError)):
            raise error
        # urllib3 is ready for it where it opens the connection, which is past, and where it reads the answer.
        self._held = error
        connection = self.real_connection
        if not isinstance(connection.sock, PlayedSocket):
            connection.sock = PlayedSocket(None, self._method, connection.sock)

    def getresponse(self, *_: Any, **__: Any) -> Any:
        """Give the answer: the client's own response, over recorded bytes or over the server's."""
        connection = self.real_connection
        connection.__dict__.pop(STUB, None)
        if self._step is None and self._written.raw:
            self._ask()
        try:
            if self._held is not None:
                raise self._held
            if isinstance(self._step, Live):
                return self._listened(self._step)
            return self._originals.getresponse(connection)
        finally:
            if isinstance(connection.sock, PlayedSocket):
                connection.sock = connection.sock.beneath

    def _listened(self, live: Live) -> Any:
        connection = self.real_connection
        usual, own = connection.response_class, connection.__dict__.get("response_class")

        def response_class(sock: Any, *args: Any, **options: Any) -> Any:
            return usual(HeardSocket(sock, live, self._method), *args, **options)

        connection.response_class = response_class
        try:
            with inside():
                return self._originals.getresponse(connection)
        except (ReplayRefused, RecordingError):
            live.forget()
            raise
        except Exception as error:
            live.fail(error, kind_of(error, "read"))
            raise
        except BaseException:
            live.forget()
            raise
        finally:
            if connection.__dict__.get("response_class") is response_class:
                if own is None:
                    del connection.response_class
                else:
                    connection.response_class = own


def _pieces(data: Any, size: int) -> Iterator[bytes]:
    """Give the bytes of all that ``send`` takes: bytes, a file, or an iterable of bytes."""
    if hasattr(data, "read"):
        while block := data.read(size):
            yield block.encode("latin-1") if isinstance(block, str) else block
        return
    try:
        yield bytes(memoryview(data))
    except TypeError:
        if not isinstance(data, Iterable):
            raise
        for piece in cast("Iterable[Any]", data):
            yield bytes(memoryview(piece))


def _is_of_proxy(error: WireError) -> bool:
    """Tell whether a proxy could not be reached; one that refused to open a tunnel was."""
    return error.kind == "proxy" and not error.message.startswith(TUNNEL_FAILED)


def _is_urllib3(connection: Any) -> bool:
    return any(cls.__module__ == "urllib3.connection" for cls in type(connection).__mro__)


def _dressed(connection: Any, error: Exception) -> Exception:
    """Make of a socket's exception what the client makes of it where it connects."""
    if not _is_urllib3(connection):
        return error
    library: Any = sys.modules["urllib3.exceptions"]
    import socket

    made: Exception
    if isinstance(error, socket.gaierror) and hasattr(library, "NameResolutionError"):
        made = library.NameResolutionError(connection.host, connection, error)
    elif isinstance(error, TimeoutError):
        words = f"Connection to {connection.host} timed out. (connect timeout={connection.timeout})"
        made = library.ConnectTimeoutError(connection, words)
    else:
        made = library.NewConnectionError(connection, f"Failed to establish a new connection: {error}")
    made.__cause__ = error
    return made
