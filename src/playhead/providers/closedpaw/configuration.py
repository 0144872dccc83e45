"""How a chat provider is configured."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playhead.core.redaction import DEFAULT
from playhead.providers.secrets import MASK, remember, shown_reference

_REFERENCE = re.compile(r"(env|file|vault):")


class ProviderType(enum.StrEnum):
    """The families of providers."""

    OLLAMA = "ollama"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GOOGLE = "google"
    MISTRAL = "mistral"
    CUSTOM = "custom"
    """An endpoint of one's own: ``ProviderManager.register_provider`` takes its class."""


def is_key_reference(api_key: str) -> bool:
    """Tell whether an ``api_key`` says where the key is found instead of being it."""
    return _REFERENCE.match(api_key) is not None


@dataclass(repr=False)
class ProviderConfig:
    """
    One provider's configuration; nothing here changes it.

    Attributes:
        provider_type: The family.
        name: What the provider is called, matched exactly.
        api_key: The key itself, or where it is found: ``env:NAME``, ``file:PATH#key``, ``vault:NAME#field``. No way of
            printing the configuration shows a key.
        base_url: The server's address; the vendor's own where it is left out.
        models: The models to list without asking.
        default_model: The model to ask where a call names none.
        enabled: Whether a manager passes calls on.
        rate_limit: Requests a minute; ``None`` for no limit.
        timeout: Seconds for each step of a request.
        settings: Anything further a provider takes, passed on as it is.
    """

    provider_type: ProviderType
    name: str
    api_key: str | None = None
    base_url: str | None = None
    models: Sequence[str] = field(default_factory=list[str])
    default_model: str | None = None
    enabled: bool = True
    rate_limit: int | None = 60
    timeout: float = 60
    settings: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if self.api_key and not is_key_reference(self.api_key):
            remember(self.api_key)

    def __repr__(self) -> str:
        shown = dict(vars(self))
        if self.api_key:
            shown["api_key"] = shown_reference(self.api_key) if is_key_reference(self.api_key) else MASK
        if self.base_url:
            shown["base_url"] = DEFAULT.redact_url(self.base_url)
        shown["settings"] = DEFAULT.redact({str(name): value for name, value in self.settings.items()})
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"
