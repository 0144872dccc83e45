"""xdist: the same bytes and the same totals, whatever the number of processes."""

from __future__ import annotations

import pytest

from playhead.pytest_plugin.dealing import keeps_together
from tests.pytest_plugin.conftest import Suite

MIXED = """
pytestmark = pytest.mark.playhead

@pytest.mark.parametrize("n", range(6))
def test_own(playhead, playhead_cycling_stub, n):
    ask(playhead, playhead_cycling_stub, f"own {n}")

@pytest.mark.playhead(scope="module")
@pytest.mark.parametrize("n", range(6))
def test_shared(playhead, playhead_cycling_stub, n):
    ask(playhead, playhead_cycling_stub, "the same")

@pytest.mark.playhead(each_take=3)
def test_takes(playhead, playhead_cycling_stub):
    ask(playhead, playhead_cycling_stub)
"""


@pytest.mark.parametrize("dist", ["load", "worksteal", "loadgroup"])
def test_any_number_of_processes_gives_the_same(suite: Suite, dist: str) -> None:
    """Recording leaves the same cassettes, replaying the same report, byte for byte."""
    suite.write("test_a.py", MIXED)
    suite.run("--playhead-mode=record", "--playhead-report=record.json").assert_outcomes(passed=15)
    alone = suite.cassettes()
    suite.run("--playhead-report=alone.json").assert_outcomes(passed=15)
    spread = ("-p", "xdist", "-n", "8", "--dist", dist)
    suite.run_apart(*spread, "--playhead-report=spread.json").assert_outcomes(passed=15)
    assert (suite.path / "spread.json").read_bytes() == (suite.path / "alone.json").read_bytes()
    for path in suite.cassettes():
        (suite.path / path).unlink()
    suite.run_apart(*spread, "--playhead-mode=record", "--playhead-report=again.json").assert_outcomes(passed=15)
    assert suite.cassettes() == alone
    assert (suite.path / "again.json").read_bytes() == (suite.path / "record.json").read_bytes()


def test_tests_that_would_be_torn_apart_are_refused(suite: Suite) -> None:
    """A session for all tests, dealt out file by file."""
    suite.write("test_a.py", "@pytest.mark.playhead(scope='session', cassette='all')\ndef test_a(playhead): pass\n")
    result = suite.run_apart("-p", "xdist", "-n", "1", "--dist", "loadfile")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*shares its session with tests that --dist loadfile may run in other processes"])


def test_a_marker_that_makes_no_sense_ends_a_spread_run(suite: Suite) -> None:
    """With the same words."""
    suite.write("test_a.py", "@pytest.mark.playhead(casette='all')\ndef test_a(playhead): pass\n")
    result = suite.run_apart("-p", "xdist", "-n", "1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no argument 'casette'", "hint: one of cassette, *"])


def test_a_worker_that_crashes_is_told_and_replaces_no_golden(suite: Suite) -> None:
    """The summary says so, its test fails, the others count."""
    suite.write(
        "test_a.py",
        """
import os
pytestmark = pytest.mark.playhead

def test_crash(playhead, playhead_stub):
    ask(playhead, playhead_stub)
    if os.environ.get("CRASH"):
        os._exit(3)

def test_fine(playhead, playhead_stub):
    ask(playhead, playhead_stub)
""",
    )
    suite.run("--playhead-record").assert_outcomes(passed=2)
    before = suite.cassettes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRASH", "1")
        result = suite.run_apart("-p", "xdist", "-n", "2", "--playhead-mode=record", "--playhead-orphans")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["orphans were not looked for: a worker crashed", "worker crashed: gw*"])
    assert suite.cassettes() == before


@pytest.mark.parametrize(
    ("dist", "scope", "together"),
    [("load", "session", True), ("loadfile", "module", True), ("loadscope", "class", True), ("each", "class", False)],
)
def test_which_ways_keep_tests_together(dist: str, scope: str, together: bool) -> None:
    """By what xdist says of them."""
    assert keeps_together(dist, scope) is together
