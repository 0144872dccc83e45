"""``playhead record``: what it makes, what it says, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

import playhead
from tests.cli.conftest import LINES, Run

FAILING = """
from playhead import Completion, ProviderError

class Own:
    name = "own"
    def __init__(self, bad=()):
        self.bad = bad
    def complete(self, request):
        if request.prompt in self.bad:
            raise ProviderError("lost \\x1b[31m" + request.prompt)
        return Completion("answer", model="m")

one_bad = Own({"b"})
all_bad = Own({"a", "b"})
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put a provider into the current folder, and requests for it."""
    (tmp_path / "own_provider_of_record.py").write_text(FAILING)
    (tmp_path / "two.jsonl").write_text('{"prompt":"a"}\n{"prompt":"b"}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    return "own_provider_of_record"


@pytest.fixture
def _no_waiting() -> Iterator[None]:
    """Try each call once."""
    with stamina.set_testing(True, attempts=1):
        yield


def test_a_golden_is_recorded(run: Run, requests: Path, tmp_path: Path) -> None:
    """Requests times takes are in the cassette, under the provider's own name."""
    path = tmp_path / "new.cassette"
    result = run("record", "-i", requests, "--provider", "cycling-stub", "--takes", 3, path)
    assert result.exit_code == 0, result.output
    first, second = result.stdout.splitlines()
    assert first.startswith(f"recorded 9 calls as 'cycling-stub' into {path}: ")
    assert second.endswith(" s")
    cassette = playhead.open_cassette(path)
    assert len(cassette) == 9
    assert {interaction.provider for interaction in cassette} == {"cycling-stub"}


def test_the_report_is_json_for_scripts(run: Run, requests: Path, tmp_path: Path) -> None:
    """With --json standard output is one object."""
    path = tmp_path / "new.cassette"
    result = run("record", "-i", requests, "--provider", "stub", "--name", "mine", "--json", path)
    report = json.loads(result.stdout)
    assert (report["sealed"], report["wanted"], report["calls"], report["failures"]) == (True, 3, 3, [])
    assert report["digest"] == playhead.open_cassette(path).digest


def test_requests_come_from_standard_input(run: Run, tmp_path: Path) -> None:
    """A pipe will do."""
    result = run("record", "-i", "-", "--provider", "stub", tmp_path / "new.cassette", text=LINES)
    assert result.exit_code == 0, result.output


def test_options_fill_what_requests_lack(run: Run, requests: Path, tmp_path: Path) -> None:
    """What is given on the command line is part of what is recorded, and of what is matched."""
    path = tmp_path / "new.cassette"
    options = ("--model", "m", "--temperature", "0.5", "--max-tokens", "7")
    assert run("record", "-i", requests, "--provider", "stub", *options, path).exit_code == 0
    asked = [interaction.request for interaction in playhead.open_cassette(path)]
    assert sorted((one.model, one.temperature, one.max_tokens) for one in asked) == [
        ("m", 0.5, 7),
        ("m", 0.5, 7),
        ("m", 1, 7),
    ]
    assert run("replay", "-i", requests, *options, path).exit_code == 0


def test_an_existing_golden_is_kept(run: Run, requests: Path, golden: Path) -> None:
    """Without leave the command ends with 2, says how to go on, and changes nothing."""
    before = golden.read_bytes()
    result = run("record", "-i", requests, "--provider", "stub", golden)
    assert result.exit_code == 2
    assert "there is a golden at" in result.stderr
    assert "extend it" in result.stderr
    assert golden.read_bytes() == before


def test_an_existing_golden_is_extended_or_overwritten(run: Run, requests: Path, golden: Path) -> None:
    """With leave the golden is added to, or replaced."""
    common = ("-i", requests, "--provider", "cycling-stub")
    result = run("record", *common, "--takes", 4, "--extend", golden)
    assert "9 were there already, 3 were made now" in result.stdout
    assert len(playhead.open_cassette(golden)) == 12
    assert run("record", *common, "--takes", 1, "--overwrite", golden).exit_code == 0
    assert len(playhead.open_cassette(golden)) == 3


