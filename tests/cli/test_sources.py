"""The requests a command line names."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from playhead import UsageError
from playhead.cli.sources import read_source


def test_a_file_is_read(tmp_path: Path) -> None:
    """A path leads to its lines."""
    path = tmp_path / "r.jsonl"
    path.write_text('{"prompt":"a"}\n')
    assert [one.request.prompt for one in read_source(str(path))] == ["a"]


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests can come through a pipe, and a fault in them names where they came from."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"prompt":"a"}\n')))
    assert [one.request.prompt for one in read_source("-")] == ["a"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    with pytest.raises(UsageError, match="standard input:1"):
        read_source("-")
