"""``playhead show``: conversations as people read them, entries as they are stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import playhead
from playhead.cli import show
from tests.cli.conftest import Run


def test_a_conversation_is_shown_with_every_take(run: Run, golden: Path) -> None:
    """A question stands once, its takes below it in order."""
    result = run("show", golden)
    assert result.exit_code == 0
    calls = result.stdout.split("\n\n")
    assert len(calls) == 3
    (conversation,) = (call for call in calls if "be brief" in call)
    head, *rest = conversation.rstrip("\n").splitlines()
    assert head.startswith("call ")
    assert head.endswith("  cycling-stub  (model not named)")
    assert rest == [
        "  system     be brief",
        "  user       And for ink?",
        "  take 0, stub, 12 + 9 tokens",
        "  assistant  ACME Corp",
        "  take 1, stub, 12 + 17 tokens",
        "  assistant  Globex Industries",
        "  take 2, stub, 12 + 11 tokens",
        "  assistant  Initech LLC",
    ]


def test_one_call_and_one_take_can_be_chosen(run: Run, golden: Path) -> None:
    """A call is named by the beginning of its fingerprint, in either case of letters."""
    (key,) = {one.fingerprint for one in playhead.open_cassette(golden) if one.request.prompt == "Stream a vendor."}
    result = run("show", golden, "--call", key[:8].upper(), "--take", 1)
    assert result.exit_code == 0
    assert "(streamed in 2 pieces)\n             Globex Industries" in result.stdout
    assert "ACME" not in result.stdout
    assert run("show", golden, "--call", key).stdout.count("take ") == 3


def test_raw_entries_are_the_stored_ones(run: Run, golden: Path) -> None:
    """What is stored can be looked at with other tools, byte for byte."""
    result = run("show", golden, "--raw")
    entries = playhead.open_cassette(golden).entries()
    assert result.stdout.splitlines() == [entry.data.decode() for entry in entries]
    assert all(json.loads(line)["type"] == "call" for line in result.stdout.splitlines())


def test_a_call_or_take_that_is_not_there_is_a_usage_error(run: Run, golden: Path) -> None:
    """A slip in a fingerprint shows nothing, and says so."""
    assert run("show", golden, "--call", "zz").exit_code == 2
    result = run("show", golden, "--take", 7)
    assert result.exit_code == 2
    assert "there is no take 7\nhint: the last one is take 2" in result.stderr


def test_an_answer_cannot_drive_the_terminal(run: Run, tmp_path: Path) -> None:
    """Escape sequences in questions, answers and names are shown spelt out."""
    evil = "\x1b]0;owned\x07\x1b[2J"
    path = tmp_path / "evil.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        provider = session.wrap(playhead.StubInferenceProvider(playhead.Completion(evil, model=evil)))
        provider.complete(playhead.CompletionRequest(evil, model=evil, params={evil: evil}))
    for arguments in (("show", path), ("stats", path), ("ls", path)):
        result = run(*arguments)
        assert "\x1b" not in result.stdout
        assert "\x07" not in result.stdout
    assert "\\u001b]0;owned\\u0007" in run("show", path).stdout


def test_raw_entries_are_safe_in_a_terminal(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What JSON leaves as it is and a terminal obeys is escaped there, and still JSON."""
    path = tmp_path / "evil.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        session.wrap(playhead.StubInferenceProvider("\x9b2J")).complete(playhead.CompletionRequest("a"))
    assert "\x9b2J" in run("show", path, "--raw").stdout
    monkeypatch.setattr(show, "is_terminal", lambda: True)
    shown = run("show", path, "--raw").stdout
    assert "\x9b" not in shown
    assert json.loads(shown)["call"]["outcome"]["text"] == "\x9b2J"


def test_a_missing_cassette_ends_with_3(run: Run, tmp_path: Path) -> None:
    """There is nothing to show."""
    result = run("show", tmp_path / "absent.cassette")
    assert result.exit_code == 3
    assert "there is no such file" in result.stderr
