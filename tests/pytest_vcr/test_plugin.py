"""Loading the plugin, and its options."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.pytest_vcr import projects

pytest_plugins = ("pytester",)

THIRD_PARTIES = ("vcr", "yaml", "httpx", "httpx2", "urllib3", "aiohttp", "msgspec", "zstandard", "click", "pycurl")


def test_loading_imports_no_third_party() -> None:
    """A suite that has no mark pays for none: the plugin and its fixtures load pytest and the standard library."""
    code = (
        "import sys, pytest; before = set(sys.modules)\n"
        "import playhead.pytest_vcr.plugin, playhead.pytest_vcr.fixtures, playhead.pytest_vcr.hooks\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules.keys() - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not set(done.stdout.split()) & set(THIRD_PARTIES)
    assert "playhead" in done.stdout


def test_an_unmarked_test_imports_nothing_either(pytester: pytest.Pytester) -> None:
    """Nor does a run of tests without the mark."""
    (pytester.path / "test_a.py").write_text("import sys\ndef test_it():\n    assert 'vcr' not in sys.modules\n")
    result = pytester.run(sys.executable, "-m", "pytest", *projects.QUIET, *projects.OURS)
    result.assert_outcomes(passed=1)


def test_options(pytester: pytest.Pytester) -> None:
    """The options are pytest-recording's, and a mode it does not have is refused with those it has."""
    result = pytester.runpytest_inprocess(*projects.OURS, "--help")
    for option in ("--record-mode={once,new_episodes,none,all,rewrite}", "--block-network", "--disable-recording"):
        result.stdout.fnmatch_lines([f"*{option}*"])
    wrong = pytester.runpytest_inprocess(*projects.OURS, "--record-mode=never")
    assert wrong.ret == pytest.ExitCode.USAGE_ERROR
    wrong.stderr.fnmatch_lines(["*--record-mode*invalid choice*once*"])


def test_marks_are_declared(pytester: pytest.Pytester) -> None:
    """Strict marks are fine, and ``--markers`` lists them."""
    result = pytester.runpytest_inprocess(*projects.OURS, "--markers")
    for mark in ("vcr", "block_network", "default_cassette", "allowed_hosts"):
        result.stdout.fnmatch_lines([f"@pytest.mark.{mark}(*"])
