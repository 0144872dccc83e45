"""How a session ends: what it warns of, and what a strict one does not let pass."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from playhead.core.modes import Mode
from playhead.engine.ledger import Report
from playhead.engine.table import reads_cassette
from playhead.errors import DriftWarning, Exhausted, NetworkBlocked, NoMatch, ReplayRefused, SyntheticWarning

REFUSALS: Mapping[str, type[ReplayRefused]] = {
    "no match": NoMatch,
    "exhausted": Exhausted,
    "network": NetworkBlocked,
}
"""The error of each kind of refusal."""


def warn_of_drift(report: Report) -> None:
    """Warn of the segments that were let drift under the policy ``warn``."""
    found = [drift for drift in report.drifted if drift.policy == "warn"]
    if found:
        first = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        warnings.warn(
            f"{report.cassette!r}: a call differs from its recording in {', '.join(first.segments)}{more}",
            DriftWarning,
            stacklevel=4,
        )


def warn_of_synthetic(report: Report) -> None:
    """Warn of injected outcomes that stand in the cassette now: no golden should hold them unnoticed."""
    stored = [call for call in report.injected if call.stored]
    if stored:
        kinds = ", ".join(sorted({call.kind for call in stored}))
        warnings.warn(
            f"{report.cassette!r}: {len(stored)} injected outcomes were stored as 'synthetic': {kinds}",
            SyntheticWarning,
            stacklevel=4,
        )


def raise_if_strict(report: Report) -> None:
    """
    Raise for what a strict session does not let pass.

    Raises:
        ReplayRefused: A call was refused, or a recorded call was not played.
    """
    if report.refusals:
        first = report.refusals[0]
        more = f"\nand {report.refused - 1} more refused calls" if report.refused > 1 else ""
        cls = REFUSALS.get(first.kind, NoMatch)
        raise cls(f"a call was refused and the code went on\n{first.message}{more}", evidence=first)
    if report.unplayed and reads_cassette(Mode(report.mode)):
        raise ReplayRefused(
            f"{report.unplayed} of {report.calls} recorded calls in {report.cassette!r} were not played",
            hint="record the cassette again, or open it with strict=False",
        )
