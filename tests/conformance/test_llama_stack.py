"""The third provider system, LS-01 to LS-07, LS-15, LS-18: the mixin's calls at both seams, misses, exceptions."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pytest
from tests.conformance.llama_stack import (
    KEY,
    MESSAGES,
    MODEL,
    TOOLS,
    StackServer,
    TinyProvider,
    breaks_with_an_error,
    every_call,
    plain,
    read,
    texts,
)
from tests.sdks.servers.base import Answer, Asked, LoopbackServer, dropped
from tests.sdks.servers.words import TOOL_ARGUMENTS, vector

import playhead
from playhead.compat.llama_stack import OpenAIMixin
from playhead.errors import InferenceProviderError, MissingDependencyError, NoMatch, ReplayRefused
from playhead.providers.llama_stack.mixin import has_sdk
from playhead.store.verifying import verify

SEAMS = ("provider", "wire")


class Stage(NamedTuple):
    """
    Where a test records and replays.

    Attributes:
        cassette: The cassette.
        server: The server, which is stopped before anything is replayed.
        seam: Where calls are caught.
    """

    cassette: Path
    server: StackServer
    seam: str

    @contextlib.asynccontextmanager
    async def recording(self) -> AsyncIterator[Any]:
        """Give a provider that is recorded."""
        provider = TinyProvider(self.server.base_url)
        with playhead.use_cassette(self.cassette, mode="record") as session:
            yield session.wrap(provider, name="tiny") if self.seam == "provider" else provider
            await provider.aclose()

    @contextlib.asynccontextmanager
    async def replaying(self) -> AsyncIterator[Any]:
        """Give the same with nothing behind it: no server, no key, and at the provider seam no provider."""
        self.server.stop()
        provider = TinyProvider(self.server.base_url, api_key="")
        with playhead.use_cassette(self.cassette) as session:
            wrapped = session.wrap(None, name="tiny", convention="llama-stack") if self.seam == "provider" else None
            yield wrapped or provider
            await provider.aclose()

    async def both(self, use: Callable[[Any], Awaitable[Any]]) -> tuple[Any, Any]:
        """Do something live and again in replay, and give what came of both."""
        async with self.recording() as provider:
            live = await use(provider)
        async with self.replaying() as provider:
            return live, await use(provider)


@pytest.fixture(params=SEAMS)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """Give a place to record and replay, at each of the two seams."""
    with StackServer() as server:
        yield Stage(tmp_path / "stack.cassette", server, request.param)


@pytest.mark.parametrize("missing", ["get_api_key", "get_base_url"])
def test_ls_01_both_methods_are_needed(missing: str) -> None:
    """A subclass with the two methods is a provider; without one of them it cannot be made."""
    both: dict[str, Any] = {"get_api_key": lambda _: KEY, "get_base_url": lambda _: "http://127.0.0.1/v1"}
    assert isinstance(type("Whole", (OpenAIMixin,), both)(), OpenAIMixin)
    del both[missing]
    with pytest.raises(TypeError, match=missing):
        type("Half", (OpenAIMixin,), both)()


@pytest.mark.skipif(has_sdk(), reason="OpenAI's SDK is installed here: tests/sdks has the client itself")
async def test_ls_02_without_the_sdk_the_client_names_it_and_the_calls_work(stage: Stage) -> None:
    """``client`` raises an error that names the package; the four methods work all the same."""
    provider = TinyProvider(stage.server.base_url)
    with pytest.raises(MissingDependencyError, match="openai"):
        _ = provider.client
    found = await every_call(provider)
    await provider.aclose()
    assert set(found) == {"chat", "tools", "chunks", "prompt", "prompt chunks", "vectors", "there", "absent"}


async def test_ls_03_every_call_replays_without_network_and_key(stage: Stage, no_key: None) -> None:
    """All four methods are recorded and come back the same, with the server gone and no key anywhere."""
    live, again = await stage.both(every_call)
    assert again == live
    assert live["chat"]["choices"][0]["message"]["content"].startswith("Réponse 0")
    assert len(stage.server.asked) == 8
    assert KEY.encode() not in stage.cassette.read_bytes()


async def test_ls_03_a_call_that_was_not_recorded_is_refused(stage: Stage) -> None:
    """A question that no recording answers is refused, whatever its SDK makes of it."""
    async with stage.recording() as provider:
        await provider.openai_chat_completion(MODEL, MESSAGES)
    stage.server.stop()
    provider = TinyProvider(stage.server.base_url)
    with playhead.use_cassette(stage.cassette) as session:
        asked = session.wrap(provider, name="tiny") if stage.seam == "provider" else provider
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the SDK wraps it, we do not
            await asked.openai_chat_completion(MODEL, [{"role": "user", "content": "Name a river."}])
        assert session.report().refused == 1
    await provider.aclose()
    chain = [caught.value, caught.value.__cause__]
    assert any(isinstance(one, ReplayRefused) for one in chain)


async def test_ls_04_a_stream_has_the_same_chunks(stage: Stage) -> None:
    """Chunks come back one by one, the same, in the same order."""

    async def use(provider: Any) -> list[Any]:
        options = {"include_usage": True}
        stream = await provider.openai_chat_completion(MODEL, MESSAGES, stream=True, stream_options=options)
        return await read(stream)

    live, again = await stage.both(use)
    assert again == live
    assert len([text for text in texts(live) if text]) > 4
    assert live[-1]["usage"]["total_tokens"] > 0


async def test_ls_04_a_consumer_may_stop_early(stage: Stage) -> None:
    """A stream left after two chunks is recorded as that; the calls around it are whole."""

    async def use(provider: Any) -> list[Any]:
        first = plain(await provider.openai_chat_completion(MODEL, MESSAGES))
        async with await provider.openai_chat_completion(MODEL, MESSAGES, stream=True) as stream:
            got = [plain(await anext(stream)) for _ in range(2)]
        return [first, got, plain(await provider.openai_chat_completion(MODEL, MESSAGES, temperature=1.0))]

    live, again = await stage.both(use)
    assert again == live
    assert verify(stage.cassette).faults == ()


@pytest.mark.parametrize("fault", [breaks_with_an_error, dropped], ids=["an error event", "a broken connection"])
async def test_ls_04_an_error_follows_the_chunks_before_it(stage: Stage, fault: Any) -> None:
    """A stream that fails after k chunks gives k chunks in replay, then the error."""

    async def use(provider: Any) -> tuple[list[Any], str, str]:
        got: list[Any] = []
        with pytest.raises(Exception) as caught:  # noqa: PT011 - ours, or the SDK's
            await read(await provider.openai_chat_completion(MODEL, MESSAGES, stream=True), got)
        return got, type(caught.value).__name__, str(caught.value)

    stage.server.faults.append(fault)
    live, again = await stage.both(use)
    assert again == live
    assert len(live[0]) >= 3
    assert not live[0][-1]["choices"][0]["finish_reason"]


async def test_ls_05_tool_arguments_are_exact(stage: Stage) -> None:
    """Names and arguments of tool calls come back to the byte, whole and in pieces."""

    async def use(provider: Any) -> tuple[Any, Any]:
        whole = await provider.openai_chat_completion(MODEL, MESSAGES, tools=TOOLS)
        pieces = await read(await provider.openai_chat_completion(MODEL, MESSAGES, tools=TOOLS, stream=True))
        return whole.choices[0].message.tool_calls[0].function, pieces

    live, again = await stage.both(use)
    for function, pieces in (live, again):
        assert (function.name, function.arguments) == ("look_up", TOOL_ARGUMENTS)
        deltas = [chunk["choices"][0]["delta"].get("tool_calls") or [] for chunk in pieces]
        assert "".join(call["function"].get("arguments") or "" for calls in deltas for call in calls) == TOOL_ARGUMENTS
    assert again[1] == live[1]
    calls = [one.evidence.tool_calls for one in playhead.open_cassette(stage.cassette)]
    assert [call[0].arguments for call in calls] == [TOOL_ARGUMENTS] * 2


async def test_ls_05_functions_of_the_older_form_are_matched(stage: Stage) -> None:
    """``functions`` and ``function_call`` are sent, and are part of what is matched."""
    functions = [{"name": "look_up", "parameters": {"type": "object"}}]

    async def use(provider: Any) -> Any:
        return plain(
            await provider.openai_chat_completion(
                MODEL, MESSAGES, functions=functions, function_call={"name": "look_up"}
            )
        )

    live, again = await stage.both(use)
    assert again == live
    assert stage.server.asked[0].json["functions"] == functions
    async with stage.replaying() as provider:
        with pytest.raises(Exception):  # noqa: B017, PT011 - ours, or the SDK's around it
            await provider.openai_chat_completion(MODEL, MESSAGES)


async def test_ls_06_vectors_are_exact(stage: Stage) -> None:
    """Numbers come back to the bit, each with its index, in both formats."""

    async def use(provider: Any) -> tuple[Any, Any]:
        numbers = await provider.openai_embeddings(MODEL, ["one", "two"])
        packed = await provider.openai_embeddings(model=MODEL, input="one", encoding_format="base64")
        return numbers.data, packed.data[0].embedding

    live, again = await stage.both(use)
    for data, packed in (live, again):
        assert [item.index for item in data] == [0, 1]
        for item, text in zip(data, ("one", "two"), strict=True):
            assert [number.hex() for number in item.embedding] == [number.hex() for number in vector(0, text)]
        assert isinstance(packed, str)
    assert again[1] == live[1]


async def test_ls_06_format_and_dimensions_are_part_of_the_key(stage: Stage) -> None:
    """Vectors of another length or form are another question; the default form is no other than the one it names."""
    async with stage.recording() as provider:
        for further in ({}, {"dimensions": 8}, {"encoding_format": "base64"}):
            await provider.openai_embeddings(MODEL, "one", **further)
    prints = [one.fingerprint for one in playhead.open_cassette(stage.cassette)]
    assert len(set(prints)) == 3
    async with stage.replaying() as provider:
        assert await provider.openai_embeddings(MODEL, "one", encoding_format="float")


def refuses_the_key(server: LoopbackServer, _: Asked, __: Answer) -> Answer:
    """Refuse with 401."""
    return server.error(401, f"wrong key {KEY}")


async def test_ls_07_availability_is_the_same_again(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """True, False for 404, and False with a warning for any other error; the same in replay."""

    async def use(provider: Any) -> list[bool]:
        return [await provider.check_model_availability(name) for name in (MODEL, "no-such-model", "tiny-2")]

    async with stage.recording() as provider:
        first = [await provider.check_model_availability(name) for name in (MODEL, "no-such-model")]
        stage.server.faults.append(refuses_the_key)
        with caplog.at_level(logging.WARNING):
            first.append(await provider.check_model_availability("tiny-2"))
    assert first == [True, False, False]
    assert "whether model 'tiny-2' is available could not be asked" in caplog.text
    assert KEY not in caplog.text
    async with stage.replaying() as provider:
        assert await use(provider) == first


async def test_both_parameter_styles_are_one_question(stage: Stage) -> None:
    """What was recorded by name is replayed with one object of parameters, as the system has them now."""
    async with stage.recording() as provider:
        live = plain(await provider.openai_chat_completion(model=MODEL, messages=MESSAGES, temperature=0.5))
    async with stage.replaying() as provider:
        params = {"model": MODEL, "messages": MESSAGES, "temperature": 0.5, "stream": None}
        assert plain(await provider.openai_chat_completion(params)) == live


class VendorError(Exception):
    """An exception of an SDK that no codec is registered for."""

    status_code = 422
    body: ClassVar[Any] = {"message": "too long", "code": "context_length_exceeded"}


class Failing(TinyProvider):
    """A provider whose own SDK fails."""

    async def openai_chat_completion(self, *_: Any, **__: Any) -> Any:
        """Fail."""
        raise VendorError("too long")


async def test_ls_18_an_unknown_exception_is_a_typed_error(tmp_path: Path) -> None:
    """An exception without a codec comes back as our generic error, with its status and body."""
    with playhead.use_cassette(tmp_path / "a.cassette", mode="record") as session, pytest.raises(VendorError):
        await session.wrap(Failing(""), name="tiny").openai_chat_completion(MODEL, MESSAGES)
    with playhead.use_cassette(tmp_path / "a.cassette") as session:
        replayed = session.wrap(None, name="tiny", convention="llama-stack")
        with pytest.raises(InferenceProviderError, match="too long") as caught:
            await replayed.openai_chat_completion(MODEL, MESSAGES)
    assert (caught.value.context["status"], caught.value.context["body"]) == (422, VendorError.body)


async def test_ls_18_no_secret_is_in_a_kept_body(tmp_path: Path) -> None:
    """A key that a server repeats in its refusal reaches the provider's caller, and no file."""

    class Repeating(TinyProvider):
        async def openai_chat_completion(self, *_: Any, **__: Any) -> Any:
            await self.check_model_availability("m")  # the key is known from a call on
            error = VendorError(f"wrong key {KEY}")
            error.body = {"message": f"wrong key {KEY}"}  # type: ignore[misc]
            raise error

    with StackServer() as server, playhead.use_cassette(tmp_path / "a.cassette.json", mode="record") as session:
        provider = Repeating(server.base_url)
        with pytest.raises(VendorError, match=KEY):
            await session.wrap(provider, name="tiny").openai_chat_completion(MODEL, MESSAGES)
        await provider.aclose()
    text = (tmp_path / "a.cassette.json").read_text(encoding="utf-8")
    assert KEY not in text
    assert "wrong key" in text


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no key in the environment."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


async def test_ls_15_a_miss_says_all_that_is_needed(stage: Stage) -> None:
    """A refusal names key, provider, model, test, the nearest recorded call with what differs, and the command."""
    async with stage.recording() as provider:
        await provider.openai_chat_completion(MODEL, MESSAGES, temperature=0.25)
    async with stage.replaying() as provider:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the SDK wraps it, we do not
            await provider.openai_chat_completion(MODEL, MESSAGES, temperature=0.75)
    refused = caught.value if isinstance(caught.value, ReplayRefused) else caught.value.__cause__
    assert isinstance(refused, NoMatch)
    assert refused.evidence.kind == "no match"
    key = next(iter(playhead.open_cassette(stage.cassette))).fingerprint
    assert key[:12] in str(refused)
    assert len(refused.context["fingerprint"]) == len(key)
    name = "tiny" if stage.seam == "provider" else "openai"
    test = "test_ls_15_a_miss_says_all_that_is_needed"
    for part in (MODEL, name, test, "temperature", "0.25", "0.75", "record-missing", str(stage.cassette)):
        assert part in str(refused), part
