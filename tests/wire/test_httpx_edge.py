"""httpx and httpx2 recorded and replayed: what a client sees is the same to the byte, with the server gone."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import pickle
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from tests.wire.calling import Caller, Seen, callers, library_named
from tests.wire.server import BINARY, TEXT, Server

import playhead
from playhead import ManualClock
from playhead.core.wire import KINDS as WORDS
from playhead.core.wire import WireError
from playhead.dialects.errors import usual_reason
from playhead.errors import ReplayRefused
from playhead.wire.httpx_edge import KINDS, error_of, kind_of, whole_response

BR = pytest.mark.skipif(importlib.util.find_spec("brotli") is None, reason="brotli is not installed")


async def recorded(path: Path, caller: Caller, url: str, **options: Any) -> Seen:
    """Ask while recording."""
    with playhead.use_cassette(path, mode="record"):
        return await caller.ask(url, **options)


async def replayed(path: Path, caller: Caller, url: str, **options: Any) -> Seen:
    """Ask while replaying, with nothing refused and nothing left unplayed."""
    with playhead.use_cassette(path, strict=True):
        return await caller.ask(url, **options)


# --- the same to the byte

ANSWERS = [
    "/json",
    "/reason",
    "/empty",
    "/binary",
    "/ndjson",
    "/events",
    "/squeezed?gzip",
    "/squeezed?gzip-members",
    "/squeezed?deflate",
    pytest.param("/squeezed?br", marks=BR),
    "/redirect",
    "/busy",
    "/broken",
    "/cut",
    "/nothing",
    "/v1/chat/completions",
]


@callers()
@pytest.mark.parametrize("where", ANSWERS)
async def test_what_a_client_sees_is_the_same(path: Path, server: Server, caller: Caller, where: str) -> None:
    """Status, reason, version, headers in order and case, pieces and their boundaries, content, error: all the same."""
    before = await caller.ask(server.url + where)
    first = await recorded(path, caller, server.url + where)
    assert [(seen.status, seen.reason, seen.http) for seen in (before, first)] == [before[:3]] * 2
    assert [name for name, _ in first.headers] == [name for name, _ in before.headers]
    assert first.error == before.error
    server.stop()
    assert await replayed(path, caller, server.url + where) == first


@callers()
async def test_contents_are_decoded_as_ever(path: Path, server: Server, caller: Caller) -> None:
    """A client that reads decoded content, text or JSON reads the same."""
    wheres = ("/squeezed?gzip", "/squeezed?zstd", "/binary", "/json")
    with playhead.use_cassette(path, mode="record"):
        first = [(await caller.get(server.url + where)).content for where in wheres]
    server.stop()
    with playhead.use_cassette(path, strict=True):
        again = [(await caller.get(server.url + where)).content for where in wheres]
    assert first == again
    assert first[0] == TEXT
    assert first[2] == BINARY


def looks_of(response: Any, library: ModuleType) -> dict[str, Any]:
    """Give what can be told of a response that has been read."""
    return {
        "type": type(response),
        "facts": vars(response).keys() - {"_decoder"},
        "closed": (response.is_closed, response.is_stream_consumed, response.num_bytes_downloaded),
        "timed": response.elapsed.total_seconds() >= 0,
        "kept": pickle.loads(pickle.dumps(response)).content,
    }


@callers()
async def test_an_answer_that_was_read_is_the_librarys_own(path: Path, server: Server, caller: Caller) -> None:
    """Its type, its state, its pickle and what it says to whoever reads again are those of a live answer."""
    with playhead.use_cassette(path, mode="record"):
        first = await caller.get(server.url + "/json")
    server.stop()
    with playhead.use_cassette(path, strict=True):
        again = await caller.get(server.url + "/json")
    assert type(again) is caller.library.Response
    assert looks_of(again, caller.library) == looks_of(first, caller.library)
    assert again.read() == first.read() if caller.shape == "sync" else await again.aread() == await first.aread()


@pytest.mark.parametrize("library", [pytest.param(httpx, id="httpx")])
def test_a_transport_round_ours_keeps_its_say(path: Path, server: Server, library: ModuleType) -> None:
    """What another transport put round the answer's body is what is read."""

    class Shouting(library.SyncByteStream):  # type: ignore[misc, name-defined]
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __iter__(self) -> Iterator[bytes]:
            for piece in self.inner:
                yield piece.upper()

    class Transport(library.HTTPTransport):  # type: ignore[misc, name-defined]
        def handle_request(self, request: Any) -> Any:
            response = super().handle_request(request)
            response.stream = Shouting(response.stream)
            return response

    seen = []
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode), library.Client(transport=Transport()) as client:
            seen.append(client.get(server.url + "/json").content)
    assert seen[0] == seen[1] == seen[0].upper()


