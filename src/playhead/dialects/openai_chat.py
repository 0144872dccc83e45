"""
OpenAI's ``/chat/completions``.

Source: https://platform.openai.com/docs/api-reference/chat, and the deviations of compatible servers noted at
each place. Of several choices the first is the answer; the others are in the body only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects import sse
from playhead.dialects.openai_wire import (
    decode_usage,
    loads,
    mapping,
    merge,
    refuse_error,
    sequence,
    text,
)
from playhead.errors import ProviderError, UsageError

_DONE = "[DONE]"


def encode_chat(
    request: CompletionRequest,
    *,
    model: str | None,
    temperature: float | None,
    max_tokens: int | None,
    stream: bool,
) -> dict[str, Any]:
    """
    Give the JSON object that asks the question.

    Args:
        request: The question; its ``params`` are merged last and win; one that is ``None`` takes a field out.
        model: The model to ask, the request's own or a default; ``None`` is not sent.
        temperature: The value to send; ``None`` is not sent.
        max_tokens: The value to send; ``None`` is not sent.
        stream: Whether the answer is to come in pieces, with the usage in the last one.

    Raises:
        UsageError: ``params["stream"]`` says otherwise.
    """
    if bool(request.params.get("stream", stream)) is not stream:
        kind = "streamed" if stream else "whole"
        raise UsageError(
            f"params hold stream={request.params['stream']!r} in a call for a {kind} answer",
            hint="call stream(request) for pieces and complete(request) for a whole answer",
        )
    body: dict[str, Any] = {
        "model": model,
        "messages": list(request.conversation()),
        "temperature": temperature,
        "max_tokens": max_tokens,
        "tools": list(request.tools) or None,
    }
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return merge(body, request.params)


def decode_chat(body: object) -> Completion:
    """
    Read the JSON object of an answer; fields that are not known are passed over.

    Raises:
        ProviderError: It holds an error, no choices, or a choice without a message.
    """
    answer = mapping(body)
    refuse_error(answer)
    choice = _first_choice(answer)
    if choice is None:
        raise ProviderError(f"the answer has no choices: its fields are {sorted(answer)!r}")
    if not isinstance(choice.get("message"), Mapping):
        raise ProviderError(f"the answer's first choice has no message: its fields are {sorted(choice)!r}")
    message = mapping(choice["message"])
    return Completion(
        text=_content_text(message),
        model=text(answer.get("model")),
        usage=decode_usage(answer.get("usage")),
        model_version=text(answer.get("system_fingerprint")) or None,
        finish_reason=text(choice.get("finish_reason")) or None,
        tool_calls=tuple(_tool_call(mapping(call)) for call in sequence(message.get("tool_calls"))),
    )


def _first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    choices = [mapping(choice) for choice in sequence(answer.get("choices"))]
    return next((choice for choice in choices if not choice.get("index")), None)


def _content_text(message: Mapping[str, Any]) -> str:
    """Give the text of a message or delta: a string, the text parts of a list, or the words of a refusal."""
    content = message.get("content")
    if isinstance(content, str):
        found = content
    else:
        found = "".join(text(mapping(part).get("text")) for part in sequence(content))
    return found or text(message.get("refusal"))


def _tool_call(call: Mapping[str, Any]) -> ToolCall:
    name, arguments = _called(call)
    return ToolCall(id=text(call.get("id")), name=name, arguments=arguments)


def _called(call: Mapping[str, Any]) -> tuple[str, str]:
    """Give name and arguments; a custom tool has free text as ``input`` where a function has JSON text."""
    function = mapping(call.get("function") or call.get("custom"))
    arguments = function.get("arguments", function.get("input"))
    if arguments is not None and not isinstance(arguments, str):
        # Some servers send the arguments as an object; there is no text of the model's to keep then.
        arguments = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return text(function.get("name")), arguments or ""


class _PartialCall:
    """A tool call whose pieces are still coming."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []

    def add(self, delta: Mapping[str, Any]) -> None:
        # Some servers repeat id and name in every delta: the first that is not empty counts.
        name, arguments = _called(delta)
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
        usage = decode_usage(given.get("usage"))
        if usage.reported:
            self._usage = usage
        choice = _first_choice(given)
        if choice is None:
            return ()
        self._answered = True
        self.finish_reason = text(choice.get("finish_reason")) or self.finish_reason
        delta = mapping(choice.get("delta"))
        for call in sequence(delta.get("tool_calls")):
            self._partial_call(mapping(call)).add(mapping(call))
        piece = _content_text(delta)
        if not piece:
            return ()
        self._pieces.append(piece)
        return (piece,)

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

    def __init__(self, *, keep_chunks: bool = False) -> None:
        self.done = False
        self.chunks: list[Any] | None = [] if keep_chunks else None
        self._parser = sse.Parser()
        self._decoder = ChatStreamDecoder()

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
