"""``playhead stats``: a cassette in numbers that add up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest, ManualClock, ProviderError, Usage
from tests.cli.conftest import Run


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Record answers that take their time, one without counts, a failure and a stream."""
    clock = ManualClock()

    class Live:
        def complete(self, request: CompletionRequest) -> Completion:
            clock.sleep(0.5 if request.prompt == "a" else 1.5)
            if request.prompt == "bad":
                raise ProviderError("lost")
            return Completion(
                "x", model="gpt", usage=Usage(10, 20, 30) if request.prompt == "a" else Usage(reported=False)
            )

        def stream(self, request: CompletionRequest) -> Any:
            yield from ("o", "n", "e")

    path = tmp_path / "mixed.cassette"
    with playhead.use_cassette(path, mode="record", clock=clock) as session:
        provider = session.wrap(Live(), name="openai")
        for prompt in ("a", "a", "b"):
            provider.complete(CompletionRequest(prompt))
        with pytest.raises(ProviderError):
            provider.complete(CompletionRequest("bad", model="asked"))
        list(provider.stream(CompletionRequest("s")))
    return path


def test_the_numbers_are_shown(run: Run, mixed: Path) -> None:
    """Everything a person wants to know of a cassette is in a few lines."""
    result = run("stats", mixed)
    assert result.exit_code == 0
    shown = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert shown["cassette"] == f"{mixed} (sealed)"
    assert shown["digest"] == playhead.open_cassette(mixed).digest
    assert shown["calls"] == "5 of 4 requests, up to 2 takes"
    assert shown["tokens"] == "60 (20 asked, 40 answered); not given for 2 calls"
    assert shown["providers"] == "openai 5"
    assert shown["models"] == "(none named) 1, asked 1, gpt 3"
    assert shown["origins"] == "live 5"
    assert shown["failures"] == "ProviderError 1"
    assert shown["streams"] == "1 in 3 pieces"
    assert shown["latency"] == "median 1.0 s, longest 1.5 s, together 4.0 s"


def test_the_numbers_are_json_for_scripts(run: Run, mixed: Path) -> None:
    """The same, unrounded."""
    facts = json.loads(run("stats", mixed, "--json").stdout)
    assert (facts["calls"], facts["requests"], facts["most_takes"]) == (5, 4, 2)
    assert facts["size"] == mixed.stat().st_size
    assert facts["json_size"] == sum(len(entry.data) + 1 for entry in playhead.open_cassette(mixed).entries())
    assert facts["tokens"] == {"prompt_tokens": 20, "completion_tokens": 40, "total_tokens": 60}
    assert facts["latency_ms"] == {"measured": 4, "median": 1000, "longest": 1500, "total": 4000}
    assert facts["failures"] == {"ProviderError": 1}


def test_a_stub_has_no_latency(run: Run, golden: Path) -> None:
    """What was not measured is not shown as zero."""
    result = run("stats", golden)
    assert "\nlatency" not in result.stdout
    assert "failures   none" in result.stdout


def test_an_empty_cassette_has_numbers_too(run: Run, golden: Path, tmp_path: Path) -> None:
    """No division by nothing."""
    empty = tmp_path / "empty.cassette.json"
    empty.write_text('{\n"playhead": "cassette text 1",\n"entries": [\nnull]\n}\n')
    result = run("stats", empty)
    assert result.exit_code == 0, result.output
    assert "calls      0 of 0 requests" in result.stdout


def test_captured_calls_are_counted_apart(run: Run, tmp_path: Path) -> None:
    """They are no calls of a model: not in the calls, the providers, nor the families, and on a line of their own."""
    path = tmp_path / "run.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        session.wrap(playhead.StubInferenceProvider(), name="stub").complete(CompletionRequest("a"))

        @session.capture
        def stock(item: str) -> int:
            return 2 * len(item)

        assert [stock("anvil"), stock("rocket")] == [10, 12]
    facts = json.loads(run("stats", path, "--json").stdout)
    assert (facts["calls"], facts["captured"], facts["providers"], facts["families"]) == (1, 2, {"stub": 1}, {"llm": 1})
    shown = dict(line.split(maxsplit=1) for line in run("stats", path).stdout.splitlines())
    assert (shown["calls"], shown["captured"]) == ("1 of 1 request", "2 calls of functions")
    assert json.loads(run("ls", path, "--json").stdout)["calls"] == 1
