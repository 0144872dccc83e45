"""A cassette that is older than it may be: told, failed or recorded again."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.conftest import Suite

TEST = """
class Old(library.ManualClock):
    def wall_ns(self):
        return DAY * 86_400 * 10**9

@pytest.fixture(scope="session")
def playhead_settings():
    return {"clock": Old()}

class Today:
    def complete(self, request):
        return library.Completion("day DAY", provider="p", model="m")

@pytest.mark.playhead(max_age="30d"MORE)
def test_a(playhead):
    ask(playhead, Today())
"""


@pytest.fixture
def old(suite: Suite) -> Suite:
    """Record a test on day 1000."""
    suite.write("test_a.py", TEST.replace("DAY", "1000").replace("MORE", ""))
    suite.run("--playhead-record").assert_outcomes(passed=1)
    return suite


def at(day: int, more: str = "") -> str:
    """Give the test on another day."""
    return TEST.replace("DAY", str(day)).replace("MORE", more)


def test_a_young_cassette_is_let_be(old: Suite) -> None:
    """Up to the very day."""
    old.write("test_a.py", at(1030))
    old.run().assert_outcomes(passed=1, warnings=0)


def test_an_old_one_is_warned_of(old: Suite) -> None:
    """By default; the summary lists it."""
    old.write("test_a.py", at(1031))
    result = old.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["expired: 1 cassette", "  cassettes/test_a/test_a.cassette: 31 days old"])


def test_an_old_one_fails_where_it_should(old: Suite) -> None:
    """By the marker, or by the run's own setting."""
    old.write("test_a.py", at(1031, ", expired='fail'"))
    old.run().assert_outcomes(passed=1, errors=1)
    old.write("test_a.py", at(1031))
    old.write("pyproject.toml", '[tool.playhead]\nexpired = "fail"\n', head="")
    old.run().assert_outcomes(passed=1, errors=1)


def test_an_old_one_is_recorded_again_where_the_run_records(old: Suite) -> None:
    """Never in replay."""
    before = old.cassettes()
    old.write("test_a.py", at(1031, ", expired='record'"))
    old.run().assert_outcomes(passed=1, warnings=1)
    assert old.cassettes() == before
    assert old.report("--playhead-record")["totals"]["tests"]["recorded"] == 1
    old.run().assert_outcomes(passed=1, warnings=0)