def test_a_release_that_keeps_contents_elsewhere_reads_as_ever() -> None:
    """The short way is taken only where the library's response has what it sets."""

    class Other:
        Response = type("Response", (), {"__init__": lambda self, status, content: None})

    assert whole_response(Other) is Other.Response


async def test_headers_keep_order_case_and_doubles(path: Path, server: Server, caller: Caller) -> None:
    """Two headers of one name stay two, in the order and spelling they came in."""
    await recorded(path, caller, server.url + "/json")
    headers = (await replayed(path, caller, server.url + "/json")).headers
    assert [pair for pair in headers if pair[0].lower() == b"x-twice"] == [(b"X-Twice", b"1"), (b"x-TWICE", b"2")]
    assert (b"X-Latin", "gr\u00fc\u00dfe".encode("latin-1")) in headers
    assert (b"X-Empty", b"") in headers


@callers()
async def test_a_cassette_of_one_client_plays_for_all(path: Path, server: Server, caller: Caller) -> None:
    """What one library recorded, sync or async, the others replay alike."""
    first = await recorded(path, Caller(httpx, "sync"), server.url + "/events")
    assert await replayed(path, caller, server.url + "/events") == first


async def test_a_head_request_has_no_body(path: Path, server: Server, caller: Caller) -> None:
    """The length that a HEAD announces is that of a body which does not come."""
    first = await recorded(path, caller, server.url + "/binary", method="HEAD")
    assert (first.content, dict(first.headers)[b"Content-Length"]) == (b"", str(len(BINARY)).encode())
    assert await replayed(path, caller, server.url + "/binary", method="HEAD") == first


@callers()
async def test_redirects_are_followed_through_the_cassette(path: Path, server: Server, caller: Caller) -> None:
    """Each hop is a call of its own; the client follows as it would."""
    hops: list[list[int]] = []
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode, strict=True) as session:
            response = await caller.get(server.url + "/redirect", follow_redirects=True)
        hops.append([one.status_code for one in (*response.history, response)])
        assert response.json()["hello"] == "world"
        server.stop()
    assert hops == [[302, 200]] * 2
    assert session.report().played == 2


# --- unbuffered, paced, left


@callers()
async def test_pieces_are_relayed_as_they_come(path: Path, server: Server, caller: Caller) -> None:
    """While recording the consumer has the first piece before the server has sent the last."""
    with playhead.use_cassette(path, mode="record"):
        async with caller.opened(server.url + "/gated") as reading:
            first = await anext(reading)
            assert not server.gate.is_set()
            server.gate.set()
            rest = [piece async for piece in reading]
    assert (first, b"".join(rest)) == (b"data: first\n\n", b"data: last\n\n")


@callers()
async def test_gaps_are_recorded_and_played_at_the_pace_asked_for(path: Path, server: Server, caller: Caller) -> None:
    """The time before each piece is kept, and played as waits on the session's clock, or not at all."""
    clock = ManualClock()
    with playhead.use_cassette(path, mode="record", clock=clock):
        async with caller.opened(server.url + "/gated") as reading:
            await anext(reading)
            clock.sleep(0.3)
            server.gate.set()
            assert [piece async for piece in reading] == [b"data: last\n\n"]
    server.stop()
    (call,) = playhead.open_cassette(path)
    assert call.gaps_ms == (0, 300)
    for pace, slept in ((0.0, []), (1.0, [0.3]), (2.0, [0.6])):
        clock = ManualClock()
        with playhead.use_cassette(path, clock=clock, pace=pace):
            seen = await caller.ask(server.url + "/gated")
        assert len(seen.pieces) == 2
        assert [wait for wait in clock.slept if wait] == slept


