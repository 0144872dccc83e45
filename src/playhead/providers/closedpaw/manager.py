"""
Chat providers by name.

    manager = get_provider_manager()
    manager.register_provider(ProviderConfig(ProviderType.OPENAI, "openai", api_key="env:OPENAI_API_KEY"))
    await manager.chat([ChatMessage("user", "hello")], provider="openai")

A session is put between with ``ProviderManager(through=session.wrap)``: what it replays reaches neither a provider nor
its limit.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar

from playhead.core.redaction import DEFAULT, redact_text
from playhead.errors import RateLimitError, UsageError
from playhead.providers.closedpaw.base import BaseProvider
from playhead.providers.closedpaw.configuration import ProviderConfig, ProviderType
from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse
from playhead.providers.closedpaw.vendors import (
    AnthropicProvider,
    GoogleProvider,
    MistralProvider,
    OllamaProvider,
    OpenAIProvider,
)
from playhead.providers.limits import RateLimiter, is_exempt
from playhead.providers.secrets import DEFAULT_RESOLVER, SecretResolver, resolved_values

T = TypeVar("T")

ProviderFactory = Callable[[ProviderConfig], Any]
"""Makes a provider of its configuration: a subclass of ``BaseProvider``, or any function that gives one."""

PROVIDERS: Mapping[ProviderType, ProviderFactory] = MappingProxyType(
    {
        ProviderType.OLLAMA: OllamaProvider,
        ProviderType.OPENAI: OpenAIProvider,
        ProviderType.ANTHROPIC: AnthropicProvider,
        ProviderType.GOOGLE: GoogleProvider,
        ProviderType.MISTRAL: MistralProvider,
    }
)
"""The families that need no class of one's own."""

# For all models or the health of all: a page shows them, and one that hangs does not hold up the others.
SURVEY_TIMEOUT = 10.0
_METHODS = ("chat", "list_models", "health_check", "close")
_MINUTE = 60.0
_LOGGER = logging.getLogger("playhead.closedpaw")


class Through(Protocol):
    """What calls pass through on their way to a provider, such as ``session.wrap``."""

    def __call__(self, provider: Any, /, *, name: str) -> Any:
        """Give what stands for the provider."""
        ...


class _Entry(NamedTuple):
    config: ProviderConfig
    provider: Any
    """The provider itself, which is closed."""
    limited: _Limited
    called: Any
    """What is called in its place."""


class _Limited:
    """A provider whose chats are counted before they are passed on; all else is the provider's."""

    def __init__(self, provider: Any, config: ProviderConfig, clock: Callable[[], float] | None) -> None:
        self._provider = provider
        self._name = config.name
        self._allowed = config.rate_limit
        self._clock = clock
        self._limiter: RateLimiter | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def chat(self, messages: Sequence[ChatMessage], model: str | None = None, **kwargs: Any) -> ChatResponse:
        """Pass a chat on, if one may be made now."""
        self._count()
        answer: ChatResponse = await self._provider.chat(messages, model=model, **kwargs)
        return answer

    def _count(self) -> None:
        if self._allowed is None or is_exempt():
            return
        if self._limiter is None:
            clock = {} if self._clock is None else {"clock": self._clock}
            self._limiter = RateLimiter(self._allowed, _MINUTE, **clock)
        wait = self._limiter.acquire(self._name)
        if wait:
            raise RateLimitError(
                f"provider {self._name!r} may be asked {self._allowed} times a minute, and was",
                retry_after=wait,
                context={"provider": self._name, "rate_limit": self._allowed},
                hint=f"wait {wait:.1f} s, or raise rate_limit in its configuration",
            )


