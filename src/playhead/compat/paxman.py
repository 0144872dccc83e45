"""
Paxman's names: ``import playhead.compat.paxman as paxman``.

    provider = OpenAIProvider(api_key_ref="env:OPENAI_API_KEY")
    paxman.register_capability(paxman.capabilities.inference.with_provider("openai", provider))
"""

from __future__ import annotations

from playhead.core.model import Completion, CompletionRequest
from playhead.core.protocols import InferenceProvider
from playhead.core.usage import Usage
from playhead.errors import InferenceProviderError, ReplayRefused
from playhead.errors import PlayheadError as PaxmanError
from playhead.harness.capabilities import (
    InferenceCapability,
    capabilities,
    forget_capabilities,
    register_capability,
    registered_capability,
)
from playhead.providers.stub import CyclingStubInferenceProvider, StubInferenceProvider

__all__ = [
    "Completion",
    "CompletionRequest",
    "CyclingStubInferenceProvider",
    "InferenceCapability",
    "InferenceProvider",
    "InferenceProviderError",
    "PaxmanError",
    "ReplayRefused",
    "StubInferenceProvider",
    "Usage",
    "capabilities",
    "forget_capabilities",
    "register_capability",
    "registered_capability",
]
