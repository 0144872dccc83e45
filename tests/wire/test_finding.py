"""Which session a request over the wire belongs to, and which requests pass by."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from tests.wire.calling import Caller, callers
from tests.wire.server import Server

import playhead
from playhead import Completion, CompletionRequest
from playhead.sessions.inside import inside
from playhead.wire.finding import HostPort, is_ignored, session_for

T = TypeVar("T")
HERE = HostPort("127.0.0.1", 80)


def in_thread(work: Callable[[], T]) -> T:
    """Do something in a thread that has no context of anybody's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def get(url: str) -> httpx.Response:
    """Ask once."""
    with httpx.Client(verify=False) as client:
        return client.get(url)


def requests_in(path: Path) -> list[str]:
    """Give the addresses of the calls in a cassette."""
    return sorted(str(call.request.params.get("url", call.provider)) for call in playhead.open_cassette(path))


# --- by the place it goes to


@pytest.mark.parametrize(
    ("pattern", "url", "ignored"),
    [
        ("h.example", "https://h.example/", True),
        ("h.example:443", "https://h.example/", True),
        ("h.example:80", "http://h.example/", True),
        ("h.example:80", "https://h.example/", False),
        ("h.example:8080", "http://h.example:8080/", True),
        ("*.example", "https://h.example/", True),
        ("other.example", "https://h.example/", False),
        ("::1", "http://[::1]:80/", True),
    ],
)
def test_the_port_of_a_scheme_is_its_port(path: Path, pattern: str, url: str, ignored: bool) -> None:
    """A URL without a port has that of its scheme, so a pattern with the port finds it."""
    with playhead.use_cassette(path, mode="live", ignore_hosts=[pattern]) as session:
        assert is_ignored(session, httpx.URL(url)) is ignored
        assert session_for(httpx.URL(url)) is (None if ignored else session)


@callers()
async def test_ignored_hosts_pass_by(path: Path, server: Server, caller: Caller) -> None:
    """Traffic to a host that is let by is neither recorded, replayed nor refused, and the guard lets it through."""
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode, ignore_hosts=["127.0.0.1"], strict=True) as session:
            assert (await caller.get(server.url + "/json")).json()["n"] == len(server.asked)
        report = session.report()
        assert (report.recorded, report.played, report.refused, report.side_traffic) == (0, 0, 0, ())
    assert len(server.asked) == 2


# --- by where it is made


def test_without_a_session_a_request_is_nobodys(path: Path) -> None:
    """Before and after a session requests go out as they are."""
    assert session_for(HERE) is None
    with playhead.use_cassette(path, mode="live") as session:
        assert session_for(HERE) is session
    assert session_for(HERE) is None


def test_what_runs_inside_a_recorded_call_is_recorded_with_it(path: Path) -> None:
    """A request that a recorded call makes is part of it."""
    with playhead.use_cassette(path, mode="live"):
        with inside():
            assert session_for(HERE) is None
        assert session_for(HERE) is not None


def test_threads_of_a_providers_own_are_part_of_its_call(path: Path) -> None:
    """A bare thread, while a provider is being called, is taken for the provider's."""
    with playhead.use_cassette(path, mode="live") as session:
        assert in_thread(lambda: session_for(HERE)) is session
        with inside(own_threads=True):
            assert in_thread(lambda: session_for(HERE)) is None
            context = contextvars.Context()
            assert context.run(session_for, HERE) is None
        with inside():
            assert in_thread(lambda: session_for(HERE)) is session


