"""A run as a whole: what its processes know, put together at its end."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from playhead.pytest_plugin import collecting, dealing, orphans, reporting, summary
from playhead.pytest_plugin.facts import Batch
from playhead.pytest_plugin.fixtures import PLAYING
from playhead.pytest_plugin.options import Run
from playhead.pytest_plugin.tally import Tally

if TYPE_CHECKING:
    from playhead.pytest_plugin.playing import Playing

CARRIED = "playhead_batch"
"""The attribute of a report that carries facts; xdist takes plain values across processes."""

DEALT = "playhead_dist"
OUTPUT = "playhead_output"

RUNNING = pytest.StashKey["Running"]()


class Running:
    """
    One process of a run: the only one, xdist's controller, or a worker.

    Attributes:
        tally: What the run came to.
        deselected: How many tests were deselected.
    """

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self.config = config
        self.run = run
        self.tally = Tally()
        self.deselected = 0
        self._worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._told: TemporaryDirectory[str] | None = None
        self._census: list[orphans.Census] = []
        self._expected: dict[Path, str] = {}
        self._unknown: list[str] = []
        self._folders: set[Path] = set()
        self._orphans: list[str] | str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what a report brings, from this process or a worker: a hook of this object's own."""
        batch: Batch | None = getattr(report, CARRIED, None)
        if batch is not None:
            self.tally.add(batch)

    @property
    def playing(self) -> Playing:
        """The sessions of this process."""
        return self.config.stash[PLAYING]

    def configure_worker(self, node: Any) -> None:
        """Tell one of xdist's workers how tests are dealt out, and where to say which belong together."""
        if self._told is None:
            self._told = TemporaryDirectory(prefix="playhead-")
        node.workerinput[DEALT] = (self.config.getoption("dist"), self._told.name)

    def deal_groups(self, node: Any) -> None:
        """Deal tests out by group where some share a session."""
        if self._told is not None:
            dealing.deal_groups(self.config, Path(self._told.name), node.gateway.id)

    def prepare(self, items: list[pytest.Item]) -> None:
        """
        Check and prepare the tests that will run.

        Raises:
            pytest.UsageError: One of them cannot go well.
        """
        if self._worker is None:
            prepared = collecting.prepare(items, self.run)
        else:
            dist, folder = self._worker[DEALT]
            with dealing.errors_told(Path(folder)):
                prepared = collecting.prepare(items, self.run)
                groups = collecting.groups_of(items, self.run, dist)
            dealing.tell(Path(folder), self._worker["workerid"], groups)
        if self.run.orphans:
            self._expected, self._unknown = prepared.claims, prepared.unknown
            self._folders = collecting.folders_of(items)

    def finish(self, session: pytest.Session) -> None:
        """Close what is open, and write the report; a worker hands over what it knows."""
        self.playing.end_all()
        if self._told is not None:
            self._told.cleanup()
        batch = self.playing.take_batch()
        if batch is not None:
            self.tally.add(batch)
        census = self._own_census(session)
        if self._worker is not None:
            output: dict[str, Any] = getattr(self.config, "workeroutput")  # noqa: B009 - xdist's own attribute
            output[OUTPUT] = {"batch": batch, "census": census}
            return
        if not self._is_distributed():
            self._census.append(census)
        self.tally.whole = orphans.unite([*self._census, census])["partial"] is None
        if self.run.orphans:
            self._orphans = self._find_orphans(session)
        if self.run.report is not None:
            place = Path(self.config.invocation_params.dir, self.run.report)
            reporting.write(place, reporting.document(self.tally, self.run, orphans=self._orphans))
        if self.tally.failures() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _is_distributed(self) -> bool:
        return bool(self.config.getoption("dist", "no") != "no")

    def _own_census(self, session: pytest.Session) -> orphans.Census:
        opened = set(self.playing.claims)
        did_not_open = sorted(set(self._unknown) - set(self.playing.claims.values()))
        partial = orphans.partial_reason(self.config) if self._worker is None else None
        if self.deselected:
            partial = f"{self.deselected} tests were deselected"
        elif session.shouldstop or session.shouldfail:
            partial = "the run was cut short"
        return {
            "claims": sorted(map(str, opened | set(self._expected))),
            "folders": sorted({*map(str, self._folders), *(str(path.parent) for path in opened)}),
            "unknown": did_not_open,
            "partial": partial,
        }

    def _find_orphans(self, session: pytest.Session) -> list[str] | str:
        if session.exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return "the run was cut short"
        if self.tally.crashed:
            return "a worker crashed"
        census = orphans.unite(self._census)
        if census["partial"] is None:
            census["partial"] = orphans.partial_reason(self.config)
        return orphans.listed(census, self.run.root)

    def worker_ended(self, node: Any, error: object) -> None:
        """
        Take in what a worker hands over at its end.

        Raises:
            pytest.UsageError: It was ended by one.
        """
        if self._told is not None:
            dealing.raise_told(Path(self._told.name))
        given: dict[str, Any] = getattr(node, "workeroutput", None) or {}
        output: dict[str, Any] = given.get(OUTPUT) or {}
        if output.get("batch"):
            self.tally.add(output["batch"])
        if output.get("census"):
            self._census.append(output["census"])
        elif error:
            self.tally.crashed.append(f"{node.gateway.id}: {str(error).strip().splitlines()[-1]}")

    def summarise(self, reporter: pytest.TerminalReporter) -> None:
        """Write the summary, where there is anything to say."""
        if not summary.is_worth_showing(self.tally, self._orphans):
            return
        reporter.section("playhead", sep="-")
        for line in summary.lines(self.tally, orphans=self._orphans):
            reporter.write_line(line)
        if self.run.report is not None:
            reporter.write_line(f"report: {self.run.report}")
