"""``playhead import``: recordings of other tools made into cassettes."""

from __future__ import annotations

import json
from pathlib import Path

import playhead
from tests.cli.conftest import Run

CASSETTE = """\
interactions:
- request: {method: POST, uri: 'https://api.openai.com/v1/chat/completions', headers: {}, body: '{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'}
  response:
    status: {code: 200, message: OK}
    headers: {content-encoding: [gzip]}
    body: {string: '{"model":"gpt-4o","choices":[{"message":{"content":"hello"},"finish_reason":"stop"}]}'}
version: 1
"""  # noqa: E501 - a file as it may come


def test_a_folder_becomes_cassettes(run: Run, tmp_path: Path) -> None:
    """The answer says what was made and in which dialects; remarks say what is not as the file has it."""
    (tmp_path / "t/x").mkdir(parents=True)
    (tmp_path / "t/x/a.yaml").write_text(CASSETTE)
    (tmp_path / "t/b.yaml").write_text(CASSETTE)
    (tmp_path / "t/notes.txt").write_text("words")
    result = run("import", "--out", tmp_path / "out", tmp_path / "t")
    assert result.exit_code == 0
    assert result.stdout == (
        "imported 2 calls from 2 files into 2 cassettes\n"
        "  2 of them ask a model, 2 with evidence of what it answered\n"
        "       2  openai chat.completions\n"
    )
    assert "2 calls: its content-encoding header is left out: the file holds the body decoded\n" in result.stderr
    assert "passed over 1 file that hold no recordings\n" in result.stderr
    (found,) = playhead.open_cassette(tmp_path / "out/x/a.cassette")
    assert found.evidence.text == "hello"


def test_text_and_one_cassette_for_all(run: Run, tmp_path: Path) -> None:
    """The calls of all files stand in one file that a person can read."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(CASSETTE)
    result = run("import", "--out", tmp_path, "--one", "all", "--text", tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert result.exit_code == 0
    assert result.stdout.startswith("imported 2 calls from 2 files into 1 cassette\n")
    assert [one.sequence for one in playhead.open_cassette(tmp_path / "all.cassette.json")] == [0, 1]


def test_what_is_not_carried_over_is_listed_and_is_no_failure(run: Run, tmp_path: Path) -> None:
    """Each with its file, its place and the reason; so are answers that could not be read."""
    (tmp_path / "a.yaml").write_text(CASSETTE.replace("interactions:\n", "interactions:\n- {request: {}}\n"))
    result = run("import", "--out", tmp_path / "out", tmp_path / "a.yaml")
    assert result.exit_code == 0
    assert f"{tmp_path / 'a.yaml'}: number 1 was not carried over: it has no request\n" in result.stderr


def test_a_recording_without_calls_is_told(run: Run, tmp_path: Path) -> None:
    """It is no failure."""
    (tmp_path / "a.yaml").write_text("interactions: []\nversion: 1\n")
    result = run("import", "--out", tmp_path, tmp_path / "a.yaml")
    assert (result.exit_code, "holds no calls" in result.stderr) == (0, True)


def test_a_file_that_cannot_be_imported_ends_with_1(run: Run, tmp_path: Path) -> None:
    """The others are imported; the file and the reason are named, and what to do."""
    (tmp_path / "a.yaml").write_text(CASSETTE)
    (tmp_path / "b.yaml").write_text("interactions:\n- request: {a: 'b\n")
    result = run("import", "--out", tmp_path, tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert result.exit_code == 1
    assert f"error: {str(tmp_path / 'b.yaml')!r} is not whole YAML" in result.stderr
    assert (tmp_path / "a.cassette").exists()
    again = run("import", "--out", tmp_path, tmp_path / "a.yaml")
    assert again.exit_code == 1
    assert "is there already\nhint: --overwrite replaces it\n" in again.stderr
    assert run("import", "--out", tmp_path, tmp_path / "a.yaml", "--overwrite").exit_code == 0


def test_a_wrong_command_line_ends_with_2(run: Run, tmp_path: Path) -> None:
    """A missing path, a folder without recordings, a format that nobody knows."""
    assert run("import", "--out", tmp_path, tmp_path / "absent").exit_code == 2
    assert run("import", "--out", tmp_path, tmp_path).exit_code == 2
    (tmp_path / "a.yaml").write_text(CASSETTE)
    assert run("import", "--out", tmp_path, tmp_path / "a.yaml", "--format", "x").exit_code == 2
    assert run("import", "--out", tmp_path, tmp_path / "a.yaml", "--format", "har").exit_code == 1


def test_a_program_reads_json(run: Run, tmp_path: Path) -> None:
    """Every file with all that is said about it, and the totals."""
    (tmp_path / "a.yaml").write_text(CASSETTE.replace("interactions:\n", "interactions:\n- {request: {}}\n"))
    result = run("import", "--out", tmp_path, tmp_path / "a.yaml", "--json")
    found = json.loads(result.stdout)
    (file,) = found["files"]
    assert (file["path"], file["cassette"]) == (str(tmp_path / "a.yaml"), str(tmp_path / "a.cassette"))
    assert (file["format"], file["calls"], file["evidence"]) == ("vcr", 1, 1)
    assert file["left_out"] == [{"number": 1, "reason": "it has no request"}]
    assert found["totals"]["calls"] == 1
    assert found["totals"]["left_out"] == 1
    assert found["totals"]["dialects"] == {"openai chat.completions": 1}
    assert result.stderr == ""
