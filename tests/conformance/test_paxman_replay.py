"""The first provider system, PX-14 to PX-26: retries, nondeterminism, replay, mocks, tampering, equal bytes."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conformance.paxman import (
    CHAT,
    KEY_VARIABLE,
    Explosive,
    OpenAIProvider,
    Scripted,
    chat_body,
    record_one,
    replay_one,
)

import playhead
from playhead import Completion, CompletionRequest, Usage
from playhead.format.sealed import HEADER_SIZE
from playhead.providers.openai_compatible import OpenAICompatibleProvider


def test_px_14_a_failed_attempt_is_an_outcome_of_its_own(cassette: Path) -> None:
    """A failure and the success of its retry are two takes, and replay fails and then succeeds."""
    request = CompletionRequest("hello", id="order-7")
    outcomes: list[list[str]] = []
    provider = Scripted(playhead.ProviderError("503"), "done")
    for mode, inner in (("record", provider), ("replay", None)):
        seen: list[str] = []
        with playhead.use_cassette(cassette, mode=mode) as session:
            wrapped = session.wrap(inner, name="openai")
            with pytest.raises(playhead.ProviderError) as caught:
                wrapped.complete(request)
            seen += [str(caught.value), str(caught.value.retryable)]
            seen += [wrapped.complete(request).text for _ in range(3)]
        outcomes.append(seen)
    assert outcomes == [["503", "True", "done", "done", "done"]] * 2
    assert provider.count == 2
    assert len(playhead.open_cassette(cassette)) == 2


@pytest.mark.parametrize("ids", [["", "", ""], ["a", "b", "c"]])
def test_px_15_nothing_is_cached_while_recording(cassette: Path, ids: list[str]) -> None:
    """Equal requests with no ids or different ones make as many calls and as many entries."""
    provider = Scripted("one", "two", "three")
    with playhead.use_cassette(cassette, mode="record") as session:
        wrapped = session.wrap(provider, name="openai")
        answers = [wrapped.complete(CompletionRequest("hello", id=name)).text for name in ids]
    assert answers == ["one", "two", "three"]
    assert provider.count == 3
    assert [entry.evidence.text for entry in playhead.open_cassette(cassette)] == answers


requests = st.builds(
    CompletionRequest,
    prompt=st.text(min_size=1, max_size=200),
    model=st.none() | st.sampled_from(["gpt-5", "local"]),
    temperature=st.none() | st.floats(0, 2),
    max_tokens=st.none() | st.integers(0, 10_000),
    context=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=2),
    id=st.sampled_from(["", "once"]),
)


@settings(max_examples=30, deadline=None)
@given(asked=st.lists(requests, min_size=1, max_size=4))
def test_px_16_px_18_every_answer_has_the_shape_and_comes_back_equal(asked: list[CompletionRequest]) -> None:
    """Whatever is asked, answers have text, model and counts, and each is rehydrated equal without the provider."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.cassette"
        with playhead.use_cassette(path, mode="record") as session:
            wrapped = session.wrap(playhead.CyclingStubInferenceProvider(), name="openai")
            live = [wrapped.complete(request) for request in asked]
        for answer in live:
            assert type(answer.text) is str
            assert type(answer.model) is str
            assert answer.model
            assert {type(answer.usage[name]) for name in ("prompt_tokens", "completion_tokens", "total_tokens")} == {
                int
            }
        for inner in (None, Explosive()):
            with playhead.use_cassette(path, mode="replay") as session:
                wrapped = session.wrap(inner, name="openai")
                assert [wrapped.complete(request) for request in asked] == live


@given(calls=st.integers(1, 10))
@settings(max_examples=10, deadline=None)
def test_px_17_nondeterminism_is_recorded_in_order(calls: int) -> None:
    """As many calls through the cycling stub are as many ordered entries, the three names going round."""
    names = ("ACME Corp", "Globex Industries", "Initech LLC")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cycle.cassette"
        with playhead.use_cassette(path, mode="record") as session:
            wrapped = session.wrap(playhead.CyclingStubInferenceProvider(), name="openai")
            for _ in range(calls):
                wrapped.complete(CompletionRequest("who?"))
        entries = list(playhead.open_cassette(path))
    assert [entry.sequence for entry in entries] == list(range(calls))
    assert [entry.evidence.text for entry in entries] == [names[index % 3] for index in range(calls)]
    assert {entry.origin for entry in entries} == {playhead.Origin.STUB}


def test_px_19_the_recording_is_the_source_of_truth(cassette: Path) -> None:
    """A provider that would answer otherwise today changes nothing in replay."""
    record_one(cassette, Scripted("then"))
    provider = Scripted("now")
    assert replay_one(cassette, provider=provider).text == "then"
    assert provider.count == 0


def test_px_20_the_stubs_answer_without_a_socket(no_sockets: None) -> None:
    """The stub is fixed; the cycling stub goes round, wraps, counts and resets; neither opens a socket."""
    fixed = playhead.StubInferenceProvider()
    assert fixed.complete(CompletionRequest("a")) == fixed.complete(CompletionRequest("a"))
    cycling = playhead.CyclingStubInferenceProvider()
    texts = [cycling.complete(CompletionRequest(f"{index}")).text for index in range(4)]
    assert texts[:3] == ["ACME Corp", "Globex Industries", "Initech LLC"]
    assert texts[3] == texts[0]
    assert cycling.call_count == 4
    cycling.reset()
    assert (cycling.call_count, cycling.complete(CompletionRequest("a")).text) == (0, texts[0])


