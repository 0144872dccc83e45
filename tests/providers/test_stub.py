"""Providers that answer without a model: one the same for ever, one in turn; both say what they are."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import playhead
from playhead import (
    Completion,
    CompletionRequest,
    CyclingStubInferenceProvider,
    Origin,
    StubInferenceProvider,
    Usage,
    UsageError,
)
from playhead.providers.conventions.neutral import embedding_request

ASKED = CompletionRequest("who are you?")
NAMES = ("ACME Corp", "Globex Industries", "Initech LLC")


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a stub used the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_px_27_the_stub_echoes_the_start_of_the_prompt() -> None:
    """Without an answer of its own the stub gives 64 characters of the prompt, under its model, with no tokens."""
    long = "x" * 200
    assert StubInferenceProvider().complete(CompletionRequest(long)) == Completion(
        f"<stub: {'x' * 64}>", model="stub-v1", usage=Usage(), provider="stub"
    )
    messages = (
        {"role": "user", "content": "one"},
        {"role": "assistant"},
        {"role": "user", "content": [{"type": "image"}]},
    )
    assert StubInferenceProvider().complete(CompletionRequest(messages=messages)).text == "<stub: one>"
    assert StubInferenceProvider().complete(ASKED).usage.reported


def test_the_stub_gives_what_it_was_given() -> None:
    """An answer, or its text, is given for ever, whatever is asked."""
    whole = Completion("fixed", model="m", finish_reason="length")
    assert [StubInferenceProvider(whole).complete(CompletionRequest(text)) for text in "ab"] == [whole, whole]
    assert StubInferenceProvider("fixed").complete(ASKED).text == "fixed"
    assert StubInferenceProvider("").complete(ASKED).text == ""


def test_the_stub_gives_a_vector_for_each_text() -> None:
    """A request for embeddings gets as many vectors as there are texts."""
    for texts, count in (("one", 1), (["one", "two", "three"], 3)):
        answer = StubInferenceProvider().complete(embedding_request(texts))
        assert answer.output == [[0.0] * 8] * count


def test_px_27_the_cycling_stub_goes_round_three_names() -> None:
    """By default three vendor names come in turn whatever is asked, counted, and from the start after a reset."""
    stub = CyclingStubInferenceProvider()
    asked = [CompletionRequest(f"question {number}") for number in range(7)]
    answers = [stub.complete(request) for request in asked]
    assert [answer.text for answer in answers] == [NAMES[number % 3] for number in range(7)]
    assert {answer.model for answer in answers} == {"stub-cycle-v1"}
    assert (stub.call_count, stub.calls, stub.last_call) == (7, tuple(asked), asked[-1])
    stub.reset()
    assert (stub.call_count, stub.calls, stub.last_call) == (0, (), None)
    assert stub.complete(ASKED).text == NAMES[0]


def test_px_27_the_cycling_stub_counts_characters_as_tokens() -> None:
    """Its usage is the lengths of prompt and answer, so that it is the same everywhere."""
    answer = CyclingStubInferenceProvider(("four",)).complete(CompletionRequest("seven 7"))
    assert answer.usage == Usage(prompt_tokens=7, completion_tokens=4, total_tokens=11)


def test_items_may_be_answers_and_exceptions() -> None:
    """A text, a whole completion and an exception to raise are items alike, each in its turn."""
    whole, failure = Completion("whole", model="m"), playhead.RateLimitError("slow")
    stub = CyclingStubInferenceProvider(("text", whole, failure), model_id="mine")
    assert stub.complete(ASKED) == Completion(
        "text", model="mine", usage=Usage(len("who are you?"), 4, len("who are you?") + 4), provider="cycling-stub"
    )
    assert stub.complete(ASKED) is whole
    with pytest.raises(playhead.RateLimitError) as caught:
        stub.complete(ASKED)
    assert caught.value is failure
    assert stub.complete(ASKED).text == "text"
    assert stub.call_count == 4


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"texts": ["a"]}, TypeError, "texts must be a tuple"),
        ({"texts": "abc"}, TypeError, "texts must be a tuple"),
        ({"texts": ()}, ValueError, "texts must not be empty"),
        ({"texts": ("a", 7)}, TypeError, r"texts\[1\] "),
        ({"texts": (None,)}, TypeError, r"texts\[0\] "),
        ({"model_id": ""}, ValueError, "model_id must not be empty"),
    ],
)
def test_px_27_wrong_items_are_refused(arguments: dict[str, Any], kind: type[Exception], message: str) -> None:
    """What cannot be cycled is refused at once, with the item that is wrong."""
    with pytest.raises(kind, match=f"^{message}"):
        CyclingStubInferenceProvider(**arguments)


def test_empty_words_are_errors_of_ours() -> None:
    """An empty list and an empty model are errors of usage."""
    for arguments in ({"texts": ()}, {"model_id": ""}):
        with pytest.raises(UsageError):
            CyclingStubInferenceProvider(**arguments)


def test_instances_do_not_share_their_turn() -> None:
    """Two cycling stubs each start at the first item."""
    one, other = CyclingStubInferenceProvider(), CyclingStubInferenceProvider()
    one.complete(ASKED)
    assert (one.complete(ASKED).text, other.complete(ASKED).text) == NAMES[1::-1]


def test_threads_share_the_turns_evenly() -> None:
    """Threads that ask side by side get each item as often as the others, and every call is counted."""
    stub = CyclingStubInferenceProvider()
    found: Counter[str] = Counter()
    lock = threading.Lock()

    def work() -> None:
        texts = Counter(stub.complete(ASKED).text for _ in range(150))
        with lock:
            found.update(texts)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(NAMES, 200)
    assert stub.call_count == 600


@given(st.text(alphabet=st.sampled_from("ab \n"), max_size=40))
def test_streams_are_the_answer_in_words(text: str) -> None:
    """A stub's stream is its answer's text, cut at spaces and nothing lost."""
    pieces = list(StubInferenceProvider(text).stream(ASKED))
    assert "".join(pieces) == text
    assert all(" " not in piece[1:] for piece in pieces)
    assert "" not in pieces
    assert "".join(CyclingStubInferenceProvider((text,)).stream(ASKED)) == text


def test_a_streamed_item_may_raise() -> None:
    """An exception in turn is raised where the stream is asked for; a stream takes a turn like any call."""
    stub = CyclingStubInferenceProvider((playhead.ProviderError("lost"), "a b"))
    with pytest.raises(playhead.ProviderError):
        list(stub.stream(ASKED))
    assert list(stub.stream(ASKED)) == ["a", " b"]
    assert stub.call_count == 2


def test_neither_shows_what_it_was_asked() -> None:
    """``repr`` gives counts, no content."""
    stub = CyclingStubInferenceProvider(("secret answer",))
    stub.complete(CompletionRequest("secret question"))
    assert repr(stub) == "CyclingStubInferenceProvider(1 items, 1 calls)"
    assert repr(StubInferenceProvider("secret answer")) == "StubInferenceProvider()"


@pytest.mark.parametrize("provider", [StubInferenceProvider(), CyclingStubInferenceProvider()])
def test_what_a_stub_answered_never_passes_for_a_models(tmp_path: Path, provider: Any) -> None:
    """Recorded outcomes of stubs carry their origin, streams too."""
    path = tmp_path / "stub.cassette"
    with playhead.record(provider, path) as recording:
        recording.complete(ASKED)
        list(recording.stream(ASKED))
    entries = list(playhead.open_cassette(path))
    assert {entry.origin for entry in entries} == {entry.evidence.origin for entry in entries} == {Origin.STUB}
    assert {entry.recorded_on for entry in entries} == {None}
    assert isinstance(provider, playhead.InferenceProvider)


@pytest.fixture
def taken(tmp_path: Path) -> playhead.Cassette:
    """Record three takes of a request, two of another as streams, and a failure."""

    class Model:
        cycling = CyclingStubInferenceProvider()

        def complete(self, request: CompletionRequest) -> Completion:
            if request.prompt == "broken":
                raise playhead.RateLimitError("too many", retry_after=3)
            return self.cycling.complete(request)

        def stream(self, request: CompletionRequest) -> Any:
            return self.cycling.stream(request)

    path = tmp_path / "takes.cassette"
    with playhead.record(Model(), path, name="model") as recording:
        for _ in range(3):
            recording.complete(ASKED)
        for _ in range(2):
            list(recording.stream(CompletionRequest("streamed")))
        with pytest.raises(playhead.RateLimitError):
            recording.complete(CompletionRequest("broken"))
    return playhead.open_cassette(path)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("cycle", [0, 1, 2, 0, 1]), ("repeat-last", [0, 1, 2, 2, 2]), ("shuffle", None), ("sequence", [0, 1, 2])],
)
def test_a_cassettes_takes_come_in_the_order_of_a_policy(
    taken: playhead.Cassette, policy: str, expected: list[int] | None
) -> None:
    """The orders are a session's; the sequence ends, and a reset begins again."""
    stub = CyclingStubInferenceProvider.from_cassette(taken, name="model", takes=policy, seed=7)
    calls = 3 if policy == "sequence" else 5
    given = [stub.complete(ASKED).text for _ in range(calls)]
    if expected is None:
        assert sorted(given[:3]) == sorted(NAMES)
        with playhead.use_cassette(taken.path or "", mode="replay", takes=policy, seed=7) as session:
            wrapped = session.wrap(None, name="model")
            expected_texts = [wrapped.complete(ASKED).text for _ in range(calls)]
    else:
        expected_texts = [NAMES[take] for take in expected]
    assert given == expected_texts
    assert stub.call_count == calls
    if policy == "sequence":
        with pytest.raises(playhead.Exhausted, match="all 3 takes"):
            stub.complete(ASKED)
    stub.reset()
    assert stub.complete(ASKED).text == given[0]


