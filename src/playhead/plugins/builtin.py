"""The plugins that come with Playhead, through the door that all others use."""

from __future__ import annotations

from typing import Any

from playhead.core.model import Family, Origin
from playhead.dialects.registry import DIALECTS
from playhead.plugins.contract import PLUGIN_API_VERSION, Plugin
from playhead.plugins.registrar import PluginRegistrar
from playhead.plugins.vendor_backends import FAMILIES, VendorPlugin
from playhead.plugins.workers import ProviderWorker
from playhead.providers.stub import CYCLING_MODEL, STUB_MODEL, CyclingStubInferenceProvider, StubInferenceProvider


class StubPlugin:
    """The two stubs: a test that replaces a backend always has one."""

    name = "stub"
    targets_api = PLUGIN_API_VERSION

    def register(self, registrar: PluginRegistrar) -> None:
        """Register the stub for text and vectors, the cycling one for text."""
        for family in (Family.LLM, Family.EMBEDDING):
            registrar.add_inference_backend(family=family, sdk="stub", make_worker=_make_stub)
        registrar.add_inference_backend(family=Family.LLM, sdk="cycling-stub", make_worker=_make_cycling_stub)
        registrar.add_model_lister(sdk="stub", lister=_list_stub)
        registrar.add_model_lister(sdk="cycling-stub", lister=_list_stub)


class DialectsPlugin:
    """The built-in wire formats; without them nothing at the wire seam could be read."""

    name = "dialects"
    targets_api = PLUGIN_API_VERSION

    def register(self, registrar: PluginRegistrar) -> None:
        """Register every dialect."""
        for dialect in DIALECTS:
            registrar.add_dialect(dialect)


def _make_stub(*, inference_model: Any, backend: Any, sdk_clients: Any, reporting_delegate: Any) -> Any:  # noqa: ARG001
    return ProviderWorker(StubInferenceProvider(), inference_model, reporting_delegate)


def _make_cycling_stub(*, inference_model: Any, backend: Any, sdk_clients: Any, reporting_delegate: Any) -> Any:  # noqa: ARG001
    return ProviderWorker(CyclingStubInferenceProvider(), inference_model, reporting_delegate)


async def _list_stub(*, sdk: str, backend_name: str, backend: Any, flat: bool, any_listed: bool) -> tuple[str, ...]:  # noqa: ARG001
    return (STUB_MODEL if sdk == "stub" else CYCLING_MODEL,)


# What a worker of theirs answers is marked as a stub's before there is a worker.
for _make in (_make_stub, _make_cycling_stub):
    _make.origin = Origin.STUB  # type: ignore[attr-defined]

BUILT_IN: tuple[tuple[Plugin, bool], ...] = (
    (DialectsPlugin(), True),
    (StubPlugin(), True),
    *((VendorPlugin(name), name == "openai") for name in FAMILIES),
)
"""
Every plugin of ours, in order, each with whether it cannot be disabled.

The one of OpenAI's cannot: its API is what servers of all makers speak, the one of the demo included.
"""
