"""Killed with SIGKILL while recording: what was acknowledged is there, and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import playhead

SCRIPT = Path(__file__).with_name("kill_many.py")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """Of a few killed runs with threads and processes every acknowledged call is recovered, and no other one."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(playhead.__file__).parents[1]),
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, str(SCRIPT), "--kills", "6", "--seed", "20260101"]
    done = subprocess.run(command, capture_output=True, timeout=120, env=environment, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    counts = json.loads(done.stdout)
    assert counts["kills"] == 6
    assert counts["acknowledged"] > 0
    assert counts["acknowledged"] <= counts["recovered"] <= counts["acknowledged"] + 6 * 12
    assert counts["lost"] == counts["foreign"] == counts["mixed"] == counts["twice"] == 0
