"""
The edge to aiohttp, at the place where its client gets a connection for a request: each redirect and retry is one.

vcrpy's stub for aiohttp replaces the whole request, redirects included, and reads every answer to its end; so this
client is caught further down, without it. A recorded answer comes over a connection that is none: its bytes are fed,
piece by piece, to aiohttp's own protocol, which parses, decompresses and breaks as it would. An answer from the server
is listened to as it arrives.

What is replaced: ``BaseConnector.connect``, ``ClientResponse.start``, and three methods of ``ResponseHandler``.
"""

from __future__ import annotations

import asyncio
import io
import sys
from types import ModuleType
from typing import Any

from playhead.errors import RecordingError
from playhead.sessions.inside import inside
from playhead.wire.aiohttp_errors import connect_error, said_of
from playhead.wire.aiohttp_played import played_connection
from playhead.wire.exchange import Live, Played, Sent, begin, let_websocket_by
from playhead.wire.finding import HostPort, session_for
from playhead.wire.framing import AnswerBytes
from playhead.wire.replacing import Function, Replacements
from playhead.wire.socket_errors import comes_before_answer
from playhead.wire.vcr_beside import has_call

EAR = "_playhead_ear"
"""The attribute under which a connection's protocol finds who listens to it."""


class Ear:
    """Listens to one answer on a live connection."""

    def __init__(self, live: Live, method: str, protocol: Any) -> None:
        self.live = live
        self._answer = AnswerBytes(method, live)
        self._protocol = protocol

    def heard(self, data: bytes) -> None:
        """Take bytes as they arrived."""
        try:
            self._answer.feed(data)
        except ValueError:
            self._broke(self._answer.cut_short(), "protocol")
        except RecordingError:
            # The session remembers it; here it would only take down the connection.
            self.off()
        if self._answer.is_whole:
            self.off()

    def ended(self, error: BaseException | None) -> None:
        """Take the connection's end."""
        if error is None and self._answer.has_head and self._answer.end_of_file():
            self.off()
        elif isinstance(error, OSError):
            self._broke(error, "read")
        else:
            self._broke(self._answer.cut_short(), "protocol")

    def timed_out(self) -> None:
        """Take that the server kept silent for too long."""
        self._broke(TimeoutError("Timeout on reading data from socket"), "read-timeout")

    def left(self) -> None:
        """Take that the client is done with the connection: whole, bored, or out of time."""
        if isinstance(error := sys.exception(), TimeoutError):
            self._broke(TimeoutError(str(error)), "timeout")
        elif self._answer.has_head:
            self.off()
            self._answer.flush()
            self.live.leave()

    def off(self) -> None:
        """Listen no more."""
        self._protocol.__dict__.pop(EAR, None)

    def _broke(self, error: Exception, kind: str) -> None:
        # What breaks before the head, ``ClientResponse.start`` raises.
        if self._answer.has_head:
            self.off()
            self._answer.flush()
            self.live.fail(error, kind)


class _Sink:
    """Takes what a payload writes."""

    def __init__(self) -> None:
        self.data = bytearray()

    async def write(self, chunk: Any, **_: Any) -> None:
        self.data += chunk

    async def write_eof(self, chunk: bytes = b"") -> None:
        self.data += chunk

    async def drain(self) -> None:
        """Wait for nothing."""


async def _body_of(request: Any) -> bytes:
    """Read a request's body; one that can be read once only is put back as what was read."""
    body = request.body
    if not body:
        return b""
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    payloads: Any = sys.modules["aiohttp.payload"]
    sink = _Sink()
    await body.write(sink)
    data = bytes(sink.data)
    if not isinstance(body, payloads.BytesPayload):
        again = payloads.BytesIOPayload(io.BytesIO(data), content_type=body.content_type)
        # Around the setter: it would work out the headers anew, which say how the body was to be sent.
        setattr(request, "_body" if "_body" in dir(request) else "body", again)
    return data


