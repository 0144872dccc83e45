"""Settings that every test shares: no secret of the machine's may reach a recording made by a test."""

from __future__ import annotations

import os

pytest_plugins = ["pytester"]

for _name in list(os.environ):
    if _name.endswith(("_API_KEY", "_TOKEN", "_SECRET", "_PASSWORD")) or _name.startswith("PLAYHEAD_"):
        del os.environ[_name]
