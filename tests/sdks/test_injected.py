"""Faults beneath unchanged SDKs: their own retries, time-outs and errors run, and end as the recording says."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest, ManualClock
from playhead.dialects.registry import BY_NAME
from playhead.engine.faults import Fault, FaultKind
from tests.sdks.cases import NOT_HERE

openai = pytest.importorskip("openai", reason=NOT_HERE)
anthropic = pytest.importorskip("anthropic", reason=NOT_HERE)
aiohttp = pytest.importorskip("aiohttp", reason=NOT_HERE)
pytest.importorskip("aiohttp.web", reason=NOT_HERE)
httpx = pytest.importorskip("httpx", reason=NOT_HERE)
httpx2 = pytest.importorskip("httpx2", reason=NOT_HERE)

LIBRARIES = {"openai": httpx, "anthropic": httpx2}
"""What each SDK's clients are built on."""

SAID = '{"city": "Ghent"}'
MESSAGES = [{"role": "user", "content": "hi"}]
DIALECTS = {
    "openai": BY_NAME["openai", "chat.completions"],
    "anthropic": BY_NAME["anthropic", "messages"],
}


def server(sdk: str) -> Any:
    """Give what answers in a vendor's words."""
    dialect, library = DIALECTS[sdk], LIBRARIES[sdk]

    def answer(request: Any) -> Any:
        end = Completion(SAID, model="m-1", finish_reason="stop" if sdk == "openai" else "end_turn")
        asked = CompletionRequest("hi", model="m-1")
        if json.loads(request.content).get("stream"):
            assert dialect.stream is not None
            body = b"".join(dialect.stream.encode(end, ['{"city"', ": ", '"Ghent"}'], asked))
            return library.Response(200, content=body, headers={"content-type": "text/event-stream"})
        return library.Response(200, json=dialect.encode_response(end, asked))

    return library.MockTransport(answer)


class Asker:
    """One SDK's client, asked one question."""

    def __init__(self, sdk: str, session: Any, *, inner: Any = None, **options: Any) -> None:
        self.sdk = sdk
        library = LIBRARIES[sdk]
        transport = playhead.transport(session, inner=inner, library=library)
        cls = openai.OpenAI if sdk == "openai" else anthropic.Anthropic
        self.client = cls(
            api_key="k", base_url="https://h.example/v1", http_client=library.Client(transport=transport), **options
        )

    def ask(self) -> str:
        """Ask for a whole answer, and give its text."""
        if self.sdk == "openai":
            return str(self.client.chat.completions.create(model="m-1", messages=MESSAGES).choices[0].message.content)
        return str(self.client.messages.create(model="m-1", max_tokens=9, messages=MESSAGES).content[0].text)

    def stream(self) -> str:
        """Ask for a stream, and give its text."""
        if self.sdk == "openai":
            chunks = self.client.chat.completions.create(model="m-1", messages=MESSAGES, stream=True)
            return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        with self.client.messages.stream(model="m-1", max_tokens=9, messages=MESSAGES) as events:
            return "".join(events.text_stream)


@pytest.fixture(params=["openai", "anthropic"])
def sdk(request: pytest.FixtureRequest) -> str:
    """Give an SDK's name."""
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path, sdk: str) -> Path:
    """Give a cassette with one whole and one streamed answer."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        asker = Asker(sdk, session, inner=server(sdk))
        assert asker.ask() == SAID
        assert asker.stream() == SAID
    return path


def errors(sdk: str) -> Any:
    """Give the module with an SDK's errors."""
    return openai if sdk == "openai" else anthropic


def replaying(path: Path, **options: Any) -> Any:
    """Open a session that replays."""
    return playhead.use_cassette(path, mode="replay", **options)


@pytest.mark.parametrize(
    "faults",
    [("rate-limit",), ("server-error",), ("timeout",), ("reset",), ("rate-limit", "reset"), ("server-error",) * 2],
)
def test_the_sdk_tries_again_and_gets_the_recorded_answer(sdk: str, path: Path, faults: tuple[str, ...]) -> None:
    """Two retries are the SDKs' own default; the recording holds one answer, which is played once."""
    with replaying(path) as session:
        for number, kind in enumerate(faults, 1):
            session.inject(kind, at=number)
        assert Asker(sdk, session).ask() == SAID
    report = session.report()
    assert [call.kind for call in report.injected] == list(faults)
    assert (report.played, report.refused) == (1, 0)


def test_the_pause_a_server_asks_for_is_read_by_the_sdk(sdk: str, path: Path) -> None:
    """Without retries the caller gets the SDK's own error, with header and status as sent."""
    with replaying(path) as session:
        session.inject(Fault(FaultKind.RATE_LIMIT, retry_after=7))
        with pytest.raises(errors(sdk).RateLimitError) as caught:
            Asker(sdk, session, max_retries=0).ask()
    assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("timeout", "APITimeoutError"), ("reset", "APIConnectionError"), ("server-error", "InternalServerError")],
)
def test_the_sdk_gives_up_with_its_own_error(sdk: str, path: Path, kind: str, name: str) -> None:
    """A fault on every call outlasts the retries; nothing of the recording is used up."""
    with replaying(path) as session:
        session.inject(kind)
        with pytest.raises(getattr(errors(sdk), name)):
            Asker(sdk, session).ask()
        assert len(session.report().injected) == 3
        assert session.report().played == 0