def _sent(request: Any, body: bytes) -> Sent:
    url = request.url
    return Sent(
        method=request.method.upper(),
        url=str(url.with_fragment(None)),
        path=url.raw_path,
        query=url.raw_query_string,
        body=body,
        content_type=request.headers.get("Content-Type", ""),
    )


async def _send(connect: Function, connector: Any, request: Any, live: Live, *args: Any, **options: Any) -> Any:
    try:
        with inside():
            connection = await connect(connector, request, *args, **options)
    except Exception as error:
        live.fail(*said_of(error, "connect"))
        raise
    except BaseException:
        live.forget()
        raise
    protocol = connection.protocol
    ear = Ear(live, request.method.upper(), protocol)
    setattr(protocol, EAR, ear)
    if not isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop):
        # uvloop keeps the methods of a protocol it was given before ours were put in.
        connection.transport.set_protocol(protocol)
    connection.add_callback(ear.left)
    return connection


def _caught_connect(connect: Function) -> Function:
    async def caught(connector: Any, req: Any, *args: Any, **options: Any) -> Any:
        session = session_for(HostPort(req.url.host or "", req.url.port))
        if session is None:
            return await connect(connector, req, *args, **options)
        if has_call(sys.modules["aiohttp.client"].ClientSession._request):  # noqa: SLF001
            session.note_side_traffic(req.method, str(req.url))
            return await connect(connector, req, *args, **options)
        if req.headers.get("Upgrade", "").lower() == "websocket":
            let_websocket_by(session, str(req.url), req.url.host or "")
            return await connect(connector, req, *args, **options)
        step = begin(session, _sent(req, await _body_of(req)))
        if isinstance(step, Live):
            return await _send(connect, connector, req, step, *args, **options)
        return _played(step, connector, req)

    return caught


def _played(played: Played, connector: Any, request: Any) -> Any:
    answer = played.answer
    if not answer.status and answer.error is not None and comes_before_answer(answer.error):
        raise connect_error(answer.error, request)
    return played_connection(played, connector, request)


def _listened_start(start: Function) -> Function:
    async def listened(response: Any, connection: Any) -> Any:
        ear: Ear | None = getattr(connection.protocol, EAR, None)
        if ear is None:
            return await start(response, connection)
        try:
            return await start(response, connection)
        except Exception as error:
            ear.off()
            ear.live.fail(*said_of(error, "read"))
            raise
        except BaseException:
            ear.off()
            ear.live.forget()
            raise

    return listened


def _listened_data(data_received: Function) -> Function:
    def listened(protocol: Any, data: bytes) -> None:
        ear: Ear | None = protocol.__dict__.get(EAR)
        if ear is not None and data:
            ear.heard(data)
        data_received(protocol, data)

    return listened


def _listened_end(connection_lost: Function) -> Function:
    def listened(protocol: Any, exc: BaseException | None) -> None:
        ear: Ear | None = protocol.__dict__.get(EAR)
        if ear is not None:
            ear.ended(exc)
        connection_lost(protocol, exc)

    return listened


def _listened_silence(on_read_timeout: Function) -> Function:
    def listened(protocol: Any) -> None:
        ear: Ear | None = protocol.__dict__.get(EAR)
        if ear is not None:
            ear.timed_out()
        on_read_timeout(protocol)

    return listened


class Patch(Replacements):
    """aiohttp's client, caught where it gets its connections."""

    def __init__(self, _: ModuleType) -> None:
        super().__init__()

    def put_in(self) -> None:
        """Catch its requests."""
        modules: Any = sys.modules
        handler = modules["aiohttp.client_proto"].ResponseHandler
        self.replace(modules["aiohttp.connector"].BaseConnector, "connect", _caught_connect)
        self.replace(modules["aiohttp.client_reqrep"].ClientResponse, "start", _listened_start)
        self.replace(handler, "data_received", _listened_data)
        self.replace(handler, "connection_lost", _listened_end)
        self.replace(handler, "_on_read_timeout", _listened_silence)
