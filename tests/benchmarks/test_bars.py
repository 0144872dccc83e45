"""The figures to reach are read from what is really measured, and are met or missed on the right side."""

from __future__ import annotations

import importlib.util

import pytest
from benchmarks.results import Result, Row

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(peer) is None for peer in ("vcr", "cassetter", "diskcache")),
    reason="needs the peers of group `bench`",
)


def _verdicts(*rows: Row, measure: str) -> dict[tuple[str, str], tuple[float | None, str]]:
    from benchmarks.bars import judge

    found = judge([Result(measure, "", (), rows)])
    return {(one.bar.text, one.bar.case): (one.value, one.state) for one in found if one.bar.measure == measure}


def test_every_bar_names_a_measure_and_stands_once() -> None:
    """A misspelt measure would never be judged, and of two bars of one name one would hide the other."""
    from benchmarks.__main__ import MEASURES
    from benchmarks.bars import BARS

    assert {bar.measure for bar in BARS} <= MEASURES.keys()
    assert len({(bar.text, bar.case) for bar in BARS}) == len(BARS)


def test_bars_of_the_wire_are_cases_of_the_complete_plan() -> None:
    """Every case that a bar over the wire is read from is one that a complete run measures."""
    from benchmarks.bars import BARS
    from benchmarks.measures import wire_opening, wire_size
    from benchmarks.plan import COMPLETE
    from benchmarks.results import case_of

    def cases(numbers: tuple[int, ...], *clients: str) -> set[str]:
        return {wire_opening.case(n, client) for n in numbers for client in clients}

    opening, whats = COMPLETE.wire_opening, (wire_size.STREAMS, wire_size.VECTORS, wire_size.CHAT)
    measured = {
        "wire_opening": cases(opening, "httpx", "httpx2")
        | {wire_opening.flat_case(opening[0], opening[-1], client) for client in ("httpx", "httpx2")},
        "wire_replaying": cases(COMPLETE.wire, "httpx") | cases(COMPLETE.sdk, "httpx2", "openai"),
        "wire_recording": set(map(case_of, COMPLETE.wire_recording)),
        "wire_size": {
            wire_size.case(what, COMPLETE) + how
            for what in whats
            for how in ("", wire_size.EXACT, wire_size.CUTS_EXACT)
        },
    }
    for bar in BARS:
        assert bar.case in measured.get(bar.measure, {bar.case}), bar


def test_a_ratio_is_paired_and_held_to_its_side() -> None:
    """At most 1.3 times the mock, sample by sample, and at least as many times smaller as was promised."""
    from benchmarks.contenders import MOCK, OURS

    slow, fast = "N = 10", "N = 1"
    found = _verdicts(
        *(Row(slow, OURS, "us", (2.8, 1.4)), Row(slow, MOCK, "us", (2.0, 1.0))),
        *(Row(fast, OURS, "us", (1.2,)), Row(fast, MOCK, "us", (1.0,))),
        measure="wire_replaying",
    )
    text = "over the wire, replay over MockTransport"
    for named, value, state in ((slow, 1.4, "NOT MET"), (fast, 1.2, "met")):
        measured, judged = found[text, named]
        assert measured == pytest.approx(value)
        assert judged == state
    assert found[text, "N = 1,000"] == (None, "not judged")


def test_what_is_to_be_exact_is_not_rounded_up() -> None:
    """One stream of a hundred that does not come back to the byte is one too many."""
    from benchmarks.contenders import OURS
    from benchmarks.measures.wire_size import EXACT, STREAMS, case
    from benchmarks.plan import COMPLETE

    named = case(STREAMS, COMPLETE) + EXACT
    for share, state in ((100.0, "met"), (99.0, "NOT MET")):
        found = _verdicts(Row(named, OURS, "%", (share,)), measure="wire_size")
        assert found["over the wire, replayed to the byte", named] == (share, state)
