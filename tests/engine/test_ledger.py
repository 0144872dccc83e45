"""What a session decided, kept to the end."""

from __future__ import annotations

import pytest

from playhead import Completion, Failure, Stream, Usage
from playhead.core.model import Outcome
from playhead.engine.ledger import Ledger, Refusal, Report


def test_an_empty_ledger_reports_nothing_done() -> None:
    """Before any call all numbers are zero, and every recorded call is unplayed."""
    assert Ledger().report(mode="replay", cassette="c", calls=3) == Report(
        mode="replay", cassette="c", calls=3, unplayed=3
    )


@pytest.mark.parametrize(
    ("outcome", "tokens"),
    [
        (Completion("x", usage=Usage(1, 2, 3)), 3),
        (Completion("x"), 0),
        (Stream(end=Completion("x", usage=Usage(1, 2, 4))), 4),
        (Stream(end=None, cuts=(1,), text="x"), 0),
        (Stream(end=Failure("E")), 0),
        (Failure("E"), 0),
    ],
)
def test_tokens_saved_are_those_of_the_answer(outcome: Outcome, tokens: int) -> None:
    """Answers and streams that were completed save their tokens; latency is saved whatever came."""
    ledger = Ledger()
    ledger.note_replay(b"k" * 32, 0, outcome, 250)
    report = ledger.report(mode="replay", cassette="c", calls=1)
    assert (report.played, report.unplayed, report.tokens_saved, report.ms_saved) == (1, 0, tokens, 250)


def test_a_call_played_twice_is_one_call_played() -> None:
    """Playing a take again counts as an answer and leaves as many unplayed."""
    ledger = Ledger()
    for n in (0, 0, 1):
        ledger.note_replay(b"k" * 32, n, Completion("x"), 0)
    report = ledger.report(mode="replay", cassette="c", calls=3)
    assert (report.played, report.unplayed) == (3, 1)


def test_calls_without_an_outcome_are_abandoned() -> None:
    """What was begun and never stored is counted."""
    ledger = Ledger()
    ledger.begun, ledger.recorded = 3, 2
    assert ledger.report(mode="record", cassette="c", calls=0).abandoned == 1


def test_refusals_stay_in_order() -> None:
    """Every refusal is reported, in the order it came, and a report does not change after it was given."""
    ledger = Ledger()
    refusals = [Refusal("no match", f"m{n}", "p", None, "f" * 64) for n in range(2)]
    ledger.refusals.append(refusals[0])
    first = ledger.report(mode="replay", cassette="c", calls=0)
    ledger.refusals.append(refusals[1])
    assert (first.refused, first.refusals) == (1, tuple(refusals[:1]))
    assert ledger.report(mode="replay", cassette="c", calls=0).refusals == tuple(refusals)


def test_an_equal_refusal_may_be_the_same_one_again() -> None:
    """What an SDK tries thrice by itself is one refusal that was tried thrice; its first words stay."""
    ledger = Ledger()
    for number in range(3):
        ledger.note_refusal(Refusal("no match", f"m{number}", "p", None, "f" * 64), once=True)
    assert ledger.refusals == [Refusal("no match", "m0", "p", None, "f" * 64, times=3)]


def test_refusals_of_a_callers_own_count_each() -> None:
    """Where the caller asks again by itself each refusal is one."""
    ledger = Ledger()
    for _ in range(2):
        ledger.note_refusal(Refusal("no match", "m", "p", None, "f" * 64), once=False)
    assert [one.times for one in ledger.refusals] == [1, 1]


@pytest.mark.parametrize(
    "other",
    [
        Refusal("exhausted", "m", "p", None, "f" * 64),
        Refusal("no match", "m", "q", None, "f" * 64),
        Refusal("no match", "m", "p", None, "0" * 64),
    ],
)
def test_another_refusal_is_another(other: Refusal) -> None:
    """Kind, provider and request tell refusals apart; they stay in the order they first came."""
    ledger = Ledger()
    first = Refusal("no match", "m", "p", None, "f" * 64)
    for one in (first, other, first):
        ledger.note_refusal(one, once=True)
    assert [(one.kind, one.provider, one.fingerprint, one.times) for one in ledger.refusals] == [
        ("no match", "p", "f" * 64, 2),
        (other.kind, other.provider, other.fingerprint, 1),
    ]


def test_a_report_does_not_change_when_a_refusal_is_tried_again() -> None:
    """What was reported stays as it was reported."""
    ledger = Ledger()
    refusal = Refusal("network", "m", "p", None, "")
    ledger.note_refusal(refusal, once=True)
    first = ledger.report(mode="replay", cassette="c", calls=0)
    ledger.note_refusal(refusal, once=True)
    assert (first.refusals[0].times, first.refused) == (1, 1)
    assert ledger.report(mode="replay", cassette="c", calls=0).refusals[0].times == 2


def test_side_traffic_is_kept_once_in_order() -> None:
    """Traffic that is no model call is told once each, as it first came."""
    ledger = Ledger()
    for what in ("GET b", "GET a", "GET b"):
        ledger.note_side(what)
    report = ledger.report(mode="record", cassette="c", calls=0)
    ledger.note_side("GET c")
    assert report.side_traffic == ("GET b", "GET a")
