"""Cassettes no test claims, told after whole runs only."""

from __future__ import annotations

import shutil

from playhead.pytest_plugin.orphans import Census, unite
from playhead.store.orphans import read_list
from tests.pytest_plugin.conftest import ONE, Suite


def with_orphan(suite: Suite) -> None:
    """Leave a cassette of a test that is gone."""
    place = suite.path / "cassettes" / "test_a"
    shutil.copy(place / "test_one.cassette", place / "test_gone.cassette")


def test_orphans_are_listed_for_prune(recorded: Suite) -> None:
    """In the summary, the report and the list; nothing is removed."""
    with_orphan(recorded)
    result = recorded.run("--playhead-orphans", "--playhead-report=report.json")
    result.stdout.fnmatch_lines(["orphans: 1 cassette that no test claims", "  cassettes/test_a/test_gone.cassette"])
    assert [one.path for one in read_list(recorded.path)] == ["cassettes/test_a/test_gone.cassette"]
    assert (recorded.path / "cassettes/test_a/test_gone.cassette").exists()
    assert '"cassettes/test_a/test_gone.cassette"' in (recorded.path / "report.json").read_text()


def test_a_part_of_the_suite_says_nothing_of_orphans(recorded: Suite) -> None:
    """Who runs one test does not learn that all others are orphans; the list of the last whole run stays."""
    with_orphan(recorded)
    for narrowed in (("test_a.py",), ("-k", "one"), ("-m", "playhead"), ("--deselect", "test_a.py::test_x")):
        result = recorded.run("--playhead-orphans", *narrowed)
        result.stdout.fnmatch_lines(["orphans were not looked for: *"])
    assert not (recorded.path / ".playhead-orphans.json").exists()


def test_the_root_by_name_is_the_whole_suite(recorded: Suite) -> None:
    """``pytest .``."""
    with_orphan(recorded)
    recorded.run("--playhead-orphans", ".").stdout.fnmatch_lines(["orphans: 1 cassette*"])


def test_many_processes_know_the_same(recorded: Suite) -> None:
    """No worker runs every test, all know every claim."""
    with_orphan(recorded)
    recorded.write("test_b.py", ONE)
    result = recorded.run_apart("-p", "xdist", "-n", "2", "--playhead-orphans", "--playhead-record")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["orphans: 1 cassette that no test claims"])


def test_names_that_only_a_run_tells_are_waited_for(suite: Suite) -> None:
    """A skipped test whose fixture names its cassette might claim any."""
    own = "@pytest.fixture\ndef playhead_cassette_name():\n    return 'own'\n\n"
    suite.write("test_a.py", own + ONE)
    suite.run("--playhead-record", "--playhead-orphans").stdout.no_fnmatch_line("orphans*")
    suite.write("test_a.py", own + "@pytest.mark.skip\n" + ONE.lstrip())
    suite.run("--playhead-orphans").stdout.fnmatch_lines(["orphans were not looked for: 1 tests with cassette names*"])


def census(claims: list[str], unknown: list[str]) -> Census:
    """Make what one process knows."""
    return {"claims": claims, "folders": ["f"], "unknown": unknown, "partial": None}


def test_one_process_that_ran_a_test_is_enough() -> None:
    """What it opened is known to all."""
    both = unite([census(["a"], ["t1"]), census(["b"], ["t2"])])
    assert (both["claims"], both["unknown"], both["folders"]) == (["a", "b"], [], ["f"])
