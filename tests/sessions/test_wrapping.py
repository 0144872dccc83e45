"""Wrapped providers: the provider's own methods and attributes, each call through the session."""

from __future__ import annotations

import asyncio
import functools
import types
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest, Usage
from playhead.store.journals import journal_paths


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "wrapped.cassette"


def answer(request: CompletionRequest) -> Completion:
    """Answer, or fail where the prompt says so."""
    if request.prompt == "fail":
        raise playhead.RateLimitError("slow down", retry_after=2.5, context={"limit": "minute"})
    if request.prompt == "crash":
        raise LookupError("no such deployment", 404)
    tools = (playhead.ToolCall("c1", "look", '{"at": 1}'),)
    return Completion(f"<{request.prompt}>", model="m-1", usage=Usage(1, 2, 3), finish_reason="stop", tool_calls=tools)


class Sync:
    """A sync provider."""

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer."""
        return answer(request)

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        """Answer in three pieces."""
        yield from answer(request).text.partition(request.prompt or "")

    def embed(self, texts: list[str], **options: Any) -> Completion:
        """Give one vector for each text."""
        return Completion(model="e-1", output=[[float(len(text))] * 20 for text in texts])


class Async:
    """The same, awaited."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer."""
        return answer(request)

    async def stream(self, request: CompletionRequest) -> AsyncIterator[str]:
        """Answer in three pieces."""
        for piece in answer(request).text.partition(request.prompt or ""):
            yield piece

    async def embed(self, texts: list[str], **options: Any) -> Completion:
        """Give one vector for each text."""
        return Completion(model="e-1", output=[[float(len(text))] * 20 for text in texts])


PROMPTS = ("a", "b", "a", "fail", "crash", "a")


def script(wrapped: Any) -> list[str]:
    """Make the calls of the script in the sync way, and give what each came to."""
    seen: list[str] = []
    for prompt in PROMPTS:
        request = CompletionRequest(prompt, temperature=0.5)
        for call in (
            lambda request=request: wrapped.complete(request),
            lambda request=request: list(wrapped.stream(request)),
        ):
            try:
                seen.append(repr(call()))
            except Exception as error:
                seen.append(f"{error!r} {sorted(vars(error).items())!r}")
    seen.append(repr(wrapped.embed(["one", "three"], model="e", dimensions=20)))
    return seen


async def async_script(wrapped: Any) -> list[str]:
    """Make the same calls, awaited."""

    async def pieces(request: CompletionRequest) -> list[str]:
        return [piece async for piece in wrapped.stream(request)]

    seen: list[str] = []
    for prompt in PROMPTS:
        request = CompletionRequest(prompt, temperature=0.5)
        for call in (wrapped.complete, pieces):
            try:
                seen.append(repr(await call(request)))
            except Exception as error:
                seen.append(f"{error!r} {sorted(vars(error).items())!r}")
    seen.append(repr(await wrapped.embed(["one", "three"], model="e", dimensions=20)))
    return seen


async def test_sync_and_async_record_the_same(tmp_path: Path) -> None:
    """One script through a sync and an async provider gives equal digests, and either replays the other's."""
    one, other = tmp_path / "sync.cassette", tmp_path / "async.cassette"
    with playhead.use_cassette(one, mode="record") as session:
        live = script(session.wrap(Sync(), name="p"))
    async with playhead.use_cassette(other, mode="record") as session:
        assert await async_script(session.wrap(Async(), name="p")) == live
    assert playhead.open_cassette(one).digest == playhead.open_cassette(other).digest
    with playhead.use_cassette(other, mode="replay", strict=True) as session:
        assert script(session.wrap(None, name="p")) == live
    async with playhead.use_cassette(one, mode="replay", strict=True) as session:
        assert await async_script(session.wrap(None, name="p", convention="paxman-async")) == live


@pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [2, 0, 4, 1, 3]])
async def test_gathered_calls_replay_in_the_order_they_started(path: Path, order: list[int]) -> None:
    """Five equal calls that end in another order replay their answers in the order they were started."""
    turns = [asyncio.Event() for _ in range(6)]
    turns[0].set()
    count = iter(range(5))

    class Racing:
        async def complete(self, request: CompletionRequest) -> Completion:
            number = next(count)
            turn = order.index(number)
            await turns[turn].wait()
            turns[turn + 1].set()
            return Completion(f"started as {number}")

    expected = [f"started as {number}" for number in range(5)]
    request = CompletionRequest("vote")
    async with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Racing())
        live = await asyncio.gather(*(wrapped.complete(request) for _ in range(5)))
    assert [completion.text for completion in live] == expected
    assert [entry.evidence.text for entry in playhead.open_cassette(path)] == expected
    async with playhead.use_cassette(path, mode="replay", strict=True) as session:
        wrapped = session.wrap(None, convention="paxman-async")
        assert await asyncio.gather(*(wrapped.complete(request) for _ in range(5))) == live


async def test_calls_under_one_id_that_overlap_replay_as_they_were(path: Path) -> None:
    """Two calls with one idempotency id that ran side by side give on replay what each of them gave live."""
    count = iter("ab")

    class Side:
        async def complete(self, request: CompletionRequest) -> Completion:
            text = next(count)
            await asyncio.sleep(0.01)
            return Completion(text)

    request = CompletionRequest("vote", id="once")
    async with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Side())
        live = await asyncio.gather(wrapped.complete(request), wrapped.complete(request))
    async with playhead.use_cassette(path, mode="replay", strict=True) as session:
        wrapped = session.wrap(None, convention="paxman-async")
        assert await asyncio.gather(wrapped.complete(request), wrapped.complete(request)) == live


class Rich(Sync):
    """A provider with more than its calls."""

    supports_tools = True

    def __init__(self) -> None:
        self.entered = 0

    def list_models(self) -> list[str]:
        """Do what no convention knows."""
        return ["m-1"]

    def __enter__(self) -> Rich:
        self.entered += 1
        return self

    def __exit__(self, *facts: object) -> None:
        self.entered -= 1


def test_what_is_not_a_call_is_the_providers_own(path: Path) -> None:
    """Attributes and other methods pass through, live; entering a wrapped provider enters the provider."""
    provider = Rich()
    with playhead.use_cassette(path, mode="live") as session:
        wrapped = session.wrap(provider)
        assert wrapped.list_models() == ["m-1"]
        with wrapped as entered:
            assert entered is wrapped
            assert (provider.entered, wrapped.entered) == (1, 1)
        assert provider.entered == 0
        with pytest.raises(AttributeError, match="missing"):
            _ = wrapped.missing
        assert not hasattr(session.wrap(types.SimpleNamespace(complete=answer)), "stream")


@pytest.mark.parametrize("supports", [True, False, None])
def test_what_a_provider_says_of_itself_is_seen_through_the_wrapper(path: Path, supports: bool | None) -> None:
    """``supports_tools`` is the provider's: true, false or absent."""
    facts = {} if supports is None else {"supports_tools": supports}
    provider = types.SimpleNamespace(complete=answer, **facts)
    with playhead.use_cassette(path, mode="live") as session:
        wrapped = session.wrap(provider)
        assert getattr(wrapped, "supports_tools", None) is supports
        assert hasattr(wrapped, "supports_tools") is (supports is not None)


def test_without_a_provider_every_call_of_the_convention_is_there(path: Path) -> None:
    """A wrapper round nothing has the convention's methods and says what is missing for the rest."""
    with playhead.use_cassette(path, mode="replay") as session:
        wrapped = session.wrap(None, name="openai")
        for name in ("complete", "stream", "embed"):
            assert callable(getattr(wrapped, name))
        with pytest.raises(AttributeError, match="without a provider"):
            _ = wrapped.list_models
        assert repr(wrapped) == f"<no provider as 'openai' in <Session replay {str(path)!r}>>"


def test_a_wrapper_shows_the_class_and_nothing_of_its_state(path: Path) -> None:
    """``repr`` names the provider's class, not what its own ``repr`` would tell."""

    class Telling(Sync):
        def __repr__(self) -> str:
            return "Telling(api_key='hidden')"

    with playhead.use_cassette(path, mode="live") as session:
        assert repr(session.wrap(Telling(), name="p")) == f"<Telling as 'p' in <Session live {str(path)!r}>>"


