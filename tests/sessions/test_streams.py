"""Streams through a session: piece by piece live, piece by piece again on replay, whatever way they end."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest, ManualClock, Stream, Usage

ASKED = CompletionRequest("tell me")


class Streaming:
    """Streams what a script says: pieces, waits in seconds (``float``), an exception to raise."""

    def __init__(self, *script: Any, clock: ManualClock | None = None) -> None:
        self.script = script
        self.clock = clock
        self.closed = False

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer at once."""
        return Completion("whole")

    def stream(self, request: CompletionRequest) -> Iterator[Any]:
        """Follow the script."""
        try:
            for item in self.script:
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, float):
                    assert self.clock is not None
                    self.clock.sleep(item)
                else:
                    yield item
        finally:
            self.closed = True


class AsyncStreaming(Streaming):
    """The same, awaited."""

    async def complete(self, request: CompletionRequest) -> Completion:  # type: ignore[override]
        """Answer at once."""
        return Completion("whole")

    async def stream(self, request: CompletionRequest) -> AsyncIterator[Any]:  # type: ignore[override]
        """Follow the script."""
        for item in Streaming.stream(self, request):
            yield item


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "stream.cassette"


def drain(stream: Iterator[Any]) -> tuple[list[Any], str]:
    """Read a stream to its end, and give its pieces and how it ended."""
    pieces: list[Any] = []
    try:
        pieces.extend(stream)
    except Exception as error:
        return pieces, f"{type(error).__name__}: {error}"
    return pieces, "end"


def outcome(path: Path) -> Stream:
    """Give the only recorded stream."""
    (entry,) = playhead.open_cassette(path)
    assert isinstance(entry.outcome, Stream)
    return entry.outcome


SCRIPTS: dict[str, tuple[Any, ...]] = {
    "text": ("one ", "two ", "three"),
    "empty pieces": ("", "a", "", ""),
    "nothing": (),
    "beyond the first plane": ("\U0001f600a", "\u00e9", "\ud800", "z"),
    "mappings": ({"delta": "a", "n": 1}, {"delta": None, "l": [1.5]}, {}),
    "bytes": (b"data: 1\n\n", b"\xff\x00", b""),
    "mixed": ("text", {"tool": "x"}, b"raw", 7, None),
    "completion last": ("a", "b", Completion("ab", model="m", usage=Usage(1, 2, 3))),
    "completion alone": (Completion("ab", model="m"),),
    "completion after mappings": ({"d": 1}, Completion("", finish_reason="tool_calls")),
}


@pytest.mark.parametrize("ending", [".cassette", ".cassette.json"])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
async def test_pieces_come_back_with_their_boundaries(tmp_path: Path, script: tuple[Any, ...], ending: str) -> None:
    """Pieces of any kind replay one by one as they were, sync and async, and both recordings are equal evidence."""
    one, other = tmp_path / f"one{ending}", tmp_path / f"other{ending}"
    with playhead.record(Streaming(*script), one) as provider:
        assert drain(provider.stream(ASKED)) == (list(script), "end")
    async with playhead.record(AsyncStreaming(*script), other) as provider:
        assert [piece async for piece in provider.stream(ASKED)] == list(script)
    assert playhead.open_cassette(one).digest == playhead.open_cassette(other).digest
    with playhead.replay(other, strict=True) as provider:
        assert drain(provider.stream(ASKED)) == (list(script), "end")
    async with playhead.replay(one, strict=True, convention="paxman-async") as provider:
        assert [piece async for piece in provider.stream(ASKED)] == list(script)


@pytest.mark.parametrize("before", [0, 1, 3])
async def test_an_error_comes_after_as_many_pieces(tmp_path: Path, before: int) -> None:
    """A stream that broke off after some pieces gives them on replay, then the same error, and claims no completion."""
    script = (*["piece "] * before, playhead.RateLimitError("slow", retry_after=3.0))
    one, other = tmp_path / "one.cassette", tmp_path / "other.cassette"
    expected = (["piece "] * before, "RateLimitError: slow")
    with playhead.record(Streaming(*script), one) as provider:
        assert drain(provider.stream(ASKED)) == expected
    async with playhead.record(AsyncStreaming(*script), other) as provider:
        with pytest.raises(playhead.RateLimitError):
            async for _ in provider.stream(ASKED):
                pass
    assert playhead.open_cassette(one).digest == playhead.open_cassette(other).digest
    with playhead.replay(one) as provider:
        stream = provider.stream(ASKED)
        assert drain(stream) == expected
        with pytest.raises(playhead.UsageError, match="no completion"):
            _ = stream.completion
    (entry,) = playhead.open_cassette(one)
    assert entry.evidence.text == "piece " * before
    assert entry.evidence.failure is not None
    assert entry.evidence.failure.retry_after == 3.0


