"""The five chat providers that need no code: a vendor's row, a configuration, and messages in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import httpx

from playhead.core.usage import Usage
from playhead.providers.closedpaw.base import BaseProvider
from playhead.providers.closedpaw.configuration import ProviderConfig, is_key_reference
from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse
from playhead.providers.conventions.chat import chat_request
from playhead.providers.vendors.provider import AsyncVendorProvider
from playhead.providers.vendors.questions import ask_ollama_in_one_prompt
from playhead.providers.vendors.table import VENDORS, Vendor, reading


class VendorChatProvider(BaseProvider):
    """
    A chat provider over a vendor's row; ``BaseProvider`` has the arguments.

    Attributes:
        vendor: The vendor.
        base_url: The configured address, or the vendor's.
        default_model: The configured model, or the vendor's.

    Raises:
        UsageError: The configuration cannot be used.
    """

    vendor: ClassVar[Vendor]

    def __init__(self, config: ProviderConfig, **facts: Any) -> None:
        super().__init__(config, **facts)
        self.base_url = config.base_url or self.vendor.base_url
        self.default_model = config.default_model or self.vendor.model
        self._asking(None)

    def _asking(self, client: httpx.AsyncClient | None) -> AsyncVendorProvider:
        # No key in a variable: a failure may be shown with locals.
        config = self.config
        by_reference = is_key_reference(config.api_key or "")
        asking = AsyncVendorProvider(
            self.vendor,
            api_key_ref=config.api_key if by_reference else None,
            api_key=None if by_reference else config.api_key,
            base_url=self.base_url,
            model=self.default_model,
            timeout=config.timeout,
            retries=1,
            secrets=self.secrets,
            client=client,
        )
        # Errors name the configuration's name, which is the user's: upper-case letters too.
        asking.name = config.name
        return asking

    async def chat(self, messages: Sequence[ChatMessage], model: str | None = None, **kwargs: Any) -> ChatResponse:
        """
        Answer a conversation, in one try.

        Args:
            messages: The conversation.
            model: The model to ask; the configuration's where it is left out.
            kwargs: Further parameters, sent where the vendor reads them.

        Raises:
            InferenceProviderError: There is no key, or the vendor failed; the message names the provider.
            UsageError: The request cannot be sent, or the provider has been closed.
        """
        self.check_open()
        asked = model or self.default_model
        request = chat_request(messages, asked, **kwargs)
        with self.timed() as timing:
            completion = await self._asking(self.client).complete(request)
        return ChatResponse(
            completion.text,
            asked,
            self.config.name,
            tokens_used=self.count_tokens(completion.usage),
            finish_reason=completion.finish_reason,
            latency_ms=timing.latency_ms,
            served_model=completion.model or None,
        )

    def count_tokens(self, usage: Usage) -> int | None:
        """Give all tokens of question and answer; ``None`` where the server gave no count."""
        if not usage.reported:
            return None
        return usage.total_tokens or usage.prompt_tokens + usage.completion_tokens

    async def list_models(self) -> list[str]:
        """
        Give the configured models, or ask the vendor for them.

        Raises:
            InferenceProviderError: There is no key, or the vendor failed.
            UsageError: The provider has been closed.
        """
        self.check_open()
        return list(self.config.models) or await self._asking(self.client).list_models()

    async def health_check(self) -> bool:
        """Tell whether the vendor answers, within 5 seconds; never raises."""
        return not self._closed and await self._asking(self.client).health_check()


class OpenAIProvider(VendorChatProvider):
    """OpenAI."""

    vendor = VENDORS["openai"]


class AnthropicProvider(VendorChatProvider):
    """Anthropic."""

    vendor = VENDORS["anthropic"]


class GoogleProvider(VendorChatProvider):
    """Google's Gemini API."""

    vendor = VENDORS["google"]


class MistralProvider(VendorChatProvider):
    """Mistral."""

    vendor = VENDORS["mistral"]


_READ, _READER = reading("ollama", "generate")


class OllamaProvider(VendorChatProvider):
    """Ollama's ``/api/generate``: the conversation is one prompt, and the answer's tokens are counted."""

    vendor = VENDORS["ollama"]._replace(ask=ask_ollama_in_one_prompt, read=_READ, reader=_READER)

    def count_tokens(self, usage: Usage) -> int | None:
        """Give the answer's tokens alone, which is what the server calls ``eval_count``."""
        return (usage.completion_tokens or None) if usage.reported else None
