"""The hooks. What they do is done by the modules beside this one; sessions know no pytest."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from playhead.core.modes import Mode
from playhead.pytest_plugin import collecting, options
from playhead.pytest_plugin.fixtures import (
    PLAYING,
    playhead,
    playhead_cassette_dir,
    playhead_cassette_name,
    playhead_cycling_stub,
    playhead_matching,
    playhead_network,
    playhead_provider,
    playhead_redactor,
    playhead_settings,
    playhead_stub,
)
from playhead.pytest_plugin.outcomes import judge, judge_network, shorten
from playhead.pytest_plugin.playing import BLOCK, STATE, Playing
from playhead.pytest_plugin.running import CARRIED, RUNNING, Running
from playhead.pytest_plugin.wishes import ARGUMENTS, MARKER, NETWORK_MARKER

__all__ = [
    "playhead",
    "playhead_cassette_dir",
    "playhead_cassette_name",
    "playhead_cycling_stub",
    "playhead_matching",
    "playhead_network",
    "playhead_provider",
    "playhead_redactor",
    "playhead_settings",
    "playhead_stub",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read what the run was told, and declare the markers."""
    arguments = ", ".join(ARGUMENTS)
    config.addinivalue_line("markers", f"{MARKER}({arguments}): replay the test's model calls from a cassette")
    config.addinivalue_line("markers", f"{NETWORK_MARKER}(allowed_hosts): shut the network for the test")
    run = options.run_of(config)
    config.stash[PLAYING] = Playing(run)
    config.stash[RUNNING] = running = Running(config, run)
    config.pluginmanager.register(running, "playhead-running")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say when a run may go out: replay needs no word."""
    mode = config.stash[PLAYING].run.mode
    return None if mode is Mode.REPLAY else f"playhead: mode {mode.value}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Number the takes of tests that are run once a take."""
    collecting.number_takes(metafunc, metafunc.config.stash[PLAYING].run)


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Note that the suite is not whole."""
    if items:
        items[0].config.stash[RUNNING].deselected += len(items)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Check and prepare the tests that will run."""
    session.config.stash[RUNNING].prepare(session.items)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Have refused calls fail their test, and send what was finished with the last report."""
    shorten(call)
    report = yield
    state = item.stash.get(STATE, None)
    if state is not None:
        judge(item, state, report)
    block = item.stash.get(BLOCK, None)
    if block is not None:
        judge_network(block, report)
    if report.when == "teardown":
        batch = item.config.stash[PLAYING].take_batch()
        if batch is not None:
            setattr(report, CARRIED, batch)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Seal what the test recorded, once its whole teardown is over."""
    playing = item.config.stash[PLAYING]
    try:
        result = yield
    except BaseException as error:
        playing.end_left(error)
        raise
    playing.end_left(None)
    return result


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Close what an interrupt left open, and tell what the run came to."""
    result = yield
    session.config.stash[RUNNING].finish(session)
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the summary, where there is anything to say."""
    config.stash[RUNNING].summarise(terminalreporter)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell one of xdist's workers what it has to know."""
    node.config.stash[RUNNING].configure_worker(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """Deal tests out by group where some share a session."""
    node.config.stash[RUNNING].deal_groups(node)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take in what one of xdist's workers still knows, or that it crashed."""
    node.config.stash[RUNNING].worker_ended(node, error)
