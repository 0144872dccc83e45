"""``playhead verify``: sound, damaged and unreadable cassettes told apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playhead.cli import verify
from playhead.store.verifying import Verified
from tests.cli.conftest import Run


def test_a_sound_cassette_ends_with_0(run: Run, golden: Path) -> None:
    """What holds is said to hold, in either profile."""
    run("convert", golden, golden.with_name("text.cassette.json"))
    result = run("verify", golden.parent)
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["sound", "sound"]


def test_a_flipped_bit_anywhere_is_found(run: Run, golden: Path) -> None:
    """No byte of a cassette can change unseen."""
    data = golden.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 25)):
        damaged = bytearray(data)
        damaged[at] ^= 0x10
        golden.write_bytes(bytes(damaged))
        result = run("verify", golden)
        assert result.exit_code in (1, 3), at
        assert "sound" not in result.stdout.split()[0]


def test_faults_end_with_1_and_are_listed(run: Run, golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found wrong stands below the file."""
    found = Verified(golden, 9, "ab" * 32, ("the first fault", "the second"))
    monkeypatch.setattr(verify, "verify", lambda _: found)
    result = run("verify", golden)
    facts = json.loads(run("verify", golden, "--json").stdout)
    assert result.exit_code == 1
    assert [line.strip() for line in result.stdout.splitlines()] == [
        f"damaged    {golden}",
        "the first fault",
        "the second",
    ]
    assert (facts["state"], facts["faults"]) == ("damaged", ["the first fault", "the second"])


def test_a_file_that_is_no_cassette_ends_with_3_and_the_others_are_checked(run: Run, golden: Path) -> None:
    """The worst ending counts."""
    (golden.parent / "bad.cassette").write_bytes(b"nonsense")
    result = run("verify", golden.parent)
    assert result.exit_code == 3
    assert result.stdout.startswith("unreadable ")
    assert f"sound      {golden}" in result.stdout


def test_the_result_is_json_for_scripts(run: Run, golden: Path) -> None:
    """One object a file."""
    facts = json.loads(run("verify", golden, "--json").stdout)
    assert (facts["path"], facts["state"], facts["calls"], facts["faults"]) == (str(golden), "sound", 9, [])


def test_verifying_nothing_is_an_error(run: Run, tmp_path: Path) -> None:
    """A check in CI that looks into the wrong folder must not pass."""
    assert run("verify", tmp_path).exit_code == 2
