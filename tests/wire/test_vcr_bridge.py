"""The bridge to vcrpy in a process: late, for connections of before too, one session's calls for that session alone."""

from __future__ import annotations

import contextvars
import http.client
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.wire.server import Server

import playhead
from playhead.errors import NoMatch, ReplayRefused
from playhead.wire.vcr_bridge import STUB


def get(url: str, data: bytes | None = None, **headers: str) -> bytes:
    """Send a request by urllib.request."""
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as response:
        return bytes(response.read())


def functions() -> dict[str, Any]:
    """Give what a session replaces in ``http.client`` and urllib3."""
    found: dict[str, Any] = {}
    for module in ("http.client", "urllib3.connection", "httplib2"):
        for name in ("HTTPConnection", "HTTPSConnection", "HTTPConnectionWithTimeout", "HTTPSConnectionWithTimeout"):
            cls = getattr(sys.modules.get(module), name, None)
            found[f"{module}.{name}"] = (cls, dict(vars(cls)) if cls is not None else None)
    return found


def in_a_process_of_its_own(source: str, *args: object) -> list[str]:
    """Run a program and give what it prints."""
    command = [sys.executable, "-W", "error", "-c", source, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


LOADED = "print(*[m for m in ('vcr', 'requests', 'urllib3', 'aiohttp', 'botocore') if m in sys.modules])\n"


def test_a_process_of_httpx_alone_imports_no_other_client(server: Server, path: Path) -> None:
    """A process that records and replays by httpx imports neither vcrpy nor any client that vcrpy knows."""
    source = (
        "import sys, httpx, playhead\n"
        "for mode in ('record', 'replay'):\n"
        "    with playhead.use_cassette(sys.argv[1], mode=mode):\n"
        "        httpx.get(sys.argv[2])\n" + LOADED
    )
    assert in_a_process_of_its_own(source, path, f"{server.url}/json") == []


def test_vcr_is_imported_with_the_first_request_that_needs_it(server: Server, path: Path) -> None:
    """A session alone imports nothing; the first request by another client in it imports vcrpy."""
    source = (
        "import sys, urllib.request, playhead\n"
        "with playhead.use_cassette(sys.argv[1], mode='record'):\n"
        "    print('vcr' in sys.modules)\n"
        "    urllib.request.urlopen(sys.argv[2]).read()\n"
        "    print('vcr' in sys.modules)\n"
    )
    assert in_a_process_of_its_own(source, path, f"{server.url}/json") == ["False", "True"]


def test_a_client_imported_in_a_session_is_caught_and_its_own(server: Server, path: Path) -> None:
    """urllib3, imported while a session is open, is recorded; its classes derive from Python's own, then and later."""
    pytest.importorskip("urllib3")
    source = (
        "import sys, playhead\n"
        "with playhead.use_cassette(sys.argv[1], mode='record') as session:\n"
        "    import urllib3\n"
        "    urllib3.request('GET', sys.argv[2]).data\n"
        "import http.client, urllib3.connection\n"
        "assert session.report().recorded == 1\n"
        "assert urllib3.connection.HTTPConnection.__bases__[0] is http.client.HTTPConnection\n"
        "with playhead.use_cassette(sys.argv[1]):\n"
        "    print(urllib3.request('GET', sys.argv[2]).status)\n"
    )
    assert in_a_process_of_its_own(source, path, f"{server.url}/json") == ["200"]
    assert server.count == 1


def test_without_vcrpy_the_error_says_what_is_missing(server: Server, path: Path) -> None:
    """Where vcrpy is not installed a request that needs it says so, and is not sent."""
    source = (
        "import sys, urllib.request, playhead\n"
        "sys.modules['vcr'] = None\n"
        "with playhead.use_cassette(sys.argv[1], mode='record'):\n"
        "    try:\n"
        "        urllib.request.urlopen(sys.argv[2])\n"
        "    except playhead.errors.MissingDependencyError as error:\n"
        "        print(error.dependency_name)\n"
    )
    assert in_a_process_of_its_own(source, path, f"{server.url}/json") == ["vcrpy"]
    assert server.count == 0


def test_a_session_leaves_every_class_as_it_was(server: Server, path: Path) -> None:
    """After a session the classes and functions of the clients are the very same objects."""
    pytest.importorskip("urllib3")
    before = functions()
    with playhead.use_cassette(path, mode="record"):
        get(f"{server.url}/json")
        assert functions() != before
    assert functions() == before


def test_a_connection_of_before_is_caught_and_given_back(server: Server, path: Path) -> None:
    """A connection that is alive from before is recorded over, replayed without, and goes on after the session."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def ask() -> bytes:
        connection.request("GET", "/json")
        return connection.getresponse().read()

    ask()
    alive = connection.sock
    with playhead.use_cassette(path, mode="record"):
        recorded = ask()
    assert connection.sock is alive
    with playhead.use_cassette(path, strict=True):
        assert ask() == recorded
        assert connection.sock is alive
    assert STUB not in vars(connection)
    assert server.count == 2
    assert ask() != recorded
    assert connection.sock is alive
    connection.close()


def test_a_refused_call_is_not_sent_and_the_connection_goes_on(server: Server, path: Path) -> None:
    """A call that nothing recorded matches raises in the caller's code; its connection serves the next one."""
    with playhead.use_cassette(path, mode="record"):
        get(f"{server.url}/json")
    with playhead.use_cassette(path) as session:
        with pytest.raises(NoMatch, match="nothing recorded"):
            get(f"{server.url}/other")
        with pytest.raises(NoMatch, match="nothing recorded"):
            get(f"{server.url}/other")
        get(f"{server.url}/json")
    assert session.report().refused == 1
    assert server.count == 1


def test_every_session_gets_its_own_calls(server: Server, path: Path) -> None:
    """Two sessions in two threads, at once, record and replay their own calls and no other's."""
    barrier = threading.Barrier(2)
    failures: list[BaseException] = []

    def run(name: str) -> None:
        try:
            for mode in ("record", "replay"):
                with playhead.use_cassette(path.with_name(f"{name}.cassette"), mode=mode, strict=True) as session:
                    for turn in range(10):
                        barrier.wait(10)
                        assert get(f"{server.url}/echo?{name}{turn}", name.encode()) == name.encode()
                assert (session.report().recorded, session.report().played) == (
                    (10, 0) if mode == "record" else (0, 10)
                )
        except BaseException as error:
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert server.count == 20


def test_a_thread_of_no_session_goes_out_while_another_records(server: Server, path: Path) -> None:
    """While one thread's request is being sent, another thread's in the same session is recorded too."""
    url = f"{server.url}/held"
    with playhead.use_cassette(path, mode="record") as session:
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(get, url))
        thread.start()
        assert server.came.wait(10)
        # The first request is out and waits for its answer: nothing is un-patched meanwhile.
        get(f"{server.url}/json")
        server.gate.set()
        thread.join()
    assert session.report().recorded == 2
    with playhead.use_cassette(path, strict=True):
        get(f"{server.url}/json")
        get(url)


