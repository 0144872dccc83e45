"""``playhead refresh``: a plan first, answers that wait, and a golden that changes by what was accepted alone."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import CompletionRequest
from tests.cli.conftest import Run, Start
from tests.harness.comparing_parts import QUESTIONS, record
from tests.harness.refreshing_parts import Server, record_wired, serving, texts

MODULE = """
import playhead, pathlib, time

class Model:
    name = "model"
    def complete(self, request):
        seen = pathlib.Path(__file__).with_name("seen.txt")
        with seen.open("a") as file:
            file.write(request.prompt + "\\n")
        count = len(seen.read_text().splitlines())
        if count == PAUSE:
            time.sleep(60)
        text = "The ink is blue." if "0" in request.prompt else f"New {request.prompt}"
        return playhead.Completion(text, model="m-1", finish_reason="stop", usage=playhead.Usage(5, 4, 9))
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a provider of the user's own; gives what ``--provider`` takes."""
    name = f"model_{os.urandom(4).hex()}"
    (tmp_path / f"{name}.py").write_text(MODULE.replace("PAUSE", "0"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return f"{name}:Model"


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """Record a golden."""
    return record(tmp_path / "golden.cassette")


def seen(folder: Path) -> list[str]:
    """Give what the provider was asked."""
    path = folder / "seen.txt"
    return path.read_text().splitlines() if path.exists() else []


def test_the_plan_is_shown_and_nothing_done(run: Run, golden: Path, model: str, tmp_path: Path) -> None:
    """Which calls, how many tokens; without a provider each call is listed with the reason."""
    result = run("refresh", golden, "--provider", model, "--plan", "--only", "Question 1")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"1 call of 6 in {golden} to make again",
        "  some 9 tokens",
        "  openai: m",
    ]
    result = run("refresh", golden, "--plan")
    assert "6 calls cannot be made again:" in result.stdout
    assert "take 0: there is no provider for 'openai'" in result.stdout
    found = json.loads(run("refresh", golden, "--provider", f"openai={model}", "--plan", "--json").stdout)["plan"]
    assert (len(found["to_make"]), found["tokens"], found["left"]) == (6, 54, [])
    assert seen(tmp_path) == []
    assert not (tmp_path / "golden.refresh.plan").exists()


def test_nobody_to_ask_is_no_yes(run: Run, golden: Path, model: str, tmp_path: Path) -> None:
    """Without a terminal nothing is paid for unless that is said."""
    result = run("refresh", golden, "--provider", model)
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert seen(tmp_path) == []


def test_answers_wait_and_are_accepted_by_grade(run: Run, golden: Path, model: str, tmp_path: Path) -> None:
    """First the calls, then, by another command without a provider, what is taken."""
    before = golden.read_bytes()
    result = run("refresh", golden, "--provider", model, "--yes")
    assert result.exit_code == 0
    assert "6 calls made again: 5 reworded, 1 identical" in result.stdout
    assert "6 calls made, 54 tokens" in result.stdout
    assert "golden.refresh.cassette waits; --resume goes on" in result.stderr
    assert golden.read_bytes() == before
    result = run("refresh", golden, "--provider", model, "--yes")
    assert result.exit_code == 2
    assert "was begun before" in result.stderr
    result = run("refresh", golden, "--resume", "--accept", "reworded", "--html", tmp_path / "page.html")
    assert result.exit_code == 0
    assert f"{golden} sealed anew: 5 answers accepted, 1 rejected" in result.stdout
    assert sum(text.startswith("New") for text in texts(golden)) == 5
    assert len(seen(tmp_path)) == 6
    assert "<ins>" in (tmp_path / "page.html").read_text()
    assert sorted(path.name for path in tmp_path.glob("golden*")) == ["golden.cassette"]


def test_a_person_decides_call_by_call(run: Run, golden: Path, model: str) -> None:
    """Yes, no, and quit, after which the answers wait and the golden is as it was."""
    before = golden.read_bytes()
    result = run("refresh", golden, "--provider", model, "--yes", "--ask", text="y\nq\n")
    assert result.exit_code == 0
    assert golden.read_bytes() == before
    result = run("refresh", golden, "--resume", "--ask", text="y\nn\nn\nn\nn\nn\n")
    assert result.exit_code == 0
    assert "1 answer accepted, 5 rejected" in result.stdout
    assert sum(text.startswith("New") for text in texts(golden)) == 1


def test_a_machine_gets_one_object(run: Run, golden: Path, model: str) -> None:
    """The plan, every call with what differs and what became of it, and the numbers."""
    result = run("refresh", golden, "--provider", model, "--yes", "--json", "--accept-all", "--only", "Question 1")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    (call,) = found["calls"]
    assert (call["grade"], call["accepted"], call["failed"]) == ("reworded", True, False)
    assert (found["made"], found["accepted"], found["written"], found["waiting"]) == (1, 1, True, None)
    assert found["plan"]["calls"] == 6


def test_dates_of_what_was_not_chosen_stay(run: Run, golden: Path, model: str) -> None:
    """A call that was accepted has today's date, identical or not; the others keep theirs."""
    run("refresh", golden, "--provider", model, "--yes", "--accept-all", "--only", "Question 0", "--only", "Question 1")
    dates = [str(one.recorded_on) for one in playhead.open_cassette(golden)]
    assert sorted(dates)[:4] == ["2026-01-01"] * 4
    assert sum(date != "2026-01-01" for date in dates) == 2
    result = run("refresh", golden, "--provider", model, "--plan", "--older-than", "1", "--json")
    assert len(json.loads(result.stdout)["plan"]["to_make"]) == 4


def test_a_budget_is_kept(run: Run, golden: Path, model: str, tmp_path: Path) -> None:
    """A plan over it is refused before the first call; calls without a price need one in tokens."""
    result = run("refresh", golden, "--provider", model, "--yes", "--budget", "53tokens")
    assert result.exit_code == 2
    assert "over the budget of 53 tokens" in result.stderr
    assert seen(tmp_path) == []
    assert run("refresh", golden, "--provider", model, "--yes", "--budget", "a lot").exit_code == 2
    assert run("refresh", golden, "--provider", model, "--yes", "--budget", "54tokens").exit_code == 0


def test_a_dollar_budget_refuses_what_has_no_price(run: Run, golden: Path, model: str) -> None:
    """A model in no list could cost anything."""
    pytest.importorskip("genai_prices", reason="the extra `prices` is not installed")
    result = run("refresh", golden, "--provider", model, "--yes", "--budget", "1.00")
    assert result.exit_code == 2
    assert "6 calls have no price" in result.stderr


@pytest.fixture
def wired(tmp_path: Path) -> Any:
    """Record over the wire from a server on loopback, which then answers otherwise."""
    with serving() as server:
        record_wired(tmp_path / "wired.cassette", server.url, ["a", "b"])
        server.text = "second"
        yield tmp_path / "wired.cassette", server


def test_requests_over_the_wire_are_sent_again(run: Run, wired: tuple[Path, Server]) -> None:
    """Without a provider: the address is in the golden, and this machine needs no key."""
    path, server = wired
    result = run("refresh", path, "--yes", "--accept-all")
    assert result.exit_code == 0
    assert f"over HTTP to {server.url.split('/')[2]}" in result.stdout
    assert texts(path) == ["second", "second"]


def test_a_dollar_budget_is_held_against_todays_prices(run: Run, wired: tuple[Path, Server]) -> None:
    """The plan names its price; a budget below it is refused before the first call, one above is spent from."""
    pytest.importorskip("genai_prices", reason="the extra `prices` is not installed")
    path, server = wired
    server.seen = []
    result = run("refresh", path, "--yes", "--budget", "0.000001")
    assert result.exit_code == 2
    assert "some $0.0000" in result.stdout
    assert "over the budget of $0.000001" in result.stderr
    assert server.seen == []
    found = json.loads(run("refresh", path, "--yes", "--budget", "$0.01", "--json", "--accept-all").stdout)
    assert (found["made"], found["unmade"], found["tokens"]) == (2, 0, 20)
    assert 0 < float(found["dollars"]) < 0.01


def test_calls_that_fail_are_told_and_tried_again(run: Run, wired: tuple[Path, Server]) -> None:
    """The golden keeps its answers; the command ends with 1, and resuming makes those calls alone."""
    path, server = wired
    server.status = 503
    result = run("refresh", path, "--yes", "--accept-all")
    assert result.exit_code == 1
    assert result.stdout.count(" failed: ") == 2
    assert texts(path) == ["first", "first"]
    server.status, server.seen = 200, []
    result = run("refresh", path, "--resume", "--yes", "--accept-all")
    assert result.exit_code == 0
    assert len(server.seen) == 2
    assert texts(path) == ["second", "second"]


def test_a_killed_run_is_gone_on_with(
    start: Start, run: Run, golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ``kill -9`` the golden is as it was, what was answered is kept, and the rest is asked."""
    monkeypatch.chdir(tmp_path)
    module = f"slow_{os.urandom(4).hex()}"
    (tmp_path / f"{module}.py").write_text(MODULE.replace("PAUSE", "4"))
    before = golden.read_bytes()
    process = start("refresh", golden, "--provider", f"{module}:Model", "--yes")
    deadline = time.monotonic() + 30
    while len(seen(tmp_path)) < 4:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    assert golden.read_bytes() == before
    monkeypatch.syspath_prepend(str(tmp_path))
    result = run("refresh", golden, "--resume", "--provider", f"{module}:Model", "--yes", "--accept-all")
    assert result.exit_code == 0, result.output
    assert "3 more were made before" in result.stdout
    assert len(seen(tmp_path)) == 4 + 3
    assert sum(text.startswith("New") for text in texts(golden)) == 5


def test_a_run_that_is_broken_off_twice_leaves_at_once(start: Start, golden: Path, tmp_path: Path) -> None:
    """The first Ctrl-C waits for the call on its way, the second does not; what was answered waits, sealed."""
    module = f"slow_{os.urandom(4).hex()}"
    (tmp_path / f"{module}.py").write_text(MODULE.replace("PAUSE", "3"))
    before = golden.read_bytes()
    process = start("refresh", golden, "--provider", f"{module}:Model", "--yes")
    deadline = time.monotonic() + 30
    while len(seen(tmp_path)) < 3:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "Ctrl-C once more" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "--resume goes on" in said
    assert golden.read_bytes() == before
    assert len(playhead.open_cassette(tmp_path / "golden.refresh.cassette")) == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--accept-all", "--ask"),
        ("--accept", "fine"),
        ("--ask", "--json"),
        ("--resume",),
        ("--resume", "--discard"),
        ("--only", "nobody asked this"),
        ("--key-ref", "openai=sk-proj-Ab3dEf6hJk9mNp2q"),
        ("--provider", "nobody=stub"),
    ],
)
def test_what_does_not_go_together_is_an_error(run: Run, golden: Path, options: tuple[str, ...]) -> None:
    """Nothing is asked, and no key is shown."""
    result = run("refresh", golden, *options)
    assert result.exit_code == 2
    assert "sk-proj" not in result.output


def test_resuming_means_the_calls_that_were_chosen(run: Run, golden: Path, model: str) -> None:
    """Another selection would be another refresh; discarding throws the answers away."""
    run("refresh", golden, "--provider", model, "--yes", "--only", "Question 1")
    assert run("refresh", golden, "--resume", "--only", "Question 2").exit_code == 2
    result = run("refresh", golden, "--discard", "--provider", model, "--plan")
    assert result.exit_code == 0
    assert "6 calls of 6" in result.stdout
    assert run("refresh", golden, "--resume").exit_code == 2


def test_bad_goldens_end_as_everywhere_else(run: Run, tmp_path: Path) -> None:
    """Missing or foreign: 3."""
    assert run("refresh", tmp_path / "none.cassette").exit_code == 3
    (tmp_path / "foreign.cassette").write_text("x")
    assert run("refresh", tmp_path / "foreign.cassette").exit_code == 3


def test_a_stub_answers_a_golden_of_its_own(run: Run, tmp_path: Path) -> None:
    """The kinds of ``record`` are known here too; a golden that is up to date is identical."""
    path = tmp_path / "stub.cassette"
    with playhead.record(playhead.StubInferenceProvider(), path, name="stub") as provider:
        provider.complete(CompletionRequest(QUESTIONS[0].prompt))
    result = run("refresh", path, "--provider", "stub", "--yes", "--accept-all")
    assert result.exit_code == 0
    assert "1 call made again: 1 identical" in result.stdout
