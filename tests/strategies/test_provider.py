"""The provider seam under a script, through every convention."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given

import playhead
from playhead import strategies as play
from playhead.core.model import Completion, Origin
from playhead.providers.conventions.table import CONVENTIONS
from tests.strategies.recordings import HELLO, NAME, STORY, TOOLS, Model, recorded


def test_errors_are_the_projects_own() -> None:
    """A rate limit with its wait, a server error, a client's error that no retry helps."""
    faults = (
        play.Fault(play.FaultKind.RATE_LIMIT, retry_after=7),
        play.Fault(play.FaultKind.SERVER_ERROR),
        play.Fault(play.FaultKind.SERVER_ERROR, status=400),
    )
    with play.Performance(recorded(), tuple(play.Turn(fault=fault) for fault in faults)) as run:
        provider = run.provider(NAME)
        with pytest.raises(playhead.RateLimitError) as limited:
            provider.complete(HELLO)
        assert limited.value.retry_after == 7
        with pytest.raises(playhead.ProviderError):
            provider.complete(HELLO)
        with pytest.raises(playhead.PermanentError):
            provider.complete(HELLO)
        assert provider.complete(HELLO).text == "grüezi 1"


def test_streams_come_in_the_scripts_pieces() -> None:
    """The same text, cut elsewhere, then its completion."""
    with play.Performance(recorded(), play.Turn(chunking=play.Chunking(play.Cut.SIZES, (4,)))) as run:
        stream = run.provider(NAME).stream(STORY)
        assert list(stream) == ["Once", " upo", "n a ", "tïme"]
        assert stream.completion.text == "Once upon a tïme"


def test_a_broken_stream_gives_what_came_and_its_error() -> None:
    """Pieces first, then the error."""
    with play.Performance(recorded(), play.Turn(fault=play.Fault(play.FaultKind.RESET, after_pieces=1))) as run:
        stream = run.provider(NAME).stream(STORY)
        assert next(stream) == "Once "
        with pytest.raises(playhead.ProviderError, match="connection was lost"):
            next(stream)


def test_delays_pass_on_the_runs_clock() -> None:
    """Nothing waits; the clock moves by what was asked for, and by no recorded latency."""
    late, stall = (
        play.Fault(play.FaultKind.SLOW_FIRST, seconds=9),
        play.Fault(play.FaultKind.STALL, after_pieces=1, seconds=30),
    )
    turns = (play.Turn(fault=late), play.Turn(fault=late), play.Turn(fault=stall))
    clock = playhead.ManualClock()
    with play.Performance(recorded(), turns, clock=clock) as run:
        provider = run.provider(NAME)
        assert provider.complete(HELLO).text == "grüezi 1"
        assert list(provider.stream(STORY)) == list(provider.stream(STORY))
    assert clock.slept == [9, 9, 30]


@given(play.scripts())
def test_whatever_happens_a_provider_answers_or_fails_as_one(script: play.Script) -> None:
    """Completions, or errors of providers: no other exception, no lost character."""
    with play.Performance(recorded(), script) as run:
        provider = run.provider(NAME)
        for _ in range(3):
            try:
                assert isinstance(provider.complete(TOOLS), Completion)
                "".join(provider.stream(STORY)).encode()
            except playhead.InferenceProviderError:
                continue


@given(play.scripts(takes=False, faults=["stall", "slow-first"], truncations=False, reorderings=False))
def test_pieces_and_delays_change_no_word(script: play.Script) -> None:
    """However it comes, it says the same."""
    with play.Performance(recorded(), script) as run:
        provider = run.provider(NAME)
        for _ in range(3):
            assert "".join(provider.stream(STORY)) == "Once upon a tïme"


async def test_async_callers_are_served_alike() -> None:
    """The same answers, the same errors, awaited."""
    with play.Performance(recorded(), play.Turn(fault=play.Fault(play.FaultKind.RATE_LIMIT))) as run:
        provider = run.provider(NAME, convention="paxman-async")
        with pytest.raises(playhead.RateLimitError):
            await provider.complete(HELLO)
        assert (await provider.complete(HELLO)).text == "grüezi 1"
        assert [piece async for piece in provider.stream(STORY)] == ["Once ", "upon a ", "tïme"]


@pytest.mark.parametrize("name", CONVENTIONS)
def test_every_convention_has_its_methods(name: str) -> None:
    """A scripted provider stands for any kind of provider there is."""
    provider = play.Performance(recorded()).provider(NAME, convention=name)
    for verb in CONVENTIONS[name].verbs:
        assert callable(getattr(provider, verb.name))


def test_another_convention_plays_its_recordings(tmp_path: Path) -> None:
    """A callable that was recorded is called, and fails as the script says."""
    path = tmp_path / "called.cassette"

    async def ask(question: str) -> str:
        return f"you asked {question}"

    async def recording() -> None:
        with playhead.use_cassette(path, mode="record") as session:
            await session.wrap(ask, name="ask")("why")

    async def playing() -> None:
        with play.Performance(path, (play.Turn(), play.Turn(fault=play.Fault(play.FaultKind.TIMEOUT)))) as run:
            played = run.provider("ask", convention="callable-async")
            assert await played("why") == "you asked why"
            with pytest.raises(playhead.ProviderError, match="in time"):
                await played("why")

    asyncio.run(recording())
    asyncio.run(playing())


def test_it_never_passes_for_a_model(tmp_path: Path) -> None:
    """Whoever records a scripted provider records what is marked as made up."""
    run = play.Performance(recorded(), play.Turn(fault=play.Fault(play.FaultKind.REFUSAL)))
    with playhead.record(run.provider(NAME), tmp_path / "a.cassette", name=NAME) as provider:
        provider.complete(HELLO)
    (interaction,) = playhead.open_cassette(tmp_path / "a.cassette")
    assert interaction.origin is Origin.SYNTHETIC


def test_it_shows_its_run() -> None:
    """With the script that reproduces it."""
    assert repr(play.Performance(recorded()).provider(NAME)) == f"<{NAME!r} in <0 calls of Script()>>"


def test_a_left_stream_is_not_read_past_its_end(tmp_path: Path) -> None:
    """What nobody recorded is refused, and kept as a refusal."""
    path = tmp_path / "left.cassette"
    with playhead.record(Model(), path, name=NAME) as provider, provider.stream(STORY) as stream:
        next(stream)
    with pytest.raises(playhead.Exhausted), play.Performance(path) as run:
        list(run.provider(NAME).stream(STORY))
    assert len(run.refusals) == 1