@pytest.mark.parametrize("streamed", [False, True])
def test_a_slow_answer_runs_into_the_sdks_time_out_in_virtual_time(sdk: str, path: Path, streamed: bool) -> None:
    """The client's 5 s pass on the test's clock; the retry, which nothing delays, gets the answer."""
    clock = ManualClock()
    with replaying(path, clock=clock) as session:
        session.inject(Fault(FaultKind.SLOW_FIRST, seconds=30), at=1)
        asker = Asker(sdk, session, timeout=5.0)
        assert (asker.stream() if streamed else asker.ask()) == SAID
    assert clock.slept == [5.0]


def test_a_stream_that_breaks_raises_and_one_that_stands_still_goes_on(sdk: str, path: Path) -> None:
    """Nobody retries in the middle of a stream; one that only stands still comes whole."""
    clock = ManualClock()
    with replaying(path, clock=clock) as session:
        session.inject(Fault(FaultKind.RESET, after_pieces=1), at=1)
        session.inject(Fault(FaultKind.STALL, after_pieces=1, seconds=3), at=2)
        with pytest.raises((LIBRARIES[sdk].ReadError, errors(sdk).APIConnectionError)):
            Asker(sdk, session).stream()
        assert Asker(sdk, session).stream() == SAID
    assert sum(clock.slept) == 3


def test_an_answer_that_is_changed_is_parsed_by_the_sdk(sdk: str, path: Path) -> None:
    """Refused, empty, cut or by another model: each is a well-formed answer of the vendor's."""
    with replaying(path) as session:
        session.inject(Fault(FaultKind.REFUSAL, text="No."), at=1)
        session.inject("malformed-json", at=(2, 3))
        assert Asker(sdk, session).ask() == "No."
        assert Asker(sdk, session).ask() == '{"city":'
        assert Asker(sdk, session).stream() == '{"city":'


def test_the_pause_a_server_asks_for_passes_in_virtual_time(sdk: str, path: Path) -> None:
    """With its waits left in, an async SDK sleeps its seven seconds on the loop's clock before it asks again."""

    async def ask() -> str:
        library = LIBRARIES[sdk]
        transport = playhead.transport(session, library=library)
        cls = openai.AsyncOpenAI if sdk == "openai" else anthropic.AsyncAnthropic
        http = library.AsyncClient(transport=transport)
        async with cls(api_key="k", base_url="https://h.example/v1", http_client=http) as client:
            if sdk == "openai":
                found = await client.chat.completions.create(model="m-1", messages=MESSAGES)
                return str(found.choices[0].message.content)
            return str((await client.messages.create(model="m-1", max_tokens=9, messages=MESSAGES)).content[0].text)

    clock = playhead.VirtualClock()
    with replaying(path, clock=clock, skip_waits=False) as session:
        session.inject(Fault(FaultKind.RATE_LIMIT, retry_after=7), at=1)
        began = clock.now_ns
        assert clock.run(ask()) == SAID
    assert (clock.now_ns - began) / 1e9 == pytest.approx(7, abs=0.1)


async def ask_aiohttp(url: str, seconds: float) -> str:
    """Ask by aiohttp, whose time-outs are the loop's timers."""
    limit = aiohttp.ClientTimeout(sock_read=seconds)
    async with aiohttp.ClientSession(timeout=limit) as client, client.get(url) as response:
        return str(await response.text())


def test_aiohttp_runs_into_its_time_out_in_virtual_time(tmp_path: Path) -> None:
    """The injected delay passes on the loop's clock, so its own timer runs out first; faults are its own errors."""
    path, clock = tmp_path / "a.cassette", playhead.VirtualClock()

    async def answer(_: Any) -> Any:
        return aiohttp.web.Response(text="hello")

    async def record() -> str:
        app = aiohttp.web.Application()
        app.router.add_get("/x", answer)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/x"
        with playhead.use_cassette(path, mode="record"):
            await ask_aiohttp(url, 5)
        await runner.cleanup()
        return url

    url = asyncio.run(record())
    with playhead.use_cassette(path, mode="replay", clock=clock, takes="cycle") as session:
        session.inject(Fault(FaultKind.SLOW_FIRST, seconds=30), at=1)
        session.inject("timeout", at=2)
        session.inject("reset", at=3)
        began = clock.now_ns
        with pytest.raises(aiohttp.SocketTimeoutError):
            clock.run(ask_aiohttp(url, 5))
        assert (clock.now_ns - began) / 1e9 == pytest.approx(5, abs=0.1)
        with pytest.raises(aiohttp.SocketTimeoutError):
            clock.run(ask_aiohttp(url, 5))
        # aiohttp itself asks again, once, where a GET lost its connection.
        assert clock.run(ask_aiohttp(url, 5)) == "hello"
        assert [call.kind for call in session.report().injected] == ["slow-first", "timeout", "reset"]
