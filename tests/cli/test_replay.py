"""``playhead replay``: recorded answers, explained misses, and no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest, RateLimitError, ToolCall
from tests.cli.conftest import Run


def lines(text: str) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Record a failure, a tool call, an embedding and a stream that breaks off, from two providers."""

    class Odd:
        def complete(self, request: CompletionRequest) -> Completion:
            if request.prompt == "wait":
                raise RateLimitError("slow down", retry_after=3.0)
            if request.params:
                return Completion(output=[[0.5, 1.5]], model="e")
            return Completion(model="m", finish_reason="tool_calls", tool_calls=(ToolCall("1", "look", '{"at":1}'),))

        def stream(self, request: CompletionRequest) -> Any:
            yield "half"
            raise playhead.ProviderError("broke off")

    path = tmp_path / "odd.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        one = session.wrap(Odd(), name="one")
        with pytest.raises(RateLimitError):
            one.complete(CompletionRequest("wait"))
        one.complete(CompletionRequest("tool"))
        one.embed(["a"]) if hasattr(one, "embed") else one.complete(
            CompletionRequest(family=playhead.Family.EMBEDDING, params={"input": ["a"]})
        )
        with pytest.raises(playhead.ProviderError):
            list(one.stream(CompletionRequest("stream")))
        session.wrap(Odd(), name="two").complete(CompletionRequest("tool"))
    return path


def test_answers_are_printed(run: Run, requests: Path, golden: Path) -> None:
    """Each question stands over its answer; the first take is played."""
    result = run("replay", "-i", requests, golden)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "1  Name a vendor for paper.",
        "   ACME Corp",
        "2  And for ink?",
        "   ACME Corp",
        "3  Stream a vendor.",
        "   ACME Corp",
    ]
    assert result.stderr.startswith(f"3 answers from {golden}, ")


def test_answers_are_json_for_scripts(run: Run, requests: Path, golden: Path) -> None:
    """One object an answer, with the same names whatever kind it is."""
    result = run("replay", "-i", requests, "--json", golden)
    first, _, third = lines(result.stdout)
    assert first == {
        "request": 0,
        "id": "",
        "text": "ACME Corp",
        "model": "stub-cycle-v1",
        "usage": {"prompt_tokens": 24, "completion_tokens": 9, "total_tokens": 33},
        "finish_reason": None,
        "tool_calls": [],
        "failure": None,
    }
    assert (third["text"], third["pieces"], third["usage"]) == ("ACME Corp", ["ACME", " Corp"], None)
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("policy", "texts"),
    [
        ("cycle", ["ACME Corp", "Globex Industries", "Initech LLC", "ACME Corp"]),
        ("repeat-last", ["ACME Corp", "Globex Industries", "Initech LLC", "Initech LLC"]),
    ],
)
def test_takes_are_played_by_policy(run: Run, golden: Path, policy: str, texts: list[str]) -> None:
    """Asked more often than recorded, a policy says what comes."""
    line = '{"prompt":"Name a vendor for paper.","temperature":1}\n'
    result = run("replay", "-i", "-", "--times", 4, "--takes", policy, "--json", golden, text=line)
    assert [one["text"] for one in lines(result.stdout)] == texts


def test_a_shuffle_has_a_seed(run: Run, golden: Path) -> None:
    """The same seed gives the same order, and every take once a round."""
    line = '{"prompt":"Name a vendor for paper.","temperature":1}\n'

    def order(seed: int) -> list[str]:
        result = run(
            "replay", "-i", "-", "--times", 3, "--takes", "shuffle", "--seed", seed, "--json", golden, text=line
        )
        return [one["text"] for one in lines(result.stdout)]

    orders = [order(seed) for seed in range(8)]
    assert order(3) == orders[3]
    assert len({tuple(one) for one in orders}) > 1
    assert all(sorted(one) == ["ACME Corp", "Globex Industries", "Initech LLC"] for one in orders)


def test_past_the_last_take_is_refused(run: Run, golden: Path) -> None:
    """In sequence a fourth answer is not made up."""
    line = '{"prompt":"Name a vendor for paper.","temperature":1}\n'
    result = run("replay", "-i", "-", "--times", 5, golden, text=line)
    assert result.exit_code == 4
    assert result.stdout.count("\n   ") == 3
    assert "all 3 takes have been played" in result.stderr


