"""The report file: its fields are its users' interface."""

from __future__ import annotations

from pathlib import Path

from playhead.pytest_plugin.options import resolve
from playhead.pytest_plugin.reporting import document, write
from playhead.pytest_plugin.tally import Tally
from tests.pytest_plugin.test_tally import cassette
from tests.pytest_plugin.test_tally import test as facts_of


def test_the_order_of_tests_is_not_that_they_ran_in(tmp_path: Path) -> None:
    """Equal runs give equal bytes."""
    written: list[bytes] = []
    for order in ((0, 1), (1, 0)):
        tally = Tally()
        parts = [facts_of(test="a"), facts_of(test="b")]
        tally.add({"tests": [parts[n] for n in order], "cassettes": [cassette()]})
        write(tmp_path / "deep" / "r.json", document(tally, resolve({}, {}, {}, tmp_path)))
        written.append((tmp_path / "deep" / "r.json").read_bytes())
    assert written[0] == written[1]


def test_the_fields_are_these(tmp_path: Path) -> None:
    """A field may be added; one that goes or changes its meaning raises the version."""
    found = document(Tally(), resolve({}, {}, {}, tmp_path))
    assert (found["format"], found["version"]) == ("playhead-report", 1)
    assert set(found) == {
        "format", "version", "mode", "totals", "tests", "cassettes", "side_traffic", "drifted", "takes", "mutations",
        "orphans", "crashed_workers", "failures",
    }  # fmt: skip
    assert set(found["totals"]) == {"tests", "calls", "cost_usd", "unpriced"}
