"""
The configurations of the providers in the box: an address, and a key where the service wants one.

A sample refers to the environment and holds no value of it. Sources of the addresses: each vendor's page on its
OpenAI-compatible API; of the variables: Llama Stack's run configurations.
"""

from __future__ import annotations

from typing import Any, ClassVar

from playhead.providers.endpoint import Address
from playhead.providers.llama_stack.run_config import env
from playhead.providers.secrets import MASK, Secret, remember


class RemoteConfig:
    """
    What a remote provider is told.

    Args:
        base_url: The address ``/chat/completions`` is appended to; the service's own where it is left out.
        api_key: The key; an empty one is none.

    Raises:
        UsageError: The address is none.
    """

    default_url: ClassVar[str] = ""
    url_variable: ClassVar[str] = ""
    key_variable: ClassVar[str] = ""

    def __init__(self, *, base_url: str | None = None, api_key: str | None = None) -> None:
        self.base_url = base_url or self.default_url
        self.api_key = Secret(api_key) if api_key else None
        self._address = Address(self.base_url)
        self._address.check()
        remember(api_key or "")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._address!r}, api_key={self.api_key and MASK!r})"

    @classmethod
    def sample_run_config(cls, **_: Any) -> dict[str, Any]:
        """Give a sample: the address with its default, the key by reference."""
        return {
            "base_url": env(cls.url_variable, cls.default_url),
            "api_key": env(cls.key_variable, ""),
        }


class OpenAIConfig(RemoteConfig):
    """OpenAI's service."""

    default_url, url_variable, key_variable = "https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY"


class OllamaConfig(RemoteConfig):
    """Ollama on this machine."""

    default_url, url_variable, key_variable = "http://localhost:11434/v1", "OLLAMA_URL", "OLLAMA_API_KEY"


class VLLMConfig(RemoteConfig):
    """A server of vLLM."""

    default_url, url_variable, key_variable = "http://localhost:8000/v1", "VLLM_URL", "VLLM_API_TOKEN"


class GroqConfig(RemoteConfig):
    """Groq's service."""

    default_url, url_variable, key_variable = "https://api.groq.com/openai/v1", "GROQ_URL", "GROQ_API_KEY"


class TogetherConfig(RemoteConfig):
    """Together's service."""

    default_url, url_variable, key_variable = "https://api.together.xyz/v1", "TOGETHER_URL", "TOGETHER_API_KEY"


class FireworksConfig(RemoteConfig):
    """Fireworks' service."""

    default_url = "https://api.fireworks.ai/inference/v1"
    url_variable, key_variable = "FIREWORKS_URL", "FIREWORKS_API_KEY"


class GeminiConfig(RemoteConfig):
    """Google's Gemini through its OpenAI-compatible API."""

    default_url = "https://generativelanguage.googleapis.com/v1beta/openai"
    url_variable, key_variable = "GEMINI_URL", "GEMINI_API_KEY"


class NvidiaConfig(RemoteConfig):
    """NVIDIA's service, or a NIM."""

    default_url = "https://integrate.api.nvidia.com/v1"
    url_variable, key_variable = "NVIDIA_BASE_URL", "NVIDIA_API_KEY"


class StubConfig:
    """
    What the stub is told.

    Args:
        text: The text of every answer; an echo of what was asked where it is empty.
    """

    def __init__(self, *, text: str = "") -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"StubConfig(text={self.text!r})"

    @classmethod
    def sample_run_config(cls, **_: Any) -> dict[str, Any]:
        """Give a sample."""
        return {"text": env("STUB_TEXT", "")}
