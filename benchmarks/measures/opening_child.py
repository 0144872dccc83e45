"""
The fresh process of ``opening``: import, then time from opening to the first answer.

Arguments: contender, folder, file with the call. Prints one JSON object.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from time import perf_counter_ns

from benchmarks.contenders import contender
from benchmarks.contenders.base import Asked


def _memory() -> dict[str, int]:
    """Give resident and anonymous kilobytes, exact where the kernel sums its maps; 0 where it does not tell."""
    found = {"Rss": 0, "Anonymous": 0}
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:
        return found
    for line in lines[1:]:
        name, value = line.split(":", 1)
        if name in found:
            found[name] = int(value.split()[0])
    return found


def _peak() -> int:
    """Give the highest resident kilobytes since the last ``_forget_peak``."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def _forget_peak() -> None:
    # "5" resets the high-water mark, so that what imports took at their worst does not hide what opening takes.
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def main(name: str, folder: str, call: str) -> None:
    """Measure one opening."""
    from playhead import CompletionRequest

    facts = json.loads(Path(call).read_text())
    request = CompletionRequest(**facts["request"])
    asked = Asked(request, facts["url"], facts["body"].encode(), facts["headers"])
    loaded = contender(name)
    loaded.preload()
    place = Path(folder)
    gc.collect()
    _memory()
    before = _memory()
    _forget_peak()
    low = _peak()
    began = perf_counter_ns()
    reader = loaded.open(place)
    text = reader.answer(asked)
    ended = perf_counter_ns()
    high = _peak()
    after = _memory()
    if text != facts["text"]:
        raise SystemExit(f"{name} gave another answer")
    reader.close()

    print(
        json.dumps(
            {
                "us": (ended - began) / 1000,
                "peak_kb": high - low,
                "rss_kb": after["Rss"] - before["Rss"],
                "own_kb": after["Anonymous"] - before["Anonymous"],
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
