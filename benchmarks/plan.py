"""How much is measured: numbers of calls and of repeats, for a complete, a quick or a full run."""

from __future__ import annotations

from typing import NamedTuple

BIG = 20_000
"""Calls above which a cassette is written by ``big_cassette`` and whole-file peers are left out."""


class Plan(NamedTuple):
    """
    What one run measures.

    Attributes:
        opening: Numbers of calls in the files that are opened.
        opening_samples: Fresh processes a contender.
        keyed_big: Whether stores that are not read whole are filled with ``BIG`` calls and more; minutes each.
        get: Numbers of entries for random gets.
        replay: Numbers of calls in the files that are replayed.
        rounds: Rounds of a measure that takes milliseconds.
        recording: Numbers of calls that are recorded.
        recording_rounds: Rounds of recording.
        slow_limit_s: A contender whose last sample of a case took longer is not sampled again.
        size: Calls of each workload whose files are weighed.
        git: Calls that are recorded again.
        editions: Recordings after the first.
        miss: Calls among which a miss is explained.
        diff: Numbers of calls in the two files that are compared.
        examples: Examples of a property test a sample.
        stability: Requests of ten takes each that are compared.
        imports: Fresh processes a package.
        wire_opening: Numbers of calls in the files that are opened over the wire.
        wire: Numbers of calls in the files that are replayed over the wire.
        wire_recording: Numbers of calls that are recorded over the wire.
        sdk: Numbers of calls in the files that are replayed through a vendor's SDK.
        wire_size: Calls of each workload over the wire whose files are weighed.
        sessions: Sessions that are opened and closed a sample.
        plugin_tests: Tests of the suite that is run under pytest plugins.
        plugin_rounds: Runs of it under each.
        gateway_s: Seconds that the gateway is kept under load.
    """

    opening: tuple[int, ...] = (1, 10, 1_000, 100_000)
    opening_samples: int = 5
    keyed_big: bool = False
    get: tuple[int, ...] = (10, 1_000, 100_000)
    replay: tuple[int, ...] = (10, 1_000, 100_000)
    rounds: int = 5
    recording: tuple[int, ...] = (100, 1_000, 5_000)
    recording_rounds: int = 3
    slow_limit_s: float = 2.0
    size: int = 1_000
    git: int = 500
    editions: int = 5
    miss: int = 1_000
    diff: tuple[int, ...] = (1_000, 10_000)
    examples: int = 500
    stability: int = 1_000
    imports: int = 9
    wire_opening: tuple[int, ...] = (1, 10, 1_000)
    wire: tuple[int, ...] = (1, 10, 1_000, 10_000)
    wire_recording: tuple[int, ...] = (100, 1_000, 5_000)
    sdk: tuple[int, ...] = (10, 1_000)
    wire_size: int = 100
    sessions: int = 300
    plugin_tests: int = 100
    plugin_rounds: int = 5
    gateway_s: float = 60.0


COMPLETE = Plan()
FULL = COMPLETE._replace(
    opening=(1, 10, 1_000, 100_000, 1_000_000),
    opening_samples=9,
    keyed_big=True,
    slow_limit_s=20.0,
    git=1_000,
    rounds=15,
    recording_rounds=5,
    imports=15,
)
QUICK = Plan(
    opening=(1, 10),
    opening_samples=3,
    get=(10, 100),
    replay=(10, 100),
    rounds=3,
    recording=(50,),
    recording_rounds=2,
    size=50,
    git=40,
    editions=2,
    miss=60,
    diff=(30,),
    examples=30,
    stability=20,
    imports=3,
    wire_opening=(1, 10),
    wire=(1, 10),
    wire_recording=(30,),
    sdk=(10,),
    wire_size=4,
    sessions=20,
    plugin_tests=10,
    plugin_rounds=2,
    gateway_s=1.2,
)


def scaled(plan: Plan, factor: float) -> Plan:
    """Give a plan with every number of calls above ten multiplied."""

    def of(n: int) -> int:
        return n if n <= 10 else max(11, round(n * factor))

    return plan._replace(
        opening=tuple(map(of, plan.opening)),
        get=tuple(map(of, plan.get)),
        replay=tuple(map(of, plan.replay)),
        recording=tuple(map(of, plan.recording)),
        size=of(plan.size),
        git=of(plan.git),
        miss=of(plan.miss),
        diff=tuple(map(of, plan.diff)),
        stability=of(plan.stability),
        wire_opening=tuple(map(of, plan.wire_opening)),
        wire=tuple(map(of, plan.wire)),
        wire_recording=tuple(map(of, plan.wire_recording)),
        sdk=tuple(map(of, plan.sdk)),
        wire_size=of(plan.wire_size),
        plugin_tests=of(plan.plugin_tests),
    )
