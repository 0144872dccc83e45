"""Opening the session of a test: which word wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playhead import Matching, Mode
from playhead.pytest_plugin.opening import open_session
from playhead.pytest_plugin.options import resolve
from playhead.pytest_plugin.wishes import ARGUMENTS, Wish


def opened(tmp_path: Path, wish: Wish, settings: dict[str, Any], *, matching: Any = None, **given: Any) -> Any:
    """Open a session and let go of it."""
    run = resolve(given, {}, {}, tmp_path)
    found = open_session(
        "t.py::t", tmp_path / "a.cassette", run, wish, settings=settings, redactor=None, matching=matching, take=None
    )
    found.session.abandon()
    return found


def test_hosts_add_up(tmp_path: Path) -> None:
    """Those of the run, of the project and of the test."""
    found = opened(tmp_path, Wish(allowed_hosts=("c",)), {"allowed_hosts": ["b"]}, allowed_hosts="a")
    assert found.session.options.allowed_hosts == ("a", "b", "c")


def test_the_test_wins_over_the_project(tmp_path: Path) -> None:
    """In its rules and its takes."""
    mine = Matching(volatile=("uuid",))
    wish = Wish(matching=mine, takes="cycle", seed=7)
    found = opened(tmp_path, wish, {"takes": "shuffle", "seed": 1}, matching=Matching())
    assert found.session.matching is mine
    assert (found.session.options.takes, found.session.options.seed) == ("cycle", 7)


@pytest.mark.parametrize(("wish", "setting", "mode"), [(None, "once", Mode.ONCE), ("replay", "once", Mode.REPLAY)])
def test_modes_narrow_each_other(tmp_path: Path, wish: Any, setting: str, mode: Mode) -> None:
    """The run's, the project's and the test's."""
    said = None if wish is None else Mode(wish)
    assert opened(tmp_path, Wish(mode=said), {"mode": setting}, mode="record").session.mode is mode


def test_the_faults_of_a_test_befall_its_session(tmp_path: Path) -> None:
    """They are injected when the session opens, so the test itself says no more."""
    faults = ARGUMENTS["inject"][0](["rate-limit", {"kind": "reset", "at": 2}])
    assert opened(tmp_path, Wish(inject=faults), {}).session.injects
    assert not opened(tmp_path, Wish(), {}).session.injects


def test_a_miss_names_the_test_to_record(tmp_path: Path) -> None:
    """The command can be pasted."""
    assert opened(tmp_path, Wish(), {}).session.options.record_command == "pytest --playhead-record 't.py::t'"


def test_a_setting_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    """With the test's name."""
    with pytest.raises(pytest.UsageError, match=r"t\.py::t: .*'all'"):
        opened(tmp_path, Wish(), {"takes": "all"})


def test_a_folder_in_the_cassettes_place(tmp_path: Path) -> None:
    """Nothing is recorded into it."""
    (tmp_path / "a.cassette").mkdir()
    with pytest.raises(pytest.UsageError):
        opened(tmp_path, Wish(), {}, record=True)
