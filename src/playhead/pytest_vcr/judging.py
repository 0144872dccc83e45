"""A call that was refused fails its test, whatever the code under test did with the exception."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

import pytest

from playhead.errors import ReplayRefused
from playhead.sessions.session import Session

SECTION = "playhead: refused calls"


class State:
    """
    What is known of a test with a cassette.

    Attributes:
        session: Its session.
        ended_well: Whether the test passed; one that did not leaves the cassette as it was.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ended_well = False
        self._told = 0

    def judge(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Make a phase's report tell of the calls refused in it, and note how the test ended."""
        words = self._fresh()
        if words and report.failed:
            if any(text.splitlines()[0] not in report.longreprtext for text in words):
                report.sections.append((SECTION, "\n\n".join(words)))
        elif words and not (hasattr(report, "wasxfail") and _expects_refusal(item)):
            if hasattr(report, "wasxfail"):
                del report.wasxfail
            report.outcome = "failed"
            what = "a call was refused" if len(words) == 1 else f"{len(words)} calls were refused"
            report.longrepr = f"{what}, and the test went on\n\n" + "\n\n".join(words)
        if report.when == "call":
            self.ended_well = report.passed or hasattr(report, "wasxfail")

    def judge_rest(self) -> None:
        """
        Fail the teardown for calls that were refused after the test.

        Raises:
            pytest.fail.Exception: There are some.
        """
        words = self._fresh()
        if words:
            self.ended_well = False
            self.session.close(ok=False)
            pytest.fail("a call was refused in the teardown\n\n" + "\n\n".join(words), pytrace=False)

    def _fresh(self) -> list[str]:
        refusals = self.session.report().refusals
        words = [one.message for one in refusals[self._told :]]
        self._told = len(refusals)
        return words


STATE = pytest.StashKey[State]()


class Judge:
    """The plugin of runs whose cassettes are our own."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge the test's own phase; its session ends in the teardown."""
        report = yield
        state = item.stash.get(STATE, None)
        if state is not None and report.when == "call":
            state.judge(item, report)
        return report


def _expects_refusal(item: pytest.Item) -> bool:
    for mark in item.iter_markers("xfail"):
        raises: Any = mark.kwargs.get("raises")
        expected = cast("tuple[Any, ...]", raises if isinstance(raises, tuple) else (raises,))
        if any(isinstance(one, type) and issubclass(one, ReplayRefused) for one in expected):
            return True
    return False
