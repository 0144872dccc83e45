"""Faults in the way of wrapped providers: what the caller meets, what the ledger keeps, what is never stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.sessions.answering import SHAPES, Sync, ask, provider_for, texts

import playhead
from playhead import Completion, CompletionRequest, ManualClock, Origin, ProviderError, RateLimitError, UsageError
from playhead.engine.faults import DELAYS, Fault, FaultKind
from playhead.engine.ledger import InjectedCall
from playhead.errors import SyntheticWarning

LIMIT = Fault(FaultKind.RATE_LIMIT, retry_after=7)


async def recorded(path: Path, shape: str, *prompts: str) -> None:
    """Record a call of each prompt."""
    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(provider_for(shape, "golden"))
        for prompt in prompts:
            await ask(wrapped, shape, prompt)


def replayed(path: Path, shape: str, **options: Any) -> Any:
    """Open a session that replays, and give it with its provider."""
    session = playhead.use_cassette(path, mode="replay", **options).open()
    return session, session.wrap(provider_for(shape))


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_call_fails_and_the_same_call_again_gets_what_is_recorded(tmp_path: Path, shape: str) -> None:
    """The fault takes no turn: a retry finds the recorded answer, and nothing is left unplayed."""
    await recorded(tmp_path / "a.cassette", shape, "hello")
    session, wrapped = replayed(tmp_path / "a.cassette", shape, strict=True)
    session.inject(LIMIT, at=1)
    with pytest.raises(RateLimitError) as caught:
        await ask(wrapped, shape, "hello")
    assert caught.value.retry_after == 7
    assert await ask(wrapped, shape, "hello") == "golden 1"
    report = session.close()
    assert report.injected == (InjectedCall("rate-limit", "default", None),)
    assert (report.played, report.unplayed, report.refused) == (1, 0, 0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind not in DELAYS])
async def test_an_injected_call_never_goes_out_and_is_never_stored(tmp_path: Path, shape: str, kind: FaultKind) -> None:
    """While recording, what was injected is in the ledger and not in the cassette; the provider is not asked."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        provider = provider_for(shape)
        wrapped = session.wrap(provider)
        session.inject(kind, at=1)
        try:
            await ask(wrapped, shape, "hello")
        except ProviderError:
            pass
        except RateLimitError:
            assert kind is FaultKind.RATE_LIMIT
        assert provider.count == 0
        await ask(wrapped, shape, "hello")
        assert [call.stored for call in session.report().injected] == [False]
    assert texts(path) == [("hello", "fresh 1")]


def test_what_is_stored_on_purpose_is_synthetic_and_said(tmp_path: Path) -> None:
    """Sealing warns, the outcome's origin tells, and the replay plays it and injects nothing more."""
    path = tmp_path / "a.cassette"

    def run(session: Any) -> list[str]:
        wrapped = session.wrap(Sync())
        session.inject(LIMIT, at=1, store=True)
        found = []
        for _ in range(2):
            try:
                found.append(wrapped.complete(CompletionRequest("hello")).text)
            except RateLimitError as error:
                found.append(f"{error.message}, {error.retry_after:g} s")
        return found

    with (
        pytest.warns(SyntheticWarning, match="1 injected outcomes were stored as 'synthetic': rate-limit"),
        playhead.use_cassette(path, mode="record") as session,
    ):
        live = run(session)
    assert live == ["429 Too Many Requests, 7 s", "fresh 1"]
    origins = [call.origin for call in sorted(playhead.open_cassette(path), key=lambda call: call.sequence)]
    assert origins == [Origin.SYNTHETIC, Origin.LIVE]
    with playhead.use_cassette(path, mode="replay", strict=True) as session:
        assert run(session) == live
        assert session.report().injected == ()


@pytest.mark.parametrize(
    ("kind", "text", "model"),
    [
        ("empty", "", "m"),
        ("refusal", "I'm sorry, but I can't help with that.", "m"),
        ("wrong-model", "golden 1", "another-model"),
        ("malformed-json", '{"gold', "m"),
    ],
)
async def test_an_answer_is_changed(tmp_path: Path, kind: str, text: str, model: str) -> None:
    """What is changed is the recorded answer, which the next call gets as it is."""
    await recorded(tmp_path / "a.cassette", "sync", "hello")
    session, wrapped = replayed(tmp_path / "a.cassette", "sync")
    session.inject(kind, at=1)
    changed = wrapped.complete(CompletionRequest("hello"))
    assert (changed.text, changed.model) == (text, model)
    assert wrapped.complete(CompletionRequest("hello")).text == "golden 1"
    session.close()


