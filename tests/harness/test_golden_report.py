"""The report of a golden run as programs read it."""

from __future__ import annotations

import msgspec

from playhead.harness.golden_report import FailedCall, GoldenReport, Progress


def test_a_report_is_plain_values() -> None:
    """A report goes to JSON and back without loss."""
    report = GoldenReport(
        path="a.cassette",
        sealed=True,
        wanted=2,
        called=1,
        resumed=1,
        retried=0,
        failed=1,
        unrecorded=0,
        failures=(FailedCall(0, 1, "ProviderError", "lost"),),
        tokens=3,
        seconds=0.5,
        calls=2,
        size=100,
        digest="00",
    )
    assert msgspec.json.decode(msgspec.json.encode(report), type=GoldenReport) == report


def test_a_progress_starts_with_nothing_of_its_own() -> None:
    """What a run has not done yet is zero."""
    assert Progress(3, 1, 1) == (3, 1, 1, 0, 0, 0.0, False)
