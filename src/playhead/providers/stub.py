"""Providers that answer without a model: one the same for ever, one in turn. Neither opens a socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Protocol

from playhead.core.evidence import Interaction
from playhead.core.failures import rebuild
from playhead.core.model import Completion, CompletionRequest, Failure, Family, Origin, Outcome, Stream, end_of
from playhead.core.names import DEFAULT_PROVIDER
from playhead.core.usage import Usage
from playhead.engine.takes import Takes, next_take, parse_takes
from playhead.errors import Exhausted, NoMatch, UsageError

STUB_MODEL = "stub-v1"
CYCLING_MODEL = "stub-cycle-v1"
VENDORS = ("ACME Corp", "Globex Industries", "Initech LLC")
"""The three fixed names a cycling stub goes round by default."""

_ECHOED = 64


class StubInferenceProvider:
    """
    Gives one fixed completion, or an echo of the prompt, for ever.

    Attributes:
        origin: Marks every outcome as a stub's, so that it never passes for evidence of a model.
    """

    origin: ClassVar[Origin] = Origin.STUB
    name: ClassVar[str] = "stub"

    def __init__(self, completion: Completion | str | None = None) -> None:
        """
        Fix the answer.

        Args:
            completion: The answer, or its text; without it the stub answers ``<stub: first 64 characters>``.
        """
        self._fixed = _stub_completion(completion, STUB_MODEL) if isinstance(completion, str) else completion

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def complete(self, request: CompletionRequest) -> Completion:
        """Give the fixed answer; an embedding request gets vectors of eight zeros."""
        if self._fixed is not None:
            return self._fixed
        if request.family is Family.EMBEDDING:
            texts = request.params.get("input", [request.prompt])
            count = 1 if isinstance(texts, str) else len(texts)
            return Completion(model=STUB_MODEL, provider=self.name, usage=Usage(), output=[[0.0] * 8] * count)
        prompt = _last_text(request)
        return Completion(f"<stub: {prompt[:_ECHOED]}>", model=STUB_MODEL, usage=Usage(), provider=self.name)

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        """Give the same answer word by word."""
        return _word_by_word(self.complete(request).text)


class CyclingStubInferenceProvider:
    """
    Goes round a fixed list of answers, whatever is asked: the smallest imitation of a model's nondeterminism.

    The count is this instance's own and safe between threads. An item may be a text, a whole completion, or an
    exception to raise.

    Attributes:
        origin: Marks every outcome as a stub's.
        texts: The items.
        model_id: The model named in completions made from texts.
    """

    origin: ClassVar[Origin] = Origin.STUB
    name: ClassVar[str] = "cycling-stub"

    def __init__(
        self,
        texts: tuple[str | Completion | Exception, ...] = VENDORS,
        model_id: str = CYCLING_MODEL,
    ) -> None:
        """
        Take the items.

        Raises:
            TypeError: ``texts`` is not a tuple, or an item is none of the three kinds.
            UsageError: ``texts`` or ``model_id`` is empty.
        """
        if not isinstance(texts, tuple):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"texts must be a tuple, got {type(texts).__name__}")
        if not texts:
            raise UsageError("texts must not be empty")
        for index, item in enumerate(texts):
            if not isinstance(item, (str, Completion, Exception)):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"texts[{index}] must be a text, a completion or an exception, got {item!r}")
        if not model_id:
            raise UsageError("model_id must not be empty")
        self.texts = texts
        self.model_id = model_id
        self._lock = threading.Lock()
        self._calls: list[CompletionRequest] = []

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.texts)} items, {self.call_count} calls)"

    @classmethod
    def from_cassette(
        cls, cassette: Recorded, *, name: str = DEFAULT_PROVIDER, takes: Takes | str = Takes.CYCLE, seed: int = 0
    ) -> TakesStubInferenceProvider:
        """
        Give a stub that goes round the recorded takes of whatever it is asked, each request by itself.

        Args:
            cassette: The open cassette.
            name: The provider's name its calls were recorded under.
            takes: The order: ``cycle``, ``repeat-last``, ``shuffle``, or ``sequence``, which ends.
            seed: The seed of a shuffle.

        Raises:
            UsageError: No policy has that name.
        """
        return TakesStubInferenceProvider(cassette, name=name, takes=takes, seed=seed)

    @property
    def call_count(self) -> int:
        """How many calls were answered since the start or the last ``reset``."""
        return len(self._calls)

    @property
    def calls(self) -> tuple[CompletionRequest, ...]:
        """The requests, in order."""
        return tuple(self._calls)

    @property
    def last_call(self) -> CompletionRequest | None:
        """The last request, if there was one."""
        return self._calls[-1] if self._calls else None

    def reset(self) -> None:
        """Start again at the first item."""
        with self._lock:
            self._calls.clear()

    def complete(self, request: CompletionRequest) -> Completion:
        """
        Give the next item.

        Raises:
            Exception: The item, where it is one.
        """
        with self._lock:
            item = self.texts[len(self._calls) % len(self.texts)]
            self._calls.append(request)
        if isinstance(item, Exception):
            raise item
        if isinstance(item, Completion):
            return item
        asked = len(_last_text(request))
        usage = Usage(prompt_tokens=asked, completion_tokens=len(item), total_tokens=asked + len(item))
        return Completion(item, model=self.model_id, usage=usage, provider=self.name)

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        """
        Give the next item word by word.

        Raises:
            Exception: The item, where it is one.
        """
        return _word_by_word(self.complete(request).text)


class Recorded(Protocol):
    """What holds the takes of requests; an open cassette does."""

    def lookup(
        self, request: CompletionRequest, *, provider: str = DEFAULT_PROVIDER, stream: bool = False
    ) -> Sequence[Interaction]:
        """Give the takes recorded for a request, in order."""
        ...


class TakesStubInferenceProvider:
    """
    Gives the recorded takes of a request in turn; its counts are its own, one a request, and safe between threads.

    Unlike a session it decides nothing and keeps no ledger: wrapped and recorded, its answers are a stub's.

    Attributes:
        origin: Marks every outcome as a stub's: the evidence is in the cassette the takes come from.
    """

    origin: ClassVar[Origin] = Origin.STUB

    def __init__(self, cassette: Recorded, *, name: str, takes: Takes | str = Takes.CYCLE, seed: int = 0) -> None:
        """
        Take the cassette.

        Raises:
            UsageError: No policy has that name.
        """
        self.name = name
        self._cassette = cassette
        self._takes = parse_takes(takes)
        self._seed = seed
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._cassette!r}, takes={self._takes.value!r}, {self.call_count} calls)"

    @property
    def call_count(self) -> int:
        """How many calls were answered since the start or the last ``reset``."""
        return sum(self._counts.values())

    def reset(self) -> None:
        """Start again at the first take of every request."""
        with self._lock:
            self._counts.clear()

    def complete(self, request: CompletionRequest) -> Completion:
        """
        Give the next take.

        Raises:
            Exception: The take, where it is a failure.
            NoMatch: Nothing is recorded for the request.
            Exhausted: Every take was given, and the order ends.
        """
        outcome = self._next(request, stream=False)
        end = end_of(outcome)
        if isinstance(end, Failure):
            raise rebuild(end)
        return end if end is not None else Completion(outcome.joined() if isinstance(outcome, Stream) else "")

    def stream(self, request: CompletionRequest) -> Iterator[Any]:
        """
        Give the next take in its pieces; a request that was recorded whole alone comes word by word.

        Raises:
            Exception: As for ``complete``; a stream that broke breaks after the same pieces.
        """
        if not self._cassette.lookup(request, provider=self.name, stream=True):
            yield from _word_by_word(self.complete(request).text)
            return
        outcome = self._next(request, stream=True)
        if isinstance(outcome, Stream):
            yield from outcome.pieces()
            outcome = outcome.end or Completion()
        if isinstance(outcome, Failure):
            raise rebuild(outcome)

    def _next(self, request: CompletionRequest, *, stream: bool) -> Outcome:
        found = self._cassette.lookup(request, provider=self.name, stream=stream)
        if not found:
            raise NoMatch(
                f"no take of this request is recorded for {self.name!r}", hint="record it, or name its provider"
            )
        key = found[0].fingerprint
        with self._lock:
            played = self._counts.get(key, 0)
            take = next_take(self._takes, played=played, count=len(found), key=bytes.fromhex(key), seed=self._seed)
            if take is None:
                raise Exhausted(f"all {len(found)} takes of this request were given", hint="takes='cycle' goes round")
            self._counts[key] = played + 1
        return found[take].outcome


def _stub_completion(text: str, model: str) -> Completion:
    return Completion(text, model=model, usage=Usage(), provider=StubInferenceProvider.name)


def _last_text(request: CompletionRequest) -> str:
    """Give the prompt, or the text of the last message that has one."""
    for message in reversed(request.conversation()):
        content = message.get("content")
        if isinstance(content, str):
            return content
    return ""


def _word_by_word(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        space = text.find(" ", start + 1)
        stop = len(text) if space < 0 else space
        yield text[start:stop]
        start = stop
