"""
A vendor's server on 127.0.0.1: counts what it is asked, answers differently each time, fails when told to.

A server of a vendor gives an ``Answer`` to what was ``Asked``; this module does the HTTP. Faults are queued, one for
each request that comes.
"""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple, Self
from urllib.parse import parse_qsl, unquote, urlsplit

PIECE_SECONDS = 0.004
"""Between two pieces of a stream: enough for a client to read them apart, little enough for hundreds of tests."""

GATE_SECONDS = 5.0
"""How long a held stream waits for its reader to have seen the first half."""


class Asked(NamedTuple):
    """One request; header names are in lower case, the path is decoded."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON value, an empty mapping where there is no body."""
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True)
class Answer:
    """
    What a server says.

    Attributes:
        body: The bytes; not looked at where there are pieces.
        status: The status code.
        content_type: The header's value.
        headers: Further headers.
        pieces: A stream's pieces, each sent as a chunk of its own.
        wait: Seconds before the first byte.
        cut: After how many pieces the connection breaks; half the body where there are no pieces.
        squeeze: Whether the body is sent as gzip.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Sequence[bytes] | None = None
    wait: float = 0
    cut: int | None = None
    squeeze: bool = False


Fault = Callable[["LoopbackServer", Asked, Answer], Answer]
"""Makes another answer of the one a server would give."""


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(json.dumps(value, ensure_ascii=False).encode(), status, headers=named)


def sse(events: Iterable[Any], *, names: Callable[[Any], str] | None = None, done: str | None = None) -> Answer:
    """Answer with server-sent events, each value as JSON; ``names`` gives each event's name, ``done`` the last data."""
    pieces = []
    for value in events:
        name = "" if names is None else f"event: {names(value)}\n"
        pieces.append(f"{name}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode())
    if done is not None:
        pieces.append(f"data: {done}\n\n".encode())
    return Answer(content_type="text/event-stream", pieces=pieces)


def too_many(server: LoopbackServer, _: Asked, __: Answer) -> Answer:
    """Refuse with 429, to be tried again after a second."""
    refused = server.error(429, "too many requests; wait a moment")
    return replace(refused, headers={**refused.headers, "retry-after": "1"})


def overloaded(server: LoopbackServer, _: Asked, __: Answer) -> Answer:
    """Refuse with 500."""
    return server.error(500, "the server had a fault")


def slow(_: LoopbackServer, __: Asked, answer: Answer) -> Answer:
    """Answer later than any test waits."""
    return replace(answer, wait=30.0)


def dropped(_: LoopbackServer, __: Asked, answer: Answer) -> Answer:
    """Break the connection in the middle of the answer."""
    return replace(answer, cut=max(1, len(answer.pieces or ()) // 2))


def squeezed(_: LoopbackServer, asked: Asked, answer: Answer) -> Answer:
    """Send the answer as gzip to a client that takes it."""
    return replace(answer, squeeze="gzip" in asked.headers.get("accept-encoding", ""))


class LoopbackServer:
    """
    The part that every vendor's server shares; ``with`` starts and stops it.

    Attributes:
        vendor: The name the proof uses for it.
        asked: All requests so far, refused ones too.
        faults: What is to go wrong, one for each coming request.
        gate: Where set, a stream stops half-way until its reader sets it.
        held_back: Whether a stream's reader had not seen the first half when the gate's time was over.
    """

    vendor: ClassVar[str] = ""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.gate: threading.Event | None = None
        self.held_back = False
        self.ending = threading.Event()
        self._lock = threading.Lock()
        self._http: ThreadingHTTPServer | None = None
        self._port = 0

    def answer(self, asked: Asked, turn: int) -> Answer:
        """Answer a request; ``turn`` is how many came before it, so that no two answers are the same."""
        raise NotImplementedError

    def error(self, status: int, message: str) -> Answer:
        """Refuse in the vendor's words."""
        raise NotImplementedError

    @property
    def root(self) -> str:
        """The address without a path; it stays what it was once the server has stopped."""
        return f"http://127.0.0.1:{self._port}"

    def take(self, asked: Asked) -> Answer:
        """Count a request and answer it, with the fault that is due."""
        with self._lock:
            turn = len(self.asked)
            self.asked.append(asked)
            fault = self.faults.pop(0) if self.faults else None
        given = self.answer(asked, turn)
        return given if fault is None else fault(self, asked, given)

    def __enter__(self) -> Self:
        self._http = _Http(self)
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection; does nothing the second time."""
        http, self._http = self._http, None
        self.ending.set()
        if http is not None:
            http.shutdown()
            http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, owner: LoopbackServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write a piece, at once: no two pieces are joined on the way.
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        """Answer any request."""
        owner = self.server.owner
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._body(headers)
        if owner.ending.is_set():
            self.close_connection = True
            return
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        answer = owner.take(Asked(self.command, unquote(url.path), query, headers, body))
        if owner.ending.wait(answer.wait) if answer.wait else False:
            self.close_connection = True
            return
        self._send(answer)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 - the names that the base class looks for

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", ""):
            return b"".join(self._chunks())
        return self.rfile.read(int(headers.get("content-length", 0)))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.squeeze:
            self.send_header("content-encoding", "gzip")
        if answer.pieces is None:
            self._send_whole(answer)
        else:
            self._send_pieces(answer)

    def _send_whole(self, answer: Answer) -> None:
        body = gzip.compress(answer.body, mtime=0) if answer.squeeze else answer.body
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if answer.cut is None:
            self.wfile.write(body)
        else:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True

    def _send_pieces(self, answer: Answer) -> None:
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        pieces = answer.pieces or ()
        packer = zlib.compressobj(wbits=31) if answer.squeeze else None
        for at, piece in enumerate(pieces):
            if at == answer.cut:
                self.close_connection = True
                return
            if at == (len(pieces) + 1) // 2:
                self._hold()
            self._chunk(piece if packer is None else packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH))
            self.server.owner.ending.wait(PIECE_SECONDS)
        if packer is not None:
            self._chunk(packer.flush())
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _hold(self) -> None:
        owner = self.server.owner
        if owner.gate is not None and not owner.gate.wait(GATE_SECONDS):
            owner.held_back = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
