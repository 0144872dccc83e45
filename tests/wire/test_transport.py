"""A transport given by hand: it records what its inner transport answers, whatever that is, and leaves others alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.wire.calling import Caller, callers, library_named
from tests.wire.server import Server

import playhead


class Counting:
    """Answers with a number, as a mock, a WSGI app or an ASGI app."""

    def __init__(self) -> None:
        self.count = 0

    def mock(self, library: Any) -> Any:
        """Give a handler of requests."""

        def handle(request: Any) -> Any:
            self.count += 1
            return library.Response(200, json={"n": self.count, "got": request.content.decode()})

        return handle

    def wsgi(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a WSGI server."""
        self.count += 1
        got = environ["wsgi.input"].read().decode()
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"n": self.count}).encode()[:4], json.dumps({"n": self.count, "got": got}).encode()[4:]]

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer an ASGI server."""
        self.count += 1
        got = (await receive())["body"].decode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"b")]})
        body = json.dumps({"n": self.count, "got": got}).encode()
        await send({"type": "http.response.body", "body": body[:5], "more_body": True})
        await send({"type": "http.response.body", "body": body[5:]})


def inner_of(caller: Caller, kind: str, app: Counting) -> Any:
    """Give a transport that reaches no network."""
    library = caller.library
    if kind == "mock":
        return library.MockTransport(app.mock(library))
    return library.WSGITransport(app=app.wsgi) if caller.shape == "sync" else library.ASGITransport(app=app.asgi)


@callers()
@pytest.mark.parametrize("kind", ["mock", "app"])
@pytest.mark.parametrize("mode", ["record", "replay", "live"])
async def test_apps_and_mocks_are_left_alone(path: Path, caller: Caller, kind: str, mode: str) -> None:
    """An app under test runs and a mock answers in any session, and none of it is recorded or refused."""
    app = Counting()
    with playhead.use_cassette(path, mode=mode, strict=True) as session:
        client = caller.client(transport=inner_of(caller, kind, app))
        for n in (1, 2):
            assert (await caller.get("http://h.example/", "POST", client, content=b"x")).json() == {"n": n, "got": "x"}
        await caller.close(client)
    report = session.report()
    assert (report.recorded, report.live, report.refused, report.side_traffic) == (0, 0, 0, ())


@callers()
@pytest.mark.parametrize("kind", ["mock", "app"])
async def test_apps_and_mocks_behind_a_transport_are_recorded(path: Path, caller: Caller, kind: str) -> None:
    """By a transport of ours an app's answers are recorded and replayed with the app at rest."""
    app = Counting()
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode, strict=True):
            transport = playhead.transport(inner=inner_of(caller, kind, app), library=caller.library)
            client = caller.client(transport=transport)
            for n in (1, 2):
                answer = await caller.get(f"http://h.example/{n}", "POST", client, content=b"x")
                assert answer.json() == {"n": n, "got": "x"}
            await caller.close(client)
    assert app.count == 2


@callers()
async def test_without_a_session_requests_pass_by(server: Server, caller: Caller) -> None:
    """Where no session is open a transport sends, by the library's own transport where none was given."""
    client = caller.client(transport=playhead.transport(library=caller.library))
    assert (await caller.get(server.url + "/json", client=client)).json()["n"] == 1
    await caller.close(client)


@callers()
async def test_a_call_is_recorded_once(path: Path, server: Server, caller: Caller) -> None:
    """A transport of ours over the library's own, which is caught too, records each call once."""
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode, strict=True):
            client = caller.client(transport=playhead.transport(library=caller.library))
            assert (await caller.get(server.url + "/json", client=client)).json()["n"] == 1
            await caller.close(client)
        server.stop()
    assert len(playhead.open_cassette(path)) == 1


async def test_a_transport_of_a_session_speaks_for_it_anywhere(path: Path, server: Server, caller: Caller) -> None:
    """A transport that was given its session needs no seam, and no context."""
    session = playhead.use_cassette(path, mode="record", wire=False).open()
    client = caller.client(transport=playhead.transport(session))
    await caller.get(server.url + "/json", client=client)
    session.close()
    with pytest.raises(playhead.UsageError, match="is closed"):
        await caller.get(server.url + "/json", client=client)
    await caller.close(client)
    assert len(playhead.open_cassette(path)) == 1


async def test_a_transport_of_a_session_lets_its_hosts_by(path: Path, server: Server, caller: Caller) -> None:
    """Hosts that the session lets by are let by here too."""
    with playhead.use_cassette(path, mode="record", wire=False, ignore_hosts=["127.0.0.1"]) as session:
        client = caller.client(transport=playhead.transport(session))
        await caller.get(server.url + "/json", client=client)
        await caller.close(client)
    assert session.report().recorded == 0


async def test_closing_a_client_closes_what_sends(caller: Caller) -> None:
    """The inner transport is closed with the client, once there is one."""
    closed: list[str] = []

    class Inner(httpx.MockTransport):
        def close(self) -> None:
            closed.append("sync")

        async def aclose(self) -> None:
            closed.append("async")

    for one in (Caller(httpx, "sync"), Caller(httpx, "async")):
        inner = Inner(lambda _: httpx.Response(200))
        await one.close(one.client(transport=playhead.transport(inner=inner)))
        await one.close(one.client(transport=playhead.transport()))
    assert closed == ["sync", "async"]


def test_a_transport_belongs_to_its_library() -> None:
    """It is one of the library's transports, sync and async, and says where it belongs."""
    for name in ("httpx", "httpx2"):
        try:
            library: Any = library_named(name)
        except pytest.skip.Exception:
            continue
        for given in (name, library):
            made = playhead.transport(library=given)
            assert isinstance(made, library.BaseTransport)
            assert isinstance(made, library.AsyncBaseTransport)
            assert repr(made) == f"<playhead transport of {name} in None>"


def test_no_other_library_has_transports_of_this_kind() -> None:
    """A name that is none of the two is refused with what may stand there."""
    with pytest.raises(playhead.UsageError, match="'requests' is no library"):
        playhead.transport(library="requests")


def test_a_library_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "httpx2", None)
    with pytest.raises(playhead.MissingDependencyError, match="httpx2"):
        playhead.transport(library="httpx2")
