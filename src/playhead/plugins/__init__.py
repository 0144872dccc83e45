"""
Plugins: what an installed distribution adds, found by its entry points in the group ``playhead.plugins``.

What a plugin imports is named here and gated by ``PLUGIN_API_VERSION``. Names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playhead.core.error_reports import ErrorCategory, ErrorReport
    from playhead.plugins.backends import (
        InferenceBackend,
        InferenceFamily,
        InferenceModelSpec,
        ListModelsFn,
        MakeWorkerFn,
        ModelHandle,
        ReportingProtocol,
    )
    from playhead.plugins.clients import SdkClientRegistry
    from playhead.plugins.contract import PLUGIN_API_VERSION, Plugin
    from playhead.plugins.dependencies import require_sdk
    from playhead.plugins.discovery import GROUP, build_registrar, discover_plugins
    from playhead.plugins.listing import Listing, list_models
    from playhead.plugins.recording import recorded
    from playhead.plugins.registrar import DiscoveredPlugin, PluginRegistrar, PluginStatus
    from playhead.plugins.registry import InferenceBackendRegistry
    from playhead.plugins.settings import PluginSettings, read_settings

_HOMES = {
    "playhead.core.error_reports": ("ErrorCategory", "ErrorReport"),
    "playhead.plugins.backends": (
        "InferenceBackend",
        "InferenceFamily",
        "InferenceModelSpec",
        "ListModelsFn",
        "MakeWorkerFn",
        "ModelHandle",
        "ReportingProtocol",
    ),
    "playhead.plugins.clients": ("SdkClientRegistry",),
    "playhead.plugins.contract": ("PLUGIN_API_VERSION", "Plugin"),
    "playhead.plugins.dependencies": ("require_sdk",),
    "playhead.plugins.discovery": ("GROUP", "build_registrar", "discover_plugins"),
    "playhead.plugins.listing": ("Listing", "list_models"),
    "playhead.plugins.recording": ("recorded",),
    "playhead.plugins.registrar": ("DiscoveredPlugin", "PluginRegistrar", "PluginStatus"),
    "playhead.plugins.registry": ("InferenceBackendRegistry",),
    "playhead.plugins.settings": ("PluginSettings", "read_settings"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "GROUP",
    "PLUGIN_API_VERSION",
    "DiscoveredPlugin",
    "ErrorCategory",
    "ErrorReport",
    "InferenceBackend",
    "InferenceBackendRegistry",
    "InferenceFamily",
    "InferenceModelSpec",
    "ListModelsFn",
    "Listing",
    "MakeWorkerFn",
    "ModelHandle",
    "Plugin",
    "PluginRegistrar",
    "PluginSettings",
    "PluginStatus",
    "ReportingProtocol",
    "SdkClientRegistry",
    "build_registrar",
    "discover_plugins",
    "list_models",
    "read_settings",
    "recorded",
    "require_sdk",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
