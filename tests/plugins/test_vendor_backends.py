"""The backends of the vendors, over a transport that answers by itself."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx
from tests.plugins.parts import factory_arguments

import playhead
from playhead.plugins import InferenceBackend, InferenceModelSpec, PluginRegistrar, SdkClientRegistry
from playhead.plugins.vendor_backends import FAMILIES, VendorPlugin, list_vendor_models, make_vendor_worker
from playhead.providers.vendors.table import VENDORS

BASE = "http://vendor.test/v1"
KEY = "correct-horse-battery-staple"


def spec_of(sdk: str, model: str = "large") -> InferenceModelSpec:
    """Give a model that a vendor serves."""
    return InferenceModelSpec(name=model, sdk=sdk, backend_name=sdk)


def test_the_vendors_are_those_of_the_table() -> None:
    """Each vendor has a backend, and vectors where the table says that it gives some."""
    assert {name: playhead.Family.EMBEDDING in families for name, families in FAMILIES.items()} == {
        name: vendor.vectors is not None for name, vendor in VENDORS.items()
    }


@pytest.mark.parametrize("name", FAMILIES)
def test_a_vendor_registers_its_families_and_its_list(name: str) -> None:
    """One backend a family, one lister."""
    registrar = PluginRegistrar()
    VendorPlugin(name).register(registrar)
    assert list(registrar.inference_backends) == [(family, name) for family in FAMILIES[name]]
    assert list(registrar.model_listers) == [name]


@respx.mock
async def test_a_worker_asks_its_model_at_its_backend() -> None:
    """Address and key are the backend's, the model is the worker's, the answer is the text."""
    answer = {"model": "large-2", "choices": [{"message": {"role": "assistant", "content": "Paris"}}]}
    route = respx.post(f"{BASE}/chat/completions").respond(json=answer)
    clients = SdkClientRegistry()
    backend = InferenceBackend("openai", endpoint=BASE, api_key=KEY, extra_config={"retries": 1})
    given = factory_arguments(spec_of("openai"), backend=backend, sdk_clients=clients)
    assert await make_vendor_worker(**given).gen_text("Capital of France?") == "Paris"
    sent = route.calls.last.request
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert b'"model":"large"' in sent.content.replace(b": ", b":")
    other = make_vendor_worker(**{**given, "inference_model": spec_of("openai", "small")})
    assert len(clients) == 1
    assert other.provider is make_vendor_worker(**given).provider
    await clients.aclose()


@respx.mock
async def test_the_models_are_listed() -> None:
    """The ids come as the vendor gives them."""
    respx.get(f"{BASE}/models").respond(json={"object": "list", "data": [{"id": "b"}, {"id": "a"}]})
    backend = InferenceBackend("openai", endpoint=BASE, api_key=KEY)
    listed = await list_vendor_models(
        sdk="openai", backend_name="openai", backend=backend, flat=False, any_listed=False
    )
    assert sorted(listed) == ["a", "b"]


@respx.mock
async def test_a_vendor_that_refuses_is_a_providers_failure() -> None:
    """A wrong key is named as such, without the key."""
    respx.get(f"{BASE}/models").mock(return_value=httpx.Response(401, json={"error": {"message": f"bad {KEY}"}}))
    backend = InferenceBackend("openai", endpoint=BASE, api_key=KEY, extra_config={"retries": 1})
    arguments: dict[str, Any] = {"backend_name": "openai", "backend": backend, "flat": True, "any_listed": False}
    with pytest.raises(playhead.PermanentError) as caught:
        await list_vendor_models(sdk="openai", **arguments)
    assert KEY not in str(caught.value)


def test_a_setting_that_no_vendor_knows_is_refused() -> None:
    """A misspelt setting would be none."""
    backend = InferenceBackend("openai", api_key=KEY, extra_config={"retrys": 1})
    with pytest.raises(playhead.UsageError, match="'retrys'"):
        make_vendor_worker(**factory_arguments(spec_of("openai"), backend=backend))
