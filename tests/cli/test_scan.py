"""``playhead scan``: where credentials stand, and never what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import playhead
from playhead import Completion, CompletionRequest
from playhead.sessions.recorder import LiveRedactor
from tests.cli.conftest import Run

SECRET = "zanzibar-parsnip"


@pytest.fixture
def leaking(tmp_path: Path) -> Path:
    """Record an answer before anybody knew that it holds a credential."""
    path = tmp_path / "leaking.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        provider = session.wrap(playhead.StubInferenceProvider(Completion(f"it is {SECRET}")))
        provider.complete(CompletionRequest("what is it?"))
    return path


def test_a_clean_folder_ends_with_0(run: Run, golden: Path) -> None:
    """Nothing found is said with what was looked at."""
    result = run("scan", golden.parent)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "0 credentials in 1 file\n")


def test_a_finding_says_where_and_by_which_rule(run: Run, leaking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place is exact; the value is not printed."""
    monkeypatch.setenv("LEARNT_API_KEY", SECRET)
    result = run("scan", leaking)
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert line.startswith(f"{leaking}: call ")
    assert line.endswith(" take 0: $.call.outcome.text (value)")
    assert SECRET not in result.output


def test_findings_are_json_for_scripts(run: Run, leaking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object a finding."""
    monkeypatch.setenv("LEARNT_API_KEY", SECRET)
    (line,) = run("scan", leaking, "--json").stdout.splitlines()
    found = json.loads(line)
    assert (found["path"], found["place"], found["rule"]) == (str(leaking), "$.call.outcome.text", "value")


def test_journals_are_scanned_too(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a crash left can hold a credential as well."""
    session = playhead.use_cassette(tmp_path / "lost.cassette", mode="record").open()
    session.wrap(playhead.StubInferenceProvider(SECRET)).complete(CompletionRequest("a"))
    session.abandon()
    monkeypatch.setenv("LEARNT_API_KEY", SECRET)
    result = run("scan", tmp_path)
    assert result.exit_code == 1
    assert "lost.cassette.j-" in result.stdout


class Blind:
    """Rules of an older release that knew nothing."""

    def could_match_bytes(self, data: bytes) -> bool:
        """Find nothing."""
        return False

    def redact_text(self, text: str) -> str:
        """Mask nothing."""
        return text


def test_a_shape_is_found_without_knowing_the_value(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential of a known form in an older cassette is found by its form."""
    path = tmp_path / "old.cassette"
    fake = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    with monkeypatch.context() as patch:
        patch.setattr(LiveRedactor, "current", lambda _: Blind())
        with playhead.use_cassette(path, mode="record") as session:
            session.wrap(playhead.StubInferenceProvider(fake)).complete(CompletionRequest("a"))
    result = run("scan", path)
    assert result.exit_code == 1
    assert "(github-token)" in result.stdout
    assert fake not in result.output


def test_a_file_that_cannot_be_read_ends_with_3(run: Run, golden: Path) -> None:
    """What was not looked at is not called clean."""
    (golden.parent / "bad.cassette").write_bytes(b"nonsense")
    result = run("scan", golden.parent)
    assert result.exit_code == 3
    assert "bad.cassette" in result.stderr


def test_scanning_nothing_is_an_error(run: Run, tmp_path: Path) -> None:
    """A hook that looks into the wrong folder must not pass."""
    assert run("scan", tmp_path).exit_code == 2
