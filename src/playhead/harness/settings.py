"""What a session is opened with, and where it comes from: the argument, else the environment, else the default."""

from __future__ import annotations

import os
from collections.abc import Iterator

from playhead.core.modes import Mode, parse_mode

MODE_VARIABLE = "PLAYHEAD_MODE"

SECRET_SUFFIXES = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
"""Environment variables whose values are redacted wherever they appear."""

MIN_SECRET_LENGTH = 8
"""Shorter values (``DEBUG_TOKEN=1``) would take ordinary words out of recordings."""


def effective_mode(mode: Mode | str | None) -> Mode:
    """
    Give the mode to open with: the argument, else ``PLAYHEAD_MODE``, else ``replay``.

    Raises:
        UsageError: No mode has that name.
    """
    if mode is not None:
        return parse_mode(mode)
    found = os.environ.get(MODE_VARIABLE)
    return parse_mode(found) if found else Mode.REPLAY


def environment_secrets() -> Iterator[str]:
    """Yield the values of variables that are named like secrets."""
    for name, value in os.environ.items():
        if name.upper().endswith(SECRET_SUFFIXES) and len(value) >= MIN_SECRET_LENGTH:
            yield value
