"""How old a cassette is: as old as the oldest call in it."""

from __future__ import annotations

import datetime
from pathlib import Path

from playhead.sessions.clock import utc_date
from playhead.sessions.settings import SessionOptions
from playhead.store.cassette import Cassette
from playhead.store.sealing import open_or_none


def age_of(path: Path, max_age: int, options: SessionOptions) -> int | None:
    """
    Give a cassette's age in days where it is older than it may be; ``None`` where it is not, or there is none.

    The date of recording counts, never the file's: reading or copying a cassette makes it no younger.
    """
    cassette = open_or_none(path, limits=options.limits)
    recorded = None if cassette is None else recorded_on(cassette)
    if recorded is None:
        return None
    today = datetime.date.fromisoformat(utc_date(options.clock.wall_ns()))
    age = (today - datetime.date.fromisoformat(recorded)).days
    return age if age > max_age else None


def recorded_on(cassette: Cassette) -> str | None:
    """Give the date of the oldest call, ``YYYY-MM-DD``; ``None`` where none has a date (those of a stub have not)."""
    dates = (
        entry.volatile.date
        for key, n, _ in cassette.outlines()
        if (entry := cassette.get(key, n)) is not None and entry.volatile.date
    )
    return min(dates, default=None)