def test_each_request_goes_round_its_own_takes(taken: playhead.Cassette) -> None:
    """Streams come in their pieces, failures as themselves, and what is not recorded is refused."""
    stub = CyclingStubInferenceProvider.from_cassette(taken, name="model")
    assert stub.complete(ASKED).text == NAMES[0]
    assert list(stub.stream(CompletionRequest("streamed"))) == ["ACME", " Corp"]
    assert list(stub.stream(CompletionRequest("streamed"))) == ["Globex", " Industries"]
    assert "".join(stub.stream(ASKED)) == NAMES[1]
    with pytest.raises(playhead.RateLimitError) as caught:
        stub.complete(CompletionRequest("broken"))
    assert caught.value.retry_after == 3
    with pytest.raises(playhead.NoMatch, match="no take of this request is recorded for 'model'"):
        stub.complete(CompletionRequest("never asked"))
    assert stub.origin is Origin.STUB
    assert repr(stub).endswith("takes='cycle', 5 calls)")


def test_threads_share_the_takes_evenly(taken: playhead.Cassette) -> None:
    """Each take is given as often as the others, whoever asks."""
    stub = CyclingStubInferenceProvider.from_cassette(taken, name="model")
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.extend(stub.complete(ASKED).text for _ in range(30))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == dict.fromkeys(NAMES, 40)
