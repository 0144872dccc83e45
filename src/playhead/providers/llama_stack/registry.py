"""The providers in the box, by specification; their modules are imported when one of them is made."""

from __future__ import annotations

from playhead.providers.llama_stack.specs import ProviderSpec, inline_provider_spec, remote_provider_spec

_HERE = "playhead.providers.llama_stack"
# Asked over httpx where it is not installed.
_SDK = ("openai",)


def _remote(name: str, config: str, description: str) -> ProviderSpec:
    return remote_provider_spec(
        name,
        module=f"{_HERE}.remote",
        config_class=f"{_HERE}.configs.{config}",
        pip_packages=_SDK,
        description=description,
    )


IN_TREE: tuple[ProviderSpec, ...] = (
    inline_provider_spec(
        "stub",
        module=f"{_HERE}.inline_stub",
        config_class=f"{_HERE}.configs.StubConfig",
        description="Answers without a model: an echo, or one text for ever.",
    ),
    _remote("fireworks", "FireworksConfig", "Fireworks' service."),
    _remote("gemini", "GeminiConfig", "Google's Gemini through its OpenAI-compatible API."),
    _remote("groq", "GroqConfig", "Groq's service."),
    _remote("nvidia", "NvidiaConfig", "NVIDIA's service, or a NIM."),
    _remote("ollama", "OllamaConfig", "Ollama on this machine."),
    _remote("openai", "OpenAIConfig", "OpenAI's service."),
    _remote("together", "TogetherConfig", "Together's service."),
    _remote("vllm", "VLLMConfig", "A server of vLLM."),
)
"""Every provider in the box."""
