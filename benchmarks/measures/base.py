"""What a measure is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.plan import Plan
from benchmarks.results import Result
from benchmarks.workshop import Workshop


class Measure(NamedTuple):
    """
    One thing that is measured.

    Attributes:
        name: As ``--only`` takes it.
        run: Takes the measure.
    """

    name: str
    run: Callable[[Plan, Workshop], Result]
