"""
Deterministic record and replay of calls to AI model providers.

    with playhead.use_cassette("golden.cassette", mode="record") as session:
        provider = session.wrap(my_provider, name="openai")
        provider.complete(playhead.CompletionRequest("hello"))

Names are loaded when they are first used, so that ``import playhead`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playhead.core.evidence import Evidence, Interaction
    from playhead.core.matching import Matching
    from playhead.core.model import Completion, CompletionRequest, Failure, Family, Origin, Stream, ToolCall
    from playhead.core.modes import Mode
    from playhead.core.protocols import AsyncInferenceProvider, InferenceProvider
    from playhead.core.redaction import Redactor
    from playhead.core.usage import Usage
    from playhead.engine.faults import Fault, FaultKind, FaultRule
    from playhead.engine.stability import StabilityReport
    from playhead.engine.takes import Takes
    from playhead.errors import (
        BrokenPluginError,
        CassetteDamaged,
        CassetteError,
        CassetteMissing,
        CoreUnconditionalPluginDisabledError,
        DriftWarning,
        DuplicateContributionError,
        DuplicateInferenceBackendError,
        DuplicateModelListerError,
        Exhausted,
        InferenceBackendNotFoundError,
        InferenceProviderError,
        LimitExceeded,
        LLMError,
        MissingDependencyError,
        ModelListingUnsupportedError,
        NetworkBlocked,
        NoMatch,
        NotACassette,
        PermanentError,
        PlayheadError,
        PluginApiVersionMismatchError,
        PluginError,
        ProviderError,
        RateLimitError,
        RecordingError,
        ReplayRefused,
        SecretFound,
        SyntheticWarning,
        UnsupportedVersion,
        UsageError,
    )
    from playhead.harness.capturing import capture
    from playhead.harness.comparing import assert_no_drift, compare
    from playhead.harness.comparison import Comparison
    from playhead.harness.golden import run_golden
    from playhead.harness.golden_report import GoldenReport
    from playhead.harness.golden_requests import GoldenRequest, read_requests
    from playhead.harness.opening import record, replay, use_cassette
    from playhead.harness.stability import measure_stability
    from playhead.harness.unittesting import CassetteMixin
    from playhead.providers.openai_compatible import AsyncOpenAICompatibleProvider, OpenAICompatibleProvider
    from playhead.providers.stub import CyclingStubInferenceProvider, StubInferenceProvider
    from playhead.providers.vendors.provider import AsyncVendorProvider, VendorProvider
    from playhead.sessions.clock import ManualClock
    from playhead.sessions.network import block_network
    from playhead.sessions.session import Session
    from playhead.sessions.surroundings import surroundings
    from playhead.sessions.virtual_time import VirtualClock
    from playhead.store.cassette import Cassette, open_cassette
    from playhead.wire.transport import transport

__version__ = "0.1.0"

_HOMES = {
    "playhead.core.evidence": ("Evidence", "Interaction"),
    "playhead.core.matching": ("Matching",),
    "playhead.core.model": (
        "Completion",
        "CompletionRequest",
        "Failure",
        "Family",
        "Origin",
        "Stream",
        "ToolCall",
    ),
    "playhead.core.modes": ("Mode",),
    "playhead.core.protocols": ("AsyncInferenceProvider", "InferenceProvider"),
    "playhead.core.redaction": ("Redactor",),
    "playhead.core.usage": ("Usage",),
    "playhead.engine.faults": ("Fault", "FaultKind", "FaultRule"),
    "playhead.engine.stability": ("StabilityReport",),
    "playhead.engine.takes": ("Takes",),
    "playhead.errors": (
        "BrokenPluginError",
        "CassetteDamaged",
        "CassetteError",
        "CassetteMissing",
        "CoreUnconditionalPluginDisabledError",
        "DriftWarning",
        "DuplicateContributionError",
        "DuplicateInferenceBackendError",
        "DuplicateModelListerError",
        "Exhausted",
        "InferenceBackendNotFoundError",
        "InferenceProviderError",
        "LLMError",
        "LimitExceeded",
        "MissingDependencyError",
        "ModelListingUnsupportedError",
        "NetworkBlocked",
        "NoMatch",
        "NotACassette",
        "PermanentError",
        "PlayheadError",
        "PluginApiVersionMismatchError",
        "PluginError",
        "ProviderError",
        "RateLimitError",
        "RecordingError",
        "ReplayRefused",
        "SecretFound",
        "SyntheticWarning",
        "UnsupportedVersion",
        "UsageError",
    ),
    "playhead.sessions.clock": ("ManualClock",),
    "playhead.harness.capturing": ("capture",),
    "playhead.harness.comparing": ("assert_no_drift", "compare"),
    "playhead.harness.comparison": ("Comparison",),
    "playhead.harness.golden": ("run_golden",),
    "playhead.harness.golden_report": ("GoldenReport",),
    "playhead.harness.golden_requests": ("GoldenRequest", "read_requests"),
    "playhead.sessions.network": ("block_network",),
    "playhead.harness.opening": ("record", "replay", "use_cassette"),
    "playhead.harness.stability": ("measure_stability",),
    "playhead.harness.unittesting": ("CassetteMixin",),
    "playhead.sessions.session": ("Session",),
    "playhead.sessions.surroundings": ("surroundings",),
    "playhead.sessions.virtual_time": ("VirtualClock",),
    "playhead.providers.openai_compatible": ("AsyncOpenAICompatibleProvider", "OpenAICompatibleProvider"),
    "playhead.providers.stub": ("CyclingStubInferenceProvider", "StubInferenceProvider"),
    "playhead.providers.vendors.provider": ("AsyncVendorProvider", "VendorProvider"),
    "playhead.store.cassette": ("Cassette", "open_cassette"),
    "playhead.wire.transport": ("transport",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AsyncInferenceProvider",
    "AsyncOpenAICompatibleProvider",
    "AsyncVendorProvider",
    "BrokenPluginError",
    "Cassette",
    "CassetteDamaged",
    "CassetteError",
    "CassetteMissing",
    "CassetteMixin",
    "Comparison",
    "Completion",
    "CompletionRequest",
    "CoreUnconditionalPluginDisabledError",
    "CyclingStubInferenceProvider",
    "DriftWarning",
    "DuplicateContributionError",
    "DuplicateInferenceBackendError",
    "DuplicateModelListerError",
    "Evidence",
    "Exhausted",
    "Failure",
    "Family",
    "Fault",
    "FaultKind",
    "FaultRule",
    "GoldenReport",
    "GoldenRequest",
    "InferenceBackendNotFoundError",
    "InferenceProvider",
    "InferenceProviderError",
    "Interaction",
    "LLMError",
    "LimitExceeded",
    "ManualClock",
    "Matching",
    "MissingDependencyError",
    "Mode",
    "ModelListingUnsupportedError",
    "NetworkBlocked",
    "NoMatch",
    "NotACassette",
    "OpenAICompatibleProvider",
    "Origin",
    "PermanentError",
    "PlayheadError",
    "PluginApiVersionMismatchError",
    "PluginError",
    "ProviderError",
    "RateLimitError",
    "RecordingError",
    "Redactor",
    "ReplayRefused",
    "SecretFound",
    "Session",
    "StabilityReport",
    "Stream",
    "StubInferenceProvider",
    "SyntheticWarning",
    "Takes",
    "ToolCall",
    "UnsupportedVersion",
    "Usage",
    "UsageError",
    "VendorProvider",
    "VirtualClock",
    "assert_no_drift",
    "block_network",
    "capture",
    "compare",
    "measure_stability",
    "open_cassette",
    "read_requests",
    "record",
    "replay",
    "run_golden",
    "surroundings",
    "transport",
    "use_cassette",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'playhead' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
