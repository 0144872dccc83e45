"""The second provider system as a user of it writes it: the recipe for a provider of one's own, and five upstreams."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

import playhead
from playhead.compat.closedpaw import (
    AnthropicProvider,
    BaseProvider,
    ChatMessage,
    ChatResponse,
    GoogleProvider,
    MistralProvider,
    OllamaProvider,
    OpenAIProvider,
    ProviderConfig,
    ProviderType,
)
from playhead.format.assembly import whole_entries

# Words, so that no pattern of a vendor's key finds it: only its value gives it away.
KEY = "correct-horse-closedpaw-staple"

TALK = [
    ChatMessage(role="system", content="Be brief."),
    ChatMessage(role="user", content="hello"),
    ChatMessage(role="assistant", content="hi"),
    ChatMessage(role="user", content="capital?"),
]


class AcmeProvider(BaseProvider):
    """The eight steps: a bespoke endpoint with a client of its own."""

    def __init__(self, config: ProviderConfig) -> None:
        super().__init__(config)
        self.base_url = config.base_url or "https://acme.example/v1"
        transport = config.settings.get("transport")
        self.client = httpx.AsyncClient(timeout=config.timeout, transport=transport)

    async def chat(self, messages: Sequence[ChatMessage], model: str | None = None, **kwargs: Any) -> ChatResponse:
        """Ask the endpoint."""
        if not self.config.api_key:
            raise ValueError("Acme API key not configured")
        model = model or self.config.default_model or "acme-1"
        started = time.time()
        answer = await self.client.post(
            f"{self.base_url}/talk",
            headers={"X-Acme-Key": self.config.api_key},
            json={"model": model, "turns": [message.to_dict() for message in messages], **kwargs},
        )
        if answer.status_code != 200:
            raise Exception(f"Acme API error: {answer.text}")  # as the system's users write it
        said = answer.json()
        return ChatResponse(
            content=said["text"],
            model=model,
            provider=self.config.name,
            tokens_used=said.get("tokens"),
            finish_reason="stop",
            latency_ms=int((time.time() - started) * 1000),
        )

    async def list_models(self) -> list[str]:
        """Ask which models there are."""
        answer = await self.client.get(f"{self.base_url}/models", timeout=5)
        names: list[str] = answer.json()
        return names

    async def health_check(self) -> bool:
        """Ask whether the endpoint is there."""
        try:
            answer = await self.client.get(f"{self.base_url}/models", timeout=5)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200


class Upstream:
    """Answers every request alike, and keeps the requests."""

    def __init__(self, body: Any, *, status: int = 200) -> None:
        self.body = body
        self.status = status
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, json=self.body)

    @property
    def transport(self) -> httpx.MockTransport:
        """A transport that asks this upstream."""
        return httpx.MockTransport(self)


def refuse(request: httpx.Request) -> httpx.Response:
    """Stand for a network that nothing may reach."""
    raise AssertionError(f"{request.method} {request.url.host} was asked")


class Format(NamedTuple):
    """
    One vendor's wire format, as the system's table has it.

    Attributes:
        kind: The type.
        make: The provider.
        url: Where a chat is posted.
        headers: How the key travels, in headers.
        body: What is posted.
        answer: What the server answers.
        tokens: What is counted of it.
        reason: Why it ended.
        served: The model the server says it used.
        model: The model asked for.
    """

    kind: ProviderType
    make: Callable[..., BaseProvider]
    url: str
    headers: dict[str, str]
    body: dict[str, Any]
    answer: dict[str, Any]
    tokens: int | None
    reason: str
    served: str
    model: str

    def config(self, **fields: Any) -> ProviderConfig:
        """Give its configuration, with a key where the vendor wants one."""
        key = None if self.kind is ProviderType.OLLAMA else KEY
        return ProviderConfig(self.kind, f"my-{self.kind}", **{"api_key": key, **fields})

    def provider(self, upstream: Callable[[httpx.Request], httpx.Response], **fields: Any) -> BaseProvider:
        """Make the provider over an upstream."""
        return self.make(self.config(**fields), transport=httpx.MockTransport(upstream))


_PLAIN = [message.to_dict() for message in TALK]


def _openai(model: str) -> dict[str, Any]:
    return {
        "model": f"{model}-2026",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21},
    }


FORMATS = [
    Format(
        ProviderType.OLLAMA,
        OllamaProvider,
        "http://127.0.0.1:11434/api/generate",
        {},
        {
            "model": "llama3.2:3b",
            "prompt": "system: Be brief.\nuser: hello\nassistant: hi\nuser: capital?",
            "stream": False,
            "keep_alive": "5m",
        },
        {"model": "llama3.2:3b-q4", "response": "Paris", "done": True, "done_reason": "stop", "eval_count": 2},
        2,
        "stop",
        "llama3.2:3b-q4",
        "llama3.2:3b",
    ),
    Format(
        ProviderType.OPENAI,
        OpenAIProvider,
        "https://api.openai.com/v1/chat/completions",
        {"authorization": f"Bearer {KEY}"},
        {"model": "gpt-4o-mini", "messages": _PLAIN, "keep_alive": "5m"},
        _openai("gpt-4o-mini"),
        21,
        "stop",
        "gpt-4o-mini-2026",
        "gpt-4o-mini",
    ),
    Format(
        ProviderType.ANTHROPIC,
        AnthropicProvider,
        "https://api.anthropic.com/v1/messages",
        {"x-api-key": KEY, "anthropic-version": "2023-06-01"},
        {
            "model": "claude-3-5-sonnet-20241022",
            "max_tokens": 4096,
            "system": "Be brief.",
            "messages": _PLAIN[1:],
            "keep_alive": "5m",
        },
        {
            "model": "claude-3-5-sonnet-20241022-v2",
            "content": [{"type": "text", "text": "Paris"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 20, "output_tokens": 3},
        },
        23,
        "end_turn",
        "claude-3-5-sonnet-20241022-v2",
        "claude-3-5-sonnet-20241022",
    ),
    Format(
        ProviderType.GOOGLE,
        GoogleProvider,
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-1.5-flash:generateContent?key=" + KEY,
        {},
        {
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "hello"}]},
                {"role": "model", "parts": [{"text": "hi"}]},
                {"role": "user", "parts": [{"text": "capital?"}]},
            ],
            "keep_alive": "5m",
        },
        {
            "candidates": [{"content": {"role": "model", "parts": [{"text": "Paris"}]}, "finishReason": "STOP"}],
            "modelVersion": "gemini-1.5-flash-002",
        },
        None,
        "STOP",
        "gemini-1.5-flash-002",
        "gemini-1.5-flash",
    ),
    Format(
        ProviderType.MISTRAL,
        MistralProvider,
        "https://api.mistral.ai/v1/chat/completions",
        {"authorization": f"Bearer {KEY}"},
        {"model": "mistral-small-latest", "messages": _PLAIN, "keep_alive": "5m"},
        _openai("mistral-small"),
        21,
        "stop",
        "mistral-small-2026",
        "mistral-small-latest",
    ),
]


def body_of(request: httpx.Request) -> Any:
    """Give the JSON that was sent."""
    return json.loads(request.content)


HELLO = [ChatMessage("user", "hello")]
each_format = pytest.mark.parametrize("form", FORMATS, ids=[str(form.kind) for form in FORMATS])
each_cloud = pytest.mark.parametrize("form", FORMATS[1:], ids=[str(form.kind) for form in FORMATS[1:]])


def acme(upstream: Any, name: str = "acme", **further: Any) -> ProviderConfig:
    """Give the configuration of the bespoke provider."""
    settings = {"transport": httpx.MockTransport(upstream)}
    return ProviderConfig(ProviderType.CUSTOM, name, **{"api_key": KEY, "settings": settings, **further})


def clean(path: Path) -> bool:
    """Tell whether a cassette is without the key, as it lies there and decompressed."""
    cassette = playhead.open_cassette(path)
    texts = [path.read_bytes(), *(entry.data for entry in whole_entries(cassette.reader))]
    return not any(KEY.encode() in text for text in texts)
