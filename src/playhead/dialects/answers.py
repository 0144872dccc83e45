"""
What the answers of all vendors have in common: token counts, tool arguments, ids, and an answer that is still coming.

A stream is read in two steps that know nothing of each other: ``Frames`` cut the bytes into JSON values, and a
vendor's function takes each value into a ``Draft``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from playhead.core.model import Completion, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects import sse
from playhead.dialects.openai_wire import loads, mapping
from playhead.errors import ProviderError

A_PIECE = "a piece of the stream"


class Counts(NamedTuple):
    """
    Under which names a vendor reports token counts; the first name that holds a count is used.

    Attributes:
        prompt: Names of the question's tokens; the first is the one that is written.
        completion: Names of the answer's tokens.
        total: Names of the total.
    """

    prompt: tuple[str, ...]
    completion: tuple[str, ...] = ()
    total: tuple[str, ...] = ()


def read_counts(given: object, names: Counts) -> Usage:
    """
    Read token counts; what is no count of ours is kept in the details as given.

    Where no count is given at all, usage is unreported: unknown is not zero. The total is taken as it is reported.
    """
    fields = mapping(given)
    found: list[int | None] = []
    used: set[str] = set()
    for spellings in names:
        count = None
        for spelling in spellings:
            count = count_of(fields.get(spelling))
            if count is not None:
                used.add(spelling)
                break
        found.append(count)
    if found == [None, None, None]:
        return UNREPORTED
    prompt, completion, total = found
    details = {key: item for key, item in fields.items() if key not in used and item is not None}
    return Usage(prompt or 0, completion or 0, total or 0, details)


def write_counts(usage: Usage, names: Counts) -> dict[str, Any]:
    """Give the vendor's object of counts, empty where usage is unreported; a total of zero is not written."""
    if not usage.reported:
        return {}
    counts = {names.prompt[0]: usage.prompt_tokens}
    if names.completion:
        counts[names.completion[0]] = usage.completion_tokens
    if names.total and usage.total_tokens:
        counts[names.total[0]] = usage.total_tokens
    return {**usage.details, **counts}