def test_the_inner_of_nested_sessions_has_the_call(server: Server, path: Path) -> None:
    """A call made in a session inside a session is the inner one's."""
    with playhead.use_cassette(path, mode="record") as outer:
        get(f"{server.url}/json")
        with playhead.use_cassette(path.with_name("inner.cassette"), mode="record") as inner:
            get(f"{server.url}/json")
            get(f"{server.url}/echo", b"x")
    assert (outer.report().recorded, inner.report().recorded) == (1, 2)


def test_an_ignored_host_is_let_by(server: Server, path: Path) -> None:
    """A request to a host that is left out goes out as it is, over a connection opened as ever."""
    with playhead.use_cassette(path, mode="record"):
        get(f"{server.url}/json")
    for host in ("127.0.0.1", f"127.0.0.1:{server.port}"):
        with playhead.use_cassette(path, ignore_hosts=[host]) as session:
            connection = http.client.HTTPConnection("127.0.0.1", server.port)
            connection.connect()
            assert connection.sock is not None
            connection.request("GET", "/other")
            connection.getresponse().read()
            connection.close()
        assert session.report().refused == 0


def test_a_request_inside_a_recorded_call_is_recorded_once(server: Server, path: Path) -> None:
    """A provider that speaks HTTP by urllib is recorded where it is wrapped, and not below."""

    class Provider:
        def complete(self, request: Any) -> Any:
            return playhead.Completion(get(f"{server.url}/echo", b"said").decode())

    request = playhead.CompletionRequest("hello")
    with playhead.use_cassette(path, mode="record") as session:
        assert session.wrap(Provider()).complete(request).text == "said"
    assert session.report().recorded == 1
    with playhead.use_cassette(path, strict=True) as session:
        assert session.wrap(None).complete(request).text == "said"


def test_sessions_side_by_side_refuse_what_is_of_none(server: Server, path: Path) -> None:
    """A call from a thread of neither of two sessions is refused, not guessed."""
    opened, done = threading.Event(), threading.Event()

    def other() -> None:
        with playhead.use_cassette(path.with_name("other.cassette"), mode="record"):
            opened.set()
            done.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    assert opened.wait(10)
    errors: list[Exception] = []

    def lost() -> None:
        try:
            get(f"{server.url}/json")
        except Exception as error:
            errors.append(error)

    with playhead.use_cassette(path, mode="record"):
        stray = threading.Thread(target=lost)
        stray.start()
        stray.join()
    done.set()
    thread.join()
    assert [type(error) for error in errors] == [ReplayRefused]
    assert server.count == 0


def test_a_request_begun_in_a_session_and_sent_after_it_is_of_none(server: Server, path: Path) -> None:
    """What is half written when its session ends goes out as if there had been none."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    with playhead.use_cassette(path, mode="record"):
        connection.putrequest("GET", "/json")
    connection.endheaders()
    assert connection.getresponse().status == 200
    connection.close()