@respx.mock
@pytest.mark.usefixtures("key")
def test_px_21_a_consumer_does_not_change_with_its_provider(cassette: Path) -> None:
    """One consumer runs on the stub, a real provider, its recording and its replay."""
    respx.post(CHAT).respond(json=chat_body())

    def consume(provider: playhead.InferenceProvider) -> str:
        return provider.complete(CompletionRequest("hello")).text.upper()

    real = OpenAIProvider(f"env:{KEY_VARIABLE}")
    with playhead.record(real, cassette, name="openai") as recorded:
        answers = [consume(playhead.StubInferenceProvider("Paris")), consume(real), consume(recorded)]
    with playhead.replay(cassette, name="openai") as replayed:
        answers.append(consume(replayed))
    assert answers == ["PARIS"] * 4


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("how", ["respx over httpcore", "respx over httpx", "MockTransport"])
def test_px_22_recording_works_under_mocks(cassette: Path, how: str) -> None:
    """A recorded completion equals the body of the mock that answered."""
    answer = httpx.Response(200, json=chat_body("from the mock"))
    transport = httpx.MockTransport(lambda _: answer) if how == "MockTransport" else None
    with respx.mock(using="httpx" if how == "respx over httpx" else "httpcore", assert_all_called=False) as mock:
        mock.post(CHAT).mock(answer)
        provider = OpenAICompatibleProvider(
            "https://api.openai.com/v1", model="gpt-5", api_key_ref=f"env:{KEY_VARIABLE}", transport=transport
        )
        with provider:
            first = record_one(cassette, provider)
    assert (first.text, first.model, first.usage["total_tokens"]) == ("from the mock", "gpt-5-2025-08-07", 8)
    assert replay_one(cassette) == first


def test_px_24_no_flipped_byte_gives_another_answer(cassette: Path) -> None:
    """With any byte of the file changed the cassette is refused, or the answer is the one that was recorded."""
    first = record_one(cassette, playhead.StubInferenceProvider("Paris"))
    whole = cassette.read_bytes()
    (row,) = playhead.open_cassette(cassette).reader.rows()
    silent: list[int] = []
    for at in range(len(whole)):
        for mask in (0x01, 0x10, 0xFF):
            cassette.unlink()
            cassette.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
            try:
                assert replay_one(cassette) == first
                silent.append(at)
            except playhead.CassetteError:
                continue
    # One bit of zstd's frame header says nothing, and a lookup leaves the last fan-out row's checksum to verify.
    assert [at for at in silent if row.offset <= at < row.offset + row.length] in ([], [row.offset + 4])
    assert len(set(silent)) <= 5


def test_px_25_a_newer_format_is_refused_with_both_versions(cassette: Path) -> None:
    """A file of a later major version is refused untouched, and the error names its version and ours."""
    record_one(cassette, playhead.StubInferenceProvider("Paris"))
    data = bytearray(cassette.read_bytes())
    data[16:18] = (2).to_bytes(2, "little")
    data[HEADER_SIZE - 4 : HEADER_SIZE] = crc32(data[8 : HEADER_SIZE - 4]).to_bytes(4, "little")
    cassette.write_bytes(data)
    for mode in ("replay", "record", "record-missing"):
        with (
            pytest.raises(playhead.UnsupportedVersion, match=r"format 2, this release reads format 1"),
            playhead.use_cassette(cassette, mode=mode),
        ):
            pass
    assert cassette.read_bytes() == data


SESSION = """
import sys, playhead
class Deterministic:
    def complete(self, request):
        words = {"alpha", "beta", "gamma", request.prompt}
        return playhead.Completion(" ".join(sorted(words)), model="m", usage=playhead.Usage(1, 4, 5),
                                   raw={"b": 1, "a": [1.5, None, {"z": "é"}]})
provider = {"stub": playhead.StubInferenceProvider(), "cycling": playhead.CyclingStubInferenceProvider(),
            "own": Deterministic()}[sys.argv[2]]
with playhead.use_cassette(sys.argv[1], mode="record") as session:
    wrapped = session.wrap(provider, name="openai")
    for n in range(6):
        wrapped.complete(playhead.CompletionRequest(f"question {n % 4}", context={w: 1 for w in {"x", "y", "z"}}))
"""


@pytest.mark.parametrize("kind", ["stub", "cycling", "own"])
def test_px_26_equal_sessions_give_equal_bytes(tmp_path: Path, kind: str) -> None:
    """Two processes with different hash seeds record the same session into byte-identical cassettes."""
    files = []
    for seed in ("1", "4242"):
        path = tmp_path / f"{seed}.cassette"
        for _ in range(5):
            environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(playhead.__file__).parents[1])}
            subprocess.run([sys.executable, "-c", SESSION, str(path), kind], env=environment, check=True, timeout=60)
            # A machine that stalls for 10 ms within a call has a latency to record: that run is not an equal one.
            if not any(entry.latency_ms for entry in playhead.open_cassette(path)):
                break
            path.unlink()
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_px_26_structs_and_dataclasses_are_no_obstacle(cassette: Path) -> None:
    """A provider that answers with a class of its own is recorded by its attributes and replayed as ours."""

    @dataclasses.dataclass(frozen=True)
    class Answer:
        text: str
        model: str
        usage: dict[str, int]

    class Own:
        def complete(self, request: CompletionRequest) -> Answer:
            return Answer("x", "m", {"input_tokens": 3, "output_tokens": 4})

    live: Any = record_one(cassette, Own())
    assert isinstance(live, Answer)
    assert replay_one(cassette) == Completion("x", model="m", usage=Usage(3, 4, 7))
