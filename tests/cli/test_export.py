"""``playhead export``: a cassette written for other tools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_import import CASSETTE


@pytest.fixture
def cassette(run: Run, tmp_path: Path) -> Path:
    """Import a call over HTTP."""
    (tmp_path / "a.yaml").write_text(CASSETTE)
    assert run("import", "--out", tmp_path, tmp_path / "a.yaml").exit_code == 0
    return tmp_path / "a.cassette"


def test_an_archive_goes_to_standard_output(run: Run, cassette: Path) -> None:
    """It holds the archive alone; remarks stand apart."""
    result = run("export", cassette, "--to", "har")
    assert result.exit_code == 0
    (entry,) = json.loads(result.stdout)["log"]["entries"]
    assert "hello" in entry["response"]["content"]["text"]
    assert result.stderr.startswith("1 call: request headers are not recorded")


def test_a_file_is_not_written_over_without_leave(run: Run, cassette: Path, tmp_path: Path) -> None:
    """What stands there stays, unless the user says otherwise."""
    target = tmp_path / "out.yaml"
    target.write_text("mine")
    refused = run("export", cassette, "--to", "vcr", "-o", target)
    assert (refused.exit_code, target.read_text()) == (2, "mine")
    result = run("export", cassette, "--to", "vcr", "-o", target, "--overwrite")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"exported 1 call to {target}: ")
    assert target.read_text().startswith("interactions:\n")


def test_a_folder_that_is_not_there_ends_with_5(run: Run, cassette: Path, tmp_path: Path) -> None:
    """Nothing could be written."""
    assert run("export", cassette, "--to", "har", "-o", tmp_path / "absent" / "x.har").exit_code == 5


def test_calls_without_http_are_named(run: Run, golden: Path, tmp_path: Path) -> None:
    """Where nothing can be carried over nothing is written."""
    target = tmp_path / "out.har"
    result = run("export", golden, "--to", "har", "-o", target)
    assert result.exit_code == 1
    assert not target.exists()
    assert result.stderr.count("was not carried over: it was recorded at the provider seam") == 9
    assert result.stderr.endswith("nothing can be carried over, so nothing is written\n")
    assert run("export", golden, "--to", "vcr").stdout == ""


def test_a_missing_cassette_ends_with_3(run: Run, tmp_path: Path) -> None:
    """There is nothing to export."""
    assert run("export", tmp_path / "absent.cassette", "--to", "har").exit_code == 3
