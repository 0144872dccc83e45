"""Where another plugin has the marks, ours steps aside."""

from __future__ import annotations

import sys

import pytest

from tests.pytest_vcr import projects

pytest_plugins = ("pytester",)

RECORDING = {
    "pytest_recording/__init__.py": "",
    "pytest_recording/plugin.py": """
import pytest

def pytest_addoption(parser):
    parser.addoption("--record-mode", default=None)
    parser.addoption("--block-network", action="store_true")

@pytest.fixture
def vcr():
    return "theirs"
""",
    "pytest_recording-9.dist-info/METADATA": "Metadata-Version: 2.1\nName: pytest-recording\nVersion: 9\n",
    "pytest_recording-9.dist-info/entry_points.txt": "[pytest11]\nrecording = pytest_recording.plugin\n",
}
"""A plugin that is installed, as pytest sees it."""

WHOSE = {
    "test_a.py": """
def test_whose(vcr):
    assert vcr == os.environ.get("WHOSE"), vcr
"""
}


@pytest.fixture
def installed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project in an environment that has a plugin with pytest-recording's name and options."""
    projects.write(pytester, {**{f"site/{name}": text for name, text in RECORDING.items()}, **WHOSE})
    monkeypatch.setenv("PYTHONPATH", str(pytester.path / "site"))
    return pytester


def _run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    return pytester.run(sys.executable, "-m", "pytest", *projects.QUIET, "-p", "no:cassetter", *args)


def test_theirs_wins(installed: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The options and fixtures are theirs, and one line says so and how they become ours."""
    monkeypatch.setenv("WHOSE", "theirs")
    result = _run(installed)
    result.assert_outcomes(passed=1)
    said = (
        "playhead: the marks 'vcr' are pytest-recording's, which is installed as well; without it, or with "
        "'-p no:recording', they are Playhead's"
    )
    result.stdout.fnmatch_lines([said])


def test_theirs_left_out(installed: pytest.Pytester) -> None:
    """With theirs left out by ``-p no:``, the fixture is ours, and nothing is said."""
    result = _run(installed, "-p", "no:recording")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("playhead: the marks*")


def test_ours_left_out(installed: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ours left out, theirs is there, and nothing is said."""
    monkeypatch.setenv("WHOSE", "theirs")
    result = _run(installed, "-p", "no:playhead_vcr")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("playhead: the marks*")


def test_theirs_named_by_hand(installed: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Theirs, named with ``-p``, is there under its module's name."""
    monkeypatch.setenv("WHOSE", "theirs")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    result = installed.run(
        sys.executable, "-m", "pytest", "-p", "pytest_recording.plugin", "-p", "playhead.pytest_vcr.plugin"
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["playhead: the marks 'vcr' are pytest-recording's*"])


@pytest.mark.parametrize("how", ["variable", "option"])
def test_plugins_are_not_loaded(installed: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Where pytest loads no plugin by itself, one that is merely installed has no names."""
    args = []
    if how == "variable":
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    else:
        args = ["--disable-plugin-autoload"]
    result = installed.run(sys.executable, "-m", "pytest", *args, "-p", "playhead.pytest_vcr.plugin")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("playhead: the marks*")
