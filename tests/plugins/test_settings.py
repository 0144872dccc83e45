"""The denylist in ``pyproject.toml``."""

from __future__ import annotations

from pathlib import Path

import pytest

import playhead
from playhead.plugins import PluginSettings, read_settings

DENIED = '[tool.playhead.plugins]\ndisabled = ["acme", "other"]\n'


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    """The file is looked for in the folder and above it; a nearer one without the table is the project's own."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(DENIED)
    assert read_settings(deep) == PluginSettings(("acme", "other"))
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'mine'\n")
    assert read_settings(deep) == PluginSettings()


def test_the_current_folder_is_where_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder the current one is meant."""
    (tmp_path / "pyproject.toml").write_text(DENIED)
    monkeypatch.chdir(tmp_path)
    assert read_settings().disabled == ("acme", "other")


@pytest.mark.parametrize(
    "text", ["", "[tool.playhead]\nmode = 'replay'\n", "[tool.plugins]\ndisabled = ['acme']\n"], ids=repr
)
def test_nothing_said_disables_nothing(tmp_path: Path, text: str) -> None:
    """A file that says nothing of plugins is as good as none."""
    (tmp_path / "pyproject.toml").write_text(text)
    assert read_settings(tmp_path) == PluginSettings()


@pytest.mark.parametrize(
    "text",
    [
        "[tool.playhead.plugins]\ndisabled = 'acme'",
        "[tool.playhead.plugins]\ndisabled = [7]",
        "[tool.playhead.plugins]\ndisabled = ['']",
        "[tool.playhead.plugins]\nenabled = ['acme']",
        "[tool.playhead]\nplugins = ['acme']",
        "tool = 'plugins'",
        "[tool.playhead.plugins\n",
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    """A denylist that cannot be read would leave a plugin on that somebody wanted off."""
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(playhead.UsageError, match="pyproject"):
        read_settings(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A file in another encoding is an error of ours."""
    (tmp_path / "pyproject.toml").write_bytes(b"# \xff\n[tool.playhead.plugins]\n")
    with pytest.raises(playhead.UsageError, match="cannot be read"):
        read_settings(tmp_path)
