"""``playhead recover``: what is whole is kept, what is not is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import playhead
from playhead import CompletionRequest, CyclingStubInferenceProvider
from playhead.harness.golden import run_golden
from playhead.harness.golden_report import Progress
from playhead.store.journals import journal_paths
from tests.cli.conftest import Run


def interrupted(path: Path) -> Path:
    """Leave the journal of a run that was interrupted after two calls, its last line torn."""

    def stop(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_golden([CompletionRequest("a")], CyclingStubInferenceProvider(), path, takes=3, on_progress=stop)
    (journal,) = journal_paths(path)
    with journal.open("ab") as file:
        file.write(b"00000000 {torn")
    return journal


def test_a_journal_becomes_a_cassette(run: Run, tmp_path: Path) -> None:
    """Every whole call is kept, the torn line is named, and the journal stays."""
    path = tmp_path / "lost.cassette"
    journal = interrupted(path)
    before = journal.read_bytes()
    result = run("recover", path, "--out", tmp_path / "new.cassette")
    assert result.exit_code == 0, result.output
    first, second = result.stdout.splitlines()
    assert first == f"recovered 2 calls from 1 file into {tmp_path / 'new.cassette'}"
    assert second.startswith(f"  dropped {journal.name}: ")
    assert len(playhead.open_cassette(tmp_path / "new.cassette")) == 2
    assert journal.read_bytes() == before


def test_the_result_is_json_for_scripts(run: Run, tmp_path: Path) -> None:
    """What was read and what was lost can be told by a program."""
    path = tmp_path / "lost.cassette"
    journal = interrupted(path)
    result = run("recover", journal, "--out", tmp_path / "new.cassette", "--json")
    facts = json.loads(result.stdout)
    assert (facts["calls"], facts["sources"], len(facts["dropped"])) == (2, [str(journal)], 1)


def test_an_edit_is_taken_over_only_on_purpose(run: Run, golden: Path, tmp_path: Path) -> None:
    """A text cassette that was edited by hand is refused, dropped, or taken over with its origin changed."""
    text = tmp_path / "text.cassette.json"
    run("convert", golden, text)
    text.write_text(text.read_text().replace("Initech LLC", "Hooli"))
    assert run("show", text).exit_code == 3
    run("recover", text, "--accept-edits", "--out", tmp_path / "new.cassette")
    edited = [one for one in playhead.open_cassette(tmp_path / "new.cassette") if one.evidence.text == "Hooli"]
    assert edited
    assert {one.origin for one in edited} == {playhead.Origin.EDITED}


def test_nothing_is_written_over(run: Run, golden: Path) -> None:
    """The new cassette needs a place of its own."""
    before = golden.read_bytes()
    result = run("recover", golden, "--out", golden)
    assert result.exit_code == 2
    assert golden.read_bytes() == before


def test_nothing_to_recover_ends_with_3(run: Run, tmp_path: Path) -> None:
    """A path without a cassette or a journal is an error."""
    assert run("recover", tmp_path / "absent.cassette", "--out", tmp_path / "new.cassette").exit_code == 3