def test_an_error_before_the_first_piece_is_recorded(path: Path) -> None:
    """A provider that fails when the stream is asked for fails so on replay, at the first piece at the latest."""

    class Failing:
        def complete(self, request: CompletionRequest) -> Completion:
            return Completion("whole")

        def stream(self, request: CompletionRequest) -> Iterator[str]:
            raise playhead.PermanentError("no streams here")

    with playhead.record(Failing(), path) as provider, pytest.raises(playhead.PermanentError):
        provider.stream(ASKED)
    with playhead.replay(path) as provider, pytest.raises(playhead.PermanentError, match="no streams here"):
        list(provider.stream(ASKED))


async def test_a_consumer_that_closes_early_is_kept_as_such(tmp_path: Path) -> None:
    """What came before the consumer closed is kept, the provider's stream is closed, and no completion is claimed."""
    one, other = tmp_path / "one.cassette", tmp_path / "other.cassette"
    inner = Streaming("one ", "two ", "three")
    with playhead.record(inner, one) as provider, provider.stream(ASKED) as stream:
        assert [next(stream), next(stream)] == ["one ", "two "]
    assert inner.closed
    async with (
        playhead.record(AsyncStreaming("one ", "two ", "three"), other) as provider,
        provider.stream(ASKED) as stream,
    ):
        assert [await anext(stream), await anext(stream)] == ["one ", "two "]
    assert playhead.open_cassette(one).digest == playhead.open_cassette(other).digest
    assert outcome(one) == Stream(end=None, cuts=(4, 4), text="one two ")
    with playhead.replay(one, strict=True) as provider, provider.stream(ASKED) as stream:
        assert [next(stream), next(stream)] == ["one ", "two "]


def test_reading_on_where_the_recorded_consumer_stopped_is_refused(path: Path) -> None:
    """A consumer that wants more than was recorded is told so, and the ledger keeps it."""
    with playhead.record(Streaming("one ", "two "), path) as provider, provider.stream(ASKED) as stream:
        next(stream)
    with playhead.replay(path) as provider:
        stream = provider.stream(ASKED)
        assert next(stream) == "one "
        with pytest.raises(playhead.Exhausted, match="up to piece 1, where its consumer stopped"):
            next(stream)
        assert [refusal.kind for refusal in provider.session.report().refusals] == ["exhausted"]


def test_a_loop_that_is_left_is_kept_as_well(path: Path) -> None:
    """A consumer that leaves its loop and never closes the stream has its pieces recorded all the same."""

    def first(stream: Iterator[str]) -> str:
        for piece in stream:
            return piece
        return ""

    with playhead.record(Streaming("one ", "two "), path) as provider:
        assert first(provider.stream(ASKED)) == "one "
        gc.collect()
    assert outcome(path).pieces() == ("one ",)
    with playhead.replay(path) as provider:
        assert first(provider.stream(ASKED)) == "one "


@pytest.mark.parametrize("script", [("a", Completion("a")), ({"d": 1}, Completion("a"))])
def test_closing_after_the_completion_came_is_an_orderly_end(path: Path, script: tuple[Any, ...]) -> None:
    """A consumer that closes when it has the completion, before the end is announced, has read everything."""
    with playhead.record(Streaming(*script), path) as provider, provider.stream(ASKED) as stream:
        assert [next(stream), next(stream)] == list(script)
    with playhead.replay(path) as provider:
        assert drain(provider.stream(ASKED)) == (list(script), "end")


def test_an_error_after_the_completion_is_the_providers_own(path: Path) -> None:
    """A provider that fails after it gave the completion raises its own error, live and on replay."""
    script = ("a", Completion("a"), playhead.ProviderError("lost"))
    with playhead.record(Streaming(*script), path) as provider:
        assert drain(provider.stream(ASKED)) == (["a", Completion("a")], "ProviderError: lost")
    with playhead.replay(path) as provider:
        pieces, ending = drain(provider.stream(ASKED))
        assert (pieces[0], ending) == ("a", "ProviderError: lost")


