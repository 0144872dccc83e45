"""
``python -m benchmarks``: measure Playhead beside its peers, print the tables, write the JSON and the docs' page.

A complete run writes ``benchmarks/results/latest.json`` and ``docs/reference/benchmarks.md``; a run of a part writes
JSON only where it is told to.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import msgspec

from benchmarks.bars import judge
from benchmarks.joining import joined
from benchmarks.machine import ROOT, facts
from benchmarks.measures import (
    diffing,
    gateway_load,
    git_growth,
    importing,
    missing,
    opening,
    plugin,
    property_tests,
    random_get,
    recording,
    replaying,
    session_cost,
    size,
    stability,
    wire_opening,
    wire_order,
    wire_recording,
    wire_replaying,
    wire_size,
)
from benchmarks.plan import COMPLETE, FULL, QUICK, Plan, scaled
from benchmarks.report import to_docs, to_json, to_terminal
from benchmarks.results import Result
from benchmarks.timing import say
from benchmarks.workshop import Workshop

MEASURES = {
    module.MEASURE.name: module.MEASURE
    for module in (
        *(opening, random_get, replaying, recording, size, git_growth, missing, diffing, stability, importing),
        property_tests,
        *(wire_opening, wire_replaying, wire_recording, wire_size, wire_order, session_cost, plugin, gateway_load),
    )
}
LATEST = ROOT / "benchmarks" / "results" / "latest.json"
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--quick", action="store_true", help="few calls and repeats, under a minute")
    parser.add_argument("--full", action="store_true", help="more samples, a cassette of 1,000,000 calls; an hour")
    parser.add_argument("--only", metavar="NAMES", help=f"measures, with commas between: {', '.join(MEASURES)}")
    parser.add_argument("--scale", type=float, metavar="F", help="multiply every number of calls above ten")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="keep the recordings for the next run")
    parser.add_argument("--require-bars", action="store_true", help="exit with 1 where a figure is not met")
    parser.add_argument("--join", type=Path, nargs="+", metavar="FILE", help="measure nothing; report what runs wrote")
    found = parser.parse_args(given)
    unknown = set(found.only.split(",")) - MEASURES.keys() if found.only else set()
    if unknown:
        parser.error(f"unknown measure {sorted(unknown)[0]!r}")
    return found


def _plan(arguments: argparse.Namespace) -> Plan:
    plan = QUICK if arguments.quick else FULL if arguments.full else COMPLETE
    return plan if arguments.scale is None else scaled(plan, arguments.scale)


def _measured(names: Sequence[str], plan: Plan, shop: Workshop) -> tuple[list[Result], list[str]]:
    """
    Take measures.

    Returns:
        What came out, and the names of those that failed: one would otherwise take the figures of all with it.
    """
    results: list[Result] = []
    failed: list[str] = []
    for name in names:
        began = perf_counter()
        try:
            results.append(MEASURES[name].run(plan, shop))
        except Exception:  # noqa: BLE001 - whatever it was, it is printed and the run ends with 1
            traceback.print_exc()
            failed.append(name)
        say(f"{name} took {perf_counter() - began:.0f} s")
    return results, failed


def main(given: list[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    arguments = _arguments(given)
    if arguments.join:
        document, results, verdicts = joined(arguments.join)
        LATEST.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
        to_docs(PAGE, results, verdicts, document["machine"])
        return 0
    plan = _plan(arguments)
    chosen = arguments.only.split(",") if arguments.only else list(MEASURES)
    complete = not (arguments.only or arguments.quick or arguments.scale)
    machine = facts()
    with tempfile.TemporaryDirectory(prefix="playhead-benchmarks-") as scratch:
        shop = Workshop(arguments.cache or Path(scratch) / "recordings", Path(scratch) / "scratch")
        results, failed = _measured(chosen, plan, shop)
    verdicts = judge(results)
    print(to_terminal(results, verdicts, machine))
    target = arguments.json or (LATEST if complete else None)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(to_json(results, verdicts, machine, plan))
    if complete and not failed:
        to_docs(PAGE, results, verdicts, machine)
    if failed:
        print(f"these measures failed, and the page was left as it was: {', '.join(failed)}", file=sys.stderr)
        return 1
    missed = any(verdict.state == "NOT MET" for verdict in verdicts)
    return 1 if arguments.require_bars and missed else 0


if __name__ == "__main__":
    sys.exit(main())
