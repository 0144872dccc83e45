"""Recording through an HTTP client: microseconds a call over no recorder, with the save at the end."""

from __future__ import annotations

from benchmarks.contenders import MOCK, OURS
from benchmarks.measures.base import Measure
from benchmarks.measures.wire import CASSETTER, CASSETTER_BODIES, JSON, MATCHING, SAME_BODY, WHOLE_FILES, YAML, in_child
from benchmarks.plan import Plan
from benchmarks.results import Result, Row, case_of
from benchmarks.timing import say
from benchmarks.workshop import Workshop

NAMES = (OURS, YAML, JSON, SAME_BODY, CASSETTER, CASSETTER_BODIES)

NOTES = (
    (
        "Chat calls of 6 KB through httpx, answered by a `MockTransport`: the whole block, from opening to the saved "
        "file, less the same calls through the mock alone in the same round, divided by the calls. Playhead's "
        "transport stands round the mock; vcrpy and cassetter catch mocks by themselves."
    ),
    "Playhead loses no call that was answered when the process is killed; vcrpy and cassetter write once, at the end.",
    MATCHING,
)


def _run(plan: Plan, shop: Workshop) -> Result:
    rows: list[Row] = []
    for n in plan.wire_recording:
        say(f"wire recording: {n:,} calls")
        facts = {
            "n": n,
            "names": NAMES if n <= WHOLE_FILES else (OURS,),
            "rounds": plan.recording_rounds,
            "slow_limit_s": plan.slow_limit_s,
            **shop.places(),
        }
        times = in_child("record", "httpx", facts)
        bare = times[MOCK]
        for name in NAMES:
            if name in times:
                over = tuple(a - b for a, b in zip(times[name], bare, strict=False))
                rows.append(Row(case_of(n), name, "us", over))
            else:
                why = "not installed" if n <= WHOLE_FILES else "takes minutes"
                rows.append(Row(case_of(n), name, "us", skipped=why))
        rows.append(Row(case_of(n), "no recorder: MockTransport alone", "us", tuple(bare)))
    return Result("wire_recording", "Over the wire: recording a call, with the save", NOTES, tuple(rows))


MEASURE = Measure("wire_recording", _run)
