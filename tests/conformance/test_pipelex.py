"""The fifth provider system, PL-01 to PL-17: plugins, how they are found, what they give and how they fail."""

from __future__ import annotations

import importlib.metadata
import logging
import re
import tomllib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from tests.conformance.pipelex import SEED

import playhead
from playhead.compat import pipelex
from playhead.compat.pipelex import (
    PLUGIN_API_VERSION,
    InferenceBackendRegistry,
    InferenceFamily,
    ModelHandle,
    PipelexPlugin,
    PluginRegistrar,
    SdkClientRegistry,
    build_registrar,
    require_sdk,
)
from playhead.plugins import PluginSettings, PluginStatus, list_models
from playhead.plugins.builtin import BUILT_IN


class Backend:
    """A plugin that serves some SDKs."""

    targets_api: Any = PLUGIN_API_VERSION

    def __init__(self, name: str = "acme", *served: tuple[InferenceFamily, str]) -> None:
        self.name = name
        self.served = served or ((InferenceFamily.LLM, name),)
        self.registered = 0

    def setup(self, *_: Any) -> None:
        """Do what nobody asks for."""
        raise AssertionError("only register is called")

    __call__ = teardown = setup

    def register(self, registrar: PluginRegistrar) -> None:
        """Register."""
        self.registered += 1
        for family, sdk in self.served:
            registrar.add_inference_backend(family=family, sdk=sdk, make_worker=make_recorder)


def make_recorder(**given: Any) -> Mapping[str, Any]:
    """Give what the factory was given."""
    return given


class Point(SimpleNamespace):
    """An entry point that counts how often it is loaded."""

    def load(self) -> Any:
        """Give the value; raise it where it is an exception."""
        self.loads = getattr(self, "loads", 0) + 1
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def build(*values: Any, disabled: tuple[str, ...] = ()) -> PluginRegistrar:
    """Build a registrar of installed plugins alone, each under an entry point of its own name."""
    points = [
        value if isinstance(value, Point) else Point(name=getattr(value, "name", "odd"), value=value)
        for value in values
    ]
    return build_registrar(PluginSettings(disabled), built_in=(), entry_points=points)


def test_pl_01_any_object_with_the_three_attributes_is_a_plugin() -> None:
    """No base class: name, version and register make a plugin."""
    assert isinstance(Backend(), PipelexPlugin)
    thing = SimpleNamespace(name="thing", targets_api=PLUGIN_API_VERSION, register=lambda _: None)
    assert build(thing).discovered[0].status is PluginStatus.REGISTERED


def test_pl_01_the_names_of_the_system_are_there() -> None:
    """Whatever a plugin of that system imports can be had from the one module of ours."""
    seeds = list(SEED.glob("004*.txt"))
    if not seeds:
        pytest.skip("the system's own page is not on this machine")
    text = seeds[0].read_text(encoding="utf-8")
    imported = re.findall(r"^from pipelex\.[\w.]+ import (.+)$", text, flags=re.MULTILINE)
    names = {name.strip() for line in imported for name in line.split(",")}
    names |= set(re.findall(r"\b[A-Z]\w+Error\b", text))
    assert len(names) > 15
    ours = {name for name in names if hasattr(pipelex, name)}
    # The other one is Python's.
    assert names - ours == {"NotImplementedError"}


def test_pl_02_register_is_the_only_method_called_and_building_is_pure() -> None:
    """Two registrars of the same plugins have equal registries, and nothing else of a plugin was called."""
    plugin = Backend()
    first, second = build(plugin), build(plugin)
    assert InferenceBackendRegistry(first.inference_backends) == InferenceBackendRegistry(second.inference_backends)
    assert first.discovered == second.discovered
    assert plugin.registered == 2


def test_pl_02_the_installed_plugins_and_ours_are_built_twice_the_same() -> None:
    """What is installed here gives the same registry as often as it is asked."""
    first, second = (build_registrar(PluginSettings()) for _ in range(2))
    assert InferenceBackendRegistry(first.inference_backends) == InferenceBackendRegistry(second.inference_backends)


@pytest.mark.parametrize(
    "version",
    [
        PLUGIN_API_VERSION - 1,
        PLUGIN_API_VERSION + 1,
        None,
        str(PLUGIN_API_VERSION),
        float(PLUGIN_API_VERSION),
        True,
        (1, 0),
    ],
    ids=repr,
)
def test_pl_03_another_version_is_refused(version: Any) -> None:
    """Lower, higher, of another type: the error names the plugin and both versions."""
    plugin = Backend()
    plugin.targets_api = version
    with pytest.raises(playhead.PluginApiVersionMismatchError) as caught:
        build(plugin)
    assert caught.value.plugin_name == "acme"
    assert caught.value.supported_api == PLUGIN_API_VERSION
    assert "'acme'" in caught.value.message
    assert repr(version) in caught.value.message
    assert f"version {PLUGIN_API_VERSION}" in caught.value.message
    assert plugin.registered == 0


