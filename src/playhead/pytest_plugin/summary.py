"""The lines at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playhead.pytest_plugin.tally import Tally

SHOWN = 10
"""Lines of one kind; the rest is counted, and stands in the report file."""


def lines(tally: Tally, *, orphans: Any = None) -> Iterator[str]:
    """
    Write what a run came to.

    Args:
        tally: The run.
        orphans: Cassettes no test claims; a text says why they were not looked for.
    """
    if not tally.is_empty:
        yield from _numbers(tally)
        yield from _cassettes(tally)
        yield from _mutations(tally)
    for group in tally.groups():
        rate = f"{group.passed / group.takes:.0%}" if group.takes else "-"
        wanted = "" if group.wanted is None else f", {group.wanted:.0%} needed"
        yield f"takes: {group.test}: {group.passed} of {group.takes} passed ({rate}{wanted})"
    if isinstance(orphans, str):
        yield f"orphans were not looked for: {orphans}"
    elif orphans is not None:
        yield from _listed("orphans", orphans, f"{counted(len(orphans), 'cassette')} that no test claims")
    yield from (f"worker crashed: {one}" for one in tally.crashed)
    yield from (f"FAILED {one}" for one in tally.failures())


def _numbers(tally: Tally) -> Iterator[str]:
    states, counts = tally.states(), tally.counts()
    said = [f"{counted(count, 'test')} {state}" for state, count in states.items() if count and state != "idle"]
    if states["idle"]:
        said.append(f"{counted(states['idle'], 'test')} without a call")
    yield ", ".join(said)
    calls = [
        f"{counted(counts[name], 'call')} {word}"
        for name, word in (
            ("played", "replayed"),
            ("recorded", "recorded"),
            ("live", "live"),
            ("refused", "refused"),
            ("abandoned", "abandoned"),
        )
        if counts[name]
    ]
    unplayed = tally.unplayed()
    if unplayed:
        calls.append(f"{counted(unplayed, 'call')} unplayed")
    if calls:
        yield ", ".join(calls)
    if counts["played"]:
        cost, unpriced = tally.cost()
        saved = [f"{counted(counts['tokens_saved'], 'token')}", f"{counts['ms_saved'] / 1000:,.1f} s"]
        if cost is not None:
            more = f" ({counted(unpriced, 'call')} of unknown price)" if unpriced else ""
            saved.append(f"{money(cost)}{more}")
        yield f"not spent: {', '.join(saved)}"


def _cassettes(tally: Tally) -> Iterator[str]:
    united = tally.united()
    unplayed = [f"{one['cassette']}: {one['unplayed']} of {one['calls']}" for one in united if one["unplayed"]]
    yield from _listed("unplayed", unplayed, counted(len(unplayed), "cassette"))
    apart = [one["kept_apart"] for one in united if one["kept_apart"]]
    yield from _listed("kept apart, since their tests failed", apart, counted(len(apart), "recording"))
    expired = [f"{one['cassette']}: {one['expired']} days old" for one in united if one["expired"] is not None]
    yield from _listed("expired", expired, counted(len(expired), "cassette"))
    drifted = [f"{name}: {counted(count, 'call')}" for name, count in tally.drifted().items()]
    yield from _listed("drifted, as the rules allow", drifted, f"{len(drifted)}")
    side = tally.side_traffic()
    yield from _listed("traffic that is no model call", side, f"{len(side)}")


def _mutations(tally: Tally) -> Iterator[str]:
    tried, unnoticed = tally.mutations()
    if not tried:
        return
    missed = sum(unnoticed.values())
    yield f"sensitivity: {tried - missed} of {counted(tried, 'change')} noticed ({1 - missed / tried:.1%})"
    yield from _listed(
        "changes that would not be noticed",
        [f"{field}: {counted(count, 'request')}" for field, count in unnoticed.items()],
        counted(len(unnoticed), "field"),
    )


def _listed(what: str, rows: list[Any], total: str) -> Iterator[str]:
    if not rows:
        return
    yield f"{what}: {total}"
    yield from (f"  {row}" for row in rows[:SHOWN])
    if len(rows) > SHOWN:
        yield f"  and {len(rows) - SHOWN} more"


def counted(count: int, word: str) -> str:
    """Write a count with its word: ``1 call``, ``2 calls``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def money(amount: Any) -> str:
    """Write US dollars: two places, or the first two digits that say something."""
    if amount >= 1 or amount == 0:
        return f"${amount:,.2f}"
    return f"${amount:.{2 - amount.adjusted() - 1}f}" if hasattr(amount, "adjusted") else f"${amount}"


def is_worth_showing(tally: Tally, orphans: Any) -> bool:
    """Tell whether a run has anything to say: one that played nothing is left as it is."""
    return not tally.is_empty or orphans is not None or bool(tally.crashed)
