"""The first provider system as a user of it writes it: a provider of their own, and what it talks to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import attrs
import httpx

import playhead
from playhead import Completion, CompletionRequest, InferenceProviderError, Usage
from playhead.providers.openai_compatible import OpenAICompatibleProvider
from playhead.providers.secrets import SecretResolver

CHAT = "https://api.openai.com/v1/chat/completions"


KEY_VARIABLE = "PAXMAN_TEST_VALUE"


def chat_body(text: str = "Paris") -> dict[str, Any]:
    """Give what an OpenAI-compatible server answers."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": "gpt-5-2025-08-07",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
    }


@attrs.frozen(slots=True)
class OpenAIProvider:
    """A user's provider: frozen, slotted, no base class of ours; its key is a reference, read for every call."""

    api_key_ref: str
    default_model: str = "gpt-5"
    base_url: str = "https://api.openai.com/v1"

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask the server once."""
        model = request.model or self.default_model
        payload = {
            "model": model,
            "temperature": request.temperature,
            "messages": [{"role": "user", "content": request.prompt}],
        }
        headers = {"authorization": "Bearer " + self._resolve_key()}
        try:
            answer = httpx.post(self.base_url + "/chat/completions", headers=headers, json=payload)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise InferenceProviderError(
                f"the server did not answer: {type(error).__name__}",
                error_code="INFERENCE_PROVIDER_ERROR",
                context={"provider": "openai", "model": model},
            ) from error
        body = answer.json()
        return Completion(
            text=body["choices"][0]["message"]["content"],
            model=model,
            model_version=body["model"],
            usage=Usage(**body["usage"]),
        )

    def _resolve_key(self) -> str:
        scheme, _, name = self.api_key_ref.partition(":")
        if scheme != "env":
            raise InferenceProviderError(
                "no such kind of reference",
                error_code="INFERENCE_PROVIDER_KEY_REFERENCE",
                context={"api_key_ref": self.api_key_ref},
            )
        if name not in os.environ:
            raise InferenceProviderError(
                "the key is not set", error_code="INFERENCE_PROVIDER_KEY_MISSING", context={"env_var": name}
            )
        return os.environ[name]


class Scripted:
    """Gives its items in turn: a text, or an exception to raise; counts the calls."""

    def __init__(self, *items: str | Exception) -> None:
        self.items = list(items)
        self.count = 0

    def complete(self, request: CompletionRequest) -> Completion:
        """Give the next item."""
        self.count += 1
        item = self.items.pop(0)
        if isinstance(item, Exception):
            raise item
        return Completion(item, model="scripted-1", usage=Usage(1, 1, 2))


class Explosive:
    """A provider that must not be called."""

    def complete(self, request: CompletionRequest) -> Completion:
        """Fail the test."""
        raise AssertionError("the provider was called during replay")


def ours(api_key_ref: str, secrets: SecretResolver | None = None) -> OpenAICompatibleProvider:
    """Make our own provider, answered by nobody but a mock."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, json=chat_body(request.headers["authorization"]))
    )
    return OpenAICompatibleProvider(
        "https://api.openai.com/v1", model="gpt-5", api_key_ref=api_key_ref, transport=transport, secrets=secrets
    )


def record_one(path: Path, provider: object, prompt: str = "hello", **options: Any) -> Completion:
    """Record one call under the name ``openai``."""
    with playhead.use_cassette(path, mode="record", **options) as session:
        answer: Completion = session.wrap(provider, name="openai").complete(CompletionRequest(prompt))
        return answer


def replay_one(path: Path, prompt: str = "hello", provider: object = None) -> Completion:
    """Replay one call of the same name."""
    with playhead.use_cassette(path, mode="replay") as session:
        answer: Completion = session.wrap(provider, name="openai").complete(CompletionRequest(prompt))
        return answer
