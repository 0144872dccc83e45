"""The seam: put in when a session opens, gone without a trace when it ends, however it ends."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import threading
import time
import weakref
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.wire.server import Server

import playhead
from playhead.sessions import network
from playhead.wire.seam import SEAM


def attributes() -> dict[str, Any]:
    """Give everything that a session may replace."""
    found: dict[str, Any] = {"time.sleep": time.sleep, "asyncio.sleep": asyncio.sleep, "meta_path": list(sys.meta_path)}
    for name in ("httpx", "httpx2"):
        library: Any = sys.modules.get(name)
        if library is not None:
            found[f"{name} sync"] = library.HTTPTransport.handle_request
            found[f"{name} async"] = library.AsyncHTTPTransport.handle_async_request
            found[f"{name} proxies"] = library._client.get_environment_proxies
    anyio: Any = sys.modules.get("anyio")
    if anyio is not None:
        found["anyio.sleep"] = anyio.sleep
    return found


def identical(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether all attributes are the very same objects."""
    return one.keys() == other.keys() and all(one[name] is other[name] or name == "meta_path" for name in one)


@pytest.fixture
def golden(path: Path) -> Path:
    """Record an empty run, so that replay has something to open."""
    inner = httpx.MockTransport(lambda _: httpx.Response(200, text="x"))
    with (
        playhead.use_cassette(path, mode="record") as session,
        httpx.Client(transport=playhead.transport(session, inner=inner)) as client,
    ):
        client.get("http://h.example/")
    return path


@pytest.mark.parametrize("mode", ["replay", "record-missing", "live", "once"])
def test_everything_is_put_back(golden: Path, mode: str) -> None:
    """After a session every attribute is the identical object, and the environment is equal."""
    before, environment = attributes(), dict(os.environ)
    with playhead.use_cassette(golden, mode=mode):
        within = attributes()
        assert within["httpx sync"] is not before["httpx sync"]
        assert (within["time.sleep"] is before["time.sleep"]) is (mode not in ("replay", "once"))
        assert (dict(os.environ) == environment) is (mode not in ("replay", "once"))
    assert identical(attributes(), before)
    assert attributes()["meta_path"] == before["meta_path"]
    assert dict(os.environ) == environment
    assert network._GUARD._open == ()


def test_everything_is_put_back_after_an_error(golden: Path) -> None:
    """A block that fails, or a session that is let go, leaves nothing either."""
    before, environment = attributes(), dict(os.environ)
    with pytest.raises(ZeroDivisionError), playhead.use_cassette(golden):
        _ = 1 / 0
    assert identical(attributes(), before)
    playhead.use_cassette(golden).open().abandon()
    with pytest.raises(playhead.ReplayRefused), playhead.use_cassette(golden, strict=True):
        pass
    assert identical(attributes(), before)
    assert dict(os.environ) == environment
    assert network._GUARD._open == ()


def test_sessions_that_overlap_put_back_once(golden: Path, tmp_path: Path) -> None:
    """Whatever order sessions end in, what they share is taken out with the last one."""
    before, environment = attributes(), dict(os.environ)
    for first, second in ((0, 1), (1, 0)):
        sessions = [playhead.use_cassette(golden).open(), playhead.use_cassette(tmp_path / "b", mode="live").open()]
        sessions[first].close()
        assert attributes()["httpx sync"] is not before["httpx sync"]
        assert (dict(os.environ) == environment) is (first == 0)
        sessions[second].close()
        assert identical(attributes(), before)
        assert dict(os.environ) == environment


def test_a_session_without_the_wire_touches_nothing(golden: Path) -> None:
    """With ``wire=False``, and in the one-line ways to wrap a provider, nothing of the process is changed."""
    before, environment = attributes(), dict(os.environ)
    with playhead.use_cassette(golden, wire=False):
        assert identical(attributes(), before)
    with playhead.record(playhead.StubInferenceProvider(), golden):
        assert identical(attributes(), before)
    assert dict(os.environ) == environment


@pytest.mark.parametrize("option", ["guard", "skip_waits"])
def test_each_part_can_be_left_out(golden: Path, option: str) -> None:
    """The guard and the skipped waits are options of their own."""
    before, environment = attributes(), dict(os.environ)
    with playhead.use_cassette(golden, **{option: False}):  # type: ignore[arg-type]
        assert (time.sleep is before["time.sleep"]) is (option == "skip_waits")
        assert (dict(os.environ) == environment) is (option == "guard")


def test_threads_open_and_close_side_by_side(tmp_path: Path) -> None:
    """Sessions that come and go in many threads leave the process as it was."""
    before, environment = attributes(), dict(os.environ)
    errors: list[BaseException] = []

    def run(index: int) -> None:
        try:
            for n in range(10):
                with playhead.use_cassette(tmp_path / f"{index}-{n}.cassette", mode="replay" if n % 2 else "live"):
                    pass
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert identical(attributes(), before)
    assert dict(os.environ) == environment


