"""What pytest plugins cost a test, beside the same test with a mock and no plugin; and what loading one costs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import NamedTuple

from benchmarks.contenders import OURS
from benchmarks.machine import sdk_python
from benchmarks.measures.base import Measure
from benchmarks.measures.plugin_clock import VARIABLE, Taken
from benchmarks.measures.processes import environment, python
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import in_turns, say
from benchmarks.workloads.suite import answering, write_suite
from benchmarks.workshop import Workshop

PER_TEST, FIRST = "a test, over the mock", "the first test, over the mock"
PARALLEL, LOADING = "the whole run, -n 8", "loading, over pytest"
BARE = "no plugin: MockTransport"
THEIRS, THEIR_BODIES, THEIR_IDLE = "pytest-recording", "pytest-recording, bodies matched", "pytest-recording, idle"
DROP_IN, IDLE = "Playhead's drop-in, the same YAML", "Playhead, idle"
WORKERS = 8
PARALLEL_ROUNDS = 3

NOTES = (
    (
        "A suite of tests with one call each through one httpx client, a cassette a test, recorded from a loopback "
        "server by each plugin and replayed without it. From the second test's start to the last one's end, divided by "
        "the tests, less the same of a run with no plugin whose client has a `MockTransport`, taken in the same round. "
        "The first test is apart, since it imports what is not imported before it is needed. Idle is the run with the "
        "mock, the plugin loaded and no test marked."
    ),
    (
        "The environment is the one with the vendors' SDKs, whose many HTTP clients vcrpy patches for each test; "
        "all plugins but the one measured are off, xdist too but for `-n 8`, which is timed from the start of pytest "
        "to its end."
    ),
    "Loading is the import of the plugin's module in a fresh process that has imported pytest.",
)


class _Way(NamedTuple):
    """
    One way to run the suite.

    Attributes:
        project: Which project: a folder's name.
        plugins: The entry points of pytest plugins that are on.
        arguments: Further arguments of pytest.
    """

    project: str
    plugins: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


_ENTRY_POINTS = ("playhead", "playhead_vcr", "recording", "asyncio", "anyio", "respx", "randomly", "hypothesispytest")
_WAYS = {
    OURS: _Way("ours", ("playhead",)),
    THEIRS: _Way("theirs", ("recording",)),
    THEIR_BODIES: _Way("theirs", ("recording",), ("-p", "benchmarks.measures.plugin_bodies")),
    DROP_IN: _Way("theirs", ("playhead_vcr",)),
    IDLE: _Way("mocked", ("playhead",)),
    THEIR_IDLE: _Way("mocked", ("recording",)),
    BARE: _Way("mocked"),
}
_MODULES = {
    OURS: "playhead.pytest_plugin.plugin",
    DROP_IN: "playhead.pytest_vcr.plugin",
    THEIRS: "pytest_recording.plugin",
}


class _Suites:
    """The projects, recorded."""

    def __init__(self, folder: Path, interpreter: str, tests: int) -> None:
        self._folder = folder
        self._python = interpreter
        with answering() as url:
            self._made("mocked", tests, url, mocked=True)
            self._made("ours", tests, url, marker="playhead")
            self._made("theirs", tests, url, marker="vcr")
            self.run(_WAYS[OURS], "--playhead-record")
            self.run(_WAYS[THEIRS], "--record-mode=once")

    def _made(self, name: str, tests: int, url: str, *, marker: str = "", mocked: bool = False) -> None:
        (self._folder / name).mkdir()
        write_suite(self._folder / name, tests=tests, url=url, marker=marker, mocked=mocked)

    def run(self, way: _Way, *further: str) -> tuple[Taken, float]:
        """
        Run the suite.

        Returns:
            What the tests took (nothing under xdist), and the milliseconds of the whole run.

        Raises:
            subprocess.CalledProcessError: A test failed; what pytest printed is on our error output.
        """
        clock = self._folder / "clock"
        clock.write_text("[0, 0]")
        off = [f"no:{name}" for name in _ENTRY_POINTS if name not in way.plugins]
        if "-n" not in further:
            off.append("no:xdist")
        switches = [
            word for name in ("benchmarks.measures.plugin_clock", "no:cacheprovider", *off) for word in ("-p", name)
        ]
        command = [self._python, "-m", "pytest", "-q", "--no-header", *switches, *way.arguments, *further]
        began = perf_counter_ns()
        done = subprocess.run(
            command,
            cwd=self._folder / way.project,
            env={**environment(), VARIABLE: str(clock)},
            capture_output=True,
            text=True,
            check=False,
        )
        whole = (perf_counter_ns() - began) / 1e6
        if done.returncode:
            print(done.stdout[-4000:], done.stderr[-4000:], file=sys.stderr)
        done.check_returncode()
        return Taken(*json.loads(clock.read_text())), whole


def _has_pytest_plugins(interpreter: str) -> bool:
    code = (
        "import importlib.util as u; print(all(map(u.find_spec, ('pytest_recording', 'xdist', 'httpx', 'playhead'))))"
    )
    return python("-c", code, executable=interpreter).strip() == "True"


def _run(plan: Plan, shop: Workshop) -> Result:
    interpreter = sdk_python()
    if interpreter is None or not _has_pytest_plugins(interpreter):
        reason = "not judged: pytest-recording is not installed; make .venv-sdk/.ready"
        skipped = tuple(Row(PER_TEST, name, "us", skipped=reason) for name in _WAYS if name != BARE)
        return Result("plugin", TITLE, NOTES, skipped)
    say(f"pytest plugins: recording {plan.plugin_tests} tests")
    suites = _Suites(shop.empty("plugin"), interpreter, plan.plugin_tests)
    say("pytest plugins: a test")
    firsts: dict[str, list[float]] = {name: [] for name in _WAYS}
    times = in_turns({name: _sampler(suites, name, firsts) for name in _WAYS}, plan.plugin_rounds)
    rows = [*_rows(PER_TEST, times), *_rows(FIRST, firsts)]
    say(f"pytest plugins: -n {WORKERS}")
    parallel = {name: _whole_sampler(suites, _WAYS[name]) for name in (OURS, DROP_IN, THEIRS)}
    rows += [Row(PARALLEL, name, "ms", tuple(values)) for name, values in in_turns(parallel, PARALLEL_ROUNDS).items()]
    say("pytest plugins: loading")
    loading = {name: _load_sampler(module, interpreter) for name, module in _MODULES.items()}
    for sample in loading.values():
        sample()  # leaves the byte code in place
    rows += [Row(LOADING, name, "ms", tuple(values)) for name, values in in_turns(loading, plan.imports).items()]
    return Result("plugin", TITLE, NOTES, tuple(rows))


def _sampler(suites: _Suites, name: str, firsts: dict[str, list[float]]) -> Callable[[], float]:
    def sample() -> float:
        taken, _ = suites.run(_WAYS[name])
        firsts[name].append(taken.first)
        return taken.each

    return sample


def _rows(case: str, times: dict[str, list[float]]) -> list[Row]:
    """Give every way's samples over those of the bare one, whose own stand below them."""
    bare = times[BARE]
    return [
        Row(case, name, "us", tuple(values if name == BARE else [a - b for a, b in zip(values, bare, strict=True)]))
        for name, values in times.items()
    ]


def _whole_sampler(suites: _Suites, way: _Way) -> Callable[[], float]:
    return lambda: suites.run(way, "-n", str(WORKERS))[1]


_LOAD = """
import importlib, time, pytest
began = time.perf_counter_ns()
importlib.import_module({module!r})
print((time.perf_counter_ns() - began) / 1e6)
"""


def _load_sampler(module: str, interpreter: str) -> Callable[[], float]:
    code = _LOAD.format(module=module)
    return lambda: float(python("-c", code, executable=interpreter))


TITLE = "pytest plugins"
MEASURE = Measure("plugin", _run)
