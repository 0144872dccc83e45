"""The network is shut for what runs in a session that replays, and for nothing else."""

from __future__ import annotations

import asyncio
import contextvars
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import playhead
from playhead import NetworkBlocked
from playhead.sessions import network
from playhead.wire.guard import NOWHERE, leads_nowhere

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def reach(listener: socket.socket, host: str = "127.0.0.1") -> bool:
    """Try to connect; whether it was let through."""
    try:
        socket.create_connection((host, listener.getsockname()[1])).close()
    except NetworkBlocked:
        return False
    return True


def in_thread(work: Callable[[], bool]) -> bool:
    """Do something in a thread that has no context of anybody's."""
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.parametrize(("mode", "shut"), [("replay", True), ("live", False), ("record", False), ("once", False)])
def test_the_network_is_shut_where_no_call_may_go_out(
    path: Path, listener: socket.socket, mode: str, shut: bool
) -> None:
    """A session that replays refuses what its code reaches for; one that may record does not."""
    with playhead.use_cassette(path, mode=mode) as session:
        assert reach(listener) is not shut
        assert in_thread(lambda: reach(listener)) is not shut
    assert reach(listener)
    assert session.report().refused == shut


def test_a_blocked_reach_stays_in_the_report(path: Path, listener: socket.socket) -> None:
    """Code that swallows the error is told on: each place once, with the times it was tried, and a strict close."""
    session = playhead.use_cassette(path, strict=True).open()
    assert [reach(listener) for _ in range(3)] == [False] * 3
    with pytest.raises(NetworkBlocked, match=r"look up 'h\.invalid'"):
        socket.getaddrinfo("h.invalid", 80)
    assert [(one.kind, one.times) for one in session.report().refusals] == [("network", 3), ("network", 1)]
    with pytest.raises(NetworkBlocked, match="allowed_hosts"):
        session.close()


def test_without_the_guard_the_network_is_open(path: Path, listener: socket.socket) -> None:
    """The guard can be left out."""
    with playhead.use_cassette(path, guard=False):
        assert reach(listener)
        assert not leads_nowhere()


# --- hosts that are let through


@pytest.mark.parametrize("name", ["allowed_hosts", "ignore_hosts"])
@pytest.mark.parametrize(
    ("pattern", "through"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:{port}", True),
        ("127.0.0.1:1", False),
        ("localhost", True),
        ("localhost:{port}", True),
        ("localhost:1", False),
        ("192.0.2.1", False),
        ("*", True),
        ("*.invalid", False),
        ("h.invalid", False),
    ],
)
def test_allowed_hosts_are_let_through(
    path: Path, listener: socket.socket, name: str, pattern: str, through: bool
) -> None:
    """A host counts by name or address, with a port that one alone; a name also by the addresses it has."""
    pattern = pattern.format(port=listener.getsockname()[1])
    options = {name: [pattern]}
    with playhead.use_cassette(path, **options) as session:  # type: ignore[arg-type]
        assert reach(listener) is through
    assert session.report().refused == (not through)


def test_the_name_of_an_allowed_host_may_be_looked_up(path: Path, listener: socket.socket) -> None:
    """A client looks a name up before it connects, whether or not a port was named."""
    for pattern in ("localhost", f"localhost:{listener.getsockname()[1]}"):
        with playhead.use_cassette(path, allowed_hosts=[pattern], strict=True):
            assert reach(listener, "localhost")
    with playhead.use_cassette(path, allowed_hosts=["localhost"]), pytest.raises(NetworkBlocked):
        socket.getaddrinfo("h.invalid", 80)


def test_a_pattern_with_a_star_is_not_looked_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only names are asked of a name server, and not before an address is reached for that no pattern names."""
    asked: list[object] = []

    def resolve(host: object, *_: object, **__: object) -> list[object]:
        asked.append(host)
        raise OSError("no name server here")

    with monkeypatch.context() as patch, playhead.use_cassette(path, allowed_hosts=["*.corp", "db.corp:5432"]):
        patch.setattr(socket, "getaddrinfo", resolve)
        for _ in range(2):
            with socket.socket() as one, pytest.raises(NetworkBlocked):
                one.connect(("192.0.2.1", 80))
    assert asked == ["db.corp"]


def test_local_sockets_stay_open(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs and Unix sockets are no network; event loops and databases need them."""
    monkeypatch.chdir(tmp_path)
    with playhead.use_cassette(path, strict=True):
        for one in socket.socketpair():
            one.close()
        asyncio.run(asyncio.sleep(0))
        if hasattr(socket, "AF_UNIX"):
            with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
                server.bind("s")
                server.listen()
                client.connect("s")


