"""Providers and questions for the tests of sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import playhead
from playhead import Completion, CompletionRequest, Usage

SHAPES = ("sync", "async", "stream", "async stream")


class Counting:
    """Answers with a text and counts its calls, in every shape."""

    def __init__(self, text: str = "fresh") -> None:
        self.text = text
        self.count = 0

    def answer(self) -> Completion:
        """Give the next answer."""
        self.count += 1
        return Completion(f"{self.text} {self.count}", model="m", usage=Usage(1, 2, 3))


class Sync(Counting):
    """Answers at once."""

    def complete(self, request: CompletionRequest) -> Completion:
        """Give the answer."""
        return self.answer()

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        """Give the answer's words."""
        yield from self.answer().text.partition(" ")


class Async(Counting):
    """Answers in a coroutine."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Give the answer."""
        return self.answer()

    async def stream(self, request: CompletionRequest) -> AsyncIterator[str]:
        """Give the answer's words."""
        for piece in self.answer().text.partition(" "):
            yield piece


def provider_for(shape: str, text: str = "fresh") -> Counting:
    """Give a provider that can be asked in a shape."""
    return Async(text) if shape.startswith("async") else Sync(text)


async def ask(wrapped: Any, shape: str, prompt: str) -> str:
    """Ask in a shape and give the text."""
    request = CompletionRequest(prompt)
    if shape == "sync":
        return str(wrapped.complete(request).text)
    if shape == "async":
        return str((await wrapped.complete(request)).text)
    if shape == "stream":
        return "".join(wrapped.stream(request))
    return "".join([piece async for piece in wrapped.stream(request)])


def texts(path: Path) -> list[tuple[str | None, str]]:
    """Give prompt and text of what a cassette holds."""
    return sorted((entry.request.prompt, entry.evidence.text) for entry in playhead.open_cassette(path))


async def golden(path: Path, shape: str = "sync") -> bytes:
    """Record one call with the prompt ``known``, and give the file's bytes."""
    with playhead.use_cassette(path, mode="record") as session:
        await ask(session.wrap(provider_for(shape, "golden")), shape, "known")
    return path.read_bytes()  # noqa: ASYNC240 - a local file of some bytes
