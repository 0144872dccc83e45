"""``playhead plugins``: what is installed, what it adds, what is disabled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from playhead.plugins import PluginSettings, discovery
from playhead.plugins.builtin import BUILT_IN
from tests.cli.conftest import Run
from tests.plugins.parts import Acme, Point


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stand in an empty folder with no plugin installed."""
    monkeypatch.chdir(tmp_path)
    install(monkeypatch)


def install(monkeypatch: pytest.MonkeyPatch, *points: Point) -> None:
    """Install these plugins."""
    monkeypatch.setattr(discovery, "installed_entry_points", lambda: points)


def deny(*names: str) -> None:
    """Write a denylist."""
    Path("pyproject.toml").write_text(f"[tool.playhead.plugins]\ndisabled = {list(names)!r}\n")


def rows(run: Run, **others: Any) -> dict[str, list[str]]:
    """Give the words of each row, by plugin."""
    result = run("plugins", "list", **others)
    return {line.split()[0]: line.split() for line in result.stdout.splitlines()}


def test_the_built_in_plugins_are_shown(run: Run) -> None:
    """Each has its row, the core is marked, and many dialects are only counted."""
    result = run("plugins", "list")
    assert result.exit_code == 0
    head, *lines = result.stdout.splitlines()
    assert head.split() == ["PLUGIN", "STATE", "API", "ORIGIN", "ADDS"]
    assert [line.split()[0] for line in lines] == [plugin.name for plugin, _ in BUILT_IN]
    assert [" core" in line for line in lines] == [core for _, core in BUILT_IN]
    assert lines[0].endswith("dialects")
    assert max(map(len, result.stdout.splitlines())) < 160


def test_a_disabled_plugin_is_shown_as_such(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It adds nothing; a name that nothing is installed under is told."""
    install(monkeypatch, Point("acme", Acme()))
    deny("acme", "ollama", "misspelt")
    found = rows(run)
    assert found["acme"][1:3] == ["disabled", "-"]
    assert found["ollama"][1] == "disabled"
    assert found["acme"][-1] == "-"
    assert run("plugins", "list").stderr == "in [tool.playhead.plugins] disabled, and not installed: misspelt\n"


def test_a_broken_plugin_is_shown_with_its_fault(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are listed all the same, the fault and the way out follow, and the command ends with 1."""
    install(monkeypatch, Point("odd", RuntimeError("no \x1b[31m good")), Point("acme", Acme()))
    result = run("plugins", "list")
    assert result.exit_code == 1
    assert rows(run)["odd"][1] == "broken"
    assert rows(run)["acme"][1] == "registered"
    assert "the plugin 'odd' is broken: it cannot be loaded: RuntimeError: no \\u001b[31m good" in result.stderr
    assert 'disabled = ["odd"]' in result.stderr


def test_facts_are_json_for_scripts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object a plugin."""
    install(monkeypatch, Point("acme", Acme()))
    result = run("plugins", "list", "--json")
    assert json.loads(result.stdout.splitlines()[-1]) == {
        "name": "acme",
        "origin": "entry point 'acme'",
        "status": "registered",
        "core": False,
        "targets_api": 1,
        "contributions": ["llm acme"],
        "detail": "",
        "entry_point": "acme",
    }
    assert len(result.stdout.splitlines()) == len(BUILT_IN) + 1


def test_a_core_plugin_that_is_to_be_disabled_ends_the_command(run: Run) -> None:
    """The setting is wrong, and the message says which."""
    deny("stub")
    result = run("plugins", "list")
    assert result.exit_code == 5
    assert "'stub' cannot be disabled" in result.stderr


def test_settings_that_make_no_sense_end_the_command(run: Run) -> None:
    """They are named with their file."""
    Path("pyproject.toml").write_text("[tool.playhead.plugins]\ndisabled = 'acme'\n")
    result = run("plugins", "list")
    assert result.exit_code == 2
    assert "pyproject.toml" in result.stderr


def test_without_a_command_its_help_is_shown(run: Run) -> None:
    """``playhead plugins`` alone says what there is."""
    assert "list" in run("plugins", "--help").output
    assert PluginSettings().disabled == ()
