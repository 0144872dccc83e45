"""The demo's two halves: a recording that remembers what its caller got, and the proof that a replay gives the same."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from playhead.core.canonical import encode
from playhead.core.model import Completion, CompletionRequest, Origin
from playhead.harness.golden import run_golden
from playhead.harness.golden_report import GoldenReport
from playhead.harness.golden_requests import GoldenRequest
from playhead.harness.opening import replay
from playhead.store.cassette import open_cassette

TAKES = 3
TEMPERATURE = 1.0
MAX_TOKENS = 48

QUESTIONS = (
    "Write one line of a poem.",
    "What did the gardener do today?",
    "Describe the market in one sentence.",
)
STREAMED = "Tell me a short story."


class Heard(NamedTuple):
    """
    One answer as the caller got it.

    Attributes:
        request: The question.
        answer: The whole answer; ``None`` for a stream that has none to give.
        pieces: The pieces of a stream, ``None`` where the answer was not streamed.
    """

    request: CompletionRequest
    answer: Completion | None
    pieces: tuple[Any, ...] | None = None


class Listening:
    """A provider that passes calls on and remembers what it gave back, so that a proof need not trust the cassette."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.origin = getattr(inner, "origin", Origin.LIVE)
        self.heard: list[Heard] = []

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer."""
        answer: Completion = self._inner.complete(request)
        self.heard.append(Heard(request, answer))
        return answer

    def stream(self, request: CompletionRequest) -> ListenedStream:
        """Answer in pieces."""
        return ListenedStream(self._inner.stream(request), request, self.heard)


class ListenedStream(Iterator[Any]):
    """A stream whose pieces are remembered when it has ended."""

    def __init__(self, inner: Any, request: CompletionRequest, heard: list[Heard]) -> None:
        self._inner = inner
        self._pieces: list[Any] = []
        self._request = request
        self._heard = heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __next__(self) -> Any:
        try:
            piece = next(self._inner)
        except StopIteration:
            answer = getattr(self._inner, "completion", None)
            self._heard.append(Heard(self._request, answer, tuple(self._pieces)))
            raise
        self._pieces.append(piece)
        return piece


class Check(NamedTuple):
    """
    One thing that was compared.

    Attributes:
        what: In words.
        equal: How many were equal.
        of: How many there were.
    """

    what: str
    equal: int
    of: int


class Proof(NamedTuple):
    """
    What a replay showed.

    Attributes:
        calls: Calls replayed.
        checks: What was compared with what the caller heard when it was recorded.
        milliseconds: How long the replay took, opening the cassette included.
    """

    calls: int
    checks: tuple[Check, ...]
    milliseconds: float

    @property
    def holds(self) -> bool:
        """Whether there was something to compare, and all of it was equal."""
        return self.calls > 0 and all(check.equal == check.of > 0 for check in self.checks)


def demo_requests() -> list[GoldenRequest]:
    """Give the demo's requests; the last is streamed."""
    asked = [
        CompletionRequest(prompt, temperature=TEMPERATURE, max_tokens=MAX_TOKENS) for prompt in (*QUESTIONS, STREAMED)
    ]
    return [GoldenRequest(request, stream=request.prompt == STREAMED) for request in asked]


def record_demo(provider: Any, path: Path, *, name: str) -> tuple[GoldenReport, list[Heard]]:
    """Record the demo's requests, streamed and not, and give what the caller got."""
    listening = Listening(provider)
    report = run_golden(demo_requests(), listening, path, name=name, takes=TAKES, overwrite=True)
    return report, listening.heard


def prove_demo(path: Path, heard: list[Heard], *, name: str) -> Proof:
    """Replay with no provider behind the cassette and compare every answer with the one that was heard."""
    began = time.perf_counter()
    with replay(path, name=name) as provider:
        again = [_ask(provider, one) for one in heard]
    elapsed = (time.perf_counter() - began) * 1000
    return Proof(len(heard), compare(heard, again), elapsed)


def _ask(provider: Any, one: Heard) -> Heard:
    if one.pieces is None:
        return Heard(one.request, provider.complete(one.request))
    stream = provider.stream(one.request)
    pieces = tuple(stream)
    # A stub's stream says no more than its pieces; what a replay makes of them has nothing to be held against.
    return Heard(one.request, stream.completion if one.answer is not None else None, pieces)


def compare(heard: list[Heard], again: list[Heard]) -> tuple[Check, ...]:
    """Compare what was heard with what a replay gave, thing by thing and as a whole."""
    pairs = list(zip(heard, again, strict=True))
    answers = [(old.answer, new.answer or Completion()) for old, new in pairs if old.answer is not None]
    streams = [(old.pieces, new.pieces) for old, new in pairs if old.pieces is not None]
    places = sum(len(old) for old, _ in streams)
    return (
        Check("texts", sum(old.text == new.text for old, new in answers), len(answers)),
        Check("token counts", sum(old.usage == new.usage for old, new in answers), len(answers)),
        Check("models and finish reasons", sum(_source(old) == _source(new) for old, new in answers), len(answers)),
        Check(f"streams, cut into the same {places} pieces", sum(old == new for old, new in streams), len(streams)),
        Check("calls, everything in them", sum(old == new for old, new in pairs), len(pairs)),
    )


def _source(answer: Completion) -> tuple[object, ...]:
    return answer.model, answer.model_version, answer.provider, answer.finish_reason, answer.tool_calls


class Sizes(NamedTuple):
    """
    What the same calls take up.

    Attributes:
        cassette: Bytes of the cassette.
        json: Bytes as one compact JSON file a call.
        yaml: Bytes as YAML, the form most recorders write; ``None`` where no YAML library is installed.
    """

    cassette: int
    json: int
    yaml: int | None


def measure(path: Path) -> Sizes:
    """Weigh a cassette against its calls as JSON and as YAML."""
    entries = [entry.data for entry in open_cassette(path).entries()]
    yaml = None
    if importlib.util.find_spec("yaml") is not None:
        import yaml as library  # type: ignore[import-untyped]

        yaml = len(library.safe_dump([msgspec.json.decode(data) for data in entries], allow_unicode=True).encode())
    return Sizes(path.stat().st_size, sum(len(encode(msgspec.json.decode(data))) for data in entries), yaml)
