"""``playhead convert``: either way, and nothing lost."""

from __future__ import annotations

from pathlib import Path

import playhead
from tests.cli.conftest import Run


def test_there_and_back_is_the_same(run: Run, golden: Path, tmp_path: Path) -> None:
    """As text and compressed again a cassette holds the same, under the same digest."""
    text, back = tmp_path / "text.cassette.json", tmp_path / "back.cassette"
    result = run("convert", golden, text)
    assert result.exit_code == 0
    digest = playhead.open_cassette(golden).digest
    assert result.stdout.startswith(f"9 calls in {text} (text): ")
    assert result.stdout.endswith(f" digest {digest[:12]}\n")
    assert run("convert", text, back).exit_code == 0
    assert playhead.open_cassette(back).digest == digest
    assert list(playhead.open_cassette(back)) == list(playhead.open_cassette(golden))


def test_a_file_is_not_written_over_without_leave(run: Run, golden: Path, tmp_path: Path) -> None:
    """What stands at the target stays, unless the user says otherwise."""
    target = tmp_path / "there.cassette.json"
    target.write_text("mine")
    assert run("convert", golden, target).exit_code == 2
    assert target.read_text() == "mine"
    assert run("convert", golden, target, "--overwrite").exit_code == 0
    assert len(playhead.open_cassette(target)) == 9


def test_a_missing_source_ends_with_3(run: Run, tmp_path: Path) -> None:
    """There is nothing to convert."""
    assert run("convert", tmp_path / "absent.cassette", tmp_path / "x.cassette.json").exit_code == 3