def test_takes_of_a_request_with_an_id_are_all_played(run: Run, tmp_path: Path) -> None:
    """What was recorded as three takes is replayed as three."""
    line, path = '{"prompt":"a","id":"x"}\n', tmp_path / "ids.cassette"
    run("record", "-i", "-", "--provider", "cycling-stub", "--takes", 3, path, text=line)
    result = run("replay", "-i", "-", "--times", 3, "--json", path, text=line)
    assert [one["text"] for one in lines(result.stdout)] == ["ACME Corp", "Globex Industries", "Initech LLC"]


def test_a_miss_is_explained_and_the_others_are_answered(run: Run, golden: Path) -> None:
    """What is not there is compared with what is, the way to record it is told, and the command ends with 4."""
    text = '{"prompt":"Name a vendor for papers.","temperature":1}\n{"prompt":"Stream a vendor.","stream":true}\n'
    result = run("replay", "-i", "-", golden, text=text)
    assert result.exit_code == 4
    assert "request 1: nothing recorded matches this call" in result.stderr
    assert (
        "messages[0].content: recorded 'Name a vendor for paper.', asked 'Name a vendor for papers.'" in result.stderr
    )
    assert f"to record it: playhead record --extend --input - {golden}" in result.stderr
    assert "2  Stream a vendor.\n   ACME Corp" in result.stdout


def test_a_miss_is_json_for_scripts(run: Run, golden: Path) -> None:
    """A script gets the kind of refusal and the differences."""
    result = run("replay", "-i", "-", "--json", golden, text='{"prompt":"Stream a vendor."}\n')
    (refusal,) = lines(result.stdout)
    assert (refusal["request"], refusal["refused"]) == (0, "NO_MATCH")
    assert "whether the answer is streamed" in refusal["message"]
    line = '{"prompt":"Name a vendor for paper.","temperature":2}\n'
    (refusal,) = lines(run("replay", "-i", "-", "--json", golden, text=line).stdout)
    assert refusal["differences"] == ["temperature: recorded 1, asked 2"]


def test_recorded_failures_are_shown_and_end_with_1(run: Run, odd: Path) -> None:
    """A failure was recorded truly, and is not an answer."""
    text = '{"prompt":"wait"}\n{"prompt":"stream","stream":true}\n'
    result = run("replay", "-i", "-", "--name", "one", odd, text=text)
    assert result.exit_code == 1
    assert "   failed: RateLimitError: slow down (wait 3 s)" in result.stdout
    assert "   half\n   failed: ProviderError: broke off" in result.stdout
    found = lines(run("replay", "-i", "-", "--name", "one", "--json", odd, text=text).stdout)
    assert (found[0]["text"], found[0]["failure"]["retry_after"]) == (None, 3.0)
    assert (found[1]["text"], found[1]["pieces"], found[1]["failure"]["message"]) == ("half", ["half"], "broke off")


def test_tool_calls_and_outputs_are_given(run: Run, odd: Path) -> None:
    """An answer that is no text is an answer."""
    text = '{"prompt":"tool"}\n{"family":"embedding","params":{"input":["a"]}}\n'
    result = run("replay", "-i", "-", "--name", "one", odd, text=text)
    assert '   calls look({"at":1})' in result.stdout
    found = lines(run("replay", "-i", "-", "--name", "one", "--json", odd, text=text).stdout)
    assert found[0]["tool_calls"] == [{"id": "1", "name": "look", "arguments": '{"at":1}'}]
    assert found[0]["finish_reason"] == "tool_calls"
    assert found[1]["output"] == [[0.5, 1.5]]


def test_of_several_providers_one_must_be_named(run: Run, odd: Path) -> None:
    """Where recordings of two providers stand, the command does not guess."""
    result = run("replay", "-i", "-", odd, text='{"prompt":"tool"}\n')
    assert result.exit_code == 2
    assert "has recordings of 'one', 'two'" in result.stderr


def test_a_missing_cassette_ends_with_3(run: Run, requests: Path, tmp_path: Path) -> None:
    """There is nothing to replay, which is no miss."""
    result = run("replay", "-i", requests, tmp_path / "absent.cassette")
    assert result.exit_code == 3, result.output
    assert "absent.cassette" in result.stderr


def test_the_environment_cannot_make_a_replay_go_live(
    run: Run, requests: Path, golden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLAYHEAD_MODE does not reach a command whose name says what it does."""
    monkeypatch.setenv("PLAYHEAD_MODE", "record")
    before = golden.read_bytes()
    assert run("replay", "-i", requests, golden).exit_code == 0
    assert golden.read_bytes() == before
