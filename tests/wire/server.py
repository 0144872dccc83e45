"""
An HTTP server on 127.0.0.1 for the tests of the wire seam: every shape of answer, and none that waits by the clock.

What a test wants to happen between two bytes it holds back with a gate: ``/gated`` sends its first piece, then waits
until the test opens the gate.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

import zstandard

PATIENCE = 10.0
"""Seconds a held answer waits for its test, so that a test that fails does not hang."""

TEXT = "".join(f"line {n}: gr\u00fc\u00dfe \U0001f600\n" for n in range(200)).encode()
SQUEEZED = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "gzip-members": gzip.compress(TEXT[:99], mtime=0) + gzip.compress(TEXT[99:], mtime=0),
    "deflate": zlib.compress(TEXT),
    "zstd": zstandard.ZstdCompressor().compress(TEXT),
}
BINARY = bytes(range(256)) * 40


class Asked(NamedTuple):
    """A request as it came; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Server:
    """
    The server, open for a block.

    Attributes:
        asked: Every request so far, in order.
        came: Set by the first request.
        gate: What holds the answers of ``/gated``, ``/held`` and ``/endless``.
        url: Where it is.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.came = threading.Event()
        self.gate = threading.Event()
        self.count = 0
        self._server = _Http(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port; nothing answers any more."""
        self.gate.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def paths(self) -> list[str]:
        """Give the paths that were asked for."""
        return [one.path for one in self.asked]


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    wbufsize = 0
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def version_string(self) -> str:
        return "test"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        owner = self.server.owner
        body = self._body()
        path = self.path.partition("?")[0]
        headers = {name.lower(): value for name, value in self.headers.items()}
        owner.asked.append(Asked(self.command, self.path, headers, body))
        owner.count += 1
        owner.came.set()
        name = path.strip("/").replace("/", "_").replace(".", "_") or "json"
        getattr(self, f"give_{name}", self.give_v1)(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    # --- ways to answer

    def _head(self, status: int, headers: Iterable[tuple[str, str]], reason: str | None = None) -> None:
        self.send_response(status, reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def _whole(self, data: bytes, status: int = 200, *headers: tuple[str, str], reason: str | None = None) -> None:
        self._head(status, [*headers, ("Content-Length", str(len(data)))], reason)
        if self.command != "HEAD":
            self.wfile.write(data)

    def _chunks(self, pieces: Iterable[bytes], content_type: str, *headers: tuple[str, str]) -> None:
        self._head(200, [("Content-Type", content_type), ("Transfer-Encoding", "chunked"), *headers])
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _wait(self) -> None:
        self.server.owner.gate.wait(PATIENCE)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    # --- what is answered, by path

    def give_json(self, _: bytes) -> None:
        data = json.dumps({"hello": "world", "n": self.server.owner.count, "id": f"i-{self.server.owner.count}"})
        self._whole(
            data.encode(),
            200,
            ("Content-Type", "application/json"),
            ("X-Twice", "1"),
            ("x-TWICE", "2"),
            ("X-Latin", "gr\u00fc\u00dfe"),
            ("X-Empty", ""),
        )

    def give_echo(self, body: bytes) -> None:
        self._whole(body, 200, ("Content-Type", self.headers.get("Content-Type", "text/plain")))

    def give_reason(self, _: bytes) -> None:
        self._whole(b"x", 200, reason="Tout va bien")

    def give_empty(self, _: bytes) -> None:
        self._head(204, [])

    def give_binary(self, _: bytes) -> None:
        self._whole(BINARY, 200, ("Content-Type", "application/octet-stream"))

    def give_ndjson(self, _: bytes) -> None:
        self._chunks((b'{"n":%d}\n' % n for n in range(5)), "application/x-ndjson")

    def give_events(self, _: bytes) -> None:
        # Cut in the middle of an event and of a character.
        data = "data: gr\u00fc\u00dfe\n\ndata: \U0001f600\n\ndata: [DONE]\n\n".encode()
        self._chunks((data[:9], data[9:10], data[10:23], data[23:]), "text/event-stream")

    def give_squeezed(self, _: bytes) -> None:
        name = self.path.partition("?")[2]
        if name == "br":
            import brotli  # type: ignore[import-not-found, unused-ignore]

            data = brotli.compress(TEXT)
        else:
            data = SQUEEZED[name]
        cut = len(data) // 3
        pieces = (data[:cut], data[cut : 2 * cut], data[2 * cut :])
        self._chunks(pieces, "text/plain", ("Content-Encoding", name.partition("-")[0]))

    def give_redirect(self, _: bytes) -> None:
        self._whole(b"moved", 302, ("Location", "/json"))

    def give_busy(self, _: bytes) -> None:
        data = json.dumps({"error": {"message": "slow down", "type": "rate_limit"}}).encode()
        self._whole(data, 429, ("Content-Type", "application/json"), ("Retry-After", "7"))

    def give_broken(self, _: bytes) -> None:
        self._whole(b"oops", 500, ("Content-Type", "text/plain"))

    def give_flaky(self, body: bytes) -> None:
        if self.server.owner.count < 3:
            self.give_busy(body)
        else:
            self.give_json(body)

    def give_gated(self, _: bytes) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"data: first\n\n"
            self._wait()
            yield b"data: last\n\n"

        self._chunks(pieces(), "text/event-stream")

    def give_held(self, body: bytes) -> None:
        self._wait()
        self.give_json(body)

    def give_half(self, _: bytes) -> None:
        """Promise more than is sent, then hold the connection."""
        self._head(200, [("Content-Length", "100")])
        self.wfile.write(b"half")
        self._wait()

    def give_cut(self, _: bytes) -> None:
        self._head(200, [("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")])
        self.wfile.write(b"5\r\nhello\r\n")
        self.wfile.write(b"9\r\nwor")
        self._cut()

    def give_nothing(self, _: bytes) -> None:
        self._cut()

    def give_endless(self, _: bytes) -> None:
        def pieces() -> Iterator[bytes]:
            number = 0
            while not self.server.owner.gate.is_set():
                yield b"data: %d\n\n" % number
                number += 1

        try:
            self._chunks(pieces(), "text/event-stream")
        except OSError:
            self.close_connection = True

    def give_token(self, _: bytes) -> None:
        data = json.dumps({"access_token": self.path.partition("secret=")[2], "expires_in": 3600}).encode()
        secret = self.headers.get("X-Api-Key", "none")
        self._whole(data, 200, ("Content-Type", "application/json"), ("Set-Cookie", f"sid={secret}; Path=/"))

    def give_v1(self, body: bytes) -> None:
        """Answer an OpenAI chat completion, streamed or not."""
        asked = json.loads(body) if body else {}
        facts = {"id": f"chatcmpl-{self.server.owner.count}", "created": 17 + self.server.owner.count, "model": "m-1"}
        if not asked.get("stream"):
            message = {"role": "assistant", "content": "Hello there"}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
            value = {**facts, "object": "chat.completion", "choices": [choice], "usage": usage}
            self._whole(json.dumps(value).encode(), 200, ("Content-Type", "application/json"))
            return
        deltas = [{"role": "assistant", "content": ""}, {"content": "Hello"}, {"content": " there"}, {}]
        events = [
            {
                **facts,
                "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}],
            }
            for delta in deltas
        ]
        self._chunks(
            [b"data: %b\n\n" % json.dumps(one).encode() for one in events] + [b"data: [DONE]\n\n"], "text/event-stream"
        )
