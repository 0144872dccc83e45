"""Sessions of tests, from their opening to their end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.pytest_plugin.conftest import ONE, PLUGIN, Suite

TWO_CALLS = """
@pytest.mark.playhead
def test_a(playhead, playhead_stub):
    ask(playhead, playhead_stub, "a")
    ask(playhead, playhead_stub, "b")
"""


def test_unplayed_calls_are_told_and_fail_under_strict(suite: Suite) -> None:
    """By the command line, the marker or the file; a marker may lower the file's word but not the command line's."""
    suite.write("test_a.py", TWO_CALLS)
    suite.run("--playhead-record").assert_outcomes(passed=1)
    fewer = TWO_CALLS.replace('    ask(playhead, playhead_stub, "b")\n', "")
    suite.write("test_a.py", fewer)
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*1 call unplayed", "unplayed: 1 cassette", "  cassettes/test_a/test_a.cassette: 1 of 2"]
    )
    result = suite.run("--playhead-strict")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*1 of 2 recorded calls in *were not played*"])
    suite.write("test_a.py", fewer.replace("mark.playhead", "mark.playhead(strict=True)"))
    suite.run().assert_outcomes(passed=1, errors=1)
    suite.write("test_a.py", fewer.replace("mark.playhead", "mark.playhead(strict=False)"))
    suite.write("pyproject.toml", "[tool.playhead]\nstrict = true\n", head="")
    suite.run().assert_outcomes(passed=1)
    suite.run("--playhead-strict").assert_outcomes(passed=1, errors=1)


def test_tests_share_a_session(suite: Suite) -> None:
    """One cassette for all, takes going on from test to test; strict fails the run for what none of them played."""
    suite.write(
        "test_a.py",
        """
pytestmark = pytest.mark.playhead(scope="session", cassette="all")

@pytest.mark.parametrize("n", range(3))
def test_a(playhead, playhead_cycling_stub, n):
    ask(playhead, playhead_cycling_stub, "same")
""",
    )
    suite.run("--playhead-record").assert_outcomes(passed=3)
    assert set(suite.cassettes()) == {"cassettes/all.cassette"}
    suite.run("--playhead-strict").assert_outcomes(passed=3)
    (suite.path / "test_a.py").write_text((suite.path / "test_a.py").read_text().replace("range(3)", "range(2)"))
    sys.modules.pop("test_a", None)
    result = suite.run("--playhead-strict")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["FAILED 1 of 3 recorded calls in 'cassettes/all.cassette' were not played"])


def test_sharing_under_other_arguments_is_refused(suite: Suite) -> None:
    """The first test's would be everybody's."""
    suite.write(
        "test_a.py",
        """
@pytest.mark.playhead(scope="module")
def test_a(playhead):
    pass

@pytest.mark.playhead(scope="module", strict=True)
def test_b(playhead):
    pass
""",
    )
    result = suite.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*under other arguments than the tests before it*"])


def test_one_failure_of_a_shared_session_keeps_the_golden(suite: Suite) -> None:
    """The recording of all of them is kept apart."""
    test = """
pytestmark = pytest.mark.playhead(scope="module")

def test_a(playhead, playhead_stub):
    ask(playhead, playhead_stub, "a")

def test_b(playhead, playhead_stub):
    assert WELL
"""
    suite.write("test_a.py", test.replace("WELL", "True"))
    suite.run("--playhead-record").assert_outcomes(passed=2)
    before = suite.cassettes()
    suite.write("test_a.py", test.replace("WELL", "False"))
    suite.run("--playhead-mode=record").assert_outcomes(passed=1, failed=1)
    after = suite.cassettes()
    assert after.pop("cassettes/test_a.failed.cassette")
    assert after == before


def test_an_interrupted_test_keeps_the_golden(suite: Suite) -> None:
    """A real Ctrl-C, in a real process, in the middle of a recording test: the summary is written, the golden stays."""
    test = (
        ONE
        + "    import pathlib, time\n    if SLOW:\n        pathlib.Path('started').touch()\n        time.sleep(60)\n"
    )
    suite.write("test_a.py", test.replace("SLOW", "False"))
    suite.run("--playhead-record").assert_outcomes(passed=1)
    before = suite.cassettes()
    suite.write("test_a.py", test.replace("SLOW", "True"))
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", PLUGIN, "--playhead-mode=record"],
        cwd=suite.path,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        end = time.monotonic() + 60
        while not (suite.path / "started").exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "cassettes/test_a/test_one.failed.cassette" in shown
    after = suite.cassettes()
    assert after.pop("cassettes/test_a/test_one.failed.cassette")
    assert after == before


def test_a_cassette_that_cannot_be_read_is_an_error(recorded: Suite) -> None:
    """It is never taken for absent, nor recorded over."""
    place = recorded.path / "cassettes/test_a/test_one.cassette"
    place.write_bytes(b"damaged")
    recorded.run("--playhead-record").assert_outcomes(errors=1)
    assert place.read_bytes() == b"damaged"
