"""The second provider system, EK-01 to EK-15: one provider for every compatible server, and anything of its shape."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import playhead
from playhead import CyclingStubInferenceProvider, UsageError
from playhead.compat.executionkit import (
    ExecutionKitError,
    LLMError,
    LLMProvider,
    LLMResponse,
    PermanentError,
    Provider,
    ProviderError,
    RateLimitError,
    ToolCall,
)
from playhead.core.redaction import Redactor

ROOT = Path(__file__).parents[2]
ASKED = [{"role": "user", "content": "hello"}]
KEY = "correct-horse-battery-staple"


def body(content: str = "Hello", **further: Any) -> dict[str, Any]:
    """Give what a compatible server answers."""
    message = {"role": "assistant", "content": content, **further}
    return {
        "id": "chatcmpl-1",
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
    }


class Server:
    """Answers in turn and keeps what was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.pop(0) if self.answers else httpx.Response(200, json=body())

    def provider(self, base_url: str = "https://api.openai.com/v1", **settings: Any) -> Provider:
        """Give a provider that asks this server."""
        settings = {"model": "gpt-4o-mini", **settings}
        return Provider(base_url=base_url, transport=httpx.MockTransport(self), **settings)

    @property
    def sent(self) -> dict[str, Any]:
        """The last body."""
        found: dict[str, Any] = json.loads(self.asked[-1].content)
        return found


SERVERS = [
    ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
    ("http://localhost:4000", "http://localhost:4000/chat/completions"),
    (
        "https://YOUR-RESOURCE.openai.azure.com/openai/deployments/YOUR-DEPLOYMENT",
        "https://your-resource.openai.azure.com/openai/deployments/YOUR-DEPLOYMENT/chat/completions",
    ),
    ("http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions"),
    ("http://your-vllm-host:8000/v1", "http://your-vllm-host:8000/v1/chat/completions"),
    ("http://localhost:8080/v1", "http://localhost:8080/v1/chat/completions"),
    ("https://models.inference.ai.azure.com", "https://models.inference.ai.azure.com/chat/completions"),
    ("https://api.together.xyz/v1", "https://api.together.xyz/v1/chat/completions"),
    ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1/chat/completions"),
    (
        "https://x.openai.azure.com/openai/deployments/d?api-version=2024-06-01",
        "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-06-01",
    ),
]


@pytest.mark.parametrize(("base_url", "expected"), SERVERS)
async def test_ek_01_nine_servers_by_address_alone(base_url: str, expected: str) -> None:
    """Nothing but address, key and model changes between servers, and a query in the address is kept."""
    server = Server()
    async with server.provider(base_url, api_key=KEY, model="some/model") as provider:
        answer = await provider.complete(ASKED)
    assert str(server.asked[0].url) == expected
    assert (server.sent["model"], server.sent["messages"]) == ("some/model", ASKED)
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert (answer.content, answer.total_tokens, answer.finish_reason) == ("Hello", 8, "stop")


@pytest.mark.parametrize("address", ["ftp://x", "localhost:8080", ""])
def test_ek_01_other_addresses_are_refused(address: str) -> None:
    """An address that is not of the web is refused when the provider is made; it is a ``ValueError`` too."""
    with pytest.raises(ValueError, match="base_url must start with http"):
        Provider(base_url=address, model="m")


@pytest.mark.parametrize("key", [{}, {"api_key": ""}])
async def test_ek_02_no_key_no_header(key: dict[str, str]) -> None:
    """A local server gets no authorization."""
    server = Server()
    await server.provider("http://localhost:11434/v1", **key).complete(ASKED)
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, (0.7, 4096)),
        ({"temperature": 0.0, "max_tokens": 0}, (0.0, 0)),
        ({"temperature": 0, "max_tokens": 1}, (0, 1)),
    ],
)
async def test_ek_03_what_a_call_gives_wins(given: dict[str, Any], sent: tuple[float, int]) -> None:
    """The defaults are 0.7, 4096 and 120 seconds, and a zero of the call's is not taken for nothing."""
    server = Server()
    provider = server.provider()
    await provider.complete(ASKED, **given, seed=3, tools=[{"type": "function"}])
    assert (server.sent["temperature"], server.sent["max_tokens"]) == sent
    assert (server.sent["seed"], server.sent["tools"]) == (3, [{"type": "function"}])
    assert provider.timeout == 120.0
    assert server.asked[0].extensions["timeout"]["read"] == 120.0


