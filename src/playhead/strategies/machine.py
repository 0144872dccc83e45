"""A state machine in which a program calls a model while takes, faults and chunkings vary from call to call."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from playhead.core.names import DEFAULT_PROVIDER
from playhead.errors import UsageError
from playhead.strategies.drawing import turns
from playhead.strategies.performance import Performance, Recorded
from playhead.strategies.turns import Turn


def _turns_of(machine: Any) -> st.SearchStrategy[Turn]:
    found: st.SearchStrategy[Turn] = machine.turns
    return found


class AgentMachine(RuleBasedStateMachine):
    """
    The base of a machine of your own: its rules drive your program, this one's disturb the calls they make.

    Give the program ``self.provider``, or clients ``self.performance.transport()``.

    Attributes:
        recorded: The cassette that answers; each subclass names its own, opened once.
        turns: What may happen to a call.
        provider_name: The name the provider was recorded under.
        convention: How the provider is called; ``complete(request)`` and ``stream(request)`` where it is ``None``.
        performance: The run.
        provider: A provider of the run.

    Raises:
        UsageError: A subclass names no cassette.
    """

    recorded: ClassVar[Recorded | None] = None
    turns: ClassVar[st.SearchStrategy[Turn]] = turns()
    provider_name: ClassVar[str] = DEFAULT_PROVIDER
    convention: ClassVar[str | None] = None

    def __init__(self) -> None:
        super().__init__()
        if self.recorded is None:
            raise UsageError(
                f"{type(self).__name__} names no cassette", hint="recorded = playhead.open_cassette('agent.cassette')"
            )
        self.performance = Performance(self.recorded)
        self.provider: Any = self.performance.provider(self.provider_name, convention=self.convention)

    @rule(turn=st.runner().flatmap(_turns_of))
    def disturb(self, turn: Turn) -> None:
        """Have something happen to a call: the next one that nothing happens to yet."""
        self.performance.disturb(turn)

    @invariant()
    def calls_are_recorded_ones(self) -> None:
        """Fail where a call was refused, whatever the program did with the refusal."""
        self.performance.check()