class Speaking:
    """A provider that speaks HTTP, in its own thread or in the caller's."""

    def __init__(self, url: str, *, threaded: bool) -> None:
        self.url = url
        self.threaded = threaded

    def ask(self) -> str:
        """Ask over the wire."""
        return str(get(self.url).json()["hello"])

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer with what the server says."""
        return Completion(in_thread(self.ask) if self.threaded else self.ask())

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        """Answer in pieces, each asked for when it is wanted."""
        yield in_thread(self.ask) if self.threaded else self.ask()
        yield self.ask()


@pytest.mark.parametrize("threaded", [False, True])
def test_a_wrapped_provider_that_speaks_http_is_recorded_once(path: Path, server: Server, threaded: bool) -> None:
    """The call is recorded at the provider seam alone, also where its pieces are asked for one by one."""
    provider = Speaking(server.url + "/json", threaded=threaded)
    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(provider, name="p")
        assert wrapped.complete(CompletionRequest("a")).text == "world"
        assert list(wrapped.stream(CompletionRequest("a"))) == ["world", "world"]
    assert session.report().recorded == 2
    assert requests_in(path) == ["p", "p"]
    server.stop()
    with playhead.use_cassette(path, strict=True) as session:
        wrapped = session.wrap(provider, name="p")
        assert wrapped.complete(CompletionRequest("a")).text == "world"
        assert list(wrapped.stream(CompletionRequest("a"))) == ["world", "world"]


async def test_a_wrapped_async_provider_is_recorded_once(path: Path, server: Server) -> None:
    """Tasks and threads that an async provider makes are part of its call."""

    class Provider:
        async def complete(self, request: CompletionRequest) -> Completion:
            async def ask() -> str:
                async with httpx.AsyncClient(verify=False) as client:
                    return str((await client.get(server.url + "/json")).json()["hello"])

            found = await asyncio.gather(ask(), asyncio.create_task(ask()), asyncio.to_thread(_ask, server.url))
            return Completion(" ".join(found))

    with playhead.use_cassette(path, mode="record") as session:
        answer = await session.wrap(Provider(), name="p").complete(CompletionRequest("a"))
    assert answer.text == "world world world"
    assert requests_in(path) == ["p"]


def _ask(url: str) -> str:
    return str(get(url + "/json").json()["hello"])


def test_a_request_beside_a_wrapped_call_is_recorded_too(path: Path, server: Server) -> None:
    """What the program itself sends, in its own context, is a call of its own while a provider is being called."""
    entered, leave = threading.Event(), threading.Event()

    class Slow:
        def complete(self, request: CompletionRequest) -> Completion:
            entered.set()
            leave.wait(10)
            return Completion("late")

    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Slow(), name="p")
        thread = threading.Thread(
            target=contextvars.copy_context().run, args=(wrapped.complete, CompletionRequest("a"))
        )
        thread.start()
        entered.wait(10)
        get(server.url + "/json")
        leave.set()
        thread.join()
    assert requests_in(path) == [server.url + "/json", "p"]


@callers()
async def test_nested_sessions(tmp_path: Path, server: Server, caller: Caller) -> None:
    """The innermost session records; the outer one again when that has ended."""
    outer, inner = tmp_path / "outer.cassette", tmp_path / "inner.cassette"
    with playhead.use_cassette(outer, mode="record"):
        await caller.get(server.url + "/json?1")
        with playhead.use_cassette(inner, mode="record"):
            await caller.get(server.url + "/json?2")
        await caller.get(server.url + "/json?3")
    assert [len(playhead.open_cassette(path)) for path in (outer, inner)] == [2, 1]


@callers()
async def test_an_inner_session_may_record_while_the_outer_replays(
    tmp_path: Path, server: Server, caller: Caller
) -> None:
    """The network is shut for what the outer session does, and open for what the inner one does."""
    outer, inner = tmp_path / "outer.cassette", tmp_path / "inner.cassette"
    with playhead.use_cassette(outer, mode="record"):
        await caller.get(server.url + "/json")
    with playhead.use_cassette(outer, strict=True):
        with playhead.use_cassette(inner, mode="record"):
            found = (await caller.get(server.url + "/json")).json()["n"]
        assert (await caller.get(server.url + "/json")).json()["n"] == 1
    assert found == 2
    with playhead.use_cassette(inner, mode="record"), playhead.use_cassette(outer, strict=True):
        assert (await caller.get(server.url + "/json")).json()["n"] == 1
    assert len(server.asked) == 2


def test_two_sessions_in_two_threads_never_mix(tmp_path: Path, server: Server) -> None:
    """Each thread records into its own cassette, and replays from it."""
    paths = [tmp_path / f"{name}.cassette" for name in "ab"]
    barrier = threading.Barrier(2, timeout=10)
    errors: list[BaseException] = []

    def run(index: int, mode: str) -> None:
        try:
            with playhead.use_cassette(paths[index], mode=mode, strict=True):
                barrier.wait()
                for n in range(5):
                    assert get(f"{server.url}/json?{index}-{n}").status_code == 200
                barrier.wait()
        except BaseException as error:
            errors.append(error)
            barrier.abort()

    for mode in ("record", "replay"):
        threads = [threading.Thread(target=run, args=(index, mode)) for index in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        server.stop()
    assert [len(playhead.open_cassette(path)) for path in paths] == [5, 5]


@pytest.mark.parametrize("mode", ["record", "live"])
def test_a_thread_of_neither_session_is_refused(tmp_path: Path, server: Server, mode: str) -> None:
    """Where nobody can tell whose a call is it is not guessed: the error names both, and both reports have it."""
    opened, leave = threading.Barrier(3, timeout=10), threading.Event()
    reports: dict[str, Any] = {}

    def hold(name: str) -> None:
        with playhead.use_cassette(tmp_path / f"{name}.cassette", mode=mode) as session:
            opened.wait()
            leave.wait(10)
        reports[name] = session.report()

    threads = [threading.Thread(target=hold, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    opened.wait()
    try:
        for _ in range(2):
            with pytest.raises(playhead.ReplayRefused, match="came from a thread of no session") as caught:
                get(server.url + "/json")
    finally:
        leave.set()
        for thread in threads:
            thread.join()
    assert all(f"{name}.cassette" in str(caught.value) for name in "ab")
    assert server.asked == []
    for name in "ab":
        (refusal,) = reports[name].refusals
        assert (refusal.kind, refusal.times) == ("network", 2)
        assert "thread of no session" in refusal.message


async def test_sessions_of_two_tasks_side_by_side(tmp_path: Path, server: Server) -> None:
    """One task replays while another records, by name too: looking a name up happens in a thread of no session."""
    replaying, recording = tmp_path / "a.cassette", tmp_path / "b.cassette"
    url = server.url.replace("127.0.0.1", "localhost")
    with playhead.use_cassette(replaying, mode="record"):
        get(server.url + "/json")
    opened, done = ([asyncio.Event(), asyncio.Event()] for _ in range(2))

    async def run(index: int, path: Path, mode: str, where: str) -> int:
        with playhead.use_cassette(path, mode=mode, strict=True):
            opened[index].set()
            await opened[1 - index].wait()
            async with httpx.AsyncClient(verify=False) as client:
                found = int((await client.get(where + "/json")).json()["n"])
            done[index].set()
            await done[1 - index].wait()
            return found

    both = asyncio.gather(run(0, replaying, "replay", server.url), run(1, recording, "record", url))
    assert list(await both) == [1, 2]


@callers()
async def test_gathered_calls_belong_to_their_session(path: Path, server: Server, caller: Caller) -> None:
    """Calls side by side are recorded and replayed, each with its own answer, whatever order they end in."""
    seen: list[list[bytes]] = []
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode, strict=True):
            client = caller.client()
            asked = [caller.get(server.url + "/echo", "POST", client, content=b"%d" % n) for n in range(8)]
            seen.append([answer.content for answer in await asyncio.gather(*asked)])
            await caller.close(client)
        server.stop()
    assert seen == [[b"%d" % n for n in range(8)]] * 2
