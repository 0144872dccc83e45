"""Looking up the factory of a model's SDK."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from tests.plugins.parts import MODEL, make_nothing

import playhead
from playhead import Family
from playhead.plugins import InferenceBackend, InferenceBackendRegistry, SdkClientRegistry

REGISTRY = InferenceBackendRegistry({(Family.SEARCH, "acme"): make_nothing, (Family.LLM, "acme"): make_nothing})


def test_backends_are_looked_up_by_family_and_sdk() -> None:
    """The pair is the key."""
    assert REGISTRY.lookup(family=Family.LLM, sdk="acme") is make_nothing
    assert REGISTRY.lookup(family="search", sdk="acme") is make_nothing
    assert REGISTRY.has(family="llm", sdk="acme")
    assert not REGISTRY.has(family="extract", sdk="acme")
    assert REGISTRY.keys() == ((Family.LLM, "acme"), (Family.SEARCH, "acme"))
    assert (REGISTRY.sdks(), REGISTRY.sdks(Family.EXTRACT)) == (("acme",), ())


def test_what_no_plugin_serves_is_named() -> None:
    """The error names family and SDK, what is served, and is also a ``NotImplementedError``."""
    with pytest.raises(playhead.InferenceBackendNotFoundError, match="Is its plugin installed and enabled") as caught:
        REGISTRY.lookup(family="llm", sdk="other")
    assert (caught.value.family, caught.value.sdk) == ("llm", "other")
    assert isinstance(caught.value, NotImplementedError)
    assert "served are acme" in str(caught.value.hint)
    with pytest.raises(playhead.InferenceBackendNotFoundError, match="served are none"):
        REGISTRY.lookup(family="extract", sdk="acme")


def test_a_stub_may_stand_for_a_family() -> None:
    """Every backend of the family is replaced, no other, and the registry itself stays as it was."""

    def stub(**_: Any) -> str:
        return "stub"

    tested = REGISTRY.with_family(family="llm", make_worker=stub)
    assert tested.lookup(family="llm", sdk="acme") is stub
    assert tested.lookup(family="search", sdk="acme") is make_nothing
    assert REGISTRY.lookup(family="llm", sdk="acme") is make_nothing


def test_registries_are_equal_by_what_they_hold() -> None:
    """The same factories make an equal registry, whatever mapping they came in; it follows no later change."""
    given = {(Family.LLM, "acme"): make_nothing}
    registry = InferenceBackendRegistry(given)
    assert registry == InferenceBackendRegistry(MappingProxyType(dict(given)))
    given.clear()
    assert registry.has(family="llm", sdk="acme")
    assert registry != REGISTRY
    assert registry != given


def test_a_worker_is_made_with_all_four_arguments() -> None:
    """The factory is given each by keyword, the reporting too where there is none."""
    seen: list[dict[str, Any]] = []
    registry = InferenceBackendRegistry({(Family.LLM, "acme"): lambda **given: seen.append(given)})
    backend, clients = InferenceBackend("acme-cloud"), SdkClientRegistry()
    registry.make_worker(family="llm", inference_model=MODEL, backend=backend, sdk_clients=clients)
    assert seen == [{"inference_model": MODEL, "backend": backend, "sdk_clients": clients, "reporting_delegate": None}]
