"""What the tests of chat providers share: an upstream, and a provider of a user's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from playhead.providers.closedpaw.base import BaseProvider
from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse

HELLO = [ChatMessage("user", "hello")]


class Upstream:
    """Answers every request alike, and keeps the requests."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    @property
    def transport(self) -> httpx.MockTransport:
        """A transport that asks this upstream."""
        return httpx.MockTransport(self)


class Echo(BaseProvider):
    """A bespoke provider: says what it was told."""

    async def chat(self, messages: Sequence[ChatMessage], model: str | None = None, **kwargs: Any) -> ChatResponse:
        with self.timed() as timing:
            said = messages[-1].content
        return ChatResponse(
            said, model or "echo-1", self.config.name, len(said), "stop", timing.latency_ms, served_model="echo-1.2"
        )

    async def list_models(self) -> list[str]:
        return ["echo-1"]

    async def health_check(self) -> bool:
        return True


class Stopwatch:
    """Moves on by as much each time it is read."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now