def count_of(value: object) -> int | None:
    """Give a whole number of tokens, which some servers write as a float; ``None`` for anything else."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and value >= 0 else None


def compact(value: Any) -> str:
    """Give a JSON value's text without spaces, in its own key order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_bytes(value: Any) -> bytes:
    """Give a JSON value's bytes; where a text holds what UTF-8 cannot, all of it is escaped."""
    try:
        return compact(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def arguments_text(value: Any) -> str:
    """
    Give the arguments of a tool call which a vendor sends as a JSON value; a text is taken as it stands.

    Raises:
        ProviderError: It is nested too deeply to be written.
    """
    if value is None:
        return ""
    with suppress(RecursionError):
        return value if isinstance(value, str) else compact(value)
    raise ProviderError("the arguments of a tool call are nested too deeply")


def arguments_value(text: str) -> Any:
    """
    Give the JSON value of a tool call's arguments; the inverse of ``arguments_text``.

    No text at all is a call without arguments. One that is not JSON, such as one that was cut off, stands as it is.
    """
    if not text:
        return {}
    with suppress(ValueError, RecursionError):
        value = json.loads(text)
        # The text of a text stays in its quotes, so that it is read as the same text again.
        return text if value is None or isinstance(value, str) else value
    return text


def made_id(prefix: str, completion: Completion, *further: object) -> str:
    """Give an id that the same answer always gets: the vendor's prefix and 24 hexadecimal digits."""
    called = [(call.id, call.name, call.arguments) for call in completion.tool_calls]
    content = repr((completion.text, completion.model, called, further))
    return prefix + sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def cut_text(completion: Completion, pieces: Sequence[str]) -> Sequence[str]:
    """Give the pieces a text is streamed in, none of them empty; the whole text where they do not come to it."""
    found = [piece for piece in pieces if piece]
    if "".join(found) != completion.text:
        return [completion.text] if completion.text else []
    return found


class DraftCall:
    """
    A tool call whose pieces are still coming.

    Attributes:
        id: The vendor's id.
        name: The tool's name.
        pieces: The arguments' text as far as it came.
        given: The arguments where they came as a JSON value; text that came in pieces wins.
    """

    def __init__(self, id: str = "", name: str = "", given: Any = None) -> None:  # noqa: A002 - the field's name
        self.id = id
        self.name = name
        self.pieces: list[str] = []
        self.given = arguments_text(given)

    def tool_call(self) -> ToolCall:
        """Give the call as far as it came."""
        return ToolCall(self.id, self.name, "".join(self.pieces) or self.given)


class Draft:
    """
    An answer as far as it came.

    Attributes:
        pieces: The text's pieces; none is empty.
        model: The model that answers.
        model_version: Its version.
        finish_reason: Why the answer ended.
        counts: The vendor's object of token counts.
        calls: Tool calls by their place in the answer.
        ended: Whether the answer is whole.
        closed: Whether the vendor's end mark was read; nothing after it counts.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.model = ""
        self.model_version: str | None = None
        self.finish_reason: str | None = None
        self.counts: dict[str, Any] = {}
        self.calls: dict[int, DraftCall] = {}
        self.ended = False
        self.closed = False

    def say(self, piece: str) -> None:
        """Add a piece of text; an empty one is none."""
        if piece:
            self.pieces.append(piece)

    def add_counts(self, given: object) -> None:
        """Take counts which replace those of the same names that came before; one that is null is none."""
        self.counts |= {key: item for key, item in mapping(given).items() if item is not None}

    def call(self, index: object) -> DraftCall:
        """Give the tool call at a place; the last one where no place is named."""
        place = index if type(index) is int else max(self.calls, default=0)
        return self.calls.setdefault(place, DraftCall())

    def completion(self, names: Counts) -> Completion:
        """Give the answer as far as it came."""
        return Completion(
            text="".join(self.pieces),
            model=self.model,
            usage=read_counts(self.counts, names),
            model_version=self.model_version,
            finish_reason=self.finish_reason,
            tool_calls=tuple(call.tool_call() for _, call in sorted(self.calls.items())),
        )


class Frames(Protocol):
    """Cuts a stream's bytes into JSON values, however the bytes are cut."""

    def feed(self, data: bytes) -> Iterable[Any]:
        """Take the next bytes and give the values they complete; what is no value is a ``ProviderError``."""
        ...

    def finish(self) -> Iterable[Any]:
        """Give the values that the end of the stream completes."""
        ...


class SseFrames:
    """The data of server-sent events; an event that the stream does not complete is none."""

    def __init__(self) -> None:
        self._parser = sse.Parser()

    def feed(self, data: bytes) -> Iterable[Any]:
        """Take the next bytes and give the values of the events they complete."""
        for event in self._parser.feed(data):
            if isinstance(event, sse.Message) and event.data != "[DONE]":
                yield loads(event.data, A_PIECE)

    def finish(self) -> Iterable[Any]:
        """Give nothing."""
        return ()


class EitherFrames:
    """
    Server-sent events, or JSON that starts with its first byte, by whichever comes.

    Args:
        other: Makes what cuts the JSON.
    """

    def __init__(self, other: Callable[[], Frames]) -> None:
        self._other = other
        self._frames: Frames | None = None

    def feed(self, data: bytes) -> Iterable[Any]:
        """Take the next bytes and give the values they complete."""
        if self._frames is None:
            first = data.lstrip()[:1]
            if not first:
                return ()
            self._frames = self._other() if first in b"[{" else SseFrames()
        return self._frames.feed(data)

    def finish(self) -> Iterable[Any]:
        """Give the values that the end of the stream completes."""
        return () if self._frames is None else self._frames.finish()


class AnswerReader:
    """
    Reads a streamed answer: frames cut the bytes, a vendor's function takes each value.

    Args:
        frames: What cuts the bytes.
        take: Takes a value into the draft; raises ``ProviderError`` where it is an error.
        names: The vendor's names of the counts.
    """

    def __init__(self, frames: Frames, take: Callable[[Draft, Mapping[str, Any]], None], names: Counts) -> None:
        self._frames = frames
        self._take = take
        self._names = names
        self._draft = Draft()

    def feed(self, data: bytes) -> Sequence[str]:
        """
        Take the next bytes and give the text pieces they complete.

        Raises:
            ProviderError: The bytes are no stream of this dialect, or the stream holds an error; what came before
                it in the same bytes is in ``partial``.
        """
        return self._taken(self._frames.feed(data))

    def finish(self) -> Completion:
        """
        End the stream and give the whole answer.

        Raises:
            ProviderError: The stream ended before the answer did.
        """
        self._taken(self._frames.finish())
        if not self._draft.ended:
            raise ProviderError("the stream ended before the answer did")
        return self.partial()

    def partial(self) -> Completion:
        """Give the answer as far as it came."""
        return self._draft.completion(self._names)

    def _taken(self, values: Iterable[Any]) -> Sequence[str]:
        before = len(self._draft.pieces)
        for value in values:
            if not self._draft.closed:
                self._take(self._draft, mapping(value))
        return self._draft.pieces[before:]
