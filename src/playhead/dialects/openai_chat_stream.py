"""
OpenAI's streamed chat answers.

Source: https://platform.openai.com/docs/api-reference/chat-streaming, and the deviations of compatible servers noted
at each place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects import sse
from playhead.dialects.answers import cut_text, to_bytes, write_counts
from playhead.dialects.dialect import StreamFormat
from playhead.dialects.openai_choices import (
    COUNTS,
    answer_head,
    called,
    calls_of,
    content_text,
    first_choice,
    written_call,
)
from playhead.dialects.openai_wire import decode_usage, error_text, loads, mapping, refuse_error, text
from playhead.errors import ProviderError

CONTENT_TYPE = "text/event-stream; charset=utf-8"
_DONE = "[DONE]"
END = b"data: [DONE]\n\n"
"""What ends a stream."""

_COUNTED_WHEN_ASKED = ("chat.completions", "completions")
"""The operations whose streams hold counts only where they were asked for."""


class _PartialCall:
    """A tool call whose pieces are still coming."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []

    def add(self, delta: Mapping[str, Any]) -> None:
        # Some servers repeat id and name in every delta: the first that is not empty counts.
        name, arguments = called(delta)
        self.id = self.id or text(delta.get("id"))
        self.name = self.name or name
        self.arguments.append(arguments)


class ChatStreamDecoder:
    """
    Puts an answer together from the chunks of a stream.

    Attributes:
        finish_reason: Why the answer ended; ``None`` until the server says.
    """

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self._answered = False
        self._pieces: list[str] = []
        self._model = ""
        self._model_version: str | None = None
        self._usage: Usage = UNREPORTED
        self._calls: dict[int, _PartialCall] = {}

    def feed(self, chunk: object) -> Sequence[str]:
        """
        Take one chunk and give the text pieces in it, which may be none; no piece is empty.

        Raises:
            ProviderError: The chunk is an error.
        """
        given = mapping(chunk)
        refuse_error(given)
        self._model = self._model or text(given.get("model"))
        self._model_version = self._model_version or text(given.get("system_fingerprint")) or None
        # Groq reports under a name of its own.
        usage = decode_usage(given.get("usage") or mapping(given.get("x_groq")).get("usage"))
        if usage.reported:
            self._usage = usage
        refuse_error(mapping(given.get("x_groq")))
        choice = first_choice(given)
        if choice is None:
            return ()
        refuse_error(choice)
        self._answered = True
        self.finish_reason = text(choice.get("finish_reason")) or self.finish_reason
        for call in calls_of(mapping(choice.get("delta"))):
            self._partial_call(mapping(call)).add(mapping(call))
        piece = self._said(choice)
        if not piece:
            return ()
        self._pieces.append(piece)
        return (piece,)

    def _said(self, choice: Mapping[str, Any]) -> str:
        return content_text(mapping(choice.get("delta")))

    def _partial_call(self, delta: Mapping[str, Any]) -> _PartialCall:
        index = delta.get("index")
        if type(index) is not int:
            # Some servers leave the index out: an id that is new starts the next call.
            last = max(self._calls, default=-1)
            new = last < 0 or text(delta.get("id")) not in ("", self._calls[last].id)
            index = last + 1 if new else last
        return self._calls.setdefault(index, _PartialCall())

    def completion(self) -> Completion:
        """
        Give the answer as far as it has come.

        Raises:
            ProviderError: No chunk had a choice.
        """
        if not self._answered:
            raise ProviderError("the stream has no choices")
        return self.partial()

    def partial(self) -> Completion:
        """Give the answer as far as it has come, which may be nothing."""
        return Completion(
            text="".join(self._pieces),
            model=self._model,
            usage=self._usage,
            model_version=self._model_version,
            finish_reason=self.finish_reason,
            tool_calls=tuple(
                ToolCall(id=call.id, name=call.name, arguments="".join(call.arguments))
                for _, call in sorted(self._calls.items())
            ),
        )


