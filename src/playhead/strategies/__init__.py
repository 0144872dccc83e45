"""
Hypothesis strategies over recordings: a model answers otherwise, late, in other pieces, or not at all.

    from playhead import strategies as play

    @given(script=play.scripts())
    def test_the_agent_survives(script):
        with play.Performance(RECORDED, script) as run:
            answer = my_agent(run.provider("openai"))

Needs the extra ``strategies``.
"""

from __future__ import annotations

import importlib.util

from playhead.errors import MissingDependencyError

if importlib.util.find_spec("hypothesis") is None:
    raise MissingDependencyError("hypothesis", extra_name="strategies", purpose="playhead.strategies")

from playhead.engine.faults import Fault, FaultKind
from playhead.strategies.changes import permuted, reordered, reorderings, truncated, truncations
from playhead.strategies.chunking import Chunking, Cut, chunkings, rechunked, rechunkings
from playhead.strategies.drawing import fault_schedules, faults, scripts, takes, turns
from playhead.strategies.machine import AgentMachine
from playhead.strategies.performance import Performance
from playhead.strategies.provider import ScriptedProvider
from playhead.strategies.steps import Played
from playhead.strategies.turns import Deal, FaultSchedule, Script, Turn
from playhead.strategies.values import (
    completions,
    failures,
    json_values,
    messages,
    requests,
    streams,
    tool_calls,
    tools,
    usages,
)

__all__ = [
    "AgentMachine",
    "Chunking",
    "Cut",
    "Deal",
    "Fault",
    "FaultKind",
    "FaultSchedule",
    "Performance",
    "Played",
    "Script",
    "ScriptedProvider",
    "Turn",
    "chunkings",
    "completions",
    "failures",
    "fault_schedules",
    "faults",
    "json_values",
    "messages",
    "permuted",
    "rechunked",
    "rechunkings",
    "reordered",
    "reorderings",
    "requests",
    "scripts",
    "streams",
    "takes",
    "tool_calls",
    "tools",
    "truncated",
    "truncations",
    "turns",
    "usages",
]
