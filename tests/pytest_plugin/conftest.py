"""What the tests of the pytest plugin share: a project of its own, run in this process or in one of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Loaded before pytester notes which modules there are: what it finds new after a run is taken out of Python again.
import playhead.pytest_plugin.network
import playhead.pytest_plugin.opening
import playhead.pytest_plugin.plugin
import playhead.wire.seam  # noqa: F401

PLUGIN = "playhead.pytest_plugin.plugin"

HEAD = """\
import pytest
import playhead as library
from playhead import CompletionRequest, ReplayRefused


def ask(session, provider, text="hello"):
    return session.wrap(provider, name="stub").complete(CompletionRequest(text)).text


class Live:
    def complete(self, request):
        usage = library.Usage(prompt_tokens=1000, completion_tokens=500, total_tokens=1500)
        return library.Completion("hi", provider="openai", model="gpt-4o-mini", usage=usage)


"""

ONE = """
@pytest.mark.playhead
def test_one(playhead, playhead_stub):
    assert "hello" in ask(playhead, playhead_stub)
"""


class Suite:
    """A project of tests."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def write(self, name: str, text: str, *, head: str = HEAD) -> Path:
        """Write a file of the project."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + text, encoding="utf-8")
        # A module of the name may have been imported from another project, and a file changed within a second.
        sys.modules.pop(path.stem, None)
        return path

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run the tests in this process."""
        return self.pytester.runpytest_inprocess("-p", PLUGIN, "-p", "no:cacheprovider", "-W", "default", *arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """Run the tests in a process of their own."""
        return self.pytester.runpytest_subprocess("-p", PLUGIN, "-p", "no:cacheprovider", "-W", "default", *arguments)

    def cassettes(self) -> dict[str, bytes]:
        """Give every cassette of the project, by its path."""
        return {path.relative_to(self.path).as_posix(): path.read_bytes() for path in self.path.rglob("*.cassette")}

    def report(self, *arguments: str, run: Callable[..., pytest.RunResult] | None = None) -> dict[str, Any]:
        """Run the tests and give the report."""
        (run or self.run)("--playhead-report=report.json", *arguments)
        found: dict[str, Any] = json.loads((self.path / "report.json").read_text())
        return found


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Make a project whose pytest has this plugin, and none that happens to be installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makeini("[pytest]\n")
    return Suite(pytester)


@pytest.fixture
def recorded(suite: Suite) -> Suite:
    """Make a project with one test, and record it."""
    suite.write("test_a.py", ONE)
    suite.run("--playhead-record").assert_outcomes(passed=1)
    return suite
