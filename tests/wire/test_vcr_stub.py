"""
Clients over ``http.client`` recorded and replayed: what each sees is the same, with the server gone.

urllib.request and http.client are tested everywhere, the others where they are installed.
"""

from __future__ import annotations

import gc
import http.client
import importlib
import io
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.wire.server import BINARY, TEXT, Server

import playhead
from playhead import ManualClock
from playhead.core.wire import WireError
from playhead.errors import NoMatch, ReplayRefused

SECONDS = 0.2
"""How long a client waits for an answer that is held back."""

Seen = tuple[Any, ...]
Ask = Callable[..., Seen]


def optional(name: str) -> Any:
    """Give a client, or skip its tests."""
    return pytest.importorskip(name)


def failed(error: BaseException) -> Seen:
    """Give what an exception shows: class, words, and the chain below it."""
    words = str(error).replace(repr(error.args[0]) if error.args else "", "")
    return (type(error).__module__, type(error).__qualname__, words.partition(" at 0x")[0])


def by_urllib(url: str, method: str = "GET", body: Any = None, **headers: str) -> Seen:
    """Ask by urllib.request."""
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return (response.status, response.reason, list(response.headers.items()), response.read(), response.url)
    except urllib.error.HTTPError as error:
        with error:
            return (error.code, error.reason, list(error.headers.items()), error.read(), error.url)


