"""Finding plugins and letting them register; the conformance tests have the rest."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.parts import Acme, Point, list_nothing

import playhead
from playhead.plugins import PLUGIN_API_VERSION, PluginRegistrar, PluginSettings, PluginStatus, build_registrar
from playhead.plugins.discovery import GROUP, discover_plugins, installed_entry_points

NOTHING_DENIED = PluginSettings()
SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"


def build(*points: Point, disabled: tuple[str, ...] = (), built_in: Any = ()) -> PluginRegistrar:
    """Build a registrar of these plugins alone."""
    return build_registrar(PluginSettings(disabled), built_in=built_in, entry_points=points)


def test_built_in_plugins_come_first() -> None:
    """So a clash names the installed plugin as the second."""
    registrar = build(Point("acme", Acme()), built_in=[(Acme("ours"), True)])
    assert [(one.name, one.origin, one.core) for one in registrar.discovered] == [
        ("ours", "built in", True),
        ("acme", "entry point 'acme'", False),
    ]
    assert [one.status for one in registrar.discovered] == [PluginStatus.REGISTERED] * 2


@pytest.mark.parametrize(
    "config",
    [
        SimpleNamespace(disabled=["acme"]),
        SimpleNamespace(plugins=SimpleNamespace(disabled={"acme"})),
        PluginSettings(("acme",)),
        {"disabled": ["acme"]},
        {"plugins": {"disabled": ["acme"]}},
    ],
)
def test_any_configuration_with_a_denylist_will_do(config: Any) -> None:
    """The list may stand in the object itself or in its ``plugins``."""
    registrar = build_registrar(config, built_in=(), entry_points=[Point("acme", Acme())])
    assert [one.status for one in registrar.discovered] == [PluginStatus.DISABLED]


@pytest.mark.parametrize(
    "config", [object(), {}, {"plugins": ["acme"]}, SimpleNamespace(disabled="acme"), {"disabled": [3]}]
)
def test_a_configuration_without_a_denylist_is_refused(config: Any) -> None:
    """A text is no list of names, and what has no list is no configuration."""
    with pytest.raises(playhead.UsageError):
        build_registrar(config, built_in=(), entry_points=())


def test_a_module_may_be_a_plugin() -> None:
    """An entry point may name a module that has the three attributes."""
    module: Any = ModuleType("acme_plugin")
    module.name, module.targets_api = "acme", PLUGIN_API_VERSION
    module.register = lambda registrar: registrar.add_model_lister(sdk="acme", lister=list_nothing)
    assert list(build(Point("acme", module)).model_listers) == ["acme"]


def test_two_plugins_of_one_name_are_refused() -> None:
    """The name is unique: the denylist and the errors mean one plugin by it."""
    with pytest.raises(playhead.BrokenPluginError, match="its name is taken: entry point 'a' and entry point 'b'"):
        build(Point("a", Acme()), Point("b", Acme()))


@pytest.mark.parametrize("name", ["", "Acme", "a b", 7, None])
def test_a_name_that_is_no_stable_id_is_refused(name: Any) -> None:
    """A plugin's name stands in files and on command lines."""
    with pytest.raises(playhead.BrokenPluginError, match="'point'"):
        build(Point("point", Acme(name)))


def test_a_key_in_a_plugins_error_is_masked() -> None:
    """What a plugin says when it fails goes into our error without its secrets."""
    with pytest.raises(playhead.BrokenPluginError) as caught:
        build(Point("acme", RuntimeError(f"401 for {SECRET}")))
    assert SECRET not in str(caught.value)
    assert "RuntimeError: 401 for" in str(caught.value.reason)


def test_a_module_that_ends_the_program_is_broken() -> None:
    """``sys.exit`` at import ends the plugin, not the program."""
    with pytest.raises(playhead.BrokenPluginError, match="SystemExit"):
        build(Point("acme", SystemExit(3)))


def test_ctrl_c_is_not_a_plugins_failure() -> None:
    """An interrupt goes through as it is."""
    with pytest.raises(KeyboardInterrupt):
        build(Point("acme", KeyboardInterrupt()))


def test_discovery_shows_what_is_broken_and_goes_on() -> None:
    """A list of plugins has the broken one with its fault and all others registered."""
    found = discover_plugins(
        NOTHING_DENIED,
        built_in=(),
        entry_points=[
            Point("a", RuntimeError("no good")),
            Point("b", Acme("b", targets_api=99)),
            Point("c", Acme("c")),
            Point("d", Acme("d", does=lambda registrar: registrar.add_model_lister(sdk="", lister=list_nothing))),
        ],
    )
    assert [(one.name, one.status.value, one.targets_api) for one in found] == [
        ("a", "broken", None),
        ("b", "broken", None),
        ("c", "registered", PLUGIN_API_VERSION),
        ("d", "broken", PLUGIN_API_VERSION),
    ]
    assert "no good" in found[0].detail
    assert found[2].contributions == ("llm c",)


def test_discovery_refuses_a_denylist_that_cannot_be() -> None:
    """A core plugin in the denylist is a mistake in the settings, which a list would hide."""
    with pytest.raises(playhead.CoreUnconditionalPluginDisabledError):
        discover_plugins(PluginSettings(("ours",)), built_in=[(Acme("ours"), True)], entry_points=())


def test_a_built_in_plugin_that_is_not_core_may_be_disabled() -> None:
    """It is skipped like any other."""
    registrar = build(disabled=("ours",), built_in=[(Acme("ours"), False)])
    assert [(one.name, one.status.value) for one in registrar.discovered] == [("ours", "disabled")]
    assert not registrar.inference_backends


def test_entry_points_of_the_group_are_found_in_order() -> None:
    """What is installed here can be asked for, and is sorted by name."""
    names = [point.name for point in installed_entry_points()]
    assert names == sorted(names)
    assert GROUP == "playhead.plugins"


ANYTHING = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.just(Acme()), st.just(Acme), st.just(object))


@given(
    value=ANYTHING, version=st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.floats(), st.text(max_size=2))
)
def test_whatever_an_entry_point_gives_is_a_plugin_or_an_error_of_ours(value: Any, version: Any) -> None:
    """No value of an entry point, and no version of a plugin, ends in an exception of Python's."""
    for thing in (value, SimpleNamespace(name="acme", targets_api=version, register=lambda _: None)):
        try:
            registrar = build(Point("acme", thing))
        except playhead.PluginError:
            continue
        assert [one.targets_api for one in registrar.discovered] == [PLUGIN_API_VERSION]