# --- whose attempt it is


def test_an_inner_session_that_records_may_go_out(tmp_path: Path, listener: socket.socket) -> None:
    """The innermost session decides, in its context and in threads; the outer one again afterwards."""
    with playhead.use_cassette(tmp_path / "outer.cassette") as outer:
        with playhead.use_cassette(tmp_path / "inner.cassette", mode="live") as inner:
            assert reach(listener)
            assert in_thread(lambda: reach(listener))
        assert not reach(listener)
    assert (outer.report().refused, inner.report().refused) == (1, 0)
    with playhead.use_cassette(tmp_path / "outer.cassette", mode="live") as outer:
        with playhead.use_cassette(tmp_path / "inner.cassette") as inner:
            assert not reach(listener)
        assert reach(listener)
    assert (outer.report().refused, inner.report().refused) == (0, 1)


def test_sessions_side_by_side(tmp_path: Path, listener: socket.socket) -> None:
    """One context replays, another records, each as it should; a thread of neither is refused by the former."""
    contexts = [contextvars.copy_context() for _ in range(2)]
    replaying = contexts[0].run(playhead.use_cassette(tmp_path / "a.cassette").open)
    recording = contexts[1].run(playhead.use_cassette(tmp_path / "b.cassette", mode="live").open)
    try:
        assert [context.run(reach, listener) for context in contexts] == [False, True]
        assert not in_thread(lambda: reach(listener))
        # A name may be looked up in such a thread, as event loops do it for the session that records.
        assert in_thread(lambda: bool(socket.getaddrinfo("localhost", 80)))
    finally:
        contexts[1].run(recording.close)
        contexts[0].run(replaying.close)
    assert (replaying.report().refused, recording.report().refused) == (1, 0)


def test_names_are_not_looked_up_between_two_that_replay(tmp_path: Path) -> None:
    """Where nobody may go out no name is looked up either, and both are told of it."""
    contexts = [contextvars.copy_context() for _ in range(2)]
    sessions = [
        context.run(playhead.use_cassette(tmp_path / f"{n}.cassette").open) for n, context in enumerate(contexts)
    ]
    try:
        with pytest.raises(NetworkBlocked):
            socket.getaddrinfo("h.invalid", 80)
    finally:
        for session in sessions:
            session.close()
    assert [session.report().refused for session in sessions] == [1, 1]


def test_a_block_of_the_commands_holds_beside_a_session(path: Path, listener: socket.socket) -> None:
    """What shuts the network for the whole process does so for sessions that record too."""
    with network.block_network() as blocked, playhead.use_cassette(path, mode="live"):
        assert not reach(listener)
    assert len(blocked.attempts) == 1


# --- proxies


def test_proxies_lead_nowhere_and_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that clients of all kinds look at name a port where nothing listens, and then what they named."""
    with monkeypatch.context() as patch:
        for name in (*PROXIES, "NO_PROXY", "no_proxy"):
            patch.delenv(name, raising=False)
        patch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        patch.setenv("no_proxy", "localhost")
        before = dict(os.environ)
        with playhead.use_cassette(path, allowed_hosts=["db.example:5432"], ignore_hosts=["127.0.0.1"]):
            assert leads_nowhere()
            assert [os.environ[name] for name in PROXIES] == [NOWHERE] * len(PROXIES)
            assert [os.environ[name] for name in ("NO_PROXY", "no_proxy")] == ["db.example:5432,127.0.0.1"] * 2
            with playhead.use_cassette(path):
                assert leads_nowhere()
            assert leads_nowhere()
        assert dict(os.environ) == before


def test_a_child_process_finds_no_way_out(path: Path) -> None:
    """A program that is run within the block has proxies that lead nowhere."""
    command = [sys.executable, "-c", "import os; print(os.environ['https_proxy'], os.environ['NO_PROXY'] == '')"]
    with playhead.use_cassette(path):
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == [NOWHERE, "True"]
