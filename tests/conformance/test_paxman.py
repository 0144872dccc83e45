"""The first provider system, behaviour by behaviour: ``complete(request)``, sync, by any object of that shape."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import attrs
import httpx
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st

import playhead
from playhead import Completion, CompletionRequest, InferenceProviderError, Usage
from playhead.format.sealed import HEADER_SIZE
from playhead.providers.openai_compatible import OpenAICompatibleProvider
from playhead.providers.secrets import SecretResolver

CHAT = "https://api.openai.com/v1/chat/completions"
KEY_VARIABLE = "PAXMAN_TEST_VALUE"


def chat_body(text: str = "Paris") -> dict[str, Any]:
    """Give what an OpenAI-compatible server answers."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": "gpt-5-2025-08-07",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
    }


@attrs.frozen(slots=True)
class OpenAIProvider:
    """A user's provider: frozen, slotted, no base class of ours; its key is a reference, read for every call."""

    api_key_ref: str
    default_model: str = "gpt-5"
    base_url: str = "https://api.openai.com/v1"

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask the server once."""
        model = request.model or self.default_model
        payload = {
            "model": model,
            "temperature": request.temperature,
            "messages": [{"role": "user", "content": request.prompt}],
        }
        headers = {"authorization": "Bearer " + self._resolve_key()}
        try:
            answer = httpx.post(self.base_url + "/chat/completions", headers=headers, json=payload)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise InferenceProviderError(
                f"the server did not answer: {type(error).__name__}",
                error_code="INFERENCE_PROVIDER_ERROR",
                context={"provider": "openai", "model": model},
            ) from error
        body = answer.json()
        return Completion(
            text=body["choices"][0]["message"]["content"],
            model=model,
            model_version=body["model"],
            usage=Usage(**body["usage"]),
        )

    def _resolve_key(self) -> str:
        scheme, _, name = self.api_key_ref.partition(":")
        if scheme != "env":
            raise InferenceProviderError(
                "no such kind of reference",
                error_code="INFERENCE_PROVIDER_KEY_REFERENCE",
                context={"api_key_ref": self.api_key_ref},
            )
        if name not in os.environ:
            raise InferenceProviderError(
                "the key is not set", error_code="INFERENCE_PROVIDER_KEY_MISSING", context={"env_var": name}
            )
        return os.environ[name]


class Scripted:
    """Gives its items in turn: a text, or an exception to raise; counts the calls."""

    def __init__(self, *items: str | Exception) -> None:
        self.items = list(items)
        self.count = 0

    def complete(self, request: CompletionRequest) -> Completion:
        """Give the next item."""
        self.count += 1
        item = self.items.pop(0)
        if isinstance(item, Exception):
            raise item
        return Completion(item, model="scripted-1", usage=Usage(1, 1, 2))


class Explosive:
    """A provider that must not be called."""

    def complete(self, request: CompletionRequest) -> Completion:
        """Fail the test."""
        raise AssertionError("the provider was called during replay")


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "paxman.cassette"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the value of a key that is set in the environment."""
    value = "correct-horse-battery-staple"
    monkeypatch.setenv(KEY_VARIABLE, value)
    return value


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection and every look-up of a name."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was used")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    return


def record_one(path: Path, provider: object, prompt: str = "hello", **options: Any) -> Completion:
    """Record one call under the name ``openai``."""
    with playhead.use_cassette(path, mode="record", **options) as session:
        answer: Completion = session.wrap(provider, name="openai").complete(CompletionRequest(prompt))
        return answer


def replay_one(path: Path, prompt: str = "hello", provider: object = None) -> Completion:
    """Replay one call of the same name."""
    with playhead.use_cassette(path, mode="replay") as session:
        answer: Completion = session.wrap(provider, name="openai").complete(CompletionRequest(prompt))
        return answer


def test_px_01_any_object_with_complete_is_a_provider(cassette: Path) -> None:
    """An object with ``complete(request)`` is recorded without inheritance or registration."""
    assert record_one(cassette, Scripted("Paris")).text == "Paris"
    assert replay_one(cassette).text == "Paris"


@pytest.mark.parametrize("thing", [object(), None.__class__, 3, "complete", type("NotCallable", (), {"complete": 1})()])
def test_px_01_an_object_without_complete_is_refused(cassette: Path, thing: object) -> None:
    """What has no ``complete`` to call is refused with an error of ours, not with ``AttributeError``."""
    with (
        playhead.use_cassette(cassette, mode="live") as session,
        pytest.raises(playhead.UsageError, match="is not a provider"),
    ):
        session.wrap(thing)


