"""What a user's type checker sees. Never run: mypy and pyright check it, and a wrong type here is a failure there."""

from __future__ import annotations

from typing import assert_type

import playhead


class Mine:
    """A provider as users write them: no base class."""

    def complete(self, request: playhead.CompletionRequest) -> playhead.Completion:
        """Answer."""
        return playhead.Completion(request.prompt or "", model="mine")


class MineAsync:
    """The same, awaited."""

    async def complete(self, request: playhead.CompletionRequest) -> playhead.Completion:
        """Answer."""
        return playhead.Completion("", model="mine")


def providers_need_no_base_class() -> None:
    """Both shapes are providers to a type checker."""
    sync: playhead.InferenceProvider = Mine()
    asynchronous: playhead.AsyncInferenceProvider = MineAsync()
    stub: playhead.InferenceProvider = playhead.StubInferenceProvider()
    cycling: playhead.InferenceProvider = playhead.CyclingStubInferenceProvider(("a", ValueError("b")))
    print(sync, asynchronous, stub, cycling)


def blocks_give_sessions() -> None:
    """A block gives a session; opening a cassette gives interactions with evidence."""
    with playhead.use_cassette("a.cassette", mode="record", takes="cycle", pace=1.0) as session:
        assert_type(session, playhead.Session)
    for interaction in playhead.open_cassette("a.cassette"):
        assert_type(interaction, playhead.Interaction)
        assert_type(interaction.evidence, playhead.Evidence)
        assert_type(interaction.evidence.usage.total_tokens, int)


@playhead.use_cassette("a.cassette", mode=playhead.Mode.REPLAY)
def decorated(number: int) -> str:
    """Keep its own type under the decorator."""
    return str(number)


def decorating_keeps_the_type() -> None:
    """A decorated function takes and gives what it did."""
    assert_type(decorated(3), str)


@playhead.capture
def captured(item: str) -> int:
    """Keep its own type."""
    return len(item)


@playhead.capture(name="named")
async def captured_later(item: str) -> int:
    """Keep its own type too."""
    return len(item)


async def capturing_keeps_the_type(session: playhead.Session) -> None:
    """A captured function takes and gives what it did, decorated or called."""
    assert_type(captured("a"), int)
    assert_type(await captured_later("a"), int)
    assert_type(session.capture(captured)("a"), int)
    clock = playhead.VirtualClock()
    assert_type(clock.run(captured_later("a")), int)
    assert_type(playhead.measure_stability("a.cassette"), playhead.StabilityReport)
    session.inject(playhead.Fault(playhead.FaultKind.RESET), at=1, when=playhead.FaultRule(provider="openai"))
