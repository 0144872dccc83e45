"""The plugin: options, and whether there is another one that has them."""

from __future__ import annotations

import pytest

from playhead.pytest_vcr.choosing import BACKENDS, OPTION
from playhead.pytest_vcr.marks import RECORD_MODES
from playhead.pytest_vcr.neighbours import Neighbour, neighbour_of

FIXTURES = "playhead_vcr_fixtures"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the options, the hook and the fixtures, unless another plugin has them."""
    found = neighbour_of(pluginmanager)
    if found is not None:
        pluginmanager.register(_Aside(found), FIXTURES)
        return
    from playhead.pytest_vcr import fixtures, hooks

    group = parser.getgroup("recording", "recorded HTTP (the options of pytest-recording)")
    group.addoption("--record-mode", choices=RECORD_MODES, default=None, help="What to do with calls; 'none' replays.")
    group.addoption(
        "--block-network", action="store_true", default=False, help="Refuse connections of tests that do not record."
    )
    group.addoption(
        "--allowed-hosts",
        default=None,
        help="Regular expressions, with commas between, of hosts that may be reached while the network is blocked.",
    )
    group.addoption("--disable-recording", action="store_true", default=False, help="Take the marks 'vcr' for nothing.")
    group.addoption(
        OPTION,
        choices=BACKENDS,
        default=None,
        help="Whose cassettes the marks 'vcr' read and write: vcrpy's ('yaml') or Playhead's ('cassette').",
    )
    pluginmanager.add_hookspecs(hooks)
    pluginmanager.register(fixtures, FIXTURES)


class _Aside:
    """What is left of the plugin where another one has its names."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    def pytest_report_header(self) -> str:
        """Say so."""
        found = self._neighbour
        return (
            f"playhead: the marks 'vcr' are {found.package}'s, which is installed as well; "
            f"without it, or with '-p no:{found.plugin}', they are Playhead's"
        )
