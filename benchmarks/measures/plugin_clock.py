"""A pytest plugin that says how long a run's tests took, the first one apart from the others."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from time import perf_counter_ns
from typing import NamedTuple

import pytest

VARIABLE = "BENCHMARKS_PLUGIN_CLOCK"
"""Names the file that the microseconds are written to."""


class Taken(NamedTuple):
    """
    Microseconds of a run.

    Attributes:
        first: Of the first test, which also imports what is imported when it is first needed.
        each: Of each of the others, with what pytest does between them.
    """

    first: float
    each: float


_BEGAN: list[int] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Note when a test begins."""
    _BEGAN.append(perf_counter_ns())
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Write down how long the tests took; loading plugins and collecting tests stand outside it."""
    result = yield
    ended, where = perf_counter_ns(), os.environ.get(VARIABLE)
    # xdist's workers run side by side: there is no time of each test, and one file for all of them.
    if where and len(_BEGAN) > 1 and "PYTEST_XDIST_WORKER" not in os.environ:
        first, second = _BEGAN[:2]
        taken = Taken((second - first) / 1000, (ended - second) / 1000 / (len(_BEGAN) - 1))
        Path(where).write_text(json.dumps(taken))
    return result