class Callable_:  # noqa: N801 - stands for any object with an async __call__
    """An object whose call is a coroutine."""

    async def __call__(self, request: CompletionRequest) -> Completion:
        """Answer."""
        return answer(request)


async def async_answer(request: CompletionRequest, *, extra: int = 0) -> Completion:
    """Answer, awaited."""
    return answer(request)


@pytest.mark.parametrize("complete", [Callable_(), async_answer, functools.partial(async_answer, extra=1)])
async def test_an_async_provider_is_known_by_its_method(path: Path, complete: Callable[..., Any]) -> None:
    """Coroutine functions, partials of them and objects with an async call are awaited."""
    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(types.SimpleNamespace(complete=complete))
        assert (await wrapped.complete(CompletionRequest("a"))).text == "<a>"
    assert len(playhead.open_cassette(path)) == 1


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_an_interrupted_call_is_no_outcome(path: Path, stop: type[BaseException]) -> None:
    """What stops the process or the task is not recorded as the provider's failure, and it passes."""

    class Stopping:
        def complete(self, request: CompletionRequest) -> Completion:
            if request.prompt == "stop":
                raise stop
            return answer(request)

    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Stopping())
        with pytest.raises(stop):
            wrapped.complete(CompletionRequest("stop"))
        wrapped.complete(CompletionRequest("a"))
    assert [entry.request.prompt for entry in playhead.open_cassette(path)] == ["a"]
    assert session.report().abandoned == 1


async def test_a_cancelled_call_leaves_the_others_numbered(path: Path) -> None:
    """Where the first of two equal calls is cancelled, the other is take 0, and replay plays it."""
    never = asyncio.Event()

    class Waiting:
        async def complete(self, request: CompletionRequest) -> Completion:
            if request.context.get("wait"):
                await never.wait()
            return Completion("done")

    async with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Waiting())
        task = asyncio.create_task(wrapped.complete(CompletionRequest("a", context={"wait": True})))
        await asyncio.sleep(0)
        assert (await wrapped.complete(CompletionRequest("a"))).text == "done"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [entry.sequence for entry in playhead.open_cassette(path)] == [0]


def test_a_streamed_recording_does_not_answer_a_plain_call(path: Path) -> None:
    """A request recorded as a stream is another request than the same one answered whole, and a miss says so."""
    with playhead.use_cassette(path, mode="record") as session:
        list(session.wrap(Sync()).stream(CompletionRequest("a")))
    with (
        playhead.use_cassette(path, mode="replay") as session,
        pytest.raises(playhead.NoMatch, match="whether the answer is streamed"),
    ):
        session.wrap(None).complete(CompletionRequest("a"))


def test_other_objects_with_the_same_attributes_are_requests(path: Path) -> None:
    """A request of another class is matched by its attributes; without a prompt or messages it is refused."""
    other = types.SimpleNamespace(prompt="a", temperature=0.5, id=None, model="m")
    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Sync())
        assert wrapped.complete(other).text == "<a>"
        with pytest.raises(playhead.UsageError, match="no prompt and no messages"):
            wrapped.complete(types.SimpleNamespace(question="a"))
    found = playhead.open_cassette(path).lookup(CompletionRequest("a", temperature=0.5, model="m"))
    assert [interaction.evidence.text for interaction in found] == ["<a>"]


def test_the_caller_gets_the_providers_own_object(path: Path) -> None:
    """While recording the provider's answer is passed on itself, and its failure likewise."""
    given = Completion("x", raw={"a": [1]})
    failure = playhead.ProviderError("x")

    class Giving:
        def complete(self, request: CompletionRequest) -> Completion:
            if request.prompt == "fail":
                raise failure
            return given

    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Giving())
        assert wrapped.complete(CompletionRequest("a")) is given
        with pytest.raises(playhead.ProviderError) as caught:
            wrapped.complete(CompletionRequest("fail"))
        assert caught.value is failure