class ProviderManager:
    """
    Holds chat providers by name; the first one registered is the default.

    Args:
        secrets: What reads the keys' references; ``SecretResolver().with_vault(vault)`` for ``vault:``.
        through: What every provider's calls pass through, such as ``session.wrap``.
        clock: Seconds that only ever rise, for the limits.
        survey_timeout: Seconds that each provider has to list its models or to say how it is.
    """

    def __init__(
        self,
        *,
        secrets: SecretResolver = DEFAULT_RESOLVER,
        through: Through | None = None,
        clock: Callable[[], float] | None = None,
        survey_timeout: float = SURVEY_TIMEOUT,
    ) -> None:
        self._secrets = secrets
        self._through = through
        self._clock = clock
        self._survey_timeout = survey_timeout
        self._entries: dict[str, _Entry] = {}
        self._default: str | None = None
        self._lock = threading.Lock()
        self._to_close: list[_Entry] = []
        self._closing: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._entries)!r}, default={self._default!r})"

    def register_provider(self, config: ProviderConfig, *, factory: ProviderFactory | None = None) -> bool:
        """
        Make a provider of its configuration and hold it under its name; one of that name before it is closed.

        Args:
            config: The configuration; it is not changed.
            factory: Makes the provider; ``ProviderType.CUSTOM`` needs one here or as ``config.settings["factory"]``,
                and for the other types it is used instead of ours.

        Returns:
            Whether the provider is there now; the log says why it is not.
        """
        try:
            made = self._make(config, factory)
        except Exception as error:  # noqa: BLE001  a class of the user's may raise anything
            _LOGGER.warning("provider %r was not registered: %s", config.name, _words(error))
            return False
        with self._lock:
            old = self._entries.get(config.name)
            self._entries[config.name] = made
            if old is not None and old.provider is not made.provider:
                self._to_close.append(old)
            if self._default is None:
                self._default = config.name
        self._close_soon()
        return True

    def _make(self, config: ProviderConfig, factory: ProviderFactory | None) -> _Entry:
        kind = _type_of(config)
        found = factory or PROVIDERS.get(kind) or config.settings.get("factory")
        if not callable(found):
            raise UsageError(
                "a custom provider needs a class or a function that makes it",
                hint="register_provider(config, factory=MyProvider)",
            )
        if not config.name:
            raise UsageError("a provider needs a name")
        if config.rate_limit is not None and config.rate_limit < 1:
            raise UsageError(f"rate_limit must be at least 1 or None, got {config.rate_limit!r}")
        provider = found(config)
        lacks = [name for name in _METHODS if not callable(getattr(provider, name, None))]
        if lacks:
            raise UsageError(f"a {type(provider).__name__} is not a chat provider: it has no {', '.join(lacks)}")
        if isinstance(provider, BaseProvider):
            provider.secrets = self._secrets
        limited = _Limited(provider, config, self._clock)
        called = limited if self._through is None else self._through(limited, name=config.name)
        return _Entry(config, provider, limited, called)

    def get_provider(self, name: str | None = None) -> Any:
        """
        Give a provider by its exact name, or the default one; ``None`` where there is none.

        With ``through`` it is what stands for the provider. Calls made on it directly are not limited without it.
        """
        entry = self._entries.get(self._default or "" if name is None else name)
        if entry is None:
            return None
        return entry.provider if self._through is None else entry.called

    def set_default(self, name: str) -> bool:
        """Make a provider the default; ``False`` where there is none of that name."""
        with self._lock:
            if name not in self._entries:
                return False
            self._default = name
            return True

    async def chat(
        self,
        messages: Sequence[ChatMessage],
        provider: str | None = None,
        model: str | None = None,
        **kwargs: Any,
    ) -> ChatResponse:
        """
        Ask a provider.

        Args:
            messages: The conversation.
            provider: Its exact name; the default one where it is left out.
            model: The model to ask; the provider's own where it is left out.
            kwargs: Further parameters.

        Raises:
            UsageError: There is no such provider, or it is not enabled.
            RateLimitError: It was asked as often as its configuration allows; nothing was sent.
            InferenceProviderError: The provider failed.
        """
        await self._close_replaced()
        entry = self._entry(provider)
        if not entry.config.enabled:
            raise UsageError(f"provider {entry.config.name!r} is not enabled", hint="enabled=True in its configuration")
        answer: ChatResponse = await entry.called.chat(messages, model=model, **kwargs)
        return answer

    def _entry(self, name: str | None) -> _Entry:
        wanted = self._default if name is None else name
        if wanted is None:
            raise UsageError("no provider is registered", hint="register_provider(ProviderConfig(...))")
        entry = self._entries.get(wanted)
        if entry is None:
            raise UsageError(
                f"unknown provider {wanted!r}",
                hint=f"names match exactly; registered are {', '.join(map(repr, self._entries)) or 'none'}",
            )
        return entry

    async def list_all_models(self) -> dict[str, list[str]]:
        """
        Ask all enabled providers at once for their models.

        Returns:
            The models by provider; an empty list for one that failed, took too long or is not enabled.
        """
        none: list[str] = []
        return await self._survey("list its models", lambda called: called.list_models(), none)

    async def health_check_all(self) -> dict[str, bool]:
        """Ask all enabled providers at once how they are; one that failed or took too long is not well."""
        found = await self._survey("say how it is", lambda called: called.health_check(), False)
        return {name: bool(well) for name, well in found.items()}

    async def _survey(self, what: str, ask: Callable[[Any], Awaitable[T]], otherwise: T) -> dict[str, T]:
        await self._close_replaced()
        entries = dict(self._entries)

        async def one(entry: _Entry) -> T:
            if not entry.config.enabled:
                return otherwise
            try:
                return await asyncio.wait_for(ask(entry.called), self._survey_timeout)
            except Exception as error:  # noqa: BLE001  one provider's failure is no other's
                _LOGGER.warning("provider %r did not %s: %s", entry.config.name, what, _words(error))
                return otherwise

        answers = await asyncio.gather(*map(one, entries.values()))
        return dict(zip(entries, answers, strict=True))

    def get_status(self) -> dict[str, Any]:
        """Give the default's name and, for each provider, its type, whether it is enabled, its model and address."""
        return {
            "default_provider": self._default,
            "providers": {
                name: {
                    "type": str(_type_of(entry.config)),
                    "enabled": entry.config.enabled,
                    "default_model": _fact(entry, "default_model"),
                    "base_url": _shown_url(_fact(entry, "base_url")),
                }
                for name, entry in dict(self._entries).items()
            },
        }

    async def close_all(self) -> None:
        """Close and forget all providers, each whatever becomes of the others; nothing happens the second time."""
        with self._lock:
            self._to_close += self._entries.values()
            self._entries.clear()
            self._default = None
        await self._close_replaced()

    def _close_soon(self) -> None:
        """Close what was replaced now if a loop runs, else with the next call that is awaited."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._to_close:
            self._closing = loop.create_task(self._close_replaced())

    async def _close_replaced(self) -> None:
        with self._lock:
            closing, self._to_close = self._to_close, []
        for entry in closing:
            try:
                await entry.provider.close()
            except Exception as error:  # noqa: BLE001  the others are closed all the same
                _LOGGER.warning("provider %r was not closed: %s", entry.config.name, _words(error))


def _type_of(config: ProviderConfig) -> ProviderType:
    try:
        return ProviderType(config.provider_type)
    except ValueError:
        known = ", ".join(ProviderType)
        raise UsageError(f"invalid provider type {config.provider_type!r}", hint=f"one of {known}") from None


def _fact(entry: _Entry, name: str) -> str | None:
    """Give what a configuration says, or the provider where the configuration leaves it to the provider."""
    configured = getattr(entry.config, name)
    found = configured if configured else getattr(entry.provider, name, None)
    return found if isinstance(found, str) else None


def _shown_url(url: str | None) -> str | None:
    return None if url is None else DEFAULT.redact_url(url)


def _words(error: Exception) -> str:
    return redact_text(f"{type(error).__name__}: {error}", values=resolved_values())


_shared: ProviderManager | None = None
_shared_lock = threading.Lock()


def get_provider_manager() -> ProviderManager:
    """Give the process's one manager; the first time, with Ollama on this machine registered as ``ollama``."""
    global _shared  # noqa: PLW0603  there is one in a process
    with _shared_lock:
        if _shared is None:
            _shared = ProviderManager()
            _shared.register_provider(
                ProviderConfig(
                    ProviderType.OLLAMA, "ollama", base_url="http://127.0.0.1:11434", default_model="llama3.2:3b"
                )
            )
        return _shared
