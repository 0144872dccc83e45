"""
What every chat provider has: its configuration, an HTTP client, its key, a stopwatch.

A provider of one's own is a subclass with ``chat``, ``list_models`` and ``health_check``:

    class Acme(BaseProvider):
        async def chat(self, messages, model=None, **kwargs):
            with self.timed() as timing:
                answer = await self.client.post(...)
            return ChatResponse(answer.json()["text"], "acme-1", self.config.name, latency_ms=timing.latency_ms)
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from playhead.errors import UsageError
from playhead.providers.closedpaw.configuration import ProviderConfig, is_key_reference
from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse
from playhead.providers.hidden_logs import hide_secrets_in_logs
from playhead.providers.secrets import DEFAULT_RESOLVER, SecretResolver, remember


class Timing:
    """
    How long a request took.

    Attributes:
        latency_ms: Whole milliseconds, 0 until the request has ended.
    """

    def __init__(self) -> None:
        self.latency_ms = 0


class BaseProvider(ABC):
    """
    The base of chat providers.

    Args:
        config: The configuration, kept as it is.
        transport: What ``client`` sends by instead of the network.
        stopwatch: Seconds that only ever rise.

    Attributes:
        config: The configuration.
        secrets: What reads a key by reference; a manager puts its own here.
        requests: How many requests were timed.
        last_latency_ms: How long the last one took, in milliseconds; ``None`` before the first.
    """

    def __init__(
        self,
        config: ProviderConfig,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.config = config
        self.secrets: SecretResolver = DEFAULT_RESOLVER
        self.requests = 0
        self.last_latency_ms: int | None = None
        self._transport = transport
        self._stopwatch = stopwatch
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        hide_secrets_in_logs()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config!r})"

    @abstractmethod
    async def chat(self, messages: Sequence[ChatMessage], model: str | None = None, **kwargs: Any) -> ChatResponse:
        """
        Answer a conversation.

        Args:
            messages: The conversation.
            model: The model to ask; the configuration's where it is left out.
            kwargs: Further parameters, sent on.
        """

    @abstractmethod
    async def list_models(self) -> list[str]:
        """Give the names of the models."""

    @abstractmethod
    async def health_check(self) -> bool:
        """Tell whether the provider answers, within seconds; never raises."""

    async def close(self) -> None:
        """Let go of all connections; nothing happens the second time."""
        self._closed = True
        if self._client is not None:
            await self._client.aclose()

    def check_open(self) -> None:
        """
        Refuse to go on with a provider that has been closed.

        Raises:
            UsageError: It has been.
        """
        if self._closed:
            raise UsageError(f"provider {self.config.name!r} has been closed")

    @property
    def client(self) -> httpx.AsyncClient:
        """
        The HTTP client, made when it is first needed, with the configuration's time-out; may be set.

        Raises:
            UsageError: The provider was closed before it needed one.
        """
        if self._loop is not None and self._loop.is_closed() and not self._closed:
            self._client = None  # its connections ended with the loop that another run had
        if self._client is None:
            self.check_open()
            self._client = httpx.AsyncClient(timeout=self.config.timeout, transport=self._transport)
            self._loop = _running_loop()
        return self._client

    @client.setter
    def client(self, client: httpx.AsyncClient) -> None:
        self._client, self._loop = client, None

    def resolve_key(self) -> str | None:
        """
        Give the key as it is now, read where the configuration says it is; ``None`` where it names none.

        Raises:
            InferenceProviderError: There is no key at its reference.
        """
        if not self.config.api_key:
            return None
        if is_key_reference(self.config.api_key):
            return self.secrets.resolve(self.config.api_key)
        remember(self.config.api_key)
        return self.config.api_key

    @contextmanager
    def timed(self) -> Generator[Timing]:
        """Measure one request; ``latency_ms`` of what is given is known at the end of the block."""
        timing, started = Timing(), self._stopwatch()
        try:
            yield timing
        finally:
            timing.latency_ms = round((self._stopwatch() - started) * 1000)
            self.requests += 1
            self.last_latency_ms = timing.latency_ms


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
