"""The lines at the end of a run."""

from __future__ import annotations

from decimal import Decimal

import pytest

from playhead.pytest_plugin.summary import counted, is_worth_showing, lines, money
from playhead.pytest_plugin.tally import Tally
from tests.pytest_plugin.test_tally import cassette
from tests.pytest_plugin.test_tally import test as facts_of


def test_a_run_that_played_nothing_says_nothing() -> None:
    """Unless something was asked for or went wrong."""
    tally = Tally()
    assert not is_worth_showing(tally, None)
    assert is_worth_showing(tally, [])
    tally.crashed.append("gw0")
    assert is_worth_showing(tally, None)


def test_everything_is_told_with_its_number() -> None:
    """Tests, calls, what was left, what was kept."""
    tally = Tally()
    counts = {**facts_of()["counts"], "played": 2, "tokens_saved": 1200, "ms_saved": 1500}
    tally.add(
        {
            "tests": [facts_of(counts=counts), facts_of(state="idle")],
            "cassettes": [
                cassette(
                    unplayed=1, kept_apart="b.failed.cassette", drifted=[["warn", "system"]], side_traffic=["GET x"]
                )
            ],
        }
    )
    shown = list(lines(tally, orphans=["c.cassette"]))
    assert shown[:3] == [
        "1 test replayed, 1 test without a call",
        "2 calls replayed, 1 call unplayed",
        "not spent: 1,200 tokens, 1.5 s",
    ]
    for line in (
        "unplayed: 1 cassette",
        "  a.cassette: 1 of 3",
        "kept apart, since their tests failed: 1 recording",
        "  system (warn): 1 call",
        "traffic that is no model call: 1",
        "orphans: 1 cassette that no test claims",
    ):
        assert line in shown


def test_long_lists_are_cut_and_counted() -> None:
    """The report has the rest."""
    shown = list(lines(Tally(), orphans=[f"{n}.cassette" for n in range(12)]))
    assert shown[-1] == "  and 2 more"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.00"),
        ("1.5", "$1.50"),
        ("1234.5", "$1,234.50"),
        ("0.00045", "$0.00045"),
        ("0.123", "$0.12"),
        ("0.0000012", "$0.0000012"),
    ],
)
def test_money(amount: str, text: str) -> None:
    """Two places, or the first two digits that say something."""
    assert money(Decimal(amount)) == text


def test_counts() -> None:
    """With their word."""
    assert [counted(1, "call"), counted(0, "call"), counted(1000, "call")] == ["1 call", "0 calls", "1,000 calls"]
