"""``playhead demo``: the proof on the screen, and an exit code that means it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import playhead
from playhead.cli import demo
from playhead.cli.demo_parts import Check, Proof
from playhead.providers.tiny_server import missing_dependency
from tests.cli.conftest import Run, Start

absent = missing_dependency()
needs_server = pytest.mark.skipif(absent is not None, reason=f"{absent} is not installed (extra demo)")


def test_the_stub_demo_proves_itself(run: Run, tmp_path: Path) -> None:
    """Without any extra install the demo records, replays and proves, in a screenful of plain text."""
    result = run("demo", "--stub", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines[:-1])) <= 80
    assert "one question, 3 different answers" in result.stdout
    assert "a connection was tried and refused" in result.stdout
    assert re.search(r"12 of 12 equal  calls, everything in them", result.stdout)
    assert len(playhead.open_cassette(tmp_path / "demo.cassette")) == 12
    assert f"playhead show {tmp_path / 'demo.cassette'}" in lines[-1]


def test_the_demo_can_be_shown_again(run: Run, tmp_path: Path) -> None:
    """A second demo into the same folder takes the first one's place."""
    assert run("demo", "--stub", "--out", tmp_path).exit_code == 0
    assert run("demo", "--stub", "--out", tmp_path).exit_code == 0
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["demo.cassette"]


def test_a_missing_server_is_told_and_the_stub_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not installed the extra sees the demo all the same, and how to see the real one."""
    monkeypatch.setattr(demo, "missing_dependency", lambda: "xllamacpp")
    result = run("demo")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == (
        "xllamacpp is not installed (pip install 'playhead[demo]'), so this is the stub instead of a real model"
    )


def test_a_proof_that_does_not_hold_ends_with_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo cannot be green when anything differed."""
    proof = Proof(12, (Check("texts", 11, 12),), 1.0)
    monkeypatch.setattr(demo, "prove_demo", lambda *_, **__: proof)
    result = run("demo", "--stub")
    assert result.exit_code == 1
    assert "11 of 12 equal  texts" in result.stdout


def test_an_open_network_is_no_proof(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the network cannot be shut the demo says so instead of going on."""

    class Connection:
        def close(self) -> None:
            """Do nothing."""

    monkeypatch.setattr("socket.create_connection", lambda *_, **__: Connection())
    result = run("demo", "--stub")
    assert result.exit_code == 5
    assert "the network could not be shut" in result.stderr


@needs_server
@pytest.mark.real_server
def test_the_real_demo_proves_itself(start: Start, tmp_path: Path) -> None:
    """A real model is recorded, stopped, and replayed to the letter; nothing is left running or lying about."""
    process = start("demo", "--out", tmp_path / "out")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert "a real llama.cpp server at http://127.0.0.1:" in out
    assert "different answers" in out
    assert "shut, and the server stopped" in out
    assert re.search(r"12 of 12 equal  texts", out)
    assert re.search(r" 3 of  3 equal  streams, cut into the same \d+ pieces", out)
    cassette = playhead.open_cassette(tmp_path / "out" / "demo.cassette")
    assert {one.origin for one in cassette} == {playhead.Origin.LIVE}
    assert all(one.evidence.usage.total_tokens > 0 for one in cassette)
