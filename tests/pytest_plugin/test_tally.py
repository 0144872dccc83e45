"""The facts of a run put together, whichever process and order they came in."""

from __future__ import annotations

import itertools
from typing import Any, cast

from playhead.pytest_plugin import facts as values
from playhead.pytest_plugin.facts import CassetteFacts
from playhead.pytest_plugin.tally import Tally


def cassette(**given: Any) -> CassetteFacts:
    """Make the facts of a session."""
    usual: Any = {
        "cassette": "a.cassette",
        "mode": "replay",
        "scope": "module",
        "strict": False,
        "calls": 3,
        "unplayed": 0,
        "keys": [],
        "side_traffic": [],
        "drifted": [],
        "kept_apart": None,
        "written": False,
        "expired": None,
    }
    return cast("CassetteFacts", {**usual, **given})


def test(**given: Any) -> values.TestFacts:
    """Make the facts of a test."""
    counts = dict.fromkeys(
        ("played", "recorded", "live", "reused", "refused", "abandoned", "tokens_saved", "ms_saved"), 0
    )
    usual: Any = {
        "test": "t",
        "cassette": "a.cassette",
        "mode": "replay",
        "outcome": "passed",
        "state": "replayed",
        "counts": counts,
        "refusals": [],
        "uses": [],
        "group": None,
        "take": None,
        "pass_rate": None,
        "mutated": 0,
        "unnoticed": {},
    }
    return cast("values.TestFacts", {**usual, **given})


test.__test__ = False  # type: ignore[attr-defined]


def test_what_sessions_of_one_cassette_played_counts_together() -> None:
    """In any order."""
    parts = [
        cassette(unplayed=2, keys=["k1:0"], side_traffic=["GET b"], strict=True),
        cassette(unplayed=2, keys=["k2:0"], side_traffic=["GET a"]),
        cassette(unplayed=2, keys=["k2:0"], kept_apart="x"),
    ]
    seen: list[CassetteFacts] = []
    for order in itertools.permutations(parts):
        tally = Tally()
        tally.add({"tests": [], "cassettes": list(order)})
        (one,) = tally.united()
        seen.append(one)
    assert all(one == seen[0] for one in seen)
    assert (seen[0]["unplayed"], seen[0]["keys"], seen[0]["kept_apart"]) == (1, ["k1:0", "k2:0"], "x")


def test_a_strict_cassette_that_was_not_played_fails_a_whole_run_alone() -> None:
    """Half a suite plays half a cassette."""
    tally = Tally()
    tally.add({"tests": [], "cassettes": [cassette(unplayed=1, strict=True)]})
    assert tally.failures() == ["1 of 3 recorded calls in 'a.cassette' were not played"]
    tally.whole = False
    assert tally.failures() == []


def test_takes_are_counted_by_test() -> None:
    """With the share that passed and the one that was wanted."""
    tally = Tally()
    runs = [test(group="g", take=n, pass_rate=0.5, outcome="passed" if n else "xfailed") for n in range(4)]
    tally.add({"tests": runs, "cassettes": []})
    (group,) = tally.groups()
    assert (group.passed, group.takes, group.holds) == (3, 4, True)


def test_answers_are_priced_by_what_they_used() -> None:
    """Those of a model in no list are counted; nothing is guessed."""
    tally = Tally()
    tally.add({"tests": [test(uses=[["p", "no-such-model", 1, 1, 3]])], "cassettes": []})
    cost, unpriced = tally.cost()
    assert cost is None
    assert unpriced in (0, 3)


def test_states_and_mutations_add_up() -> None:
    """Over all tests."""
    tally = Tally()
    assert tally.is_empty
    tally.add({"tests": [test(mutated=4, unnoticed={"model": 1}), test(state="refused", mutated=1)], "cassettes": []})
    assert tally.states() == {"replayed": 1, "recorded": 0, "live": 0, "refused": 1, "idle": 0}
    assert tally.mutations() == (5, {"model": 1})