@callers()
async def test_a_stream_left_early_is_recorded_as_far_as_it_came(path: Path, server: Server, caller: Caller) -> None:
    """A consumer that stops is no error; on replay it may stop there too, and one that reads on is refused."""
    with playhead.use_cassette(path, mode="record"):
        async with caller.opened(server.url + "/endless") as reading:
            pieces = [await anext(reading) for _ in range(3)]
    server.stop()
    (call,) = playhead.open_cassette(path)
    assert call.answer is not None
    assert (call.answer.left, b"".join(call.answer.pieces)[: len(b"".join(pieces))]) == (True, b"".join(pieces))
    with playhead.use_cassette(path, strict=True):
        async with caller.opened(server.url + "/endless") as reading:
            assert [await anext(reading) for _ in range(3)] == pieces
    with playhead.use_cassette(path) as session:
        async with caller.opened(server.url + "/endless") as reading:
            with pytest.raises(playhead.Exhausted, match="where its consumer stopped"):
                async for _ in reading:
                    pass
    assert session.report().refused == 1


@callers()
async def test_a_stream_still_open_when_the_session_ends(path: Path, server: Server, caller: Caller) -> None:
    """What came until then is kept; the consumer reads on afterwards as if nothing had been."""
    session = playhead.use_cassette(path, mode="record").open()
    client = caller.client()
    async with caller.opened(server.url + "/gated", client=client) as reading:
        first = await anext(reading)
        session.close()
        server.gate.set()
        assert [piece async for piece in reading] == [b"data: last\n\n"]
    await caller.close(client)
    (call,) = playhead.open_cassette(path)
    assert call.answer is not None
    assert (call.answer.left, call.answer.pieces) == (True, (first,))


async def test_a_stream_that_nobody_reads_is_kept_as_left(path: Path, server: Server, caller: Caller) -> None:
    """Closing an answer without reading it keeps its head."""
    with playhead.use_cassette(path, mode="record"):
        async with caller.opened(server.url + "/gated") as reading:
            assert reading.response.status_code == 200
    (call,) = playhead.open_cassette(path)
    assert call.answer is not None
    assert (call.answer.status, call.answer.left) == (200, True)


# --- errors


def refused_port() -> int:
    """Give a port of this machine that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@callers()
@pytest.mark.parametrize("other", ["httpx", "httpx2"])
@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("refused", "ConnectError"),
        ("tls", "ConnectError"),
        ("/held", "ReadTimeout"),
        ("/half", "ReadTimeout"),
        ("/cut", "RemoteProtocolError"),
        ("/nothing", "RemoteProtocolError"),
    ],
)
async def test_errors_come_back_as_the_library_in_use_has_them(
    path: Path, server: Server, caller: Caller, other: str, where: str, name: str
) -> None:
    """The same class with the same message, after the same pieces; also where another library had recorded it."""
    url = {
        "refused": f"http://127.0.0.1:{refused_port()}/",
        "tls": server.url.replace("http:", "https:"),
    }.get(where, server.url + where)
    recorder = Caller(library_named(other), "sync")
    timeout = 0.2 if name == "ReadTimeout" else 5.0
    first = await recorded(path, recorder, url, timeout=timeout)
    assert first.error is not None
    assert first.error[0] == name
    server.stop()
    assert await replayed(path, caller, url, timeout=timeout) == first


@callers()
async def test_a_recorded_error_has_its_request(path: Path, caller: Caller) -> None:
    """Programs read the request out of an exception."""
    url = f"http://127.0.0.1:{refused_port()}/"
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode), pytest.raises(caller.library.ConnectError) as caught:
            await caller.get(url)
        assert str(caught.value.request.url) == url
    (call,) = playhead.open_cassette(path)
    assert call.evidence.failure is not None
    assert call.evidence.failure.type == f"{caller.library.__name__}.ConnectError"


async def test_a_connect_timeout_comes_back(path: Path, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot be reached in time is an error of its own class."""

    # No address of this machine leaves a connection hanging, so the transport says it.
    def late(*_: object) -> None:
        raise httpx.ConnectTimeout("timed out")

    with monkeypatch.context() as patch:
        patch.setattr(httpx.HTTPTransport, "handle_request", late)
        first = await recorded(path, caller, "http://192.0.2.1/")
    assert first.error == ("ConnectTimeout", "timed out")
    assert await replayed(path, caller, "http://192.0.2.1/") == first