@respx.mock
@pytest.mark.usefixtures("key")
def test_px_02_a_frozen_slotted_attrs_provider_is_recorded_and_replayed(cassette: Path) -> None:
    """A frozen, slotted attrs provider works as it is, and nothing is set on it."""
    route = respx.post(CHAT).respond(json=chat_body())
    provider = OpenAIProvider(api_key_ref=f"env:{KEY_VARIABLE}")
    before = attrs.asdict(provider)
    first = record_one(cassette, provider)
    assert first == Completion("Paris", model="gpt-5", model_version="gpt-5-2025-08-07", usage=Usage(7, 1, 8))
    assert attrs.asdict(provider) == before
    assert replay_one(cassette, provider=provider) == first
    assert route.call_count == 1


def test_px_03_the_types_have_the_named_fields() -> None:
    """Request, completion and usage have the fields that the system's code reads and writes."""
    request = CompletionRequest(prompt="p", temperature=0.0, id="x-1")
    assert (request.prompt, request.temperature, request.id) == ("p", 0.0, "x-1")
    usage = Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
    full = Completion(text="t", model="m", model_version="v", usage=usage)
    assert (full.text, full.model, full.model_version, full.usage) == ("t", "m", "v", usage)
    assert Completion(text="t", model="m", usage=usage).model_version is None


def test_px_04_a_failure_comes_back_as_it_was(cassette: Path) -> None:
    """Class, message, code and context come back on replay; live, the cause is there too."""
    cause = TimeoutError("30 s")

    class Failing:
        def complete(self, request: CompletionRequest) -> Completion:
            raise InferenceProviderError("no answer", error_code="UPSTREAM", context={"n": 3}) from cause

    with pytest.raises(InferenceProviderError) as live, playhead.use_cassette(cassette, mode="record") as session:
        session.wrap(Failing(), name="openai").complete(CompletionRequest("hello"))
    assert live.value.__cause__ is cause
    assert not cassette.exists()
    with playhead.use_cassette(cassette, mode="record") as session:
        wrapped = session.wrap(Failing(), name="openai")
        with pytest.raises(InferenceProviderError):
            wrapped.complete(CompletionRequest("hello"))
    with pytest.raises(InferenceProviderError) as replayed:
        replay_one(cassette)
    error = replayed.value
    assert type(error) is InferenceProviderError
    assert (str(error), error.error_code, error.context) == ("no answer", "UPSTREAM", {"n": 3})


def test_px_05_a_reference_is_read_at_call_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider made before its variable is set works after, and a rotated key is used by the next call."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["authorization"])
        return httpx.Response(200, json=chat_body())

    provider = OpenAICompatibleProvider(
        "https://api.openai.com/v1",
        model="gpt-5",
        api_key_ref=f"env:{KEY_VARIABLE}",
        transport=httpx.MockTransport(answer),
    )
    for value in ("first-of-two-values", "second-of-two-values"):
        monkeypatch.setenv(KEY_VARIABLE, value)
        provider.complete(CompletionRequest("hello"))
    assert sent == ["Bearer first-of-two-values", "Bearer second-of-two-values"]


