"""One call under a script: the recorded answer, and what comes of it."""

from __future__ import annotations

from typing import NamedTuple

from playhead.core.model import Completion, CompletionRequest, Outcome, end_of
from playhead.engine.faults import DELAYS, under
from playhead.strategies.changes import LENGTH, LENGTH_WORDS, reordered, truncated, with_completion
from playhead.strategies.repertoire import Found
from playhead.strategies.turns import Turn


class Played(NamedTuple):
    """
    One call of a run.

    Attributes:
        request: What was asked.
        provider: Whom.
        stream: Whether pieces were asked for.
        turn: What happened to it.
        exact: Whether the request is a recorded one; otherwise the nearest recorded call answered.
        outcome: What came, at the provider seam to the piece.
    """

    request: CompletionRequest
    provider: str
    stream: bool
    turn: Turn
    exact: bool
    outcome: Outcome


class Step(NamedTuple):
    """
    The answer to a call.

    Attributes:
        found: The recorded call.
        turn: What happens to it.
        completion: The answer where its tool calls are in another order or it is cut off, else ``None``.
        unbroken: What would come without the fault.
        outcome: What comes of it, the fault included.
    """

    found: Found
    turn: Turn
    completion: Completion | None
    unbroken: Outcome
    outcome: Outcome


def step_of(turn: Turn, found: Found, request: CompletionRequest, provider: str, *, stream: bool) -> Step:
    """
    Give what comes of a call.

    Args:
        turn: What happens to it.
        found: The recorded call that answers.
        request: What was asked.
        provider: Whom.
        stream: Whether pieces were asked for.
    """
    outcome = found.outcome
    end = end_of(outcome)
    changed: Completion | None = None
    if isinstance(end, Completion) and (turn.order or turn.missing):
        changed = reordered(end, turn.order)
        changed = truncated(changed, turn.missing, finish_reason=LENGTH_WORDS.get(provider, LENGTH))
        if changed is end:
            changed = None
        else:
            outcome = with_completion(outcome, changed)
    fault, unbroken = turn.fault, outcome
    if fault is not None and fault.kind not in DELAYS:
        outcome = under(fault, request, outcome, stream=stream)
    return Step(found, turn, changed, unbroken, outcome)
