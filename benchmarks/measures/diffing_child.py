"""The process that compares two cassettes and says how long it took and how much memory it held at most."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter_ns

import playhead


def main(golden: str, fresh: str) -> None:
    """Compare, and print what it took."""
    compare = playhead.compare
    began = perf_counter_ns()
    comparison = compare(golden, fresh)
    taken = (perf_counter_ns() - began) / 1e6
    assert comparison.rows
    print(json.dumps({"ms": taken, "peak_kb": _peak_kb()}))


def _peak_kb() -> float:
    """Give the process's own peak: what ``getrusage`` says includes that of the process it was forked from."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        import resource  # no Windows

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # macOS counts in bytes, others in KiB.
        return peak / 1000 if sys.platform == "darwin" else peak * 1.024
    return next(int(line.split()[1]) * 1.024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(*sys.argv[1:])
