"""What a run is told, and which word wins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from playhead.core.modes import Mode
from playhead.errors import UsageError
from playhead.pytest_plugin.options import OPTIONS, parse_age, resolve
from tests.pytest_plugin.conftest import ONE, Suite

ROOT = Path("/root")


@pytest.mark.parametrize(
    ("given", "environment", "table", "mode"),
    [
        ({}, {}, {}, Mode.REPLAY),
        ({}, {}, {"mode": "once"}, Mode.ONCE),
        ({}, {"PLAYHEAD_MODE": "live"}, {"mode": "once"}, Mode.LIVE),
        ({"mode": "record"}, {"PLAYHEAD_MODE": "live"}, {"mode": "once"}, Mode.RECORD),
        ({"record": True}, {"PLAYHEAD_MODE": "live"}, {}, Mode.RECORD_MISSING),
        ({"record": True, "mode": "new_episodes"}, {}, {}, Mode.RECORD_MISSING),
        ({}, {"PLAYHEAD_MODE": ""}, {}, Mode.REPLAY),
    ],
)
def test_the_word_nearest_to_the_run_wins(given: Any, environment: Any, table: Any, mode: Mode) -> None:
    """Option, then variable, then file."""
    assert resolve(given, environment, table, ROOT).mode is mode


@pytest.mark.parametrize("key", ["vcr-backend", "vcr_backend", "plugins"])
def test_what_is_read_elsewhere_is_no_unknown_setting(key: str) -> None:
    """The table of the file is shared: with the plugin beside this one, and with the denylist of plugins."""
    assert resolve({}, {}, {key: "x"}, ROOT).mode is Mode.REPLAY
    with pytest.raises(UsageError):
        resolve({}, {}, {f"{key}s": "x"}, ROOT)


def test_every_setting_can_be_said_where_its_row_says() -> None:
    """The table is the truth for all three places."""
    values = {
        "mode": "once",
        "strict": "yes",
        "report": "r.json",
        "orphans": "1",
        "mutate": "true",
        "block-network": "on",
        "allowed-hosts": "a, b:1",
        "ignore-hosts": "c",
        "max-age": "30d",
        "expired": "fail",
    }
    variables = {option.variable: values[option.name] for option in OPTIONS if "variable" in option.places}
    by_variable = resolve({}, variables, {}, ROOT)
    table = {name: value for name, value in values.items() if name not in ("allowed-hosts", "ignore-hosts")}
    by_file = resolve({}, {}, {**table, "allowed_hosts": ["a", "b:1"], "ignore-hosts": ["c"]}, ROOT)
    assert by_variable == by_file._replace(strict_act=True)
    assert (by_file.max_age, by_file.allowed_hosts) == (30, ("a", "b:1"))


@pytest.mark.parametrize(
    ("given", "environment", "table", "says"),
    [
        ({"mode": "rekord"}, {}, {}, "rekord"),
        ({"record": True, "mode": "replay"}, {}, {}, "contradict"),
        ({}, {"PLAYHEAD_STRICT": "perhaps"}, {}, "PLAYHEAD_STRICT"),
        ({}, {}, {"strikt": True}, "no setting 'strikt'"),
        ({}, {}, {"record": True}, "no setting 'record'"),
        ({}, {}, {"max-age": "soon"}, "'soon' is no age"),
        ({}, {}, {"mode": 3}, "3 is no mode"),
        ({}, {}, {"expired": "ignore"}, "expired"),
        ({}, {}, {"report": ""}, "report"),
        ({"env": ["KEY"]}, {}, {}, "--playhead-env must be a variable's name and its value"),
        ({"env": ["=value"]}, {}, {}, "--playhead-env"),
        ({}, {}, {"env": ["A=1"]}, "no setting 'env'"),
    ],
)
def test_what_makes_no_sense_is_an_error(given: Any, environment: Any, table: Any, says: str) -> None:
    """That names the place and the word."""
    with pytest.raises(UsageError, match=says):
        resolve(given, environment, table, ROOT)


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("4w", 28), ("1y", 365), (7, 7)])
def test_ages(text: Any, days: int) -> None:
    """Days, weeks, years, or a number of days."""
    assert parse_age(text) == days


@pytest.mark.parametrize("text", ["", "d", "0d", "-1d", "1", 0, True, 1.5, None])
def test_no_ages(text: Any) -> None:
    """Everything else is refused."""
    with pytest.raises(UsageError):
        parse_age(text)


def test_a_misspelt_mode_ends_the_run(suite: Suite) -> None:
    """And says which there are."""
    suite.write("test_a.py", ONE)
    result = suite.run("--playhead-mode=rekord")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *'rekord'*", "hint: *record-missing*"])


def test_the_file_is_read(suite: Suite) -> None:
    """``[tool.playhead]`` of the root's ``pyproject.toml``; what is wrong in it ends the run."""
    suite.write("test_a.py", ONE)
    suite.write("pyproject.toml", '[tool.playhead]\nmode = "once"\n', head="")
    suite.run().assert_outcomes(passed=1)
    assert len(suite.cassettes()) == 1
    suite.write("pyproject.toml", "[tool]\nplayhead = 3\n", head="")
    assert suite.run().ret == pytest.ExitCode.USAGE_ERROR
    suite.write("pyproject.toml", "[tool.playhead\n", head="")
    assert suite.run().ret == pytest.ExitCode.USAGE_ERROR


USES_VARIABLES = """
import os

def test_one():
    assert (os.environ["STACK_URL"], os.environ["STACK_EMPTY"]) == ("http://h/v1?a=b", "")
    assert os.environ["PLAYHEAD_MODE"] == "once"
"""


def test_variables_are_set_for_the_run(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--playhead-env`` may stand several times; an equals sign may be in a value; ours count too; all end with it."""
    monkeypatch.setenv("STACK_URL", "before")
    suite.write("test_a.py", USES_VARIABLES)
    words = ("STACK_URL=http://h/v1?a=b", "STACK_EMPTY=", "PLAYHEAD_MODE=once")
    result = suite.run(*(f"--playhead-env={word}" for word in words))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["playhead: mode once"])
    assert os.environ["STACK_URL"] == "before"
    assert "STACK_EMPTY" not in os.environ


def test_a_variable_without_a_name_ends_the_run_and_is_not_shown(suite: Suite) -> None:
    """What was given may be a key."""
    suite.write("test_a.py", ONE)
    result = suite.run("--playhead-env", "sk-not-a-variable")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --playhead-env must be*"])
    assert "sk-not-a-variable" not in result.stderr.str()