async def test_ek_04_closing() -> None:
    """Leaving the block closes, closing twice is once, and a call after it is an error."""
    provider = Server().provider()
    async with provider as entered:
        assert entered is provider
        await provider.complete(ASKED)
    await provider.aclose()
    with pytest.raises(UsageError, match="has been closed"):
        await provider.complete(ASKED)


class MyProvider:
    """A user's own, with no base class."""

    async def complete(
        self, messages: Any, *, temperature: Any = None, max_tokens: Any = None, tools: Any = None, **kwargs: Any
    ) -> LLMResponse:
        """Answer the same for ever."""
        return LLMResponse(content="Hello", usage={})


async def test_ek_05_a_provider_without_a_base_class(tmp_path: Path) -> None:
    """A class of the user's is recorded as it is, and replayed without it."""
    assert isinstance(MyProvider(), LLMProvider)
    for mode, provider in (("record", MyProvider()), ("replay", None)):
        with playhead.use_cassette(tmp_path / "e.cassette", mode=mode) as session:
            wrapped = session.wrap(provider, name="mine", convention="executionkit")
            assert await wrapped.complete(ASKED, temperature=0.2) == LLMResponse(content="Hello", usage={})


@pytest.mark.parametrize("value", [True, False, None])
def test_ek_06_tool_support_is_seen_through_the_wrapper(tmp_path: Path, value: bool | None) -> None:
    """What the provider says of itself is what its wrapper says, silence too."""
    cls = MyProvider if value is None else type("Other", (MyProvider,), {"supports_tools": value})
    with playhead.use_cassette(tmp_path / "e.cassette", mode="live") as session:
        wrapped = session.wrap(cls(), name="mine")
        assert getattr(wrapped, "supports_tools", None) is value
    assert Provider.supports_tools is True


@pytest.mark.parametrize("key", ["~", "~~~", "~" * 1000, "sk-~~~~~~~~", "ghp_~~~~"])
def test_ek_07_no_printed_form_shows_a_key(tmp_path: Path, key: str) -> None:
    """Provider, wrapper and session show three stars, whatever the key looks like, in tracebacks with locals too."""
    provider = Server().provider(api_key=key)
    with playhead.use_cassette(tmp_path / "e.cassette", mode="live") as session:
        wrapped = session.wrap(provider, name="mine")
        shown = [repr(provider), str(provider), repr(wrapped), repr(vars(wrapped)), repr(session), f"{[provider]}"]
    assert "api_key='***'" in repr(provider)
    assert all("~" not in text for text in shown)
    with pytest.raises(UsageError) as caught:
        Provider(base_url="http://x", model="", api_key=key)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack[1:]
    assert all("~" not in text for frame in frames for text in (frame.locals or {}).values())


SHAPES = [
    "sk-abcdefghijkl",
    "bearer abcdefgh",
    "token=abcdefgh",
    "ghp_abcdefghijklmnop",
    "AIzaSyA1234567890abcdefghijklmnopqrstuvw",
    "api_key: abcdefgh",
]


@pytest.mark.parametrize("shape", SHAPES)
async def test_ek_08_errors_are_redacted(shape: str) -> None:
    """What looks like a credential in a server's error is masked before it is raised, in its cause too."""
    answer = httpx.Response(401, json={"error": {"message": f"wrong key {shape} given"}})
    with pytest.raises(PermanentError) as caught:
        await Server(answer).provider(api_key=KEY).complete(ASKED)
    secret = re.split(r"[=: ]+", shape)[-1]
    shown = "".join(traceback.format_exception(caught.value))
    assert "[REDACTED]" in str(caught.value)
    assert secret not in shown
    assert KEY not in shown


