"""The package: what it gives, and what it says where Hypothesis is not installed."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import playhead
from playhead import strategies as play

WITHOUT = """
import sys
sys.modules["hypothesis"] = None
import playhead
try:
    import playhead.strategies
except ImportError as error:
    print(type(error).__name__, error)
"""


def in_a_process(code: str) -> str:
    """Give what some code prints in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(Path(playhead.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, env=environment, check=True, text=True
    )
    return done.stdout


def test_without_hypothesis_it_says_what_to_install() -> None:
    """By an error of ours that is an ``ImportError`` too."""
    said = in_a_process(WITHOUT)
    assert said.startswith("MissingDependencyError 'hypothesis' is not installed")
    assert "playhead[strategies]" in said


def test_nothing_else_loads_hypothesis() -> None:
    """Neither ``import playhead`` nor its use pays for it."""
    code = "import sys, playhead; playhead.Session, playhead.use_cassette; print('hypothesis' in sys.modules)"
    assert in_a_process(code).strip() == "False"


def test_every_name_says_what_it_is() -> None:
    """``__all__`` is sorted and each name in it has a docstring."""
    assert play.__all__ == sorted(set(play.__all__))
    for name in play.__all__:
        assert inspect.getdoc(getattr(play, name)), name