def by_http_client(url: str, method: str = "GET", body: Any = None, **headers: str) -> Seen:
    """Ask by http.client."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    cls = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    connection = cls(host, timeout=SECONDS)
    try:
        connection.request(method, f"/{path}", body, headers)
        response = connection.getresponse()
        return (response.status, response.reason, response.getheaders(), response.version, response.read())
    finally:
        connection.close()


def by_requests(url: str, method: str = "GET", body: Any = None, **headers: str) -> Seen:
    """Ask by requests."""
    requests = optional("requests")
    with requests.Session() as session:
        response = session.request(method, url, data=body, headers=headers, timeout=SECONDS)
        history = [one.status_code for one in response.history]
        return (response.status_code, response.reason, dict(response.headers), response.content, response.url, history)


def by_urllib3(url: str, method: str = "GET", body: Any = None, **headers: str) -> Seen:
    """Ask by urllib3."""
    urllib3 = optional("urllib3")
    with urllib3.PoolManager(
        retries=urllib3.Retry(connect=0, read=0, other=0, redirect=3, status=0, respect_retry_after_header=False)
    ) as pool:
        response = pool.request(method, url, body=body, headers=headers, timeout=SECONDS)
        return (response.status, response.reason, list(response.headers.items()), response.version, response.data)


def by_httplib2(url: str, method: str = "GET", body: Any = None, **headers: str) -> Seen:
    """Ask by httplib2."""
    client = optional("httplib2").Http(timeout=SECONDS)
    try:
        response, content = client.request(url, method, body, headers)
        return (response.status, response.reason, dict(response), content)
    finally:
        client.close()


CLIENTS = [by_urllib, by_http_client, by_requests, by_urllib3, by_httplib2]


def attempt(ask: Ask, *args: Any, **options: Any) -> Seen:
    """Ask, and give the answer or the exception."""
    try:
        return ask(*args, **options)
    except Exception as error:
        if isinstance(error, ReplayRefused):
            raise
        return failed(error)


def twice(path: Path, server: Server, ask: Ask, *args: Any, **options: Any) -> tuple[Seen, Seen]:
    """Ask while recording, then while replaying with nothing refused and nothing left unplayed."""
    with playhead.use_cassette(path, mode="record"):
        recorded = attempt(ask, *args, **options)
    count = server.count
    with playhead.use_cassette(path, strict=True):
        replayed = attempt(ask, *args, **options)
    assert server.count == count
    return recorded, replayed


# --- the same to the byte

ANSWERS = [
    *("/json", "/reason", "/empty", "/binary", "/ndjson", "/events", "/squeezed?gzip", "/squeezed?deflate"),
    *("/squeezed?gzip-members", "/redirect", "/busy", "/broken", "/v1/chat/completions"),
]


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("where", ANSWERS)
def test_what_a_client_sees_is_the_same(path: Path, server: Server, ask: Ask, where: str) -> None:
    """Status, reason, headers, body and history come again as they were, redirects hop by hop."""
    recorded, replayed = twice(path, server, ask, f"{server.url}{where}")
    assert replayed == recorded


@pytest.mark.parametrize("ask", CLIENTS)
def test_the_method_does_not_change_what_is_replayed(path: Path, server: Server, ask: Ask) -> None:
    """HEAD has headers and no body, DELETE and lower case are what they are."""
    for turn, method in enumerate(("HEAD", "DELETE", "PUT")):
        recorded, replayed = twice(path.with_name(str(turn)), server, ask, f"{server.url}/json", method)
        assert replayed == recorded


def test_a_method_is_matched_in_upper_case(path: Path, server: Server) -> None:
    """A method that a client spells in lower case is recorded as what servers take it for."""
    with playhead.use_cassette(path, mode="record"):
        by_http_client(f"{server.url}/echo", "post", b"x")
    assert server.asked[0].method == "post"
    with playhead.use_cassette(path, strict=True):
        assert by_http_client(f"{server.url}/echo", "POST", b"x")[4] == b"x"


@pytest.mark.parametrize("where", ["/squeezed?gzip", "/binary"])
def test_the_bytes_are_kept_as_they_came(path: Path, server: Server, where: str) -> None:
    """What was compressed is kept compressed, and the client does with it what it does."""
    recorded, replayed = twice(path, server, by_urllib, f"{server.url}{where}")
    assert replayed[3] == recorded[3]
    assert replayed[3] == BINARY if where == "/binary" else replayed[3] != TEXT


# --- what breaks


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("where", ["/cut", "/nothing", "/held", "/half"])
def test_what_broke_breaks_again(path: Path, server: Server, ask: Ask, where: str) -> None:
    """An answer that was cut, never came or came too late raises the client's own exception again, in no time."""
    recorded, replayed = twice(path, server, ask, f"{server.url}{where}")
    server.gate.set()
    assert replayed == recorded
    assert isinstance(recorded[0], str) or ask is by_httplib2


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_not_there_is_not_there_again(path: Path, server: Server, ask: Ask, scheme: str) -> None:
    """A connection that is refused is recorded and refused again, without one."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"{scheme}://127.0.0.1:{bound.getsockname()[1]}/x"
        recorded, replayed = twice(path, server, ask, url)
    assert replayed == recorded
    gc.collect()  # httplib2 leaves its socket to the collector, which is to complain of it here


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_server_without_tls_fails_the_same_way_again(path: Path, server: Server, ask: Ask) -> None:
    """A failed handshake is recorded and fails again, without one."""
    recorded, replayed = twice(path, server, ask, f"https://127.0.0.1:{server.port}/json")
    assert replayed == recorded
    assert server.count == 0


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_name_that_nobody_knows_is_unknown_again(
    path: Path, server: Server, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed lookup is recorded and fails again, without one."""

    def unknown(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", unknown)
        with playhead.use_cassette(path, mode="record"):
            recorded = attempt(ask, "http://nobody.example/x")
    with playhead.use_cassette(path, strict=True):
        assert attempt(ask, "http://nobody.example/x") == recorded
    assert "gaierror" in str(recorded) or "known" in str(recorded) or "find the server" in str(recorded)


@pytest.mark.parametrize("ask", [by_urllib, by_requests, by_urllib3])
@pytest.mark.parametrize("kind", ["connect-timeout", "connect", "read-timeout", "read", "tls", "protocol", "proxy"])
def test_what_another_library_recorded_breaks_this_one(
    path: Path, server: Server, ask: Ask, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of httpx's, whose class this client does not know, is one of its own of the same meaning."""
    from playhead.core import calls

    with playhead.use_cassette(path, mode="record"):
        by_http_client(f"{server.url}/json")
    kept = calls.answer_of

    def other(entry: Any) -> Any:
        answer = kept(entry)
        return answer and answer._replace(status=0, pieces=(), error=WireError("httpx.Other", kind, "words"))

    monkeypatch.setattr("playhead.wire.exchange.answer_of", other)
    with playhead.use_cassette(path):
        seen = attempt(ask, f"{server.url}/json")
    assert isinstance(seen[0], str)
    assert seen[0].split(".")[0] in ("urllib", "requests", "urllib3", "builtins", "http")


# --- requests


class Form(io.BytesIO):
    """A file with a name."""

    name = "form.bin"


BODIES: dict[str, tuple[Callable[[], Any], bytes]] = {
    "bytes": (lambda: b"\x00ab", b"\x00ab"),
    "file": (lambda: io.BytesIO(b"file"), b"file"),
    "generator": (lambda: iter([b"ge", b"ner", b"ator"]), b"generator"),
}


@pytest.mark.parametrize("ask", [by_urllib, by_http_client, by_requests, by_urllib3])
@pytest.mark.parametrize("body", BODIES)
def test_every_kind_of_body_is_sent_and_matched(path: Path, server: Server, ask: Ask, body: str) -> None:
    """A body is read once, goes out as it was and is matched by its bytes, whatever it is given as."""
    make, data = BODIES[body]
    url = f"{server.url}/echo"
    kind = {"Content-Type": "application/octet-stream"}
    with playhead.use_cassette(path, mode="record"):
        assert data in ask(url, "POST", make(), **kind)
    assert server.asked[0].body == data
    with playhead.use_cassette(path) as session:
        assert data in ask(url, "POST", make(), **kind)
        with pytest.raises(NoMatch):
            ask(url, "POST", iter([data, b"!"]), **kind)
    assert session.report().played == 1


def test_text_and_files_of_requests_are_matched(path: Path, server: Server) -> None:
    """A text is sent in the client's encoding; a form with files matches although its boundary is another each time."""
    requests = optional("requests")
    url = f"{server.url}/echo"

    def ask() -> list[int]:
        return [
            requests.post(url, data="gr\u00fc\u00dfe".encode(), timeout=9).status_code,
            requests.post(url, json={"a": 1}, timeout=9).status_code,
            requests.post(url, files={"f": ("x", Form(b"123"))}, data={"k": "v"}, timeout=9).status_code,
        ]

    with playhead.use_cassette(path, mode="record"):
        recorded = ask()
    with playhead.use_cassette(path, strict=True):
        assert ask() == recorded
    assert server.count == 3


def test_a_request_written_by_hand_is_caught(path: Path, server: Server) -> None:
    """A request written header by header and piece by piece is one request, and goes out as it was written."""

    def ask() -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.putrequest("POST", "/echo", skip_accept_encoding=True)
        connection.putheader("Content-Length", "4")
        connection.putheader("X-Many", "1", "2")
        connection.endheaders()
        connection.send(b"ab")
        connection.send([b"c", b"d"])
        data = connection.getresponse().read()
        connection.close()
        return data

    with playhead.use_cassette(path, mode="record"):
        assert ask() == b"abcd"
    assert "accept-encoding" not in server.asked[0].headers
    with playhead.use_cassette(path, strict=True):
        assert ask() == b"abcd"


def test_a_connection_asked_for_beforehand_is_opened_when_it_is_needed(path: Path, server: Server) -> None:
    """``connect`` in a session waits for the request, which alone tells whether there will be a connection."""
    with playhead.use_cassette(path, mode="record"):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.connect()
        before = connection.sock is not None
        connection.request("GET", "/json")
        connection.getresponse().read()
        assert (before, connection.sock is not None) == (False, True)
        connection.close()


# --- streams


def test_an_endless_stream_is_recorded_by_who_leaves_it(path: Path, server: Server) -> None:
    """What was read of an endless stream is kept and comes again; reading on is refused, for nobody knows what came."""
    with playhead.use_cassette(path, mode="record"):
        response = urllib.request.urlopen(f"{server.url}/endless")
        recorded = [response.readline() for _ in range(3)]
        response.close()
    server.gate.set()
    assert recorded == [b"data: 0\n", b"\n", b"data: 1\n"]
    with playhead.use_cassette(path) as session:
        response = urllib.request.urlopen(f"{server.url}/endless")
        assert [response.readline() for _ in range(3)] == recorded
        with pytest.raises(ReplayRefused, match="where its consumer stopped"):
            response.read(1 << 24)
    assert session.report().refused == 1


def test_pieces_pass_as_they_come(path: Path, server: Server) -> None:
    """A stream that waits for its reader does not hang: what came is relayed before what follows is there."""
    with playhead.use_cassette(path, mode="record"), urllib.request.urlopen(f"{server.url}/gated") as response:
        first = response.readline()
        server.gate.set()
        rest = response.read()
    assert (first, rest) == (b"data: first\n", b"\ndata: last\n\n")
    with playhead.use_cassette(path, strict=True), urllib.request.urlopen(f"{server.url}/gated") as response:
        assert (response.read1(99), response.read1(99)) == (b"data: first\n\n", b"data: last\n\n")


def _content(response: Any) -> Iterator[bytes]:
    return iter(response.iter_content(None))


def _lines(response: Any) -> Iterator[bytes]:
    return iter(response.iter_lines())


def _raw(response: Any) -> Iterator[bytes]:
    return iter(lambda: response.raw.read(7), b"")


@pytest.mark.parametrize("read", [_content, _lines, _raw])
def test_a_stream_of_requests_comes_in_the_same_pieces(
    path: Path, server: Server, read: Callable[[Any], Iterator[bytes]]
) -> None:
    """Chunks, lines and raw reads of a streamed response give what they gave."""
    requests = optional("requests")
    seen = []
    for mode in ("record", "replay"):
        with (
            playhead.use_cassette(path, mode=mode, strict=True),
            requests.get(f"{server.url}/events", stream=True, timeout=9) as response,
        ):
            seen.append(list(read(response)))
    assert seen[0] == seen[1]
    assert server.count == 1


def test_a_pool_gives_and_takes_its_connections(path: Path, server: Server) -> None:
    """A pool keeps one connection through a session, its own, and uses it on."""
    urllib3 = optional("urllib3")
    pool = urllib3.HTTPConnectionPool("127.0.0.1", server.port, maxsize=1)

    def ask() -> bytes:
        response = pool.request("GET", "/json", preload_content=False)
        data: bytes = b"".join(response.stream(8))
        response.release_conn()
        return data

    ask()
    with playhead.use_cassette(path, mode="record"):
        recorded = [ask(), ask()]
    with playhead.use_cassette(path, strict=True):
        assert [ask(), ask()] == recorded
    assert ask() not in recorded
    assert (pool.num_connections, server.count) == (1, 4)
    connection = pool.pool.get()
    assert type(connection.sock) is socket.socket
    connection.close()
    pool.close()


def test_time_passes_only_where_it_is_asked_for(path: Path, server: Server) -> None:
    """A stream is replayed at once, or with the clock's waits where a pace is set."""
    with playhead.use_cassette(path, mode="record"):
        request = urllib.request.urlopen(f"{server.url}/gated")
        request.readline()
        threading_wait(0.05)
        server.gate.set()
        request.read()
    clock = ManualClock()
    before = clock.stopwatch_ns()
    with playhead.use_cassette(path, pace=1, clock=clock), urllib.request.urlopen(f"{server.url}/gated") as response:
        response.read()
    assert clock.stopwatch_ns() - before >= 0.04e9


def threading_wait(seconds: float) -> None:
    """Let some time pass."""
    import threading

    threading.Event().wait(seconds)


# --- retries


def test_retries_of_urllib3_are_exchanges_of_their_own(path: Path, server: Server) -> None:
    """An answer that makes a client try again is one exchange, the next another; the waits between are none."""
    urllib3 = optional("urllib3")
    retry = urllib3.Retry(5, status_forcelist=[429], backoff_factor=0.0, respect_retry_after_header=False)
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode, strict=True) as session, urllib3.PoolManager(retries=retry) as pool:
            assert pool.request("GET", f"{server.url}/flaky").status == 200
        report = session.report()
        assert (report.recorded, report.played) == ((3, 0) if mode == "record" else (0, 3))
    assert server.count == 3


def test_a_refusal_is_not_tried_again(path: Path, server: Server) -> None:
    """A client that retries what fails does not retry a refusal; the report has it once."""
    urllib3 = optional("urllib3")
    with playhead.use_cassette(path, mode="record"):
        by_http_client(f"{server.url}/json")
    with (
        playhead.use_cassette(path) as session,
        urllib3.PoolManager(retries=urllib3.Retry(5, backoff_factor=9)) as pool,
        pytest.raises(NoMatch),
    ):
        pool.request("GET", f"{server.url}/other")
    assert session.report().refused == 1


# --- boto3


@pytest.fixture
def bedrock(server: Server) -> Iterator[Any]:
    """Give a client of Bedrock that is pointed at the server."""
    boto3 = optional("boto3")
    config = importlib.import_module("botocore.config").Config(retries={"total_max_attempts": 1}, read_timeout=SECONDS)
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="eu-west-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=config,
    )
    yield client
    client.close()


