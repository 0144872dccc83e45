"""
Odd traffic, the same to the byte through every client: what a server wrote is what each client sees again.

The server here writes bytes that the test gives it, so that nothing on the way tidies them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import threading
import urllib.error
import urllib.request
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import zstandard
from tests.wire.calling import library_named
from tests.wire.server import Server

import playhead

SECONDS = 10
"""How long a client waits for a server that answers at once."""

Seen = tuple[Any, ...]
Ask = Callable[..., Seen]


class Scripted:
    """Answers requests by path with bytes as they are given, over connections that stay open where they may."""

    def __init__(self, answers: dict[str, tuple[bytes, ...]]) -> None:
        self.answers = answers
        self.lines: list[str] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection."""
        # Without this the thread that accepts would hold the port.
        for one in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, connection.makefile("rb") as asked:
                while line := asked.readline():
                    length = 0
                    while (header := asked.readline().strip().lower()) != b"":
                        if header.startswith(b"content-length:"):
                            length = int(header.partition(b":")[2])
                    asked.read(length)
                    self.lines.append(line.decode().strip())
                    path = line.split()[1].decode().partition("//")[2].partition("/")[2] or line.split()[1].decode()[1:]
                    for piece in self.answers[path.partition("?")[0]]:
                        connection.sendall(piece)
                    if b"Connection: close" in self.answers[path.partition("?")[0]][0]:
                        return
        except OSError:
            pass


# --- clients


def by_httpx(url: str, method: str = "GET", library: str = "httpx", **options: Any) -> Seen:
    """Ask by httpx or httpx2, and give the bytes as they came and as they are read."""
    client = library_named(library)
    with client.Client(verify=False, timeout=SECONDS, **options) as opened, opened.stream(method, url) as response:
        raw = list(response.iter_raw())
        whole = client.Response(200, headers=response.headers, content=b"".join(raw)).content
        return (response.status_code, response.reason_phrase, response.headers.raw, raw, whole)


def by_httpx2(url: str, method: str = "GET") -> Seen:
    """Ask by httpx2."""
    return by_httpx(url, method, "httpx2")


def by_httpx_async(url: str, method: str = "GET") -> Seen:
    """Ask by httpx, awaited."""
    client = library_named("httpx")

    async def ask() -> Seen:
        async with (
            client.AsyncClient(verify=False, timeout=SECONDS) as opened,
            opened.stream(method, url) as response,
        ):
            raw = [piece async for piece in response.aiter_raw()]
            return (response.status_code, response.reason_phrase, response.headers.raw, raw)

    return asyncio.run(ask())


def by_aiohttp(url: str, method: str = "GET") -> Seen:
    """Ask by aiohttp."""
    client = pytest.importorskip("aiohttp")

    async def ask() -> Seen:
        async with client.ClientSession() as session, session.request(method, url) as response:
            return (response.status, response.reason, response.raw_headers, await response.read())

    return asyncio.run(ask())


def by_requests(url: str, method: str = "GET", **options: Any) -> Seen:
    """Ask by requests, and give the body as it is read."""
    requests = pytest.importorskip("requests")
    with requests.Session() as session:
        response = session.request(method, url, timeout=SECONDS, **options)
        return (response.status_code, response.reason, list(response.raw.headers.items()), response.content)


def by_urllib3(url: str, method: str = "GET") -> Seen:
    """Ask by urllib3, and give the bytes as they came."""
    urllib3 = pytest.importorskip("urllib3")
    with urllib3.PoolManager(retries=False) as pool:
        response = pool.request(method, url, timeout=SECONDS, decode_content=False)
        return (response.status, response.reason, list(response.headers.items()), response.data)