@pytest.mark.parametrize("make", [OpenAIProvider, lambda api_key_ref: ours(api_key_ref)])
def test_px_06_a_missing_variable_is_named(make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set gives its code and its name."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(InferenceProviderError) as caught:
        make(api_key_ref=f"env:{KEY_VARIABLE}").complete(CompletionRequest("hello"))
    assert caught.value.error_code == "INFERENCE_PROVIDER_KEY_MISSING"
    assert caught.value.context == {"env_var": KEY_VARIABLE}


def ours(api_key_ref: str, secrets: SecretResolver | None = None) -> OpenAICompatibleProvider:
    """Make our own provider, answered by nobody but a mock."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, json=chat_body(request.headers["authorization"]))
    )
    return OpenAICompatibleProvider(
        "https://api.openai.com/v1", model="gpt-5", api_key_ref=api_key_ref, transport=transport, secrets=secrets
    )


def test_px_07_an_unknown_scheme_is_named_and_schemes_can_be_added() -> None:
    """A scheme nobody reads gives its code and the reference; a user's own scheme is read."""
    reference = "vault:secret/openai#api_key"
    with pytest.raises(InferenceProviderError) as caught:
        ours(reference).complete(CompletionRequest("hello"))
    assert caught.value.error_code == "INFERENCE_PROVIDER_KEY_REFERENCE"
    assert caught.value.context == {"api_key_ref": reference}
    vault = SecretResolver().with_scheme("vault", lambda place: f"value-at-{place.replace('/', '-').replace('#', '-')}")
    answer = ours(reference, vault).complete(CompletionRequest("hello"))
    assert answer.text == "Bearer value-at-secret-openai-api_key"


@respx.mock
def test_px_08_replay_never_resolves_a_key(
    cassette: Path, key: str, monkeypatch: pytest.MonkeyPatch, no_sockets: None
) -> None:
    """Replay passes with the variable unset and the network shut."""
    respx.post(CHAT).respond(json=chat_body())
    provider = OpenAIProvider(api_key_ref=f"env:{KEY_VARIABLE}")
    first = record_one(cassette, provider)
    monkeypatch.delenv(KEY_VARIABLE)
    assert replay_one(cassette, provider=provider) == first


@respx.mock
@pytest.mark.usefixtures("key")
def test_px_10_evidence_says_what_answered(cassette: Path) -> None:
    """Each entry proves provider name, model, model version (which may be absent), usage and text."""
    respx.post(CHAT).respond(json=chat_body())
    with playhead.use_cassette(cassette, mode="record") as session:
        session.wrap(OpenAIProvider(f"env:{KEY_VARIABLE}"), name="openai").complete(CompletionRequest("a"))
        session.wrap(Scripted("x"), name="local:llama-3").complete(CompletionRequest("b"))
    found = {entry.evidence.provider: entry.evidence for entry in playhead.open_cassette(cassette)}
    one, two = found["openai"], found["local:llama-3"]
    assert (one.text, one.model, one.model_version, one.usage) == ("Paris", "gpt-5", "gpt-5-2025-08-07", Usage(7, 1, 8))
    assert (two.text, two.model, two.model_version, two.usage) == ("x", "scripted-1", None, Usage(1, 1, 2))


@pytest.mark.parametrize("name", ["openai", "anthropic", "cohere", "local:llama-3", "my_company_internal"])
def test_px_11_the_named_providers_are_valid(cassette: Path, name: str) -> None:
    """Each provider name the system uses is taken, and stands in the evidence."""
    with playhead.use_cassette(cassette, mode="record") as session:
        session.wrap(Scripted("x"), name=name).complete(CompletionRequest("a"))
    assert [entry.provider for entry in playhead.open_cassette(cassette)] == [name]


@pytest.mark.parametrize("name", ["", "OpenAI", "openAI", " openai", "openai\n", "öpenai"])
def test_px_11_other_names_are_refused(cassette: Path, name: str) -> None:
    """An empty name, one with upper case or a stray character is refused before any call."""
    provider = Scripted("x")
    with playhead.use_cassette(cassette, mode="live") as session, pytest.raises(playhead.UsageError, match="name"):
        session.wrap(provider, name=name)
    assert provider.count == 0


def test_px_12_binding_gives_a_new_object(cassette: Path) -> None:
    """Wrapping again under another name leaves the first wrapper with its provider and its name."""
    with playhead.use_cassette(cassette, mode="record") as session:
        one = session.wrap(Scripted("from one", "from one again"), name="one")
        other = session.wrap(Scripted("from other"), name="other")
        assert one is not other
        assert [one.complete(CompletionRequest("a")).text, other.complete(CompletionRequest("a")).text] == [
            "from one",
            "from other",
        ]
        assert one.complete(CompletionRequest("b")).text == "from one again"
    found = sorted((entry.provider, entry.evidence.text) for entry in playhead.open_cassette(cassette))
    assert found == [("one", "from one"), ("one", "from one again"), ("other", "from other")]


def test_px_13_the_request_is_unchanged(cassette: Path) -> None:
    """The provider gets the caller's request itself, which is frozen and equal to what it was."""
    seen: list[CompletionRequest] = []

    class Looking:
        def complete(self, request: CompletionRequest) -> Completion:
            seen.append(request)
            with pytest.raises(AttributeError):
                request.prompt = "other"  # type: ignore[misc]
            return Completion("ok", model="m")

    request = CompletionRequest("password=hunter2hunter2", context={"a": [1, {"b": 2}]}, params={"seed": 1}, id="i")
    snapshot = json.dumps([request.prompt, dict(request.context), dict(request.params), request.id])
    with playhead.use_cassette(cassette, mode="record") as session:
        session.wrap(Looking(), name="openai").complete(request)
    assert seen[0] is request
    assert json.dumps([request.prompt, dict(request.context), dict(request.params), request.id]) == snapshot


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
        with pytest.raises(playhead.UnsupportedVersion, match=r"format 2, this release reads format 1"):
            with playhead.use_cassette(cassette, mode=mode):
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
