"""What a session is opened with, and where it comes from: the argument, else the environment, else the default."""

from __future__ import annotations

import os

import msgspec

from playhead.core.matching import Matching
from playhead.core.modes import Mode, parse_mode
from playhead.core.redaction import DEFAULT, Redactor
from playhead.engine.takes import Takes
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.sessions.clock import SYSTEM_CLOCK, Clock

MODE_VARIABLE = "PLAYHEAD_MODE"

SECRET_SUFFIXES = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
"""Environment variables whose values are redacted wherever they appear."""

MIN_SECRET_LENGTH = 8
"""Shorter values (``DEBUG_TOKEN=1``) would take ordinary words out of recordings."""


class SessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a session behaves, beside its mode.

    Attributes:
        takes: The order several takes of one request are played in.
        seed: The seed of a shuffle.
        pace: 0 answers at once, 1 at the recorded pace (latencies, and gaps of streams), 2 at half the speed.
        strict: Whether closing raises for refusals that were swallowed and for calls that were not played.
        fsync: Whether every recorded call waits for the disk.
        redactor: What is taken out before anything is written; its rules add to the built-in ones.
        limits: Bounds on what is read and written.
        clock: Where time comes from.
        known_errors: Exception classes of others that replay may rebuild.
        record_command: What a miss tells the reader to run.
        adopt_crashed: Whether journals left by a crash are taken into the cassette.
        renew: Whether a recording that says the same as the cassette takes its place, and with it brings its date.
        matching: The rules that loosen what matches; those the cassette was recorded under where they are left out.
        wire: Whether HTTP clients are caught while the session is open.
        ignore_hosts: Hosts whose traffic passes by the session: neither recorded, replayed nor refused. ``name``,
            ``name:port`` or ``*.name``.
        allowed_hosts: Hosts that connections may be opened to while the session replays, for what is no HTTP client
            of a kind that is caught (a database); written as above.
        guard: Whether the network is shut while the session replays.
        skip_waits: Whether SDKs that wait before they try again go on at once while the session replays.
    """

    takes: Takes | str = Takes.SEQUENCE
    seed: int = 0
    pace: float = 0.0
    strict: bool = False
    fsync: bool = False
    redactor: Redactor = DEFAULT
    limits: Limits = DEFAULT_LIMITS
    clock: Clock = SYSTEM_CLOCK
    known_errors: tuple[type[Exception], ...] = ()
    record_command: str | None = None
    adopt_crashed: bool = False
    renew: bool = False
    matching: Matching | None = None
    wire: bool = True
    ignore_hosts: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    guard: bool = True
    skip_waits: bool = True


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


class EnvironmentSecrets:
    """The values of variables that are named like secrets, kept up with while variables are set and rotated."""

    def __init__(self) -> None:
        self._seen: object = None
        self._values: frozenset[str] = frozenset()

    def values(self) -> frozenset[str]:
        """Give the values as the environment is now; the same set while nothing in it changed."""
        # os.environ decodes every variable it is asked for; comparing the bytes behind it costs 2 us, not 50.
        raw = getattr(os.environ, "_data", None)
        if raw is None or raw != self._seen:
            self._seen = None if raw is None else dict(raw)
            found = frozenset(_secret_values())
            if found != self._values:
                self._values = found
        return self._values


def _secret_values() -> list[str]:
    return [
        value
        for name, value in os.environ.items()
        if name.upper().endswith(SECRET_SUFFIXES) and len(value) >= MIN_SECRET_LENGTH
    ]
