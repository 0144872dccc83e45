"""The golden cassettes in the repository, recorded from a real server, replayed without it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tools.golden_scenarios import MODEL, PROVIDER, SCENARIOS, WIRE_SCENARIOS, Scenario, WireScenario

import playhead
from playhead.core.redaction import DEFAULT
from playhead.providers.tiny_server import TinyServer, missing_dependency
from playhead.sessions.recorder import scan_entry
from playhead.store.verifying import verify

FOLDER = Path(__file__).parents[2] / "cassettes"

each_golden = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.file)


each_wire_golden = pytest.mark.parametrize("scenario", WIRE_SCENARIOS, ids=lambda scenario: scenario.file)
each_sound = pytest.mark.parametrize("scenario", [*SCENARIOS, *WIRE_SCENARIOS], ids=lambda scenario: scenario.file)


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> NoReturn:
        raise AssertionError("a socket was opened during replay")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@each_golden
@pytest.mark.usefixtures("_no_network")
def test_a_golden_replays_with_no_server(scenario: Scenario) -> None:
    """Each scenario runs to its end on the recording alone, and twice the same."""
    runs: list[list[Any]] = []
    for _ in range(2):
        with playhead.replay(FOLDER / scenario.file, name=PROVIDER, strict=True) as provider:
            runs.append(scenario.play(provider))
    assert runs[0] == runs[1]
    assert runs[0]


@each_wire_golden
@pytest.mark.usefixtures("_no_network")
def test_a_golden_of_the_wire_seam_replays_with_no_server(scenario: WireScenario) -> None:
    """Status, headers and pieces come back at any address, twice the same."""
    runs: list[list[Any]] = []
    for base_url in ("http://model.test/v1", "http://other.test:8080/deep/v1"):
        with playhead.use_cassette(FOLDER / scenario.file, strict=True):
            runs.append(scenario.play(base_url))
    assert runs[0] == runs[1]
    assert any(len(pieces) > 1 for _, _, pieces in runs[0]) or scenario.embeddings


def test_the_wire_seam_gives_evidence() -> None:
    """Each call of the golden says what it proves: text, model and count, or how it failed."""
    for call in playhead.open_cassette(FOLDER / "wire.cassette"):
        evidence = call.evidence
        assert evidence.provider in ("openai", "anthropic")
        if call.request.operation == "models":
            continue
        assert evidence.failure is not None or (evidence.text and evidence.model and evidence.finish_reason)
        assert call.answer is not None


@each_sound
def test_a_golden_is_sound(scenario: Scenario | WireScenario) -> None:
    """Each file holds in every byte, says that its answers are live, and holds no credential."""
    assert verify(FOLDER / scenario.file).faults == ()
    cassette = playhead.open_cassette(FOLDER / scenario.file)
    assert {call.origin for call in cassette} == {playhead.Origin.LIVE}
    assert [found for entry in cassette.entries() for found in scan_entry(entry, DEFAULT)] == []


def test_takes_differ() -> None:
    """At temperature 1 the recorded server gave more than one answer to each question."""
    answers: dict[str, set[str]] = {}
    for call in playhead.open_cassette(FOLDER / "takes.cassette"):
        answers.setdefault(call.fingerprint, set()).add(call.evidence.text)
    assert len(answers) == 4
    assert all(len(texts) > 1 for texts in answers.values())


def test_text_and_sealed_hold_the_same_calls() -> None:
    """The same conversation, recorded into each profile, asks the same questions."""
    sealed, text = (playhead.open_cassette(FOLDER / name) for name in ("history.cassette", "history.cassette.json"))
    assert [call.fingerprint for call in sealed] == [call.fingerprint for call in text]


@pytest.mark.real_server
@pytest.mark.skipif(missing_dependency() is not None, reason="the tiny server's packages are not installed")
@pytest.mark.parametrize(
    "scenario", [one for one in SCENARIOS if one.file in ("history.cassette", "failures.cassette")]
)
def test_the_server_still_answers_as_recorded(scenario: Scenario, tmp_path: Path) -> None:
    """What the server gives at temperature 0 today is what the golden holds, so goldens can be recorded anew."""
    with TinyServer() as server:
        provider = playhead.OpenAICompatibleProvider(server.base_url, model=MODEL, name=PROVIDER)
        with playhead.record(provider, tmp_path / scenario.file, name=PROVIDER) as recorded:
            scenario.play(recorded)
        provider.close()
    fresh, golden = playhead.open_cassette(tmp_path / scenario.file), playhead.open_cassette(FOLDER / scenario.file)
    assert [call.fingerprint for call in fresh] == [call.fingerprint for call in golden]