class WithCompletion:
    """A stream object as an SDK has it: pieces, and what they came to."""

    def __init__(self, pieces: list[Any], completion: Any) -> None:
        self._pieces = iter(pieces)
        self.completion = completion
        self.request_id = "req-7"

    def __iter__(self) -> WithCompletion:
        return self

    def __next__(self) -> Any:
        return next(self._pieces)


class Objects:
    """Streams stream objects."""

    def __init__(self, make: Callable[[], WithCompletion]) -> None:
        self.make = make

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer at once."""
        return Completion("whole")

    def stream(self, request: CompletionRequest) -> WithCompletion:
        """Give the stream object."""
        return self.make()


def test_the_streams_own_completion_is_kept(path: Path) -> None:
    """A stream object's ``completion`` is what is recorded, its other attributes are seen live, and replay has both."""
    whole = Completion("ab", model="m-2", usage=Usage(5, 6, 11), finish_reason="length")
    with playhead.record(Objects(lambda: WithCompletion(["a", "b"], whole)), path) as provider:
        stream = provider.stream(ASKED)
        assert list(stream) == ["a", "b"]
        assert (stream.completion, stream.request_id) == (whole, "req-7")
    with playhead.replay(path) as provider:
        stream = provider.stream(ASKED)
        with pytest.raises(playhead.UsageError, match="no completion yet"):
            _ = stream.completion
        assert list(stream) == ["a", "b"]
        assert stream.completion == whole
    (entry,) = playhead.open_cassette(path)
    assert (entry.evidence.model, entry.evidence.usage.total_tokens) == ("m-2", 11)


def test_a_completion_given_twice_is_one(path: Path) -> None:
    """A stream that yields its completion and has an equal one as an attribute replays the pieces it gave."""
    with playhead.record(Objects(lambda: WithCompletion(["a", Completion("a")], Completion("a"))), path) as provider:
        live = drain(provider.stream(ASKED))
    assert live == (["a", Completion("a")], "end")
    with playhead.replay(path) as provider:
        assert drain(provider.stream(ASKED)) == live


def test_a_completion_that_says_more_than_the_pieces_is_kept_beside_them(path: Path) -> None:
    """Where text and pieces differ (a filter, a prefix) both are kept as they were."""
    whole = Completion("[filtered]", model="m")
    with playhead.record(Objects(lambda: WithCompletion(["bad ", "words"], whole)), path) as provider:
        list(provider.stream(ASKED))
    with playhead.replay(path) as provider:
        stream = provider.stream(ASKED)
        assert list(stream) == ["bad ", "words"]
        assert stream.completion == whole


def test_pieces_are_recorded_as_they_were_given(path: Path) -> None:
    """A consumer that changes a piece, or a provider that fills one object again and again, changes no recording."""

    class Refilling:
        def complete(self, request: CompletionRequest) -> Completion:
            return Completion("whole")

        def stream(self, request: CompletionRequest) -> Iterator[dict[str, Any]]:
            shared: dict[str, Any] = {"all": []}
            for number in range(3):
                shared["all"].append(number)
                yield shared

    with playhead.record(Refilling(), path) as provider:
        for piece in provider.stream(ASKED):
            piece["seen"] = True
    with playhead.replay(path) as provider:
        assert next(iter(provider.stream(ASKED))) == {"all": [0]}


@pytest.mark.parametrize(("pace", "slept"), [(0.0, []), (1.0, [0.5, 0.25]), (2.0, [1.0, 0.5]), (0.5, [0.25, 0.125])])
async def test_the_recorded_pace_can_be_played(path: Path, pace: float, slept: list[float]) -> None:
    """Pieces come after the gaps they were recorded with, scaled; at pace 0 they come at once."""
    clock = ManualClock()
    with playhead.record(Streaming(0.5, "a", "b", 0.25, "c", clock=clock), path, clock=clock) as provider:
        list(provider.stream(ASKED))
    (entry,) = playhead.open_cassette(path)
    assert (entry.gaps_ms, entry.latency_ms) == ((500, 0, 250), 750)
    playing = ManualClock()
    with playhead.replay(path, pace=pace, clock=playing) as provider:
        assert list(provider.stream(ASKED)) == ["a", "b", "c"]
    async with playhead.replay(path, pace=pace, clock=playing, convention="paxman-async") as provider:
        assert [piece async for piece in provider.stream(ASKED)] == ["a", "b", "c"]
    assert playing.slept == slept * 2


