"""What programs do with an SDK around a session: old clients, several takes, calls side by side, another address."""

from __future__ import annotations

import asyncio
import importlib
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import playhead
from tests.sdks import waits
from tests.sdks.cases import NOT_HERE, Case, Sdk, described, plain

pytest.importorskip("openai", reason=NOT_HERE)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sdks.servers.base import LoopbackServer

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

FILES = (
    *("openai", "anthropic", "google_genai", "mistralai", "cohere", "groq", "ollama", "huggingface_hub"),
    *("boto3_bedrock", "httpx", "httpx2", "requests", "aiohttp", "urllib_request", "httplib2"),
)
PROMPTS = ("Where is the lantern?", "Where is the kettle?", "Where is the bell?", "Where is the map?")


def _chats() -> list[Any]:
    """Give each SDK with its plain chat, sync and async."""
    found = []
    for name in FILES:
        sdk: Sdk = importlib.import_module(f"tests.sdks.test_{name}").SDK
        found += [pytest.param(sdk, case, id=f"{name}-{case}") for case in sdk.cases if case.feature == "chat"]
    return found


CHATS = _chats()


class Calls:
    """An SDK's chat with one client, in an event loop of its own where it is asynchronous."""

    def __init__(self, sdk: Sdk, case: Case, url: str) -> None:
        self.sdk = sdk
        self.case = case
        self._url = url
        self._runner = asyncio.Runner() if case.is_async else None

    def __enter__(self) -> Calls:
        if self._runner is None:
            assert self.sdk.client is not None
            self._context: Any = self.sdk.client(self._url, **self.case.options)
            self.client = self._context.__enter__()
        else:
            assert self.sdk.async_client is not None
            self._context = self.sdk.async_client(self._url, **self.case.options)
            self.client = self._runner.run(self._context.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        if self._runner is None:
            self._context.__exit__(None, None, None)
        else:
            self._runner.run(self._context.__aexit__(None, None, None))
            self._runner.close()

    def __call__(self, prompt: str = PROMPTS[0]) -> Any:
        """Ask one question."""
        if self._runner is None:
            return self.case.call(self.client, self.sdk.ask(prompt))
        return self._runner.run(self.case.call(self.client, self.sdk.ask(prompt)))

    def together(self, prompts: tuple[str, ...]) -> list[Any]:
        """Ask questions side by side."""
        if self._runner is not None:
            return self._runner.run(self._gathered(prompts))
        with ThreadPoolExecutor(len(prompts)) as pool:
            return list(pool.map(self, prompts))

    async def _gathered(self, prompts: tuple[str, ...]) -> list[Any]:
        return await asyncio.gather(*(self.case.call(self.client, self.sdk.ask(prompt)) for prompt in prompts))


def _address(sdk: Sdk, server: LoopbackServer) -> str:
    return sdk.address(server)


@pytest.mark.parametrize(("sdk", "case"), CHATS)
def test_a_client_from_before_the_session(sdk: Sdk, case: Case, tmp_path: Path) -> None:
    """A client with an open connection is recorded in a session, free after it, and replayed in another."""
    path = tmp_path / "old.cassette"
    with sdk.server() as server, Calls(sdk, case, _address(sdk, server)) as calls:
        before = calls()
        with playhead.use_cassette(path, mode="record"):
            recorded = calls()
        after = calls()
        assert len(server.asked) == 3
        server.stop()
        with playhead.use_cassette(path, strict=True):
            replayed = calls()
        assert len(server.asked) == 3
    assert plain(replayed) == plain(recorded)
    assert len({repr(plain(one)) for one in (before, recorded, after)}) == 3


@pytest.mark.parametrize(("sdk", "case"), CHATS)
def test_takes_come_in_their_order(sdk: Sdk, case: Case, tmp_path: Path) -> None:
    """The same question three times has three answers, played in the order they came; the fourth is refused."""
    path = tmp_path / "takes.cassette"
    with sdk.server() as server:
        url = _address(sdk, server)
        with playhead.use_cassette(path, mode="record"), Calls(sdk, case, url) as calls:
            recorded = [plain(calls()) for _ in range(3)]
    assert len({repr(one) for one in recorded}) == 3
    with playhead.use_cassette(path) as session, Calls(sdk, case, url) as calls:
        assert [plain(calls()) for _ in range(3)] == recorded
        with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever the SDK makes of it
            calls()
    assert described(raised.value)
    assert {refusal.kind for refusal in session.report().refusals} == {"exhausted"}


@pytest.mark.parametrize(("sdk", "case"), CHATS)
def test_calls_side_by_side(sdk: Sdk, case: Case, tmp_path: Path) -> None:
    """Questions asked at the same time, from threads or tasks, each get their own answer again, in any order."""
    path = tmp_path / "together.cassette"
    with sdk.server() as server:
        url = _address(sdk, server)
        with playhead.use_cassette(path, mode="record"), Calls(sdk, case, url) as calls:
            recorded = [plain(one) for one in calls.together(PROMPTS)]
    assert len({repr(one) for one in recorded}) == len(PROMPTS)
    with playhead.use_cassette(path, strict=True), Calls(sdk, case, url) as calls:
        replayed = [plain(one) for one in calls.together(PROMPTS[::-1])]
    assert replayed[::-1] == recorded


@pytest.mark.parametrize(("sdk", "case"), CHATS)
def test_another_address_of_the_same_service(sdk: Sdk, case: Case, tmp_path: Path) -> None:
    """A model call is matched by what it asks, not by the host: a gateway's recording serves the vendor's address."""
    path = tmp_path / "moved.cassette"
    with sdk.server() as server:
        url = _address(sdk, server)
        with playhead.use_cassette(path, mode="record"), Calls(sdk, case, url) as calls:
            recorded = plain(calls())
    elsewhere = re.sub(r"127\.0\.0\.1:\d+", "gateway.invalid", url)
    with playhead.use_cassette(path, strict=True), Calls(sdk, case, elsewhere) as calls:
        assert plain(calls()) == recorded


@pytest.mark.parametrize(("sdk", "case"), CHATS)
def test_only_what_is_missing_is_asked(sdk: Sdk, case: Case, tmp_path: Path) -> None:
    """In the mode that records what is missing, a known question makes no request and a new one makes one."""
    path = tmp_path / "missing.cassette"
    with sdk.server() as server, Calls(sdk, case, _address(sdk, server)) as calls:
        with playhead.use_cassette(path, mode="record"):
            known = plain(calls(PROMPTS[0]))
        with playhead.use_cassette(path, mode="record-missing"):
            assert plain(calls(PROMPTS[0])) == known
            new = plain(calls(PROMPTS[1]))
        assert len(server.asked) == 2
        server.stop()
        with playhead.use_cassette(path, strict=True):
            assert [plain(calls(prompt)) for prompt in PROMPTS[:2]] == [known, new]


RETRYING = [
    pytest.param(sdk, replace(chat, options=retry.options), id=f"{sdk.name}-{chat}")
    for sdk, chat in (param.values for param in CHATS)
    for retry in sdk.cases
    if retry.feature == "rate limit" and retry.is_async is chat.is_async
]


@pytest.mark.parametrize(("sdk", "case"), RETRYING)
def test_an_sdk_that_tries_again_is_refused_again(sdk: Sdk, case: Case, tmp_path: Path) -> None:
    """An SDK may take a refusal for a broken connection and try again: it does so at once, and is refused each time."""
    path = tmp_path / "refused.cassette"
    with sdk.server() as server:
        url = _address(sdk, server)
        with playhead.use_cassette(path, mode="record"), Calls(sdk, case, url) as calls:
            calls(PROMPTS[0])
    with (
        waits.counted() as waited,
        playhead.use_cassette(path) as session,
        Calls(sdk, case, url) as calls,
        pytest.raises(Exception) as raised,  # noqa: PT011 - whatever the SDK makes of it
    ):
        calls(PROMPTS[1])
    assert described(raised.value)
    report = session.report()
    assert report.refused >= 1
    assert {refusal.kind for refusal in report.refusals} == {"no match"}
    assert report.played == 0
    assert not any(waited)


@pytest.mark.parametrize(("sdk", "case"), CHATS)
def test_a_server_that_is_not_there(sdk: Sdk, case: Case, tmp_path: Path) -> None:
    """A connection that is refused is an outcome: the SDK says the same of it again, after as many tries."""
    path = tmp_path / "nobody.cassette"
    with sdk.server() as server, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and never listens, so that nobody else gets the port meanwhile
        url = re.sub(r":\d+", f":{bound.getsockname()[1]}", _address(sdk, server))
        with playhead.use_cassette(path, mode="record") as session:
            recorded = sdk.run(case, url, sdk.ask())
        assert server.asked == []
    tries = session.report().recorded
    assert "error" in recorded
    assert tries >= 1
    with playhead.use_cassette(path, strict=True) as session:
        replayed = sdk.run(case, url, sdk.ask())
    assert replayed == recorded
    assert (session.report().played, session.report().unplayed) == (tries, 0)


@pytest.mark.parametrize(("sdk", "case"), CHATS)
def test_sessions_in_two_threads_never_mix(sdk: Sdk, case: Case, tmp_path: Path) -> None:
    """Two threads, each in a session of its own at the same time, have each their own calls and answers."""
    both = threading.Barrier(2)

    def take(number: int, mode: Any, url: str) -> tuple[Any, int]:
        path = tmp_path / f"{number}.cassette"
        with playhead.use_cassette(path, mode=mode) as session, Calls(sdk, case, url) as calls:
            both.wait(30)
            said = [plain(calls(prompt)) for prompt in PROMPTS[number::2]]
            both.wait(30)
        return said, session.report().recorded + session.report().played

    with ThreadPoolExecutor(2) as pool:
        with sdk.server() as server:
            url = _address(sdk, server)
            recorded = list(pool.map(take, (0, 1), ("record", "record"), (url, url)))
        replayed = list(pool.map(take, (0, 1), ("replay", "replay"), (url, url)))
    assert replayed == recorded
    assert [count for _, count in recorded] == [2, 2]


@pytest.mark.parametrize(("sdk", "case"), CHATS)
def test_threads_from_before_the_session(sdk: Sdk, case: Case, tmp_path: Path) -> None:
    """A thread that was waiting for work before the session belongs to the one that is open when it works."""
    path = tmp_path / "pool.cassette"
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(threading.get_ident).result() != threading.get_ident()
        with sdk.server() as server:
            url = _address(sdk, server)
            with playhead.use_cassette(path, mode="record"):
                recorded = pool.submit(sdk.run, case, url, sdk.ask()).result()
        with playhead.use_cassette(path, strict=True) as session:
            assert pool.submit(sdk.run, case, url, sdk.ask()).result() == recorded
        assert "value" in recorded
        assert session.report().played == 1


def test_google_without_aiohttp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google's SDK awaits by aiohttp where it is installed, else by httpx2: a recording of one plays for the other."""
    client = importlib.import_module("google.genai._api_client")
    sdk: Sdk = importlib.import_module("tests.sdks.test_google_genai").SDK
    rows = [case for case in sdk.cases if case.is_async and case.feature in ("chat", "stream", "tools")]
    assert len(rows) == 3
    with sdk.server() as server:
        url = _address(sdk, server)
        with playhead.use_cassette(tmp_path / "one.cassette", mode="record"):
            by_aiohttp = [sdk.run(case, url, sdk.ask()) for case in rows]
        monkeypatch.setattr(client, "has_aiohttp", False)
        with playhead.use_cassette(tmp_path / "other.cassette", mode="record"):
            by_httpx = [sdk.run(case, url, sdk.ask()) for case in rows]
    with playhead.use_cassette(tmp_path / "other.cassette", strict=True):
        assert [sdk.run(case, url, sdk.ask()) for case in rows] == by_httpx
    with playhead.use_cassette(tmp_path / "one.cassette", strict=True):
        assert [without_headers(sdk.run(case, url, sdk.ask())) for case in rows] == [
            without_headers(one) for one in by_aiohttp
        ]


def without_headers(value: Any) -> Any:
    """Leave out headers, whose case each HTTP library has in its own way."""
    if isinstance(value, dict):
        return {key: without_headers(one) for key, one in value.items() if key != "headers"}
    return [without_headers(one) for one in value] if isinstance(value, list) else value
