"""The OpenAI-compatible provider over real sockets on the loopback: faults, and where a key must not appear."""

from __future__ import annotations

import json
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from playhead.core.model import CompletionRequest
from playhead.errors import PermanentError, ProviderError

HELLO = CompletionRequest("hello")
PIECE = b'data: {"choices": [{"index": 0, "delta": {"content": "Hel"}}]}\n\n'
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def secret() -> str:
    """Give the key of these tests; never kept in a variable, so that no frame of a test holds it."""
    return "network" + "-hidden-" + "key-1"


class RawServer:
    """Sends fixed bytes for each request it reads, then does what comes after, then closes the connection."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.answer = b""
        self.requests: list[bytes] = []
        self.after: Callable[[], object] = bool
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(self.read_request(connection))
                connection.sendall(self.answer)
                self.after()

    @staticmethod
    def read_request(connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        # Wakes the thread that waits in accept.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(timeout=5)


@pytest.fixture
def server() -> Iterator[RawServer]:
    """Give a server on a free port of the loopback."""
    made = RawServer()
    yield made
    made.close()


@pytest.fixture
def make(driver: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Give what makes providers of either class for the server, with the key in the environment."""
    made: list[Any] = []
    monkeypatch.setenv("PLAYHEAD_TEST_NETWORK", secret())

    def make_one(base_url: str, **settings: Any) -> Any:
        made.append(driver.make(base_url, api_key_ref="env:PLAYHEAD_TEST_NETWORK", **settings))
        return made[-1]

    yield make_one
    for provider in made:
        driver.close(provider)


def test_connection_lost_in_the_middle_of_a_stream(driver: Any, make: Any, server: RawServer) -> None:
    """A server that goes away after a piece gives that piece and then a provider error; nothing is sent again."""
    server.answer = (
        STREAM_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + f"{len(PIECE):x}\r\n".encode() + PIECE + b"\r\n"
    )
    got: list[str] = []
    with pytest.raises(ProviderError, match="broke off") as caught:
        driver.read(make(server.base_url).stream(HELLO), into=got)
    assert got == ["Hel"]
    assert len(server.requests) == 1
    assert caught.value.context == {"provider": "openai-compatible", "model": "m-1"}


def test_a_stream_without_an_end_mark(driver: Any, make: Any, server: RawServer) -> None:
    """Where HTTP cannot tell a cut from an end, the missing end mark does."""
    server.answer = STREAM_HEAD + b"Connection: close\r\n\r\n" + PIECE
    got: list[str] = []
    with pytest.raises(ProviderError, match="ended before the answer did"):
        driver.read(make(server.base_url).stream(HELLO), into=got)
    assert got == ["Hel"]


def test_pieces_arrive_before_the_end(driver: Any, make: Any, server: RawServer) -> None:
    """A piece is given as soon as it is there, while the server is still busy with the next."""
    read_one = threading.Event()
    server.answer = STREAM_HEAD + b"\r\n" + PIECE
    server.after = lambda: read_one.wait(5)

    class Pieces(list[str]):
        def append(self, piece: str) -> None:
            super().append(piece)
            read_one.set()

    pieces = Pieces()
    with pytest.raises(ProviderError, match="ended before"):
        driver.read(make(server.base_url).stream(HELLO), into=pieces)
    assert pieces == ["Hel"]
    assert read_one.is_set()


def test_body_cut_short(driver: Any, make: Any, server: RawServer) -> None:
    """A body shorter than announced is a provider error, tried again as often as was allowed."""
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
    with pytest.raises(ProviderError, match="broke off"):
        driver.complete(make(server.base_url, retries=2), HELLO)
    assert len(server.requests) == 2


def test_not_http(driver: Any, make: Any, server: RawServer) -> None:
    """A server that speaks something else is a provider error."""
    server.answer = b"SSH-2.0-OpenSSH_9.6\r\n"
    with pytest.raises(ProviderError, match="did not answer in HTTP"):
        driver.complete(make(server.base_url, retries=1), HELLO)


def test_time_out(driver: Any, make: Any, server: RawServer) -> None:
    """A server that does not answer in time is a provider error that may pass."""
    answered = threading.Event()
    server.after = lambda: answered.wait(5)
    with pytest.raises(ProviderError, match="timed out while answering") as caught:
        driver.complete(make(server.base_url, timeout=0.05, retries=1), HELLO)
    answered.set()
    assert caught.value.retryable


def test_nobody_listens(driver: Any, make: Any) -> None:
    """A port without a server is a provider error."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ProviderError, match="could not be reached"):
        driver.complete(make(f"http://127.0.0.1:{port}", retries=2), HELLO)


def test_redirects_are_not_followed(driver: Any, make: Any, server: RawServer) -> None:
    """A redirect is an error that names the way out, and the key is not carried anywhere."""
    other = f"{server.base_url}/elsewhere"
    server.answer = f"HTTP/1.1 307 Moved\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n".encode()
    with pytest.raises(ProviderError, match="answered 307") as caught:
        driver.complete(make(server.base_url), HELLO)
    assert not caught.value.retryable
    assert len(server.requests) == 1


def shown(error: BaseException) -> Iterator[str]:
    """Give all that logging or a test report may print of an error and of what it holds on to."""
    seen: BaseException | None = error
    while seen is not None:
        yield f"{seen!r} {seen} {seen.__dict__!r}"
        seen = seen.__cause__ or seen.__context__
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    yield "".join(report.format())


def with_echo(answer: bytes) -> bytes:
    """Put a body that echoes the key, and its length, into an answer."""
    body = json.dumps({"error": {"message": f"bad key {secret()} for /?key={secret()}"}}).encode()
    return answer % (len(body), body)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n%s",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9%d\r\n\r\n%s",
    ],
    ids=["echoed in an error", "echoed as an answer", "connection lost"],
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_px_09_ek_08_the_key_is_nowhere(
    driver: Any, make: Any, server: RawServer, caplog: pytest.LogCaptureFixture, answer: bytes, streamed: bool
) -> None:
    """A server that echoes the key gives an error without it: text, context, cause, frames and debug logs."""
    server.answer = with_echo(answer)
    provider = make(server.base_url, retries=2)
    with caplog.at_level(logging.DEBUG), pytest.raises((ProviderError, PermanentError)) as caught:
        driver.read(provider.stream(HELLO)) if streamed else driver.complete(provider, HELLO)
    assert secret().encode() in server.requests[0]
    assert all(secret() not in text for text in shown(caught.value))
    assert secret() not in caplog.text
    assert all(secret() not in repr(record.__dict__) for record in caplog.records)
    assert secret() not in repr(provider)
    assert secret() not in repr(vars(provider))


def test_ek_08_the_key_is_not_in_a_transport_error(driver: Any, make: Any, server: RawServer) -> None:
    """A key that httpx quotes in its own exception is in neither the text, the cause nor a frame of ours."""
    server.answer = with_echo(b"%d %s\r\n\r\n")
    with pytest.raises(ProviderError, match=r"did not answer in HTTP: .*\[REDACTED\]") as caught:
        driver.complete(make(server.base_url, retries=2), HELLO)
    assert "[REDACTED]" in str(caught.value.__cause__)
    assert all(secret() not in text for text in shown(caught.value))