async def test_a_closed_stream_does_not_wait(path: Path) -> None:
    """A consumer that closed a paced stream is not made to wait for what it does not want."""
    clock = ManualClock()
    with playhead.record(Streaming("a", 5.0, "b", clock=clock), path, clock=clock) as provider:
        list(provider.stream(ASKED))
    playing = ManualClock()
    with playhead.replay(path, pace=1, clock=playing) as provider:
        stream = provider.stream(ASKED)
        next(stream)
        stream.close()
        assert list(stream) == []
    assert playing.slept == []


def test_a_stream_is_numbered_when_it_is_asked_for(path: Path) -> None:
    """Two equal streams read in turns are recorded in the order they were asked for."""
    count = iter("12")

    class Two:
        def complete(self, request: CompletionRequest) -> Completion:
            return Completion("whole")

        def stream(self, request: CompletionRequest) -> Iterator[str]:
            number = next(count)
            return iter([number, "a"])

    with playhead.record(Two(), path) as provider:
        first, second = provider.stream(ASKED), provider.stream(ASKED)
        list(second)
        list(first)
    found = [entry.evidence.text for entry in playhead.open_cassette(path)]
    assert found == ["1a", "2a"]


def test_a_played_stream_may_be_read_again_only_by_asking_again(path: Path) -> None:
    """Past its end a stream stays ended, and each asking plays the next take."""
    with playhead.record(Streaming("a"), path) as provider:
        list(provider.stream(ASKED))
        list(provider.stream(ASKED))
    with playhead.replay(path) as provider:
        stream = provider.stream(ASKED)
        assert (list(stream), list(stream)) == (["a"], [])
        assert list(provider.stream(ASKED)) == ["a"]
        with pytest.raises(playhead.Exhausted):
            provider.stream(ASKED)


async def test_an_awaited_stream_is_recorded_and_replayed(path: Path) -> None:
    """A provider whose ``stream`` is a coroutine that gives the stream works as one that is not."""

    class Awaited:
        async def complete(self, request: CompletionRequest) -> Completion:
            return Completion("whole")

        async def stream(self, request: CompletionRequest) -> AsyncIterator[str]:
            async def pieces() -> AsyncIterator[str]:
                for piece in ("a", "b"):
                    yield piece

            return pieces()

    provider: Any
    async with playhead.use_cassette(path, mode="record") as session:
        provider = session.wrap(Awaited())
        assert [piece async for piece in await provider.stream(ASKED)] == ["a", "b"]
    async with playhead.use_cassette(path, mode="replay", strict=True) as session:
        provider = session.wrap(Awaited())
        assert [piece async for piece in await provider.stream(ASKED)] == ["a", "b"]


def test_a_piece_without_a_form_is_an_error(path: Path) -> None:
    """A stream of objects that cannot be stored ends in ``RecordingError``."""
    with playhead.record(Streaming("a", {"x": object()}), path) as provider:
        stream = provider.stream(ASKED)
        assert next(stream) == "a"
        with pytest.raises(playhead.RecordingError):
            list(stream)


async def test_leaving_early_closes_what_holds_the_connection(tmp_path: Path) -> None:
    """An SDK's stream is closed itself, not only the iterator over it, under the name that SDKs give it."""
    closed: list[str] = []

    class SdkStream:
        def __aiter__(self) -> Any:
            return self._pieces()

        async def _pieces(self) -> Any:
            for piece in "abc":
                yield piece

        async def close(self) -> None:
            closed.append("async")

    class SyncStream:
        def __iter__(self) -> Any:
            yield from "abc"

        def close(self) -> None:
            closed.append("sync")

    class Streaming:
        async def complete(self, request: Any) -> Any:
            raise AssertionError("not asked")

        async def stream(self, request: Any) -> Any:
            return SdkStream()

    class SyncStreaming:
        def complete(self, request: Any) -> Any:
            raise AssertionError("not asked")

        def stream(self, request: Any) -> Any:
            return SyncStream()

    request = playhead.CompletionRequest("hello")
    for mode in ("record", "replay"):
        with playhead.use_cassette(tmp_path / "s.cassette", mode=mode) as session:
            stream = await session.wrap(Streaming(), name="awaited").stream(request)
            assert await anext(stream) == "a"
            await stream.close()
            other = session.wrap(SyncStreaming(), name="sync").stream(request)
            assert next(other) == "a"
            other.close()
    assert closed == ["async", "sync"]