def test_pl_03_a_plugin_without_a_version_is_refused() -> None:
    """One that names none was written for none."""
    with pytest.raises(playhead.PluginApiVersionMismatchError) as caught:
        build(SimpleNamespace(name="acme", register=lambda _: None))
    assert (caught.value.targets_api, caught.value.supported_api) == (None, PLUGIN_API_VERSION)


def test_pl_04_a_second_backend_names_both_plugins() -> None:
    """The first plugin and the second one stand in the error, with family and SDK."""
    with pytest.raises(playhead.DuplicateInferenceBackendError) as caught:
        build(Backend("one", (InferenceFamily.LLM, "acme")), Backend("two", (InferenceFamily.LLM, "acme")))
    assert (caught.value.family, caught.value.sdk) == ("llm", "acme")
    assert (caught.value.first_plugin, caught.value.second_plugin) == ("one", "two")
    assert "'one'" in caught.value.message
    assert "'two'" in caught.value.message


def test_pl_04_a_second_backend_of_ours_names_both_plugins() -> None:
    """A plugin cannot take the place of a built-in backend unseen."""
    with pytest.raises(playhead.DuplicateInferenceBackendError) as caught:
        build_registrar(
            PluginSettings(), entry_points=[Point(name="mine", value=Backend("mine", (InferenceFamily.LLM, "openai")))]
        )
    assert (caught.value.first_plugin, caught.value.second_plugin) == ("openai", "mine")
    mine = Point(name="mine", value=Backend("mine", (InferenceFamily.LLM, "anthropic")))
    allowed = build_registrar(PluginSettings(("anthropic",)), entry_points=[mine])
    assert allowed.inference_backends[InferenceFamily.LLM, "anthropic"] is make_recorder


def test_pl_05_one_plugin_serves_many_families() -> None:
    """The same SDK in two families is two backends, and one register gives them all."""
    families = [
        InferenceFamily.LLM,
        InferenceFamily.IMG_GEN,
        InferenceFamily.EXTRACT,
        InferenceFamily.SEARCH,
        InferenceFamily.EMBEDDING,
    ]
    assert [family.value for family in families] == ["llm", "img_gen", "extract", "search", "embedding"]
    registry = InferenceBackendRegistry(
        build(Backend("acme", *((family, "acme") for family in families))).inference_backends
    )
    assert registry.keys() == tuple(sorted((family, "acme") for family in families))


def test_pl_06_a_factory_is_given_its_four_arguments_by_keyword() -> None:
    """All four, always, and nothing by position."""
    registry = InferenceBackendRegistry(build(Backend()).inference_backends)
    model = pipelex.InferenceModelSpec(name="large", sdk="acme", backend_name="cloud")
    backend, clients = pipelex.InferenceBackend("cloud"), SdkClientRegistry()
    given = registry.make_worker(
        family=InferenceFamily.LLM, inference_model=model, backend=backend, sdk_clients=clients
    )
    assert given == {
        "inference_model": model,
        "backend": backend,
        "sdk_clients": clients,
        "reporting_delegate": None,
    }


@pytest.mark.parametrize("spec", ["acme_of_nobody", "acme_of_nobody.client", ["json", "acme_of_nobody.a.b"]], ids=repr)
def test_pl_08_a_dotted_module_without_its_parent_is_missing(spec: Any) -> None:
    """An absent parent is an absent package, not an error of the import system."""
    with pytest.raises(playhead.MissingDependencyError) as caught:
        require_sdk(spec=spec, extra="acme", msg="It is needed.", dependency_name="acme-sdk")
    assert (caught.value.dependency_name, caught.value.extra_name) == ("acme-sdk", "acme")


@pytest.mark.parametrize("client", [object(), None])
def test_pl_09_a_client_is_built_once_for_each_handle(client: object) -> None:
    """A client that is ``None`` is kept as well; ``tests/plugins/test_clients.py`` has the threads."""
    clients, built = SdkClientRegistry(), []

    def make() -> object:
        built.append(1)
        return client

    for _ in range(3):
        assert clients.get_or_create(handle=ModelHandle("acme", "cloud"), build=make) is client
    assert built == [1]


async def test_pl_10_a_backend_without_a_list_is_no_failure() -> None:
    """Whether it has no lister or its lister finds that it cannot."""

    async def cannot(*, sdk: str, **_: Any) -> None:
        raise pipelex.ModelListingUnsupportedError(sdk=sdk)

    registrar = PluginRegistrar()
    registrar.add_inference_backend(family=InferenceFamily.LLM, sdk="silent", make_worker=make_recorder)
    registrar.add_model_lister(sdk="acme", lister=cannot)
    found = await list_models(registrar, backend=pipelex.InferenceBackend("cloud"), sdks=["silent", "acme"])
    assert [(one.sdk, one.supported) for one in found] == [("silent", False), ("acme", False)]