def errors_of(library: ModuleType) -> tuple[type[Exception], ...]:
    """Give what a botocore client raises."""
    return (library.BotoCoreError, library.ClientError)


def test_boto3_is_recorded_and_replayed(path: Path, server: Server, bedrock: Any) -> None:
    """A client of boto3's, made before the session, gives the same answer with the server gone."""
    body = json.dumps({"model": "m-1", "messages": [{"role": "user", "content": "hi"}]})

    def ask() -> Any:
        answer = bedrock.invoke_model(modelId="v1", body=body)
        return answer["body"].read(), answer["contentType"], answer["ResponseMetadata"]["HTTPStatusCode"]

    with playhead.use_cassette(path, mode="record"):
        recorded = ask()
    with playhead.use_cassette(path, strict=True):
        assert ask() == recorded
    assert server.count == 1


def test_boto3_breaks_as_it_broke(path: Path, server: Server, bedrock: Any) -> None:
    """A refused connection is the same exception of botocore's again, a refusal is told in its words."""
    library = importlib.import_module("botocore.exceptions")
    server.stop()

    def ask() -> tuple[str, str]:
        with pytest.raises(errors_of(library)) as caught:
            bedrock.invoke_model(modelId="v1", body="{}")
        return type(caught.value).__name__, str(caught.value)

    with playhead.use_cassette(path, mode="record"):
        recorded = ask()
    assert recorded[0] == "EndpointConnectionError"
    with playhead.use_cassette(path) as session:
        assert ask() == recorded
        assert "nothing recorded matches" in ask()[1] or "played" in ask()[1]
    assert session.report().refused == 1
