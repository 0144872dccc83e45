"""
The figures Playhead is held to. They are never weakened to fit a run: one that is not met is printed as not met.

A KB is 1,000 bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from benchmarks.contenders import MOCK, OURS
from benchmarks.contenders.limits import DICT, SLICE
from benchmarks.measures import diffing, gateway_load, plugin, property_tests, stability, wire_order, wire_size
from benchmarks.measures.git_growth import ANSWERS, FACTS
from benchmarks.measures.importing import OURS as IMPORT
from benchmarks.measures.importing import OVER
from benchmarks.measures.session_cost import CASE as SESSION
from benchmarks.measures.wire import CASSETTER, JSON, YAML
from benchmarks.measures.wire_opening import case, flat_case
from benchmarks.plan import COMPLETE
from benchmarks.results import Result, case_of, find, paired_ratio

MET, MISSED, OPEN = "met", "NOT MET", "not judged"


class Bar(NamedTuple):
    """
    One figure to reach.

    Attributes:
        text: What is promised.
        measure: The measure it is read from.
        case: The case.
        limit: The number.
        over: The contender above the line of a ratio; alone, its median is the value.
        under: The contender below the line, or ``None``.
        least: Whether the value must be at least the limit; else at most.
        unit: What the value is in; ``x`` for a ratio.
    """

    text: str
    measure: str
    case: str
    limit: float
    over: str = OURS
    under: str | None = None
    least: bool = False
    unit: str = "x"


class Verdict(NamedTuple):
    """A bar with what came out."""

    bar: Bar
    value: float | None

    @property
    def state(self) -> str:
        """Met, not met, or not judged because it was not measured."""
        if self.value is None:
            return OPEN
        bar = self.bar
        return MET if (self.value >= bar.limit if bar.least else self.value <= bar.limit) else MISSED

    def summary(self) -> dict[str, Any]:
        """Give the verdict as written to JSON."""
        bar = self.bar
        value = None if self.value is None else float(f"{self.value:.4g}")
        wanted = f"{'at least' if bar.least else 'at most'} {bar.limit:g} {bar.unit}"
        return {"text": bar.text, "case": bar.case, "wanted": wanted, "value": value, "state": self.state}


def _opening(n: str, limit: float, client: str) -> Bar:
    return Bar(f"first answer sooner than {client}", "opening", f"N = {n}", limit, over=client, under=OURS, least=True)


_CHAT, _AGENTS = "1,000 chat calls of 6 KB", "1,000 agent turns of 28 KB"

_DIFFS = (diffing.FACTS, diffing.TENTH, diffing.ALL)

_PROVIDER: tuple[Bar, ...] = (
    _opening("10", 100, "vcrpy YAML through requests"),
    _opening("10", 100, "vcrpy YAML through httpx"),
    _opening("1,000", 3_000, "vcrpy YAML through requests"),
    _opening("1,000", 3_000, "vcrpy YAML through httpx"),
    Bar("first answer", "opening", "N = 100,000", 2_000, unit="us"),
    Bar("first answer", "opening", "N = 1,000,000", 2_000, unit="us"),
    Bar("memory above imports", "opening", "N = 100,000, memory", 4_000, unit="KB"),
    Bar("memory above imports", "opening", "N = 1,000,000, memory", 4_000, unit="KB"),
    Bar("random get over its limit", "get", "N = 100,000", 1.35, under=SLICE),
    Bar("replay over its limit", "replay", "N = 10", 2.0, under=DICT),
    Bar("replay over its limit", "replay", "N = 1,000", 2.0, under=DICT),
    Bar("replay over its limit", "replay", "N = 100,000", 2.0, under=DICT),
    Bar("recording a call, with the save", "record", "N = 100", 200, unit="us"),
    Bar("recording a call, with the save", "record", "N = 1,000", 200, unit="us"),
    Bar("recording a call, with the save", "record", "N = 5,000", 200, unit="us"),
    Bar("size of a chat call", "size", _CHAT, 1_300, unit="bytes"),
    Bar("size of an agent turn", "size", _AGENTS, 2_500, unit="bytes"),
    Bar("size of a file of one call", "size", "one call of 2 KB", 900, unit="bytes"),
    Bar("git growth over vcrpy YAML's", "git", ANSWERS, 1.0, under="vcrpy YAML"),
    Bar("git growth over vcrpy YAML's", "git", FACTS, 0.2, under="vcrpy YAML"),
    Bar("a miss explained", "miss", "N = 1,000", 5_000, unit="us"),
    *(Bar("two recordings compared", "diff", diffing.case(10_000, how), 5_000, unit="ms") for how in _DIFFS),
    *(
        Bar("two recordings compared, memory", "diff", diffing.case(10_000, how, "memory"), 300_000, unit="KB")
        for how in _DIFFS
    ),
    Bar("takes of 1,000 requests compared", "stability", stability.case(1_000), 2_000, unit="ms"),
    *(
        Bar(f"property test, an example {seam}", "property", seam, 1.5, unit="ms")
        for seam in (property_tests.PROVIDER, property_tests.WIRE)
    ),
    Bar("import over bare Python", "import", OVER, 60, over=IMPORT, unit="ms"),
)


def _wire_opening(client: str, n: int, peer: str, limit: float) -> Bar:
    text = f"over the wire, first answer sooner than {peer}"
    return Bar(text, "wire_opening", case(n, client), limit, over=peer, under=OURS, least=True)


def _wire_replay(client: str, n: int, limit: float, *, under: str = MOCK) -> Bar:
    text = "over the wire, replay over MockTransport" if under == MOCK else f"over the wire, replay over {under}'s"
    return Bar(text, "wire_replaying", case(n, client), limit, under=under)


def _smaller(what: str, limit: float) -> Bar:
    named = wire_size.case(what, COMPLETE)
    return Bar("over the wire, smaller than vcrpy YAML's", "wire_size", named, limit, over=YAML, under=OURS, least=True)


def _exact(what: str, how: str) -> Bar:
    named = wire_size.case(what, COMPLETE) + how
    return Bar("over the wire, replayed to the byte", "wire_size", named, 100, least=True, unit="%")


_FLAT = 1.25
"""What counts as flat: the files differ a thousandfold in size."""

_WIRE: tuple[Bar, ...] = (
    *(_wire_opening(client, 10, YAML, 20) for client in ("httpx", "httpx2")),
    *(_wire_opening(client, 1_000, YAML, 500) for client in ("httpx", "httpx2")),
    *(_wire_opening(client, 10, JSON, 8) for client in ("httpx", "httpx2")),
    *(_wire_opening(client, 1_000, JSON, 95) for client in ("httpx", "httpx2")),
    *(
        Bar("over the wire, first answer whatever N", "wire_opening", flat_case(1, 1_000, client), _FLAT)
        for client in ("httpx", "httpx2")
    ),
    *(_wire_replay("httpx", n, 1.3) for n in (1, 10, 1_000, 10_000)),
    *(_wire_replay("httpx2", n, 1.3) for n in (10, 1_000)),
    *(_wire_replay("openai", n, 1.1) for n in (10, 1_000)),
    *(_wire_replay("httpx", n, 1.0, under=CASSETTER) for n in (1, 10, 1_000)),
    *(_wire_replay("httpx2", n, 1.0, under=CASSETTER) for n in (10, 1_000)),
    *(
        Bar("over the wire, recording over no recorder", "wire_recording", case_of(n), 350, unit="us")
        for n in (100, 1_000, 5_000)
    ),
    _smaller(wire_size.STREAMS, 15),
    _smaller(wire_size.VECTORS, 4),
    _exact(wire_size.STREAMS, wire_size.EXACT),
    _exact(wire_size.STREAMS, wire_size.CUTS_EXACT),
    _exact(wire_size.VECTORS, wire_size.EXACT),
    *(
        Bar("over the wire, wrong answers in silence", "wire_order", named, 0, unit="wrong")
        for named in (wire_order.OTHER_ORDER, wire_order.THREADS, wire_order.GATHERED)
    ),
    Bar("over the wire, calls left", "wire_order", wire_order.KILLED, 50, least=True, unit="calls left"),
    Bar("opening and closing a session", "session_cost", SESSION, 500, unit="us"),
)

_PLUGINS: tuple[Bar, ...] = (
    Bar("pytest plugin", "plugin", plugin.PER_TEST, 750, unit="us"),
    Bar("pytest plugin over pytest-recording", "plugin", plugin.PARALLEL, 1.0, under=plugin.THEIRS),
    Bar("drop-in over pytest-recording", "plugin", plugin.PARALLEL, 1.0, over=plugin.DROP_IN, under=plugin.THEIRS),
    Bar("pytest plugin loaded", "plugin", plugin.LOADING, 25, unit="ms"),
    Bar("drop-in loaded", "plugin", plugin.LOADING, 25, over=plugin.DROP_IN, unit="ms"),
)

_GATEWAY: tuple[Bar, ...] = (
    Bar("gateway, throughput over a bare app", "gateway", gateway_load.CASE, 0.7, under=gateway_load.BARE, least=True),
    Bar("gateway, wrong or missing answers", "gateway", gateway_load.WRONG, 0, unit="wrong"),
    Bar("gateway, memory gained under load", "gateway", gateway_load.MEMORY, 5_000, unit="KB"),
)

BARS: tuple[Bar, ...] = (*_PROVIDER, *_WIRE, *_PLUGINS, *_GATEWAY)


def judge(results: Sequence[Result]) -> tuple[Verdict, ...]:
    """Hold results against every bar."""
    by_name = {result.name: result for result in results}
    return tuple(Verdict(bar, _value(bar, by_name.get(bar.measure))) for bar in BARS)


def _value(bar: Bar, result: Result | None) -> float | None:
    if result is None:
        return None
    over = find(result.rows, bar.case, bar.over)
    if over is None:
        return None
    if bar.under is None:
        return over.median
    under = find(result.rows, bar.case, bar.under)
    return None if under is None else paired_ratio(over.values, under.values)
