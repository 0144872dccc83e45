"""Bugs that real agents have, each behind a switch."""

from __future__ import annotations

import enum


class Bugs(enum.Flag):
    """Which of them this agent has; none, unless a test asks for one."""

    NONE = 0
    CHUNKS = enum.auto()
    """Decodes each chunk of a stream by itself, so a character that is cut in two breaks it."""
    ORDER = enum.auto()
    """Takes the first tool call for the weather and the second for the clock, whatever their names."""
    RETRIES = enum.auto()
    """Tries again whatever failed, also what will fail for ever."""
