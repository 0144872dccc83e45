"""What a plugin is."""

from __future__ import annotations

from types import SimpleNamespace

from tests.plugins.parts import Acme

import playhead.plugins
from playhead.plugins import PLUGIN_API_VERSION, Plugin


def test_a_plugin_is_told_by_its_three_attributes() -> None:
    """Any object with name, version and register is one; no base class."""
    assert isinstance(Acme(), Plugin)
    assert isinstance(SimpleNamespace(name="a", targets_api=1, register=print), Plugin)
    assert not isinstance(SimpleNamespace(name="a", register=print), Plugin)


def test_the_version_is_a_whole_number() -> None:
    """It is compared for equality, so it is an ``int`` and no version with dots."""
    assert type(PLUGIN_API_VERSION) is int


def test_every_name_of_the_package_is_there() -> None:
    """What a plugin imports can be had from ``playhead.plugins``, and other names cannot."""
    assert playhead.plugins.__all__ == sorted(playhead.plugins.__all__, key=lambda name: (not name.isupper(), name))
    assert all(getattr(playhead.plugins, name) is not None for name in playhead.plugins.__all__)
    assert set(playhead.plugins.__all__) <= set(dir(playhead.plugins))
    assert not hasattr(playhead.plugins, "no_such_name")
