"""Listing the models of a backend."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.parts import make_nothing

import playhead
from playhead.plugins import InferenceBackend, Listing, PluginRegistrar, list_models

BACKEND = InferenceBackend("cloud")


def registrar_with(**listers: Any) -> PluginRegistrar:
    """Give a registrar with a backend that cannot list and with these listers."""
    registrar = PluginRegistrar()
    registrar.add_inference_backend(family="llm", sdk="silent", make_worker=make_nothing)
    for sdk, lister in listers.items():
        registrar.add_model_lister(sdk=sdk, lister=lister)
    return registrar


async def test_every_sdk_is_asked_in_turn() -> None:
    """A lister is given all it needs, and told whether another listed before it."""
    seen: list[dict[str, Any]] = []

    async def some(**given: Any) -> list[str]:
        seen.append(given)
        return ["b", "a"]

    async def shown(**given: Any) -> None:
        seen.append(given)

    registrar = registrar_with(acme=some, other=shown)
    found = await list_models(registrar, backend=BACKEND, sdks=["silent", "acme", "other"], flat=True)
    assert found == (
        Listing("silent", supported=False),
        Listing("acme", supported=True, models=("b", "a")),
        Listing("other", supported=True),
    )
    common = {"backend_name": "cloud", "backend": BACKEND, "flat": True}
    assert seen == [
        {"sdk": "acme", **common, "any_listed": False},
        {"sdk": "other", **common, "any_listed": True},
    ]


async def test_a_backend_that_cannot_list_is_no_failure() -> None:
    """A lister that finds so, and one that is not there, come to the same."""

    async def cannot(*, sdk: str, **_: Any) -> None:
        raise playhead.ModelListingUnsupportedError(sdk=sdk)

    found = await list_models(registrar_with(acme=cannot), backend=BACKEND, sdks=["acme", "silent"])
    assert found == (Listing("acme", supported=False), Listing("silent", supported=False))


async def test_an_sdk_that_nobody_serves_is_refused_before_any_is_asked() -> None:
    """A misspelt name is a mistake, not a backend that cannot list."""

    async def never(**_: Any) -> None:
        raise AssertionError("it was asked")

    with pytest.raises(playhead.InferenceBackendNotFoundError, match="'acmee'"):
        await list_models(registrar_with(acme=never), backend=BACKEND, sdks=["acme", "acmee"])


async def test_other_failures_go_through() -> None:
    """A missing package and a provider's failure are the caller's to see."""

    async def missing(**_: Any) -> None:
        raise playhead.MissingDependencyError("acme", extra_name="acme")

    with pytest.raises(playhead.MissingDependencyError):
        await list_models(registrar_with(acme=missing), backend=BACKEND, sdks=["acme"])
