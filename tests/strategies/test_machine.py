"""Machines that drive a program while its calls are disturbed."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

import playhead
from playhead import strategies as play
from tests.strategies.recordings import HELLO, NAME, STORY, TOOLS, recorded

QUICK = settings(max_examples=60, stateful_step_count=12, database=None, derandomize=True, deadline=None)


class Sound(play.AgentMachine):
    """A program that takes failures for what they are."""

    recorded = recorded()
    provider_name = NAME

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    @rule(request=st.sampled_from([HELLO, TOOLS]))
    def ask(self, request: playhead.CompletionRequest) -> None:
        try:
            self.told.append(self.provider.complete(request).text)
        except playhead.InferenceProviderError:
            self.told.append("failed")

    @rule()
    def listen(self) -> None:
        try:
            self.told.append("".join(self.provider.stream(STORY)))
        except playhead.InferenceProviderError:
            self.told.append("failed")

    @invariant()
    def every_call_came_to_something(self) -> None:
        assert len(self.told) == len(self.performance.calls)


class Trusting(Sound):
    """One that believes the second answer to be the first."""

    @rule()
    def ask_again(self) -> None:
        self.told.append(self.provider.complete(HELLO).text)
        assert self.told[-1] == "grüezi 1"


class Wandering(Sound):
    """One that asks what was never recorded, and swallows what comes of it."""

    @rule()
    def wander(self) -> None:
        try:
            self.provider.complete(playhead.CompletionRequest("where am I?"))
        except (playhead.ReplayRefused, playhead.InferenceProviderError):
            self.told.append("lost")


class Calm(Trusting):
    """The trusting one where nothing happens but delays."""

    turns = play.turns(takes=False, faults=["stall", "slow-first"], truncations=False, reorderings=False)


def test_a_sound_program_passes() -> None:
    """Whatever takes, faults and pieces come."""
    run_state_machine_as_test(Sound, settings=QUICK)


def test_an_unsound_one_is_found() -> None:
    """By a disturbed call before the one that trusts."""
    with pytest.raises((AssertionError, playhead.InferenceProviderError)) as found:
        run_state_machine_as_test(Trusting, settings=QUICK)
    shown = "\n".join(getattr(found.value, "__notes__", []))
    assert "state.disturb(turn=" in shown
    steps = [line for line in shown.splitlines() if line.startswith("state.") and "every_call" not in line]
    assert [step.partition("(")[0] for step in steps if "calls_are" not in step] == [
        "state.disturb",
        "state.ask_again",
        "state.teardown",
    ]


def test_a_subclass_says_what_may_happen() -> None:
    """Delays alone do not break the trusting program."""
    run_state_machine_as_test(Calm, settings=QUICK)


def test_a_refusal_cannot_be_swallowed() -> None:
    """The machine fails although the program went on."""
    with pytest.raises(playhead.NoMatch):
        run_state_machine_as_test(Wandering, settings=QUICK)


def test_a_machine_needs_a_cassette() -> None:
    """And says so."""
    with pytest.raises(playhead.UsageError, match="names no cassette"):
        play.AgentMachine()
