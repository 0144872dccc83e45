"""Providers that answer without a model: one the same for ever, one in turn. Neither opens a socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import ClassVar

from playhead.core.model import Completion, CompletionRequest, Family, Origin
from playhead.core.usage import Usage
from playhead.errors import UsageError

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
