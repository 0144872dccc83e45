"""The stability of a cassette: its takes put together, what is no call of a model left out."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

import playhead
from playhead import Completion, CompletionRequest, CyclingStubInferenceProvider, run_golden
from playhead.harness.stability import measure_stability


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
