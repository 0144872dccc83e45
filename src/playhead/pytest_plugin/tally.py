"""The facts of a whole run put together, whichever process and order they came in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from playhead.harness.prices import Use, cost_of
from playhead.pytest_plugin.facts import COUNTS, Batch, CassetteFacts, TestFacts, enough

STATES = ("replayed", "recorded", "live", "refused", "idle")


class Group(NamedTuple):
    """
    A test that was run once a take.

    Attributes:
        test: Its name.
        takes: How many were run.
        passed: How many of them passed.
        wanted: The share that must, or ``None``.
    """

    test: str
    takes: int
    passed: int
    wanted: float | None

    @property
    def holds(self) -> bool:
        """Whether enough passed."""
        return enough(self.passed, self.takes, self.wanted)


class Tally:
    """
    What a run came to.

    Attributes:
        tests: What became of each test.
        cassettes: What became of each session.
        crashed: Workers that crashed, with what is known.
        blocked: Attempts on the network that the guard refused, by test.
        collected: Whether the whole suite was collected, run and not cut short.
    """

    def __init__(self) -> None:
        self.tests: list[TestFacts] = []
        self.cassettes: list[CassetteFacts] = []
        self.crashed: list[str] = []
        self.whole = True

    def add(self, batch: Batch) -> None:
        """Take in what a report or a worker brought."""
        self.tests += batch["tests"]
        self.cassettes += batch["cassettes"]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was played and nothing went wrong."""
        return not (self.tests or self.cassettes)

    def states(self) -> dict[str, int]:
        """Count the tests by what became of their calls."""
        return {state: sum(1 for test in self.tests if test["state"] == state) for state in STATES}

    def counts(self) -> dict[str, int]:
        """Add up the numbers of all sessions."""
        return {name: sum(test["counts"][name] for test in self.tests) for name in COUNTS}

    def united(self) -> list[CassetteFacts]:
        """Give one entry a cassette, by path: what several sessions of one played counts together."""
        found: dict[str, CassetteFacts] = {}
        for facts in sorted(self.cassettes, key=lambda one: (one["cassette"], one["mode"])):
            known = found.get(facts["cassette"])
            found[facts["cassette"]] = facts if known is None else _both(known, facts)
        return list(found.values())

    def unplayed(self) -> int:
        """Count the recorded calls that no test asked for, in the cassettes that were opened."""
        return sum(facts["unplayed"] for facts in self.united())

    def cost(self) -> tuple[Decimal | None, int]:
        """Give what the answers that were played would have cost in US dollars, and how many have no known price."""
        uses: Counter[Use] = Counter()
        for test in self.tests:
            for *use, count in test["uses"]:
                uses[Use(*use)] += count
        return cost_of(uses)

    def side_traffic(self) -> list[str]:
        """Give what was recorded or sent and is no model call, each once."""
        return sorted({one for facts in self.cassettes for one in facts["side_traffic"]})

    def drifted(self) -> dict[str, int]:
        """Count the calls that were let through although they differ, by what differs."""
        found: dict[str, int] = {}
        for facts in self.cassettes:
            for policy, segments in facts["drifted"]:
                name = f"{segments} ({policy})"
                found[name] = found.get(name, 0) + 1
        return dict(sorted(found.items()))

    def groups(self) -> list[Group]:
        """Give the tests that were run once a take."""
        names = sorted({test["group"] for test in self.tests if test["group"] is not None})
        return [_group(name, [test for test in self.tests if test["group"] == name]) for name in names]

    def mutations(self) -> tuple[int, dict[str, int]]:
        """Give how many changes were tried, and the fields whose change was not noticed."""
        found: dict[str, int] = {}
        for test in self.tests:
            for field, count in test["unnoticed"].items():
                found[field] = found.get(field, 0) + count
        return sum(test["mutated"] for test in self.tests), dict(sorted(found.items()))

    def failures(self) -> list[str]:
        """Give what fails the run although no single test does."""
        found = [
            f"{group.test}: {group.passed} of {group.takes} takes passed, {group.wanted:.0%} are needed"
            for group in self.groups()
            if group.wanted is not None and not group.holds
        ]
        if self.whole:
            found += [
                f"{facts['unplayed']} of {facts['calls']} recorded calls in {facts['cassette']!r} were not played"
                for facts in self.united()
                if facts["strict"] and facts["unplayed"] and facts["keys"] is not None
            ]
        return found


def _group(name: str, tests: Iterable[TestFacts]) -> Group:
    runs = list(tests)
    passed = sum(1 for test in runs if test["outcome"] == "passed")
    return Group(name, len(runs), passed, runs[0]["pass_rate"])


def _both(one: CassetteFacts, other: CassetteFacts) -> CassetteFacts:
    """Unite two sessions of a cassette; without keys on both sides the lesser number of unplayed calls stands."""
    mine, theirs = one["keys"], other["keys"]
    united: Any = {**one, **{name: one[name] or other[name] for name in ("kept_apart", "expired", "written", "strict")}}
    united["side_traffic"] = sorted({*one["side_traffic"], *other["side_traffic"]})
    united["drifted"] = one["drifted"] + other["drifted"]
    united["unplayed"] = min(one["unplayed"], other["unplayed"])
    if mine is not None and theirs is not None and one["calls"] is not None:
        keys = {*mine, *theirs}
        united["keys"] = sorted(keys)
        united["unplayed"] = max(0, one["calls"] - len(keys)) if one["unplayed"] or other["unplayed"] else 0
    result: CassetteFacts = united
    return result
