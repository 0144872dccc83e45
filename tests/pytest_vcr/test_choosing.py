"""Which backend a run has."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead.pytest_vcr.choosing import resolve

VARIABLE = {"PLAYHEAD_VCR_BACKEND": "cassette"}


def _file(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_nothing_is_said(tmp_path: Path) -> None:
    """A suite that moves over goes on with its own cassettes."""
    assert resolve(None, {}, tmp_path) == "yaml"
    assert resolve(None, {}, _file(tmp_path, "[tool.playhead]\nmode = 'once'\n# no backend\n")) == "yaml"
    assert resolve(None, {}, _file(tmp_path, "[tool]\nplayhead = 'backend'\n")) == "yaml"


@pytest.mark.parametrize("key", ["vcr-backend", "vcr_backend"])
def test_precedence(tmp_path: Path, key: str) -> None:
    """The option wins over the variable, and the variable over the file."""
    _file(tmp_path, f"[tool.playhead]\n{key} = 'cassette'\n")
    assert resolve(None, {}, tmp_path) == "cassette"
    assert resolve("yaml", VARIABLE, tmp_path) == "yaml"
    _file(tmp_path, f"[tool.playhead]\n{key} = 'yaml'\n")
    assert resolve(None, VARIABLE, tmp_path) == "cassette"
    assert resolve(None, {"PLAYHEAD_VCR_BACKEND": ""}, tmp_path) == "yaml"


@pytest.mark.parametrize("value", ["'json'", "1", "true", "''"])
def test_no_such_backend(tmp_path: Path, value: str) -> None:
    """What is misspelt is told with where it stands."""
    _file(tmp_path, f"[tool.playhead]\nvcr-backend = {value}\n")
    wrong = r"^\[tool\.playhead\] vcr-backend has no backend .*\nhint: one of yaml, cassette"
    with pytest.raises(pytest.UsageError, match=wrong):
        resolve(None, {}, tmp_path)
    with pytest.raises(pytest.UsageError, match="PLAYHEAD_VCR_BACKEND has no backend 'json'"):
        resolve(None, {"PLAYHEAD_VCR_BACKEND": "json"}, tmp_path)


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(pytest.UsageError, match=r"pyproject\.toml' cannot be read"):
        resolve(None, {}, _file(tmp_path, "backend = ["))