def by_urllib(url: str, method: str = "GET") -> Seen:
    """Ask by urllib.request."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=SECONDS) as response:
            return (response.status, response.reason, list(response.headers.items()), response.read())
    except urllib.error.HTTPError as error:
        with error:
            return (error.code, error.reason, list(error.headers.items()), error.read())


def by_httplib2(url: str, method: str = "GET") -> Seen:
    """Ask by httplib2."""
    client = pytest.importorskip("httplib2").Http(timeout=SECONDS)
    try:
        response, content = client.request(url, method)
        return (response.status, response.reason, dict(response), content)
    finally:
        client.close()


CLIENTS: list[Ask] = [
    *(by_httpx, by_httpx2, by_httpx_async, by_aiohttp, by_requests, by_urllib3, by_urllib, by_httplib2),
]


def attempt(ask: Ask, url: str, *args: Any) -> Seen:
    """Give what a client sees, or the exception it raises for an encoding or a coding that is none."""
    try:
        return ask(url, *args)
    except Exception as error:
        if isinstance(error, playhead.PlayheadError):
            raise
        return (type(error).__module__, type(error).__qualname__)


# --- answers


def answer(*pieces: bytes, head: bytes = b"", status: bytes = b"200 OK") -> tuple[bytes, ...]:
    """Write an answer in chunks, each sent by itself."""
    first = b"HTTP/1.1 %b\r\nTransfer-Encoding: chunked\r\n%b\r\n" % (status, head)
    return (first, *(b"%x\r\n%b\r\n" % (len(one), one) for one in pieces), b"0\r\n\r\n")


def whole(body: bytes, head: bytes = b"", status: bytes = b"200 OK") -> tuple[bytes, ...]:
    """Write an answer with a length."""
    return (b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(body), head, body),)


BINARY = bytes(range(256)) * 64
EVENTS = (
    b'\xef\xbb\xbf: a comment\r\n\r\nid: 1\rdata: {"a":1}\r\n\r\n:\n\n'
    b"event: x\ndata: gr\xc3\xbc\xc3\x9f\n\ndata: [DONE]\n\n"
)
FRAME = bytes.fromhex("0000004a0000002f8e1f0a7b0d3a6d6573736167652d747970650700056576656e74") + bytes(range(44))

ANSWERS: dict[str, tuple[bytes, ...]] = {
    "events": answer(EVENTS[:2], EVENTS[2:7], EVENTS[7:60], EVENTS[60:], head=b"Content-Type: text/event-stream\r\n"),
    "lines": answer(b'{"n":1}\n{"n"', b":2}\n", b"\n", head=b"Content-Type: application/x-ndjson\r\n"),
    "aws": answer(FRAME[:11], FRAME[11:] + FRAME, head=b"Content-Type: application/vnd.amazon.eventstream\r\n"),
    "binary": whole(BINARY, b"Content-Type: image/png\r\n"),
    "twice": whole(b"x", b"X-Twice: 1\r\nX-Other: 2\r\nx-twice: 3\r\nX-Twice: 1\r\nX-Empty:\r\n"),
    "odd-header": whole(b"x", b"X-Latin: caf\xe9\r\nX-Utf: caf\xc3\xa9\r\nX-Bytes: \xff\xfe\r\n"),
    "nothing": (b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",),
    "same": (b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n',),
    "words": whole(b"x", status=b"299 Odd But True"),
    "until-the-end": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"to ", b"the end"),
    "old": (b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nold",),
    "trailer": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n",
        b"3;ext=1\r\nabc\r\n",
        b"0\r\nX-Sum: 1\r\n\r\n",
    ),
    "go-on": (b"HTTP/1.1 100 Continue\r\n\r\n", *whole(b"went on")),
    "gzip": whole(gzip.compress(BINARY, mtime=0), b"Content-Encoding: gzip\r\n"),
    "deflate": answer(zlib.compress(BINARY)[:50], zlib.compress(BINARY)[50:], head=b"Content-Encoding: deflate\r\n"),
    "zstd": whole(zstandard.ZstdCompressor().compress(BINARY), b"Content-Encoding: zstd\r\n"),
    "no-gzip": whole(b"not gzip at all", b"Content-Encoding: gzip\r\n"),
    "empty": whole(b""),
    "empty-chunked": answer(),
    "head": (b"HTTP/1.1 200 OK\r\nContent-Length: 512\r\nX-A: b\r\n\r\n",),
}


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Run a server that writes what it is told."""
    with Scripted(dict(ANSWERS)) as running:
        yield running


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("name", ANSWERS)
def test_every_client_sees_the_same_again(path: Path, scripted: Scripted, ask: Ask, name: str) -> None:
    """Status, words, headers, doubles, bytes and exceptions come again as without a recorder, the server gone."""
    url, method = f"{scripted.url}/{name}", "HEAD" if name == "head" else "GET"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        without = attempt(ask, url, method)
        with playhead.use_cassette(path, mode="record"):
            recorded = attempt(ask, url, method)
        scripted.stop()
        with playhead.use_cassette(path, strict=True) as session:
            replayed = attempt(ask, url, method)
    assert recorded[:3] == without[:3]
    assert replayed == recorded
    assert session.report().played == 1
    assert len(scripted.lines) == 2


