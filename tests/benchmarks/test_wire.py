"""The measures at the wire seam run, and compare what they say they compare."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from benchmarks.workshop import Workshop

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(peer) is None for peer in ("vcr", "cassetter", "diskcache")),
    reason="needs the peers of group `bench`",
)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Folders to record into."""
    from benchmarks.workshop import Workshop

    return Workshop(tmp_path / "recordings", tmp_path / "scratch")


def test_sizes_come_with_a_replay_to_the_byte(shop: Workshop) -> None:
    """Playhead gives back every byte and every chunk; what is smaller is not smaller for having lost something."""
    from benchmarks.contenders import OURS
    from benchmarks.measures import wire_size
    from benchmarks.measures.wire import YAML
    from benchmarks.plan import QUICK

    plan = QUICK._replace(wire_size=2)
    result = wire_size.MEASURE.run(plan, shop)
    for what in (wire_size.STREAMS, wire_size.VECTORS, wire_size.CHAT):
        named = wire_size.case(what, plan)
        ours, theirs = result.find(named, OURS), result.find(named, YAML)
        exact = result.find(named + wire_size.EXACT, OURS)
        assert ours is not None
        assert theirs is not None
        assert exact is not None
        assert 0 < ours.median < theirs.median
        assert exact.median == 100
    cuts = result.find(wire_size.case(wire_size.STREAMS, plan) + wire_size.CUTS_EXACT, OURS)
    assert cuts is not None
    assert cuts.median == 100


def test_replay_is_checked_before_it_is_timed(shop: Workshop) -> None:
    """Every tool that is timed gave each call its own answer first, and the mock stands beside it."""
    from benchmarks.contenders import MOCK, OURS
    from benchmarks.measures.wire import CASSETTER, SAME_BODY, YAML
    from benchmarks.measures.wire_child import replay

    names = [OURS, YAML, SAME_BODY, CASSETTER]
    facts = {"n": 3, "names": names, "rounds": 2, "slow_limit_s": 5}
    found = replay("httpx", facts, shop)
    assert set(found) == {MOCK, *names}
    assert all(len(samples) == 2 and min(samples) > 0 for samples in found.values())


def test_recording_takes_longer_than_no_recorder(shop: Workshop) -> None:
    """A recorder that takes no time has recorded nothing."""
    from benchmarks.contenders import MOCK, OURS
    from benchmarks.measures.wire import JSON
    from benchmarks.measures.wire_child import record

    facts = {"n": 5, "names": [OURS, JSON], "rounds": 2, "slow_limit_s": 5}
    found = record("httpx", facts, shop)
    assert all(min(found[name]) > min(found[MOCK]) for name in (OURS, JSON))


def test_a_client_that_is_not_installed_is_said() -> None:
    """A figure that nobody could take is not judged, with the reason."""
    from benchmarks.measures import wire

    executable, reason = wire.interpreter("httpx")
    assert (executable, reason) == (None, "")
    executable, reason = wire.interpreter("no_such_client")
    assert executable is not None or "make .venv-sdk/.ready" in reason