def test_what_a_consumer_does_to_an_answer_changes_no_recording(path: Path) -> None:
    """An answer that is changed after it was given, live or replayed, is recorded and played as it was given."""

    class Giving:
        def complete(self, request: CompletionRequest) -> Completion:
            return Completion("x", raw={"list": [1, 2]}, output={"k": "v"})

    asked = CompletionRequest("a", id="once")
    for mode, provider in (("record", Giving()), ("replay", None)):
        with playhead.use_cassette(path, mode=mode, takes="cycle") as session:
            wrapped = session.wrap(provider, name="p")
            for request in (asked, CompletionRequest("a"), asked):
                got = wrapped.complete(request)
                assert (got.raw, got.output) == ({"list": [1, 2]}, {"k": "v"})
                got.raw["list"].clear()
                got.output.clear()


def test_requests_that_grow_are_recorded_as_they_were_sent(path: Path) -> None:
    """A conversation whose list grows while it is asked is kept turn by turn."""
    history: list[dict[str, str]] = []

    class Agent:
        def complete(self, request: CompletionRequest) -> Completion:
            text = f"turn {len(request.conversation())}"
            history.append({"role": "assistant", "content": text})
            return Completion(text)

    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Agent())
        for turn in ("one", "two"):
            history.append({"role": "user", "content": turn})
            wrapped.complete(CompletionRequest(messages=tuple(history)))
    lengths = [len(entry.request.conversation()) for entry in playhead.open_cassette(path)]
    assert lengths == [1, 3]


def test_no_journal_is_left_when_every_call_failed_to_start(path: Path) -> None:
    """A request that has no form is refused before the provider is called, and leaves nothing behind."""
    provider = Rich()
    calls: list[CompletionRequest] = []
    provider.complete = calls.append  # type: ignore[assignment,method-assign]
    with (
        playhead.use_cassette(path, mode="record-missing") as session,
        pytest.raises(playhead.RecordingError, match=r"params\.x"),
    ):
        session.wrap(provider).complete(CompletionRequest("a", params={"x": object()}))
    assert calls == []
    assert not path.exists()
    assert journal_paths(path) == []


def test_another_sessions_refusal_is_not_recorded(tmp_path: Path) -> None:
    """A provider that is itself a replay refuses for reasons of its own: that is no answer of a model."""
    inner, outer = tmp_path / "inner.cassette", tmp_path / "outer.cassette"
    with playhead.record(playhead.StubInferenceProvider(), inner) as provider:
        provider.complete(playhead.CompletionRequest("known"))
    with playhead.replay(inner) as replayed, playhead.use_cassette(outer, mode="record") as session:
        wrapped = session.wrap(replayed)
        wrapped.complete(playhead.CompletionRequest("known"))
        with pytest.raises(playhead.NoMatch):
            wrapped.complete(playhead.CompletionRequest("unknown"))
    assert [call.request.prompt for call in playhead.open_cassette(outer)] == ["known"]


async def test_a_stream_that_was_refused_is_refused_at_the_call(tmp_path: Path) -> None:
    """What was raised instead of a stream is raised there again, not at the first piece; sync, async and awaited."""

    class Refusing:
        def complete(self, request: Any) -> Any:
            raise AssertionError("not asked")

        def stream(self, request: Any) -> Any:
            raise playhead.RateLimitError("slow down", retry_after=3.0)

    class AsyncRefusing:
        async def complete(self, request: Any) -> Any:
            raise AssertionError("not asked")

        async def stream(self, request: Any) -> Any:
            raise playhead.RateLimitError("slow down", retry_after=3.0)

    request = playhead.CompletionRequest("hello")
    for mode, providers in (("record", (Refusing(), AsyncRefusing())), ("replay", (Refusing(), AsyncRefusing()))):
        with playhead.use_cassette(tmp_path / "s.cassette", mode=mode) as session:
            with pytest.raises(playhead.RateLimitError) as caught:
                session.wrap(providers[0], name="sync").stream(request)
            assert caught.value.retry_after == 3.0
            with pytest.raises(playhead.RateLimitError):
                await session.wrap(providers[1], name="awaited").stream(request)
            assert not session.report().refusals