@pytest.mark.parametrize("name", ["events", "lines", "aws", "binary", "gzip", "zstd"])
def test_the_bytes_of_a_body_are_those_the_server_wrote(path: Path, scripted: Scripted, name: str) -> None:
    """What a client gives of a body that it does not decode is what was written, byte by byte, in the same cuts."""
    with playhead.use_cassette(path, mode="record"):
        by_httpx(f"{scripted.url}/{name}")
    head, *chunks = ANSWERS[name]
    # A chunk is its length, a line's end, its bytes and a line's end.
    bodies = [one.partition(b"\r\n")[2][:-2] for one in chunks[:-1]] or [head.partition(b"\r\n\r\n")[2]]
    with playhead.use_cassette(path, strict=True):
        pieces = by_httpx(f"{scripted.url}/{name}")[3]
    assert b"".join(pieces) == b"".join(bodies)
    (call,) = playhead.open_cassette(path)
    assert call.answer is not None
    assert tuple(pieces) == call.answer.pieces


@pytest.mark.parametrize("ask", [by_httpx, by_aiohttp, by_requests, by_urllib])
def test_ten_megabytes_come_again(path: Path, ask: Ask) -> None:
    """A large body, which compresses badly, is whole."""
    state, parts = 1, []
    for _ in range(10 * 1024):
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 8192) - 1
        parts.append(state.to_bytes(1024, "big"))
    body = b"".join(parts)
    with Scripted({"large": whole(body)}) as server, playhead.use_cassette(path, mode="record"):
        recorded = ask(f"{server.url}/large")
    with playhead.use_cassette(path, strict=True):
        replayed = ask(f"{server.url}/large")
    assert replayed == recorded
    assert replayed[-1] == body


def test_a_thousand_calls_over_one_connection(path: Path) -> None:
    """Calls that share a connection are told apart, each answered as it was, in another order too."""
    requests = pytest.importorskip("requests")
    count = 1000
    answers = {f"n{number}": whole(b"answer %d" % number) for number in range(count)}
    with Scripted(answers) as server, requests.Session() as session:
        with playhead.use_cassette(path, mode="record"):
            for name in answers:
                session.get(f"{server.url}/{name}", timeout=SECONDS)
        assert server.connections == 1
        server.stop()
        with playhead.use_cassette(path, strict=True):
            got = [session.get(f"{server.url}/{name}", timeout=SECONDS).content for name in reversed(answers)]
    assert got == [b"answer %d" % number for number in reversed(range(count))]


@pytest.mark.parametrize("ask", [by_httpx, by_requests])
def test_a_call_through_a_proxy_is_matched_by_where_it_goes(path: Path, scripted: Scripted, ask: Ask) -> None:
    """A proxy carries the call while it is recorded; the replay needs neither it nor the server."""
    option = {"proxy": scripted.url} if ask is by_httpx else {"proxies": {"http": scripted.url}}
    with playhead.use_cassette(path, mode="record"):
        recorded = ask("http://model.example/words", **option)
    assert scripted.lines == ["GET http://model.example/words HTTP/1.1"]
    scripted.stop()
    with playhead.use_cassette(path, strict=True):
        assert ask("http://model.example/words", **option) == recorded
    with playhead.use_cassette(path, strict=True):
        assert ask("http://model.example/words") == recorded


# --- files in forms


@pytest.mark.parametrize("name", ["httpx", "httpx2", "requests"])
def test_a_form_with_files_matches_by_its_parts(path: Path, server: Server, name: str) -> None:
    """The boundary of a multipart body is another each time and no part of the match; a file's bytes are."""
    library: Any = pytest.importorskip(name)

    def upload(data: bytes) -> int:
        files = {"file": ("a.bin", data, "application/octet-stream")}
        return int(library.post(f"{server.url}/reason", files=files, data={"k": "v"}, timeout=SECONDS).status_code)

    with playhead.use_cassette(path, mode="record"):
        assert upload(BINARY) == 200
    with playhead.use_cassette(path) as session:
        assert upload(BINARY) == 200
        with pytest.raises(playhead.ReplayRefused):
            upload(BINARY[1:])
    assert (session.report().played, session.report().refused) == (1, 1)
    assert server.count == 1
