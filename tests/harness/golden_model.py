"""A model for golden runs: it answers every call differently, counts, and fails where it is told to."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import playhead
from playhead import (
    Completion,
    CompletionRequest,
    ProviderError,
    Usage,
)
from playhead.harness.golden_report import Progress

QUESTIONS = [CompletionRequest("a"), CompletionRequest("b"), CompletionRequest("c")]


class Model:
    """Answers every call differently, counts what is asked, and fails where it is told to."""

    name = "model"

    def __init__(self, *, failing: set[str] | None = None) -> None:
        self.failing = failing or set()
        self.asked: Counter[str] = Counter()
        self.ids: list[str] = []
        self._lock = threading.Lock()

    def _answer(self, request: CompletionRequest) -> str:
        prompt = request.prompt or ""
        with self._lock:
            self.asked[prompt] += 1
            self.ids.append(request.id)
            number = self.asked.total()
        if prompt in self.failing:
            raise ProviderError(f"lost {prompt}")
        return f"{prompt}{number}"

    def complete(self, request: CompletionRequest) -> Completion:
        return Completion(self._answer(request), model="m", usage=Usage(1, 2, 3))

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        yield from self._answer(request)


class AsyncModel(Model):
    """The same, awaited."""

    async def complete(self, request: CompletionRequest) -> Completion:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().complete(request)

    async def stream(self, request: CompletionRequest) -> AsyncIterator[str]:  # type: ignore[override]
        for piece in super().stream(request):
            await asyncio.sleep(0)
            yield piece


def stop_after(done: int) -> Callable[[Progress], None]:
    """Interrupt a run as Ctrl-C does, after so many calls."""

    def watch(progress: Progress) -> None:
        if progress.done == done:
            raise KeyboardInterrupt

    return watch


def texts(path: Path) -> dict[str, list[str]]:
    """Give the texts in a cassette by their question, in the order of their takes."""
    found: dict[str, list[str]] = {}
    for interaction in playhead.open_cassette(path):
        takes = found.setdefault(interaction.request.prompt or "", [])
        assert interaction.sequence == len(takes)
        takes.append(interaction.evidence.text or "failed")
    return found
