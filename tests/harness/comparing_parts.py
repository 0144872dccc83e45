"""Cassettes for tests of comparing: a few questions, answered by a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

import playhead
from playhead import Completion, CompletionRequest, ManualClock, Usage
from playhead.sessions.clock import Clock

QUESTIONS = [CompletionRequest(f"Question {number} about ink?", model="m") for number in range(6)]
ANSWER = Completion("The ink is blue.", model="m-1", finish_reason="stop", usage=Usage(5, 4, 9))

Answer = Callable[[CompletionRequest], Completion]


class Asked:
    """A provider that is a function."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def complete(self, request: CompletionRequest) -> Completion:
        return self._answer(request)


def record(
    path: Path,
    answer: Answer = lambda request: ANSWER,
    questions: Sequence[CompletionRequest] = QUESTIONS,
    *,
    name: str = "openai",
    clock: Clock | None = None,
    matching: playhead.Matching | None = None,
) -> Path:
    """Record questions, answered by a function."""
    with playhead.record(Asked(answer), path, name=name, clock=clock or ManualClock(), matching=matching) as provider:
        for question in questions:
            provider.complete(question)
    return path


def but(**changes: Completion) -> Answer:
    """Answer every question alike but some, by their prompts' first two words: ``question_2=...``."""

    def answer(request: CompletionRequest) -> Completion:
        words = (request.prompt or "").lower().split()[:2]
        return changes.get("_".join(words), ANSWER)

    return answer


def with_fields(**fields: object) -> Completion:
    """Give the usual answer with other fields."""
    return msgspec.structs.replace(ANSWER, **fields)
