"""What a plugin author's type checker sees. Never run: mypy and pyright check it."""

from __future__ import annotations

from typing import assert_type

from playhead.compat.pipelex import (
    PLUGIN_API_VERSION,
    InferenceBackend,
    InferenceBackendRegistry,
    InferenceFamily,
    InferenceModelSpec,
    InferenceWorkerAbstract,
    ListModelsFn,
    LLMWorkerAbstract,
    MakeWorkerFn,
    ModelHandle,
    PipelexPlugin,
    PluginRegistrar,
    ReportingProtocol,
    SdkClientRegistry,
    build_registrar,
)


class Client:
    """An SDK's client."""


class Worker(LLMWorkerAbstract):
    """A worker."""

    async def gen_text(self, job: object) -> str:
        """Answer."""
        return str(job)


def make_worker(
    *,
    inference_model: InferenceModelSpec,
    backend: InferenceBackend,
    sdk_clients: SdkClientRegistry,
    reporting_delegate: ReportingProtocol | None,
) -> InferenceWorkerAbstract:
    """Make the worker, in the shape of the interface."""
    handle = ModelHandle.make_for_inference_model(inference_model=inference_model)
    client = sdk_clients.get_or_create(handle=handle, build=Client)
    assert_type(client, Client)
    assert_type(backend.api_key, str | None)
    return Worker(inference_model, reporting_delegate)


async def shows(*, sdk: str, backend_name: str, backend: InferenceBackend, flat: bool, any_listed: bool) -> None:
    """List by printing."""
    print(sdk, backend_name, backend, flat, any_listed)


async def gives(*, sdk: str, backend_name: str, backend: InferenceBackend, flat: bool, any_listed: bool) -> list[str]:
    """List by giving the ids."""
    return [sdk, backend_name, str(backend), str(flat), str(any_listed)]


class Plugin:
    """A plugin without a base class."""

    name = "acme"
    targets_api = PLUGIN_API_VERSION

    def register(self, registrar: PluginRegistrar) -> None:
        """Register."""
        registrar.add_inference_backend(family=InferenceFamily.LLM, sdk="acme", make_worker=make_worker)
        registrar.add_model_lister(sdk="acme", lister=shows)


def shapes_need_no_base_class() -> None:
    """Plain functions and classes fit the interface."""
    plugin: PipelexPlugin = Plugin()
    factory: MakeWorkerFn = make_worker
    listers: list[ListModelsFn] = [shows, gives]
    print(plugin, factory, listers)


def look_ups_give_factories() -> None:
    """What is registered comes out in the shape it went in."""
    registry = InferenceBackendRegistry(build_registrar().inference_backends)
    assert_type(registry.lookup(family=InferenceFamily.LLM, sdk="acme"), MakeWorkerFn)
