"""What the tests of the OpenAI-compatible provider share: both classes driven alike, and a scripted upstream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stamina

from playhead.core.model import Completion, CompletionRequest
from playhead.providers.openai_compatible import AsyncOpenAICompatibleProvider, OpenAICompatibleProvider

BASE_URL = "https://api.example/v1"
ANSWER = {
    "model": "gpt-5-2025-08-07",
    "system_fingerprint": "fp_1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ACME Corp"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}


Answer = httpx.Response | Exception


class Upstream:
    """Answers with one response after the other, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers or (httpx.Response(200, json=ANSWER),)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def transport(self) -> httpx.MockTransport:
        """A transport that asks this upstream."""
        return httpx.MockTransport(self)

    def bodies(self) -> list[Any]:
        """Give the JSON of all requests."""
        return [json.loads(request.content) for request in self.requests]


class Driver:
    """Makes and calls providers of one class; the tests are the same for both."""

    kind: Any
    is_async = False

    def make(self, base_url: str = BASE_URL, **settings: Any) -> Any:
        return self.kind(base_url, **{"model": "m-1", **settings})

    def upstream(self, *answers: Answer) -> Upstream:
        return Upstream(*answers)

    def complete(self, provider: Any, request: CompletionRequest) -> Completion:
        completion: Completion = self.run(provider.complete(request))
        return completion

    def run(self, answer: Any) -> Any:
        return answer

    def read(self, stream: Any, into: list[str] | None = None) -> list[str]:
        """Read a stream to its end, or into a list that keeps what came before an error."""
        pieces = [] if into is None else into
        for piece in stream:
            pieces.append(piece)
        return pieces

    def first(self, stream: Any) -> str:
        """Read one piece inside a block, and leave it."""
        with stream:
            return next(stream)  # type: ignore[no-any-return]

    def close(self, provider: Any) -> None:
        provider.close()

    def in_block(self, provider: Any, request: CompletionRequest) -> Completion:
        with provider as entered:
            return self.complete(entered, request)

    def end(self) -> None:
        """Leave nothing open."""


class SyncDriver(Driver):
    """Drives the sync class."""

    kind = OpenAICompatibleProvider


class AsyncDriver(Driver):
    """Drives the async class, on a loop of its own."""

    kind = AsyncOpenAICompatibleProvider
    is_async = True

    def __init__(self) -> None:
        self.loop = asyncio.Runner()

    def run(self, answer: Any) -> Any:
        return self.loop.run(answer)

    def read(self, stream: Any, into: list[str] | None = None) -> list[str]:
        pieces = [] if into is None else into

        async def read() -> None:
            async for piece in stream:
                pieces.append(piece)

        self.loop.run(read())
        return pieces

    def first(self, stream: Any) -> str:
        async def read() -> str:
            async with stream:
                return await anext(stream)

        return self.loop.run(read())

    def close(self, provider: Any) -> None:
        self.loop.run(provider.aclose())

    def in_block(self, provider: Any, request: CompletionRequest) -> Completion:
        async def block() -> Completion:
            async with provider as entered:
                completion: Completion = await entered.complete(request)
                return completion

        return self.loop.run(block())

    def end(self) -> None:
        self.loop.close()


@pytest.fixture(params=[SyncDriver, AsyncDriver], ids=["sync", "async"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """Give what drives either class, with pauses of no length between tries."""
    made: Driver = request.param()
    with stamina.set_testing(True, attempts=100, cap=True):
        yield made
    made.end()