async def test_a_rule_picks_the_calls(tmp_path: Path) -> None:
    """Calls that do not meet the rule pass, and are not counted."""
    await recorded(tmp_path / "a.cassette", "sync", "the weather", "the news")
    session, wrapped = replayed(tmp_path / "a.cassette", "sync")
    session.inject("timeout", at=1, when={"text": "weather", "provider": "default"})
    assert await ask(wrapped, "sync", "the news") == "golden 2"
    with pytest.raises(ProviderError, match="did not answer in time"):
        await ask(wrapped, "sync", "the weather")
    session.close()


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_late_answer_is_the_recorded_one(tmp_path: Path, shape: str) -> None:
    """A delay moves the session's clock and nothing else."""
    await recorded(tmp_path / "a.cassette", shape, "hello")
    clock = ManualClock()
    session, wrapped = replayed(tmp_path / "a.cassette", shape, strict=True, clock=clock)
    session.inject({"kind": "slow-first", "seconds": 30})
    assert await ask(wrapped, shape, "hello") == "golden 1"
    assert clock.slept == [30]
    assert session.close().injected[0].kind == "slow-first"


@pytest.mark.parametrize("shape", ["stream", "async stream"])
async def test_a_stream_stands_still_after_its_pieces(tmp_path: Path, shape: str) -> None:
    """The pieces before the stall come at once, those after it when it is over; recording stores them as they are."""
    clock = ManualClock()
    seen: list[tuple[str, int]] = []
    with playhead.use_cassette(tmp_path / "a.cassette", mode="record", clock=clock) as session:
        session.inject(Fault(FaultKind.STALL, after_pieces=2, seconds=9))
        stream = session.wrap(provider_for(shape)).stream(CompletionRequest("hello"))
        if shape == "stream":
            with stream:
                seen = [(piece, len(clock.slept)) for piece in stream]
        else:
            async with stream:
                seen = [(piece, len(clock.slept)) async for piece in stream]
        assert stream._inner is not None
    assert seen == [("fresh", 0), (" ", 0), ("1", 1)]
    assert clock.slept == [9]
    assert texts(tmp_path / "a.cassette") == [("hello", "fresh 1")]
    (call,) = playhead.open_cassette(tmp_path / "a.cassette")
    assert (call.latency_ms, sum(call.gaps_ms)) == (0, 0)


async def test_who_ran_out_of_patience_finds_the_answer_again(tmp_path: Path) -> None:
    """A stream that was given up while it came late is played to the next call."""

    class Impatient(ManualClock):
        async def sleep_async(self, seconds: float) -> None:
            raise TimeoutError

    await recorded(tmp_path / "a.cassette", "async stream", "hello")
    session, wrapped = replayed(tmp_path / "a.cassette", "async stream", strict=True, clock=Impatient())
    session.inject("slow-first", at=1)
    with pytest.raises(TimeoutError):
        await ask(wrapped, "async stream", "hello")
    assert session.report().played == 0
    assert await ask(wrapped, "async stream", "hello") == "golden 1"
    assert session.close().played == 1


@pytest.mark.parametrize("shape", ["stream", "async stream"])
async def test_a_stream_breaks_in_the_middle(tmp_path: Path, shape: str) -> None:
    """The recorded pieces before the break come, then the error; the next call gets the whole stream."""
    await recorded(tmp_path / "a.cassette", shape, "hello")
    session, wrapped = replayed(tmp_path / "a.cassette", shape)
    session.inject(Fault(FaultKind.RESET, after_pieces=1), at=1)
    pieces: list[str] = []

    async def read() -> None:
        stream = wrapped.stream(CompletionRequest("hello"))
        if shape == "stream":
            pieces.extend(stream)
        async for piece in stream:
            pieces.append(piece)  # noqa: PERF401 - it breaks, and what came before counts

    with pytest.raises(ProviderError, match="the connection was lost"):
        await read()
    assert pieces == ["golden"]
    assert await ask(wrapped, shape, "hello") == "golden 1"
    session.close()


def test_a_delay_cannot_be_stored(tmp_path: Path) -> None:
    """The answer it delays is the provider's own, so there is nothing synthetic to store."""
    with playhead.use_cassette(tmp_path / "a.cassette", mode="live") as session:
        with pytest.raises(UsageError, match="a stall cannot be stored"):
            session.inject("stall", store=True)
        with pytest.raises(UsageError, match="unknown fault 'flood'"):
            session.inject("flood")


async def test_questions_that_need_no_recording_are_not_befallen(tmp_path: Path) -> None:
    """Whether a provider is in good health is no call of a model."""

    class Chat:
        async def chat(self, messages: Any, model: str | None = None, **_: Any) -> Any:
            return Completion("hi")

        async def list_models(self) -> list[str]:
            return []

        async def health_check(self) -> bool:
            return True

    with playhead.use_cassette(tmp_path / "a.cassette", mode="live") as session:
        session.inject("reset")
        wrapped = session.wrap(Chat(), convention="closedpaw")
        assert await wrapped.health_check()
        with pytest.raises(ProviderError):
            await wrapped.chat([{"role": "user", "content": "hello"}])
        assert len(session.report().injected) == 1
