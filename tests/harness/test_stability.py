"""The stability of a cassette: its takes put together, what is no call of a model left out."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

import playhead
from playhead import Completion, CompletionRequest, CyclingStubInferenceProvider, OpenAICompatibleProvider, run_golden
from playhead.harness.stability import measure_stability
from playhead.providers.tiny_server import TinyServer, missing_dependency

absent = missing_dependency()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Record four takes of two requests: one answer for ever, and three answers in turn."""
    path = tmp_path / "takes.cassette"

    class Both:
        cycling = CyclingStubInferenceProvider()

        def complete(self, request: CompletionRequest) -> Completion:
            return self.cycling.complete(request) if request.temperature else Completion("yes", finish_reason="stop")

    run_golden([CompletionRequest("sure?"), CompletionRequest("who?", temperature=1)], Both(), path, takes=4)
    return path


def test_every_request_is_measured_over_its_takes(path: Path) -> None:
    """A path and an open cassette give the same."""
    report = measure_stability(path)
    assert report == measure_stability(playhead.open_cassette(path))
    assert [(each.question, each.takes, each.answers) for each in report.requests] == [("who?", 4, 3), ("sure?", 4, 1)]
    assert [each.worth_more for each in report.requests] == [True, False]
    assert report.takes == 8


def test_what_is_no_call_of_a_model_is_left_out(tmp_path: Path) -> None:
    """Plain HTTP has no stability of a model's."""
    path = tmp_path / "http.cassette"
    with playhead.use_cassette(path, mode="record", wire=False) as session:
        transport = playhead.transport(session, inner=httpx.MockTransport(lambda _: httpx.Response(200)))
        with httpx.Client(transport=transport) as client:
            client.get("https://h.example/x")
    assert len(playhead.open_cassette(path)) == 1
    assert measure_stability(path).requests == ()


def test_a_cassette_that_is_not_there(tmp_path: Path) -> None:
    """It is missing, not stable."""
    with pytest.raises(playhead.CassetteMissing):
        measure_stability(tmp_path / "none.cassette")


@pytest.mark.real_server
@pytest.mark.skipif(absent is not None, reason=f"{absent} is not installed (extra demo)")
def test_a_real_model_at_a_temperature(tmp_path: Path) -> None:
    """Eight takes of twenty prompts differ, those without a temperature do not, and the report tells them apart."""
    path = tmp_path / "real.cassette"
    prompts = [f"Tell me about number {number}." for number in range(20)]
    hot = [CompletionRequest(prompt, temperature=1.0, max_tokens=24) for prompt in prompts]
    cold = [CompletionRequest(prompt, temperature=0.0, max_tokens=24) for prompt in prompts[:3]]
    with (
        TinyServer() as server,
        OpenAICompatibleProvider(base_url=server.base_url, model=server.model) as provider,
    ):
        run_golden([*hot, *cold], provider, path, takes=8, concurrency=2, name="tiny")
    report = measure_stability(path)
    assert report.takes == 23 * 8
    by_heat = {heat: [each for each in report.requests if each.temperature == heat] for heat in (0.0, 1.0)}
    assert [each.answers for each in by_heat[0.0]] == [1, 1, 1]
    assert not any(each.worth_more for each in by_heat[0.0])
    assert all(each.texts >= 5 for each in by_heat[1.0])
    assert sum(each.worth_more for each in by_heat[1.0]) >= 10
    assert all(0 < each.tokens.least <= each.tokens.most <= 24 for each in report.requests)
    stub = CyclingStubInferenceProvider.from_cassette(playhead.open_cassette(path), name="tiny")
    assert len({stub.complete(hot[0]).text for _ in range(8)}) == by_heat_of(report, prompts[0])


def by_heat_of(report: playhead.StabilityReport, prompt: str) -> int:
    """Give the different texts of a prompt that was asked at a temperature."""
    return next(each.texts for each in report.requests if each.question == prompt and each.temperature)