async def test_ek_09_the_key_itself_is_redacted_whatever_its_shape() -> None:
    """A server that repeats the key back does not get it into an error."""
    answer = httpx.Response(400, text=f'{{"debug": "x-api-key is {KEY}, Basic {KEY}"}}')
    with pytest.raises(PermanentError) as caught:
        await Server(answer).provider(api_key=KEY).complete(ASKED)
    assert KEY not in "".join(traceback.format_exception(caught.value))


STATUSES: list[tuple[int, type[LLMError]]] = [
    *((status, PermanentError) for status in (400, 401, 403, 404, 405, 413, 422)),
    *((status, ProviderError) for status in (408, 409, 500, 502, 503)),
    (429, RateLimitError),
]


@pytest.mark.parametrize(("status", "cls"), STATUSES)
async def test_ek_10_statuses_are_classes(tmp_path: Path, status: int, cls: type[LLMError]) -> None:
    """Each status has its class, live and on replay, with the seconds a server asked to wait."""
    raised: list[LLMError] = []
    answer = httpx.Response(status, headers={"retry-after": "7"}, json={"error": {"message": "no"}})
    provider = Server(answer).provider()
    for mode, given in (("record", provider), ("replay", None)):
        with playhead.use_cassette(tmp_path / "e.cassette", mode=mode) as session:
            with pytest.raises(LLMError) as caught:
                await session.wrap(given, name="mine", convention="executionkit").complete(ASKED)
            raised.append(caught.value)
    assert [type(error) for error in raised] == [cls, cls]
    assert raised[0].message == raised[1].message
    assert isinstance(raised[0], ExecutionKitError)
    if cls is RateLimitError:
        assert [getattr(error, "retry_after", None) for error in raised] == [7.0, 7.0]


async def test_ek_10_a_retry_loop_succeeds_without_waiting(tmp_path: Path) -> None:
    """Two refusals and a success come back in that order."""
    waits = [httpx.Response(429, headers={"retry-after": "60"}, json={}) for _ in range(2)]
    provider = Server(*waits).provider()

    waited: list[float] = []

    async def run(given: Any, mode: str) -> tuple[int, LLMResponse]:
        with playhead.use_cassette(tmp_path / "e.cassette", mode=mode) as session:
            wrapped = session.wrap(given, name="mine", convention="executionkit")
            for tries in range(3):
                try:
                    return tries, await wrapped.complete(ASKED)
                except RateLimitError as error:
                    waited.append(error.retry_after)
        raise AssertionError("no success")

    live = await run(provider, "record")
    assert live[0] == 2
    assert await run(None, "replay") == live
    assert waited == [60.0] * 4


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 1, "completion_tokens": 2}, (1, 2)),
        ({"input_tokens": 1, "output_tokens": 2}, (1, 2)),
        ({}, (0, 0)),
    ],
)
async def test_ek_11_counts_are_read_either_way(tmp_path: Path, usage: dict[str, int], counts: tuple[int, int]) -> None:
    """Both vendors' names are read as attributes, and the mapping stays what it was, an empty one too."""

    class Counting(MyProvider):
        async def complete(self, messages: Any, **kwargs: Any) -> LLMResponse:
            return LLMResponse("a", usage=usage)

    for mode, given in (("record", Counting()), ("replay", None)):
        with playhead.use_cassette(tmp_path / "e.cassette", mode=mode) as session:
            answer = await session.wrap(given, name="mine", convention="executionkit").complete(ASKED)
        assert (answer.input_tokens, answer.output_tokens) == counts
        assert answer.usage == usage


