"""
One provider for every server that speaks OpenAI's ``/chat/completions``.

    async with Provider(base_url="http://localhost:11434/v1", model="llama3.2") as provider:
        answer = await provider.complete([{"role": "user", "content": "hello"}])
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable
from urllib.parse import urlsplit

from playhead.errors import UsageError
from playhead.providers.closing import AsyncCloses
from playhead.providers.conventions.messages import messages_request, response_of, tell_counts
from playhead.providers.endpoint import Address
from playhead.providers.executionkit.response import LLMResponse
from playhead.providers.openai_compatible import AsyncOpenAICompatibleProvider

if TYPE_CHECKING:
    import httpx


@runtime_checkable
class LLMProvider(Protocol):
    """Anything with this method; no base class and no registration."""

    async def complete(
        self,
        messages: Sequence[Any],
        *,
        temperature: float | None = None,
        max_tokens: int | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> LLMResponse:
        """Answer the conversation."""
        ...


@dataclass(frozen=True, slots=True, init=False)
class Provider(AsyncCloses):
    """
    A server, a key and a model; nothing is opened before the first call.

    Attributes:
        base_url: The address ``/chat/completions`` is appended to; its query string (``?api-version=``) is kept.
        model: The model to ask.
        api_key: The key; without one no ``Authorization`` header is sent. Its representation is always ``***``.
        default_temperature: Sent where a call gives none.
        default_max_tokens: Sent where a call gives none.
        timeout: Seconds to connect, to send and between two reads.

    Raises:
        UsageError: The address is not ``http://`` or ``https://``, or another setting is not usable.
    """

    supports_tools: ClassVar[bool] = True

    base_url: str
    model: str
    api_key: str = field(repr=False)
    default_temperature: float
    default_max_tokens: int
    timeout: float
    _inner: AsyncOpenAICompatibleProvider = field(repr=False, compare=False)

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str = "",
        *,
        default_temperature: float = 0.7,
        default_max_tokens: int = 4096,
        timeout: float = 120.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """
        Take the settings.

        Args:
            base_url: As above.
            model: As above.
            api_key: As above.
            default_temperature: As above.
            default_max_tokens: As above.
            timeout: As above.
            transport: What is sent by instead of the network, in tests.
        """
        set_once = partial(object.__setattr__, self)
        set_once("base_url", base_url)
        set_once("model", model)
        set_once("api_key", api_key)
        set_once("default_temperature", default_temperature)
        set_once("default_max_tokens", default_max_tokens)
        set_once("timeout", timeout)
        # What is refused below must not show in a traceback with locals.
        del api_key
        if urlsplit(base_url).scheme not in ("http", "https"):
            del base_url
            raise UsageError("base_url must start with http:// or https://")
        inner = AsyncOpenAICompatibleProvider(
            base_url,
            model=model,
            api_key=self.api_key or None,
            default_temperature=default_temperature,
            default_max_tokens=default_max_tokens,
            timeout=timeout,
            retries=1,
            async_transport=transport,
            keep_raw=True,
        )
        set_once("_inner", inner)

    def __repr__(self) -> str:
        return (
            f"Provider(base_url={str(Address(self.base_url))!r}, model={self.model!r}, api_key='***', "
            f"default_temperature={self.default_temperature!r}, default_max_tokens={self.default_max_tokens!r}, "
            f"timeout={self.timeout!r})"
        )

    async def aclose(self) -> None:
        """Let go of all connections; nothing happens the second time, and a later call is refused."""
        await self._inner.aclose()

    async def complete(
        self,
        messages: Sequence[Any],
        *,
        temperature: float | None = None,
        max_tokens: int | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> LLMResponse:
        """
        Answer a conversation; what a call gives wins over the defaults, 0 too.

        Args:
            messages: The conversation, as the server takes it.
            temperature: How freely to answer.
            max_tokens: How long an answer may be.
            tools: The tools the model may ask for.
            **kwargs: Further fields of the request.

        Raises:
            RateLimitError: The server asked for a pause (429).
            PermanentError: It will refuse the same call again (400, 401, 403, 404, 405, 413, 422).
            ProviderError: Any other failure, which may pass.
            UsageError: The provider has been closed.
        """
        request = messages_request(messages, temperature=temperature, max_tokens=max_tokens, tools=tools, **kwargs)
        return response_of(await self._inner.complete(request))

    async def stream(
        self,
        messages: Sequence[Any],
        *,
        temperature: float | None = None,
        max_tokens: int | None = None,
        tools: Sequence[Any] | None = None,
        usage_sink: list[Any] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[str]:
        """
        Answer in pieces.

        Args:
            messages: The conversation.
            temperature: How freely to answer.
            max_tokens: How long an answer may be.
            tools: The tools the model may ask for.
            usage_sink: Gets the token counts when the stream ends.
            **kwargs: Further fields of the request.

        Raises:
            InferenceProviderError: As for ``complete``, also after some pieces.
        """
        request = messages_request(messages, temperature=temperature, max_tokens=max_tokens, tools=tools, **kwargs)
        async with self._inner.stream(request) as pieces:
            async for piece in pieces:
                yield piece
            tell_counts(pieces.completion, usage_sink)
