"""What a test and a session came to, as plain values."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead.pytest_plugin.facts import COUNTS, enough, shown, state_of


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({}, "idle"),
        ({"played": 1}, "replayed"),
        ({"reused": 1}, "replayed"),
        ({"played": 1, "recorded": 1}, "recorded"),
        ({"recorded": 1, "live": 1}, "live"),
        ({"live": 1, "refused": 1}, "refused"),
    ],
)
def test_the_gravest_state_stands(counts: dict[str, int], state: str) -> None:
    """One word for a test."""
    assert state_of({**dict.fromkeys(COUNTS, 0), **counts}) == state


def test_paths_are_shown_from_the_root() -> None:
    """The same on every machine; others as they are."""
    assert shown(Path("/r/a/b"), Path("/r")) == "a/b"
    assert shown(Path("/x/b"), Path("/r")) == "/x/b"


@pytest.mark.parametrize(
    ("passed", "takes", "wanted", "holds"), [(9, 10, 0.9, True), (8, 10, 0.9, False), (0, 3, None, True)]
)
def test_enough_takes(passed: int, takes: int, wanted: float | None, holds: bool) -> None:
    """A share that cannot be written exactly is no trap."""
    assert enough(passed, takes, wanted) is holds
