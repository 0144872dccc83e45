"""Other plugins that own the mark ``vcr``: where one is loaded as well, ours steps aside for it."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import NamedTuple

import pytest


class Neighbour(NamedTuple):
    """
    A plugin with the same marks, options and fixtures.

    Attributes:
        package: What it is installed as.
        plugin: The name pytest knows it by when it loads it by itself.
        module: The module that is the plugin.
    """

    package: str
    plugin: str
    module: str


NEIGHBOURS = (
    Neighbour("pytest-recording", "recording", "pytest_recording.plugin"),
    Neighbour("pytest-vcr", "vcr", "pytest_vcr"),
    Neighbour("cassetter", "cassetter", "cassetter.pytest_plugin"),
    Neighbour("cassetter", "cassetter", "cassetter.pytest_plugin"),
)


def neighbour_of(manager: pytest.PytestPluginManager) -> Neighbour | None:
    """
    Give the plugin that has the marks of this run, if there is one beside ours.

    It is asked before all plugins are loaded, in an order that depends on how they are installed: so one that pytest
    is still going to load counts as well.
    """
    return next((one for one in NEIGHBOURS if _is_loaded(manager, one) or _will_be_loaded(manager, one)), None)


def _is_loaded(manager: pytest.PytestPluginManager, one: Neighbour) -> bool:
    # Under its own name where it was asked for by -p, or by a conftest.
    module = sys.modules.get(one.module)
    return manager.has_plugin(one.plugin) or (module is not None and manager.is_registered(module))


def _will_be_loaded(manager: pytest.PytestPluginManager, one: Neighbour) -> bool:
    # The plugin that stands for the run's configuration has read these options when plugins are loaded.
    options = getattr(manager.get_plugin("pytestconfig"), "known_args_namespace", None)
    by_hand = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") or getattr(options, "disable_plugin_autoload", False)
    if by_hand or manager.is_blocked(one.plugin):
        return False
    if importlib.util.find_spec(one.module.partition(".")[0]) is None:
        return False
    # A folder of that name is not yet a plugin that pytest loads; asking costs 5 ms, which few runs spend.
    from importlib.metadata import entry_points

    return any(found.value == one.module for found in entry_points(group="pytest11", name=one.plugin))