@callers()
async def test_an_interrupted_call_is_no_outcome(path: Path, server: Server, caller: Caller) -> None:
    """A call that a program cancels, or that breaks with no error of the library's, is not recorded."""
    with playhead.use_cassette(path, mode="record") as session:
        if caller.shape == "async":
            task = asyncio.create_task(caller.get(server.url + "/held"))
            await asyncio.to_thread(server.came.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            transport = playhead.transport(inner=_Breaking(), library=caller.library)
            with pytest.raises(ZeroDivisionError):
                await caller.get(server.url + "/json", client=caller.client(transport=transport))
    report = session.report()
    assert (report.recorded, report.abandoned) == (0, 1)


class _Breaking:
    def handle_request(self, request: Any) -> Any:
        raise ZeroDivisionError

    def close(self) -> None: ...


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_failed_answer_is_an_answer_and_a_failure(path: Path, status: int) -> None:
    """The client gets what the server said; the evidence says that the call failed, and how."""
    inner = httpx.MockTransport(
        lambda _: httpx.Response(status, json={"error": {"message": "no"}}, headers={"Retry-After": "7"})
    )
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode), httpx.Client(transport=playhead.transport(inner=inner)) as client:
            response = client.get("http://h.example/")
        assert (response.status_code, response.json()) == (status, {"error": {"message": "no"}})
    (call,) = playhead.open_cassette(path)
    failure = call.evidence.failure
    assert failure is not None
    assert (failure.message, failure.context["status"]) == ("no", status)
    assert failure.retryable is (status in (429, 500, 503))
    if status == 429:
        assert failure.retry_after == 7.0


# --- requests of every shape


@callers()
@pytest.mark.parametrize("shape", ["bytes", "text", "json", "form", "files", "generator", "file"])
async def test_bodies_of_every_shape_are_sent_and_matched(
    path: Path, server: Server, caller: Caller, shape: str
) -> None:
    """Bytes, forms, uploads, files and generators arrive as they were, and match when they are sent again."""

    def options() -> dict[str, Any]:
        if shape == "generator":
            return {"content": _pieces_async() if caller.shape == "async" else _pieces()}
        if shape == "file":
            data = io.BytesIO(b"from a file")
            return {"files": {"f": ("a.txt", data)}} if caller.shape == "async" else {"content": data}
        plain: dict[str, dict[str, Any]] = {
            "bytes": {"content": b"\xff\x00"},
            "text": {"content": "gr\u00fc\u00dfe"},
            "json": {"json": {"a": [1, None]}},
            "form": {"data": {"a": "1", "b": ["2", "3"]}},
            "files": {"files": {"f": ("a.txt", b"x")}, "data": {"b": "1"}},
        }
        return plain[shape]

    first = await recorded(path, caller, server.url + "/echo", method="POST", **options())
    assert first.content == server.asked[0].body
    assert first.content
    server.stop()
    again = await replayed(path, caller, server.url + "/echo", method="POST", **options())
    assert again.content == first.content
    with playhead.use_cassette(path), pytest.raises(playhead.NoMatch):
        await caller.get(server.url + "/echo", "POST", content=b"something else")


def _pieces() -> Iterator[bytes]:
    yield b"one "
    yield b"two"


async def _pieces_async() -> AsyncIterator[bytes]:
    yield b"one "
    yield b"two"


# --- the library's own


def test_the_librarys_errors_all_have_a_word(library: ModuleType) -> None:
    """Every transport error has a word that other libraries know, and comes back from it as a class of its kind."""
    found = [cls for cls in vars(library).values() if isinstance(cls, type) and issubclass(cls, library.TransportError)]
    assert len(found) > 10
    for cls in found:
        error = cls("said")
        kind = kind_of(error)
        assert kind in WORDS
        again = error_of(WireError(f"{library.__name__}.{cls.__name__}", kind, "said"), library)
        assert (type(again), str(again)) == (cls, "said")
        foreign = error_of(WireError("requests.exceptions.Something", kind, "said"), library)
        assert isinstance(foreign, library.TransportError)
        assert kind_of(foreign) in (kind, "connect") if kind != "other" else type(foreign) is library.TransportError


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    """Give each library."""
    return library_named(request.param)


