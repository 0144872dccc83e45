"""Samples taken in turns, so that whatever else the machine does meets every contender alike."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from time import perf_counter

Sample = Callable[[], float]
"""Takes one sample and gives its value."""


def in_turns(samples: Mapping[str, Sample], rounds: int, *, slow_limit_s: float = 20.0) -> dict[str, list[float]]:
    """
    Take ``rounds`` samples of each contender, one after the other, starting with another one each round.

    A contender that took longer than ``slow_limit_s`` for one sample keeps the samples it has.
    """
    found: dict[str, list[float]] = {name: [] for name in samples}
    names = list(samples)
    slow: set[str] = set()
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            if name in slow:
                continue
            gc.collect()
            began = perf_counter()
            found[name].append(samples[name]())
            if perf_counter() - began > slow_limit_s:
                slow.add(name)
    return found


def say(text: str) -> None:
    """Tell the person who waits what is going on."""
    print(f"  {text}", file=sys.stderr, flush=True)
