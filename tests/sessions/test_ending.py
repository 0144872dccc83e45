"""The end of a session: refusals and unplayed calls under strict, drift that was let through."""

from __future__ import annotations

import warnings

import msgspec
import pytest

from playhead import DriftWarning, Exhausted, NetworkBlocked, NoMatch, ReplayRefused
from playhead.engine.ledger import Drifted, Refusal, Report
from playhead.sessions.ending import REFUSALS, raise_if_strict, warn_of_drift

QUIET = Report(mode="replay", cassette="a.cassette", calls=2, played=2)


def refused(*kinds: str) -> Report:
    """Give a report with a refusal of each kind."""
    refusals = tuple(Refusal(kind, f"why {kind}", "p", None, "00") for kind in kinds)
    return msgspec.structs.replace(QUIET, refused=len(refusals), refusals=refusals)


@pytest.mark.parametrize(
    ("kind", "cls"), [("no match", NoMatch), ("exhausted", Exhausted), ("network", NetworkBlocked)]
)
def test_a_refusal_is_raised_as_what_it_was(kind: str, cls: type[ReplayRefused]) -> None:
    """The error a strict session ends with is the one the code under test swallowed, with its explanation."""
    assert REFUSALS[kind] is cls
    with pytest.raises(cls, match=f"why {kind}") as caught:
        raise_if_strict(refused(kind))
    assert caught.value.evidence.kind == kind


def test_further_refusals_are_counted() -> None:
    """The first is explained, the others are not forgotten."""
    with pytest.raises(NoMatch, match="and 2 more refused calls"):
        raise_if_strict(refused("no match", "exhausted", "network"))


def test_unplayed_calls_are_raised_where_they_could_have_been_played() -> None:
    """A mode that never reads the cassette plays nothing by intention."""
    with pytest.raises(ReplayRefused, match="1 of 2 recorded calls"):
        raise_if_strict(msgspec.structs.replace(QUIET, unplayed=1))
    raise_if_strict(msgspec.structs.replace(QUIET, mode="record", unplayed=1))


def test_a_session_without_faults_passes() -> None:
    """Nothing refused and all played raises and warns of nothing (warnings are errors here)."""
    raise_if_strict(QUIET)
    warn_of_drift(QUIET)


def test_drift_under_warn_warns_once() -> None:
    """One warning names the segments of the first call and counts the others; ``ignore`` says nothing."""
    warn, ignore = Drifted("00", ("system", "params"), "warn"), Drifted("01", ("model",), "ignore")
    with pytest.warns(DriftWarning, match=r"'a.cassette': .* system, params, and 1 more"):
        warn_of_drift(msgspec.structs.replace(QUIET, drifted=(warn, ignore, warn)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_drift(msgspec.structs.replace(QUIET, drifted=(ignore,)))
