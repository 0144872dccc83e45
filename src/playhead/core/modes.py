"""The five modes of a session, under our names and vcrpy's."""

from __future__ import annotations

import enum

from playhead.errors import UsageError


class Mode(enum.StrEnum):
    """What a session does with a call; ``playhead.engine.table`` says it in full."""

    REPLAY = "replay"
    ONCE = "once"
    RECORD_MISSING = "record-missing"
    RECORD = "record"
    LIVE = "live"

    @property
    def may_record(self) -> bool:
        """Whether the mode can add to a cassette."""
        return self in (Mode.ONCE, Mode.RECORD_MISSING, Mode.RECORD)


VCR_NAMES = {
    "none": Mode.REPLAY,
    "new_episodes": Mode.RECORD_MISSING,
    "all": Mode.RECORD,
    "rewrite": Mode.RECORD,
}
"""vcrpy's and pytest-recording's words for the same; ``once`` is spelt alike."""


def parse_mode(value: Mode | str) -> Mode:
    """
    Read a mode by our name or vcrpy's, in any case, with ``_`` or ``-``.

    Raises:
        UsageError: No mode has that name.
    """
    if isinstance(value, Mode):
        return value
    word = value.strip().lower()
    theirs = VCR_NAMES.get(word.replace("-", "_"))
    if theirs is not None:
        return theirs
    try:
        return Mode(word.replace("_", "-"))
    except ValueError:
        names = ", ".join(mode.value for mode in Mode)
        raise UsageError(f"unknown mode {value!r}", hint=f"one of {names}") from None