def test_bad_lines_are_all_named_and_nothing_is_called(run: Run, tmp_path: Path) -> None:
    """A file with faults ends with 2 before anything is made."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"prompt":"a"}\n{"promt":"b"}\nx\n')
    result = run("record", "-i", bad, "--provider", "stub", tmp_path / "new.cassette")
    assert result.exit_code == 2
    assert f"{bad}:2: " in result.stderr
    assert f"{bad}:3: " in result.stderr
    assert not (tmp_path / "new.cassette").exists()


def test_a_failed_call_ends_with_1(run: Run, own: str, tmp_path: Path) -> None:
    """The golden is there, the failure in it and on the screen, with nothing in it that a terminal obeys."""
    result = run("record", "-i", "two.jsonl", "--provider", f"{own}:one_bad", "--takes", 2, "new.cassette")
    assert result.exit_code == 1
    assert "2 failed:\n    request 2 take 0: ProviderError: lost \\u001b[31mb" in result.stdout
    assert "--extend calls them again" in result.stderr
    assert len(playhead.open_cassette(tmp_path / "new.cassette")) == 4


def test_a_provider_that_fails_every_time_ends_with_5(run: Run, own: str, tmp_path: Path) -> None:
    """No cassette is made of failures alone."""
    result = run("record", "-i", "two.jsonl", "--provider", f"{own}:all_bad", "new.cassette")
    assert result.exit_code == 5
    assert "every call failed, so nothing was sealed" in result.stderr
    assert not (tmp_path / "new.cassette").exists()


def test_failed_calls_are_called_again_by_extending(run: Run, own: str, tmp_path: Path) -> None:
    """After the fault is mended only what failed is called."""
    run("record", "-i", "two.jsonl", "--provider", f"{own}:one_bad", "new.cassette")
    result = run("record", "-i", "two.jsonl", "--provider", f"{own}:Own", "--extend", "new.cassette")
    assert result.exit_code == 0, result.output
    assert "1 failed call of before called again" in result.stdout
    assert all(one.evidence.failure is None for one in playhead.open_cassette(tmp_path / "new.cassette"))


def test_too_many_failures_end_with_5(run: Run, own: str) -> None:
    """A limit stops the run."""
    arguments = ("--provider", f"{own}:one_bad", "--max-failures", 1, "--concurrency", 1, "new.cassette")
    result = run("record", "-i", "two.jsonl", *arguments)
    assert result.exit_code == 5
    assert "gave up after 1 failed calls" in result.stderr


def test_a_literal_key_is_refused(run: Run, requests: Path, tmp_path: Path) -> None:
    """A key on the command line is in the shell's history: it is refused, and not shown once more."""
    key = "sk-0123456789abcdefghij"
    arguments = ("--base-url", "http://127.0.0.1:1", "--model", "m", "--key", key, tmp_path / "new.cassette")
    result = run("record", "-i", requests, *arguments)
    assert result.exit_code == 2
    assert "never the key itself" in result.stderr
    assert key not in result.output


def test_a_missing_key_ends_with_5_before_any_call(run: Run, requests: Path, tmp_path: Path) -> None:
    """The variable is named."""
    arguments = ("--base-url", "http://127.0.0.1:1", "--model", "m", "--key", "env:PLAYHEAD_NO_SUCH_KEY")
    result = run("record", "-i", requests, *arguments, tmp_path / "new.cassette")
    assert result.exit_code == 5
    assert "PLAYHEAD_NO_SUCH_KEY" in result.stderr


@pytest.mark.usefixtures("_no_waiting")
def test_a_server_that_is_not_there_ends_with_5(run: Run, tmp_path: Path) -> None:
    """A dead address is every call failed."""
    arguments = ("--base-url", "http://127.0.0.1:1", "--model", "m", tmp_path / "new.cassette")
    result = run("record", "-i", "-", *arguments, text='{"prompt":"a"}\n')
    assert result.exit_code == 5
    assert "could not be reached" in result.output


@pytest.mark.usefixtures("_no_waiting")
def test_the_model_may_stand_in_the_requests(run: Run, tmp_path: Path) -> None:
    """Where every request names its model the command line need not."""
    arguments = ("--base-url", "http://127.0.0.1:1", tmp_path / "new.cassette")
    result = run("record", "-i", "-", *arguments, text='{"prompt":"a"}\n')
    assert result.exit_code == 2
    assert "needs --model" in result.stderr
    named = run("record", "-i", "-", *arguments, text='{"prompt":"a","model":"m"}\n')
    assert named.exit_code == 5
