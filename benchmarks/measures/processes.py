"""Fresh interpreters for what only a fresh process can tell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import playhead

_ROOT = Path(__file__).resolve().parents[2]
_SOURCE = Path(playhead.__file__).resolve().parents[1]


def environment() -> dict[str, str]:
    """Give a child's environment: Playhead and the benchmarks importable, byte code kept as a user's is."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**given, "PYTHONPATH": os.pathsep.join([str(_SOURCE), str(_ROOT)]), "PYTHONHASHSEED": "0"}


def python(*arguments: str, executable: str | None = None) -> str:
    """
    Run this interpreter anew, with Playhead and the benchmarks importable, and give what it prints.

    Args:
        *arguments: What it is given.
        executable: Another interpreter, which has other packages.

    Raises:
        subprocess.CalledProcessError: It failed; its error output is on ours.
    """
    done = subprocess.run(
        [executable or sys.executable, *arguments],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=_ROOT,
    )
    return done.stdout
