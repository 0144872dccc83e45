"""``playhead prune``: only what the last whole run listed, only while it is what that run saw, only when told to."""

from __future__ import annotations

import json
from pathlib import Path

from playhead.store.orphans import write_list
from tests.cli.conftest import Run


def listed(folder: Path) -> tuple[Path, Path]:
    """Write two cassettes and list them."""
    first, second = folder / "cassettes" / "a" / "one.cassette", folder / "cassettes" / "two.cassette"
    first.parent.mkdir(parents=True)
    for path in (first, second):
        path.write_bytes(b"12345")
    write_list(folder, (first, second))
    return first, second


def test_nothing_goes_without_a_word(run: Run, tmp_path: Path) -> None:
    """The plan is shown and nothing is touched."""
    paths = listed(tmp_path)
    result = run("prune", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "orphan     cassettes/a/one.cassette",
        "orphan     cassettes/two.cassette",
        "2 cassettes, 10 bytes would be removed, with --delete",
    ]
    assert all(path.exists() for path in paths)


def test_a_file_that_changed_since_stays(run: Run, tmp_path: Path) -> None:
    """What was recorded anew after the list was made is no orphan; empty folders go with their last file."""
    first, second = listed(tmp_path)
    second.write_bytes(b"another")
    result = run("prune", tmp_path, "--delete")
    assert "stays      cassettes/two.cassette  (it has changed since the list was made)" in result.stdout
    assert not first.parent.exists()
    assert second.exists()


def test_the_plan_is_json_for_scripts(run: Run, tmp_path: Path) -> None:
    """One object a cassette."""
    listed(tmp_path)
    facts = [json.loads(line) for line in run("prune", tmp_path, "--delete", "--json").stdout.splitlines()]
    assert [(one["state"], one["size"]) for one in facts] == [("removed", 5), ("removed", 5)]


def test_without_a_list_it_says_how_to_make_one(run: Run, tmp_path: Path) -> None:
    """Guessing which cassettes are orphans is no option."""
    result = run("prune", tmp_path)
    assert result.exit_code == 2
    assert "--playhead-orphans" in result.stderr