class ChatStreamReader:
    """
    Reads a streamed answer from the bytes of its body, however they are cut.

    Attributes:
        done: Whether the server's end mark was read; nothing after it counts.
        chunks: The decoded chunks, where they are to be kept.
    """

    def __init__(self, *, keep_chunks: bool = False, decoder: ChatStreamDecoder | None = None) -> None:
        self.done = False
        self.chunks: list[Any] | None = [] if keep_chunks else None
        self._parser = sse.Parser()
        self._decoder = decoder or ChatStreamDecoder()

    def feed(self, data: bytes) -> Iterator[str]:
        """
        Take the next bytes and give the text pieces in them, one by one.

        Raises:
            ProviderError: An event is an error or not JSON; the pieces before it have been given.
        """
        for event in self._parser.feed(data):
            if self.done or not isinstance(event, sse.Message):
                continue
            if event.data == _DONE:
                self.done = True
                continue
            chunk = loads(event.data, "a chunk of the stream")
            if event.event == "error":
                raise ProviderError(f"the stream holds an error: {error_text(chunk) or event.data!r}")
            if self.chunks is not None:
                self.chunks.append(chunk)
            yield from self._decoder.feed(chunk)

    def finish(self) -> Completion:
        """
        End the stream and give the whole answer.

        Raises:
            ProviderError: The stream ended before the answer did.
        """
        self._parser.finish()
        if not self.done and self._decoder.finish_reason is None:
            raise ProviderError("the stream ended before the answer did")
        completion = self._decoder.completion()
        return msgspec.structs.replace(completion, raw=self.chunks) if self.chunks is not None else completion

    def partial(self) -> Completion:
        """Give the answer as far as it has come, which may be nothing."""
        return self._decoder.partial()


class ChatReader:
    """
    Reads a streamed answer as every dialect does: the pieces that some bytes complete come at once.

    Args:
        decoder: What puts the answer together; that of chat where none is given.
    """

    def __init__(self, decoder: ChatStreamDecoder | None = None) -> None:
        self._reader = ChatStreamReader(decoder=decoder)

    def feed(self, data: bytes) -> Sequence[str]:
        """
        Take the next bytes and give the text pieces they complete.

        Raises:
            ProviderError: An event is an error or not JSON; the text before it is in ``partial``.
        """
        return list(self._reader.feed(data))

    def finish(self) -> Completion:
        """
        End the stream and give the whole answer.

        Raises:
            ProviderError: The stream ended before the answer did.
        """
        return self._reader.finish()

    def partial(self) -> Completion:
        """Give the answer as far as it came."""
        return self._reader.partial()


def as_streamed(completion: Completion, request: CompletionRequest) -> Completion:
    """
    Give what a server would stream of a completion that did not come from one.

    The counts come in a chunk of their own, without choices, and only to who asks for it
    (``stream_options.include_usage``): clients read ``chunk.choices[0]``.
    """
    if request.operation not in _COUNTED_WHEN_ASKED:
        return completion
    options = mapping(request.params.get("stream_options"))
    return completion if options.get("include_usage") else msgspec.structs.replace(completion, usage=UNREPORTED)


def encode_chat_stream(completion: Completion, pieces: Sequence[str], _request: CompletionRequest) -> Iterator[bytes]:
    """Write the events of an answer, its text cut into the pieces."""
    head = answer_head(completion, "chat.completion.chunk")

    def chunk(delta: Mapping[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return written_event({**head, "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in cut_text(completion, pieces):
        yield chunk({"content": piece})
    for index, call in enumerate(completion.tool_calls):
        yield chunk({"tool_calls": [{"index": index, **written_call(call)}]})
    yield chunk({}, completion.finish_reason)
    usage = write_counts(completion.usage, COUNTS)
    if usage:
        yield written_event({**head, "choices": [], "usage": usage})
    yield END


def written_event(chunk: Mapping[str, Any]) -> bytes:
    """Write one chunk."""
    return b"data: %b\n\n" % to_bytes(chunk)


STREAM = StreamFormat(CONTENT_TYPE, ChatReader, encode_chat_stream)
"""How chat is streamed."""
