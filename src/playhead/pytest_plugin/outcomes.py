"""A refused call fails its test, whatever the code under test did with the exception."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import pytest

from playhead.pytest_plugin.naming import take_of
from playhead.pytest_plugin.playing import TestState

if TYPE_CHECKING:
    from playhead.engine.ledger import Refusal, Report
    from playhead.pytest_plugin.network import TestBlock

SECTION = "playhead: refused calls"
PACKAGE = str(Path(__file__).parents[1])
APART = "playhead: recording"


def judge(item: pytest.Item, state: TestState, report: pytest.TestReport) -> None:
    """
    Make a phase's report tell the truth about the calls that were refused in it, and note the test's outcome.

    A refusal that the test marks as expected (``xfail(raises=playhead.ReplayRefused)``) stays what it is.
    """
    opened = state.opened
    if opened is not None:
        numbers = opened.session.report()
        fresh = fresh_refusals(numbers.refusals, state.told)
        if fresh:
            state.told, state.was_refused = times_of(numbers.refusals), True
            _tell(item, report, fresh)
        if report.failed and numbers.recorded and report.when == "call":
            _name_recording(state, report, numbers)
    if report.when == "call" or not report.passed:
        ended_well = report.passed or hasattr(report, "wasxfail")
        state.passed = (ended_well and not report.failed) and (report.when == "call" or state.passed is True)
        state.outcome = "xfailed" if report.skipped and hasattr(report, "wasxfail") else report.outcome
    rate = state.wish.pass_rate
    if rate is None or state.was_refused or take_of(item) is None:
        return
    if report.when == "call" and report.failed:
        # Whether enough takes passed is told at the end of the run; one that did not is no failure of its own.
        report.outcome = "skipped"
        report.wasxfail = f"this take did not pass; {rate:.0%} of the takes must"


def shorten(call: pytest.CallInfo[None]) -> None:
    """Leave our own frames out of a refusal's traceback: it ends where the code made the call."""
    error: BaseException | None = None if call.excinfo is None else call.excinfo.value
    # The common failure has nothing to do with us, and our errors need not be loaded for it.
    if error is None or not type(error).__module__.startswith("playhead."):
        return
    from playhead.errors import ReplayRefused

    if not isinstance(error, ReplayRefused):
        return
    frames: list[TracebackType] = []
    step = error.__traceback__
    while step is not None:
        if not step.tb_frame.f_code.co_filename.startswith(PACKAGE):
            frames.append(step)
        step = step.tb_next
    kept = None
    for frame in reversed(frames):
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    if kept is not None:
        call.excinfo = pytest.ExceptionInfo[BaseException].from_exc_info((type(error), error, kept))


def times_of(refusals: tuple[Refusal, ...]) -> tuple[int, ...]:
    """Give how often each was tried."""
    return tuple(one.times for one in refusals)


def fresh_refusals(refusals: tuple[Refusal, ...], told: tuple[int, ...]) -> tuple[Refusal, ...]:
    """
    Give the refusals since others were told of.

    A call that is refused again counts: in a shared session it may be another test's.
    """
    return tuple(one for index, one in enumerate(refusals) if index >= len(told) or one.times > told[index])


def judge_network(block: TestBlock, report: pytest.TestReport) -> None:
    """Have what a test reached for with the network shut fail it, whatever it did with the exception."""
    attempts = list(block.attempts)
    if not attempts:
        return
    from playhead.pytest_plugin.network import words

    block.attempts.clear()
    if not report.failed:
        report.outcome = "failed"
        report.longrepr = words(attempts)
    elif any(attempt not in report.longreprtext for attempt in attempts):
        report.sections.append((SECTION, words(attempts)))


def _tell(item: pytest.Item, report: pytest.TestReport, refusals: tuple[Refusal, ...]) -> None:
    text = "\n\n".join(one.message for one in refusals)
    if report.failed:
        shown = report.longreprtext
        further = [one.message for one in refusals if one.message.splitlines()[0] not in shown]
        if further:
            report.sections.append((SECTION, "\n\n".join(further)))
        return
    if hasattr(report, "wasxfail"):
        if _expects_refusal(item):
            return
        del report.wasxfail
    what = "a call was refused" if len(refusals) == 1 else f"{len(refusals)} calls were refused"
    went_on = "skipped" if report.skipped else "went on"
    report.outcome = "failed"
    report.longrepr = f"{what}, and the test {went_on}\n\n{text}"


def _expects_refusal(item: pytest.Item) -> bool:
    from playhead.errors import ReplayRefused

    for mark in item.iter_markers("xfail"):
        raises: Any = mark.kwargs.get("raises")
        expected = cast("tuple[Any, ...]", raises) if isinstance(raises, tuple) else (raises,)
        if any(isinstance(one, type) and issubclass(one, ReplayRefused) for one in expected):
            return True
    return False


def _name_recording(state: TestState, report: pytest.TestReport, numbers: Report) -> None:
    """Say where the recording of a test that failed will be."""
    from playhead.store.sealing import failed_path

    opened = state.opened
    if opened is None:
        return
    calls = "1 call" if numbers.recorded == 1 else f"{numbers.recorded} calls"
    apart = str(failed_path(opened.session.path))
    report.sections.append((APART, f"{calls} recorded; kept apart in {apart!r}, and the cassette is as it was"))