async def test_ek_12_streams_with_their_counts(tmp_path: Path) -> None:
    """Pieces come as they came, and the counts in the list that was given for them."""
    events = [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "He"}}], "model": "m-1"},
        {"choices": [{"index": 0, "delta": {"content": "llo"}, "finish_reason": "stop"}], "model": "m-1"},
        {"choices": [], "model": "m-1", "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
    ]
    text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, text=text)
    provider = Server(answer).provider()
    seen: list[Any] = []
    for mode, given in (("record", provider), ("replay", None)):
        with playhead.use_cassette(tmp_path / "e.cassette", mode=mode) as session:
            sink: list[Any] = []
            wrapped = session.wrap(given, name="mine", convention="executionkit")
            seen.append(([piece async for piece in wrapped.stream(ASKED, usage_sink=sink)], sink))
    assert seen[0] == (["He", "llo"], [{"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}])
    assert seen[1] == seen[0]


async def test_ek_13_equal_calls_at_once_come_back_in_the_order_they_began(tmp_path: Path) -> None:
    """Five equal calls that end in another order than they began are five outcomes, in the order of their beginning."""

    class Slowing(MyProvider):
        def __init__(self) -> None:
            self.begun = 0
            self.gates = [asyncio.Event() for _ in range(6)]
            self.gates[5].set()

        async def complete(self, messages: Any, **kwargs: Any) -> LLMResponse:
            mine = self.begun
            self.begun += 1
            await self.gates[mine + 1].wait()  # the last to begin ends first
            self.gates[mine].set()
            return LLMResponse(f"answer {mine}")

    async def run(given: Any, mode: str) -> list[str]:
        with playhead.use_cassette(tmp_path / "e.cassette", mode=mode) as session:
            wrapped = session.wrap(given, name="mine", convention="executionkit")
            answers = await asyncio.gather(*(wrapped.complete(ASKED) for _ in range(5)))
        return [answer.content for answer in answers]

    live = await run(Slowing(), "record")
    assert live == [f"answer {index}" for index in range(5)]
    assert await run(None, "replay") == live


def test_ek_14_a_stub_cycles_through_texts_answers_and_errors() -> None:
    """Items of all three kinds come in turn; calls are counted and kept."""
    stub = CyclingStubInferenceProvider(("a", playhead.Completion("b"), RateLimitError("wait")))
    request = playhead.CompletionRequest("x")
    assert [stub.complete(request).text for _ in range(2)] == ["a", "b"]
    with pytest.raises(RateLimitError):
        stub.complete(request)
    assert stub.complete(request).text == "a"
    assert (stub.call_count, stub.last_call, len(stub.calls)) == (4, request, 4)


def _tracked() -> list[Path]:
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        pytest.skip("not a checkout: what is in the repository cannot be told")
    return [ROOT / name for name in found.stdout.decode().split("\0") if name]


REAL_KEYS: tuple[Callable[[str], list[str]], ...] = (
    re.compile(r"sk-(?:proj-|ant-)?[A-Za-z0-9]{40,}").findall,
    re.compile(r"gh[pousr]_[A-Za-z0-9]{36}").findall,
    re.compile(r"AKIA(?!IOSFODNN7EXAMPLE)[A-Z0-9]{16}").findall,
)


def test_ek_15_the_repository_holds_no_key() -> None:
    """No example has a key in it, and no golden cassette does, unpacked."""
    found = []
    for path in _tracked():
        if path.suffix in (".py", ".md", ".toml", ".yml", ".yaml", ".json", ".txt", "") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            examples = "docs" in path.parts or path.name == "README.md"
            found += [(path.name, key[:6]) for keys in REAL_KEYS for key in keys(text) if examples]
    assert found == []
    redactor = Redactor()
    for path in sorted((ROOT / "cassettes").glob("*.cassette")):
        for interaction in playhead.open_cassette(path):
            assert redactor.redact_text(repr(interaction)) == repr(interaction), path.name


def test_the_tool_calls_of_an_answer() -> None:
    """A tool's arguments are read, not text."""
    assert ToolCall("1", "f", {"q": 1}).arguments["q"] == 1
