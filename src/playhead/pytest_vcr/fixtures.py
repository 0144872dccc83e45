"""
The fixtures and marks themselves. Loaded where no other plugin has them.

Their names, scopes and what each depends on are pytest-recording's: projects override them and ask for them.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

from playhead.pytest_vcr.choosing import CASSETTE, backend_of
from playhead.pytest_vcr.marks import check_network_mark, merged, own_name, wish_of
from playhead.pytest_vcr.network import CurlGuard, blocked

_CURL = CurlGuard()

BACKEND = pytest.StashKey[str]()

MARKS = (
    "vcr(*cassettes, **config): record and replay HTTP; further cassettes to read, and keywords for vcrpy.",
    "block_network(allowed_hosts): refuse connections, but to hosts that match one of these regular expressions.",
    "default_cassette(name): name the cassette of the test.",
    "allowed_hosts(hosts): hosts that may be reached where the network is blocked.",
)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    _CURL.put_in()
    backend = config.stash[BACKEND] = backend_of(config)
    if backend == CASSETTE:
        from playhead.pytest_vcr.judging import Judge

        config.pluginmanager.register(Judge(), "playhead_vcr_judge")


def pytest_unconfigure() -> None:
    """Leave pycurl as it was."""
    _CURL.take_out()


@pytest.fixture(scope="session")
def record_mode(request: pytest.FixtureRequest) -> str:
    """Give the mode of the run: that of the command line, else ``none``."""
    return request.config.getoption("--record-mode") or "none"


@pytest.fixture(scope="session")
def disable_recording(request: pytest.FixtureRequest) -> bool:
    """Tell whether the marks ``vcr`` are without effect in this run."""
    return bool(request.config.getoption("--disable-recording"))


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    """Give the configuration of vcrpy that tests share; a project overrides it, in any scope."""
    return {}


@pytest.fixture
def vcr_markers(request: pytest.FixtureRequest) -> list[pytest.Mark]:
    """Give the marks ``vcr`` of the test, the nearest one first."""
    return list(request.node.iter_markers(name="vcr"))


@pytest.fixture
def allowed_hosts(request: pytest.FixtureRequest) -> Any:
    """Give the hosts that may be reached: the mark's, else the command line's, else the configuration's."""
    mark = request.node.get_closest_marker("block_network")
    config = request.getfixturevalue("vcr_config")
    found = (
        (mark.kwargs.get("allowed_hosts") if mark is not None else None)
        or request.config.getoption("--allowed-hosts")
        or config.get("allowed_hosts")
    )
    return found.split(",") if isinstance(found, str) else found


@pytest.fixture(autouse=True)
def block_network(request: pytest.FixtureRequest, record_mode: str, vcr_markers: list[pytest.Mark]) -> Generator[None]:
    """Shut the network for a test where that is asked for, unless it records."""
    mark = request.node.get_closest_marker("block_network")
    if mark is not None:
        check_network_mark(mark)
    mode = record_mode
    if vcr_markers:
        config = request.getfixturevalue("vcr_config")
        # Here the command line wins over the configuration; in the cassette it is the other way round.
        if request.config.getoption("--record-mode") is None:
            mode = merged(config, vcr_markers).get("record_mode", "none")
    if not (mark or request.config.getoption("--block-network")) or (vcr_markers and mode != "none"):
        yield
        return
    with blocked(request.getfixturevalue("allowed_hosts")):
        yield


@pytest.fixture(autouse=True)
def vcr(
    request: pytest.FixtureRequest,
    vcr_markers: list[pytest.Mark],
    vcr_cassette_dir: str,
    record_mode: str,
    disable_recording: bool,
    pytestconfig: pytest.Config,
) -> Generator[Any]:
    """Open the cassette of a test that is marked; give it, or ``None``."""
    if disable_recording or not vcr_markers:
        yield None
        return
    config = request.getfixturevalue("vcr_config")
    name = request.getfixturevalue("default_cassette_name")
    wish = wish_of(name, vcr_cassette_dir, record_mode, vcr_markers, config)
    if pytestconfig.stash[BACKEND] == CASSETTE:
        from playhead.pytest_vcr.cassette_backend import used

        with used(wish, request) as tape:
            yield tape
        return
    from playhead.pytest_vcr.yaml_backend import opened

    with opened(wish, pytestconfig) as cassette:
        yield cassette


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """Give the folder of a module's cassettes: beside its file, under its name."""
    path = request.node.path
    return os.path.join(path.parent, "cassettes", path.stem)  # noqa: PTH118 - a text, as suites expect


@pytest.fixture
def default_cassette_name(request: Any) -> str:
    """Give the name of the test's cassette: that of the mark ``default_cassette``, else its own."""
    mark = request.node.get_closest_marker("default_cassette")
    if mark is None:
        return own_name(request.cls, request.node.name)
    if not mark.args:
        raise pytest.UsageError(
            "the mark default_cassette has no name\nhint: @pytest.mark.default_cassette('name.yaml')"
        )
    return mark.args[0]  # type: ignore[no-any-return]