def test_a_mock_of_somebody_elses_is_what_sends(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands on the transport when a session opens, another library's mock too, sends and is put back."""
    for n in range(2):

        def mock(_: Any, request: httpx.Request, n: int = n) -> httpx.Response:
            return httpx.Response(200, text=f"mock {n}", request=request)

        with monkeypatch.context() as patch:
            patch.setattr(httpx.HTTPTransport, "handle_request", mock)
            with playhead.use_cassette(path, mode="record"), httpx.Client(verify=False) as client:
                assert client.get("http://h.example/").text == f"mock {n}"
            assert httpx.HTTPTransport.handle_request is mock
        with playhead.use_cassette(path, strict=True), httpx.Client(verify=False) as client:
            assert client.get("http://h.example/").text == f"mock {n}"


def test_a_mock_put_over_ours_stays(path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock that is put in within the block is there until its owner takes it out; then all is as it was."""
    before = attributes()
    with monkeypatch.context() as patch:
        with playhead.use_cassette(path, mode="live"):
            patch.setattr(httpx.HTTPTransport, "handle_request", lambda *_: httpx.Response(200, text="mock"))
        with httpx.Client(verify=False) as client:
            assert client.get("http://h.example/").text == "mock"
    with httpx.Client(verify=False) as client:
        assert client.get(server.url + "/json").json()["hello"] == "world"
    httpx.HTTPTransport.handle_request = before["httpx sync"]  # type: ignore[method-assign]


def test_proxies_of_the_users_own_stay_while_recording(
    path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy recording goes through it as every other program does."""
    with monkeypatch.context() as patch:
        patch.setenv("HTTP_PROXY", server.url)
        patch.delenv("NO_PROXY", raising=False)
        with playhead.use_cassette(path, mode="record"), httpx.Client() as client:
            assert client.get("http://h.example/json").status_code == 200
        assert server.paths() == ["http://h.example/json"]
        server.stop()
        with playhead.use_cassette(path, strict=True), httpx.Client() as client:
            assert client.get("http://h.example/json").status_code == 200


def test_a_call_after_the_session_is_not_caught(path: Path, server: Server) -> None:
    """What is sent after a session goes out as it is, by the same client too."""
    with httpx.Client(verify=False) as client:
        with playhead.use_cassette(path, mode="record") as session:
            client.get(server.url + "/json")
        client.get(server.url + "/json")
        assert session.report().recorded == 1
        with playhead.use_cassette(path) as session, pytest.raises(playhead.NoMatch):
            client.get(server.url + "/other")
        client.get(server.url + "/json")
    assert len(server.asked) == 3


def test_a_closed_session_is_forgotten(path: Path) -> None:
    """Nothing keeps a session alive that has ended."""
    session = playhead.use_cassette(path, mode="live").open()
    session.close()
    gone = weakref.ref(session) if hasattr(session, "__weakref__") else None
    del session
    gc.collect()
    assert gone is None or gone() is None


def test_replay_opens_no_socket(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replayed call does not so much as make a socket."""

    def no_socket(*_: Any, **__: Any) -> socket.socket:
        raise AssertionError("a socket was made")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", no_socket)
        with playhead.use_cassette(golden, strict=True), httpx.Client(verify=False) as client:
            assert client.get("http://h.example/").text == "x"


async def test_async_blocks_open_and_close_the_seam(golden: Path) -> None:
    """``async with`` and decorated coroutines are sessions as others are."""
    before = attributes()

    @playhead.use_cassette(golden, strict=True)
    async def ask() -> str:
        async with httpx.AsyncClient(verify=False) as client:
            return (await client.get("http://h.example/")).text

    assert await ask() == "x"
    async with playhead.use_cassette(golden):
        assert SEAM._count == 1
        assert await ask() == "x"
    assert identical(attributes(), before)


@playhead.use_cassette(Path("nowhere.cassette"), mode="live")
def _ask_live(url: str) -> int:
    with httpx.Client(verify=False) as client:
        return client.get(url).status_code


def test_decorated_functions_are_sessions(server: Server) -> None:
    """Each call of a decorated function is a session of its own."""
    assert [_ask_live(server.url + "/json") for _ in range(2)] == [200, 200]


def generator_of(path: Path) -> Generator[str]:
    """Open a session in a generator, as fixtures do."""
    with playhead.use_cassette(path, mode="live"):
        yield "open"


def test_a_session_in_a_generator_that_is_closed_elsewhere(path: Path) -> None:
    """A fixture's session may be closed by another thread than opened it."""
    before = attributes()
    fixture = generator_of(path)
    assert next(fixture) == "open"
    thread = threading.Thread(target=fixture.close)
    thread.start()
    thread.join()
    assert identical(attributes(), before)
