"""The names of the modes."""

from __future__ import annotations

import pytest

from playhead.core.modes import VCR_NAMES, Mode, parse_mode
from playhead.errors import UsageError

NAMES = {
    "replay": Mode.REPLAY,
    "once": Mode.ONCE,
    "record-missing": Mode.RECORD_MISSING,
    "record": Mode.RECORD,
    "live": Mode.LIVE,
    "none": Mode.REPLAY,
    "new_episodes": Mode.RECORD_MISSING,
    "all": Mode.RECORD,
    "rewrite": Mode.RECORD,
}


@pytest.mark.parametrize(("name", "mode"), NAMES.items())
def test_names(name: str, mode: Mode) -> None:
    """Our names and vcrpy's are read, in any case, with either dash, with blanks round them."""
    for spelt in (name, name.upper(), name.title(), f" {name}\n", name.replace("-", "_"), name.replace("_", "-")):
        assert parse_mode(spelt) is mode


@pytest.mark.parametrize("mode", Mode)
def test_a_mode_is_itself(mode: Mode) -> None:
    """A mode reads as itself, and its value as it."""
    assert parse_mode(mode) is mode
    assert parse_mode(mode.value) is mode
    assert f"{mode}" == mode.value


@pytest.mark.parametrize("name", ["", " ", "replays", "re play", "None ?", "record--missing", "REPLAY!"])
def test_unknown_mode(name: str) -> None:
    """A word that names no mode is an error that shows it and lists the modes; it is never taken for a default."""
    with pytest.raises(UsageError, match="unknown mode") as caught:
        parse_mode(name)
    assert repr(name) in str(caught.value)
    assert caught.value.hint == "one of replay, once, record-missing, record, live"


def test_may_record() -> None:
    """Three modes can add to a cassette."""
    assert {mode for mode in Mode if mode.may_record} == {Mode.ONCE, Mode.RECORD_MISSING, Mode.RECORD}


def test_vcr_names_hide_none_of_ours() -> None:
    """No word of vcrpy's is one of ours with another meaning."""
    assert not VCR_NAMES.keys() & {mode.value for mode in Mode}