def test_every_kind_has_a_class(library: ModuleType) -> None:
    """Whatever another library recorded comes back as an error of this one."""
    for kind in WORDS:
        error = error_of(WireError("requests.exceptions.Foo", kind, "said"), library)
        assert isinstance(error, library.TransportError)
        assert str(error) == "said"
    assert {KINDS[name] for name in KINDS} <= set(WORDS)


def test_a_class_is_never_imported_because_a_file_names_it(library: ModuleType) -> None:
    """A name that is no error of the library's gives one of its kind."""
    for name in ("os.system", "httpx.Client", "httpx.HTTPStatusError", "evil.ConnectError", "httpx", ""):
        error = error_of(WireError(name, "read-timeout", "said"), library)
        assert type(error) is library.ReadTimeout
    assert type(error_of(WireError("x", "no word of ours"), library)) is library.TransportError


def test_usual_reasons() -> None:
    """The words that usually follow a status are not worth keeping; a status of nobody's has none."""
    assert (usual_reason(200), usual_reason(599)) == ("OK", "")


def test_a_client_made_before_the_session_is_caught(path: Path, server: Server) -> None:
    """Transports are caught where they send: a client of any age passes through the session, and after it no more."""
    with httpx.Client(verify=False) as client:
        plain = client.get(server.url + "/json").json()["n"]
        with playhead.use_cassette(path, mode="record"):
            recorded_ = client.get(server.url + "/json").json()["n"]
        after = client.get(server.url + "/json").json()["n"]
        with playhead.use_cassette(path, strict=True):
            assert client.get(server.url + "/json").json()["n"] == recorded_
        last = client.get(server.url + "/json").json()["n"]
    assert [plain, recorded_, after, last] == [1, 2, 3, 4]


def test_threads_record_and_replay_side_by_side(path: Path, server: Server) -> None:
    """Many threads of one session lose no call and get each their own answer."""

    def ask(client: httpx.Client, n: int, found: dict[int, bytes]) -> None:
        found[n] = client.post(server.url + "/echo", content=b"%d" % n).content

    seen: list[dict[int, bytes]] = []
    for mode in ("record", "replay"):
        found: dict[int, bytes] = {}
        with playhead.use_cassette(path, mode=mode, strict=True), httpx.Client(verify=False) as client:
            threads = [threading.Thread(target=ask, args=(client, n, found)) for n in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        seen.append(found)
        server.stop()
    assert seen == [{n: b"%d" % n for n in range(12)}] * 2


# --- websockets


@pytest.fixture
def talker() -> Iterator[str]:
    """Run a server that changes protocols and repeats what it is told."""
    listening = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        while True:
            try:
                talking, _ = listening.accept()
            except OSError:
                return
            with talking:
                while b"\r\n\r\n" not in talking.recv(65536):
                    continue
                talking.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
                talking.sendall(b"heard " + talking.recv(100))

    thread = threading.Thread(target=talk)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/talk"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket"}


@callers()
async def test_a_websocket_is_let_by_and_told_of(path: Path, talker: str, caller: Caller) -> None:
    """A websocket works while a session records; it is no call, and the report names it."""
    with playhead.use_cassette(path, mode="record") as session:
        async with caller.opened(talker, headers=UPGRADE) as reading:
            stream = reading.response.extensions["network_stream"]
            if caller.shape == "sync":
                stream.write(b"hello")
                heard = stream.read(100, timeout=5.0)
            else:
                await stream.write(b"hello")
                heard = await stream.read(100, timeout=5.0)
    assert heard == b"heard hello"
    assert session.report().recorded == 0
    assert session.report().side_traffic == (f"GET {talker}",)


@callers()
async def test_a_websocket_is_refused_in_a_replay(path: Path, talker: str, caller: Caller) -> None:
    """A replay opens no websocket, and says that none can be replayed."""
    with playhead.use_cassette(path, guard=False) as session, pytest.raises(ReplayRefused, match="websocket"):
        await caller.get(talker, headers=UPGRADE)
    assert session.report().refused == 1
