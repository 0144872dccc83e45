"""``playhead ls``: a line for each cassette."""

from __future__ import annotations

import json
from pathlib import Path

import playhead
from playhead import Completion, CompletionRequest
from playhead.sessions.clock import ManualClock
from tests.cli.conftest import Run


def test_cassettes_are_listed(run: Run, golden: Path, tmp_path: Path) -> None:
    """Calls, size, digest, dates and models stand in a line, columns aligned."""

    class Live:
        def complete(self, request: CompletionRequest) -> Completion:
            return Completion("x", model="gpt")

    path = tmp_path / "live.cassette.json"
    with playhead.use_cassette(path, mode="record", clock=ManualClock()) as session:
        session.wrap(Live()).complete(CompletionRequest("a"))
    result = run("ls", tmp_path)
    assert result.exit_code == 0
    head, first, second = result.stdout.splitlines()
    assert head.split() == ["CASSETTE", "CALLS", "SIZE", "DIGEST", "RECORDED", "MODELS"]
    digest = playhead.open_cassette(golden).digest[:12]
    assert first.split()[:2] + first.split()[-3:] == [str(golden), "9", digest, "-", "stub-cycle-v1"]
    assert second.split()[-2:] == ["2026-01-01", "gpt"]
    assert head.index("RECORDED") == second.index("2026-01-01")


def test_facts_are_json_for_scripts(run: Run, golden: Path) -> None:
    """One object a cassette."""
    (line,) = run("ls", golden, "--json").stdout.splitlines()
    facts = json.loads(line)
    assert facts["path"] == str(golden)
    assert (facts["calls"], facts["profile"], facts["size"]) == (9, "sealed", golden.stat().st_size)
    assert (facts["models"], facts["first"], facts["last"]) == (["stub-cycle-v1"], None, None)


def test_one_that_cannot_be_read_is_named_and_the_others_listed(run: Run, golden: Path) -> None:
    """A damaged file does not hide the rest, and ends the command with 3."""
    (golden.parent / "bad.cassette").write_bytes(b"nonsense")
    result = run("ls", golden.parent)
    assert result.exit_code == 3
    assert "bad.cassette" in result.stderr
    assert str(golden) in result.stdout


def test_an_empty_folder_is_told(run: Run, tmp_path: Path) -> None:
    """Nothing there is no fault."""
    result = run("ls", tmp_path)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no cassettes here\n")