def test_pl_10_a_second_lister_names_both_plugins() -> None:
    """Listing is by SDK alone, whatever families it has."""

    def listing(name: str) -> SimpleNamespace:
        return SimpleNamespace(
            name=name,
            targets_api=PLUGIN_API_VERSION,
            register=lambda registrar: registrar.add_model_lister(sdk="acme", lister=make_recorder),
        )

    with pytest.raises(playhead.DuplicateModelListerError) as caught:
        build(listing("one"), listing("two"))
    assert (caught.value.sdk, caught.value.first_plugin, caught.value.second_plugin) == ("acme", "one", "two")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (RuntimeError("no good"), "RuntimeError: no good"),
        (lambda: 1 // 0, "ZeroDivisionError"),
        (lambda one: one, "TypeError"),
        (object(), "it has no name"),
        (SimpleNamespace(name="odd", targets_api=1), r"it has no register\(registrar\)"),
        (SimpleNamespace(register=print, targets_api=1), "it has no name"),
        (SimpleNamespace(name="odd", register=lambda _: 1 // 0, targets_api=1), "register failed: ZeroDivisionError"),
        (None, "it has no name"),
    ],
)
def test_pl_12_what_is_no_plugin_or_fails_is_broken(value: Any, reason: str) -> None:
    """Whatever goes wrong is one error that names the plugin and says why."""
    with pytest.raises(playhead.BrokenPluginError, match=reason) as caught:
        build(Point(name="odd", value=value))
    assert caught.value.plugin_name == "odd"
    assert re.search(reason, caught.value.reason)


def test_pl_12_an_error_of_plugins_goes_through_as_it_is() -> None:
    """One that says what is wrong already is not wrapped."""
    error = playhead.PluginApiVersionMismatchError("odd", context={"plugin_name": "inner"})

    def fail(_: PluginRegistrar) -> None:
        raise error

    for value in (error, SimpleNamespace(name="odd", targets_api=1, register=fail)):
        with pytest.raises(playhead.PluginApiVersionMismatchError) as caught:
            build(Point(name="odd", value=value))
        assert caught.value is error


def test_pl_13_a_disabled_plugin_is_not_loaded() -> None:
    """The denylist is held against the entry point's name first, so a broken plugin can be disabled."""
    point = Point(name="broken", value=RuntimeError("no good"), loads=0)
    (found,) = build(point, disabled=("broken",)).discovered
    assert found.status is PluginStatus.DISABLED
    assert point.loads == 0


@pytest.mark.parametrize("name", ["outer", "inner"])
def test_pl_13_a_plugin_is_disabled_by_either_of_its_names(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """The entry point's name and the plugin's own are as good; the skip is logged."""
    plugin = Backend("inner")
    with caplog.at_level(logging.INFO, logger="playhead.plugins"):
        registrar = build(Point(name="outer", value=plugin), disabled=(name,))
    assert not registrar.inference_backends
    assert plugin.registered == 0
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert f"'{name}'" in record.getMessage()
    assert "disabled" in record.getMessage()


def test_pl_13_the_systems_own_denylist_is_taken() -> None:
    """Its table of settings, read as TOML, is a configuration as it stands."""
    config = tomllib.loads('[plugins]\ndisabled = ["acme"]\n')
    registrar = build_registrar(config, built_in=(), entry_points=[Point(name="acme", value=Backend())])
    assert [one.status for one in registrar.discovered] == [PluginStatus.DISABLED]


@pytest.mark.parametrize("name", [plugin.name for plugin, core in BUILT_IN if core])
def test_pl_14_a_core_plugin_cannot_be_disabled(name: str) -> None:
    """It is an error, not a setting without effect: the stubs, the dialects and OpenAI's backend are core."""
    with pytest.raises(playhead.CoreUnconditionalPluginDisabledError) as caught:
        build_registrar(PluginSettings((name,)), entry_points=())
    assert caught.value.plugin_name == name
    assert {"stub", "openai"} <= {plugin.name for plugin, core in BUILT_IN if core}


def test_pl_15_a_backend_that_nobody_serves_is_not_found() -> None:
    """The error asks what the user will, and is a ``NotImplementedError`` too."""
    registry = InferenceBackendRegistry(build(Backend()).inference_backends)
    with pytest.raises(
        playhead.InferenceBackendNotFoundError, match="Is its plugin installed and enabled\\?"
    ) as caught:
        registry.lookup(family=InferenceFamily.SEARCH, sdk="acme")
    assert isinstance(caught.value, NotImplementedError)
    assert (caught.value.family, caught.value.sdk) == ("search", "acme")


def test_the_group_is_read_with_the_standard_library() -> None:
    """The entry points are those that ``importlib.metadata`` gives for the group."""
    names = {point.name for point in importlib.metadata.entry_points(group="playhead.plugins")}
    found = {one.entry_point for one in build_registrar(PluginSettings()).discovered} - {""}
    assert found == names
