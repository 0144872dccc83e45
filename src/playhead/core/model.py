"""
The provider-neutral question and answer.

All types are frozen: a provider cannot change the request it was given, nor a test the answer it replays.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from playhead.core.usage import UNREPORTED, Usage
from playhead.errors import UsageError


class Family(enum.StrEnum):
    """What kind of answer is asked for."""

    LLM = "llm"
    IMG_GEN = "img_gen"
    EXTRACT = "extract"
    SEARCH = "search"
    EMBEDDING = "embedding"
    HTTP = "http"
    """Traffic that is no model call: plain HTTP, or a vendor's listing of models."""


class Origin(enum.StrEnum):
    """Where an outcome came from; a stub never passes for evidence of a live model."""

    LIVE = "live"
    STUB = "stub"
    IMPORTED = "imported"
    EDITED = "edited"
    SYNTHETIC = "synthetic"


class ToolCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One call of a tool that the model asked for.

    Attributes:
        id: The provider's id for this call, to be sent back with the tool's result.
        name: The tool's name.
        arguments: The arguments as the model wrote them, to the byte: JSON text, which may be cut or invalid.
    """

    id: str = ""
    name: str = ""
    arguments: str = ""

    def parse_arguments(self) -> Any:
        """
        Give the arguments as JSON values.

        Raises:
            UsageError: The model's text is not JSON (cut by ``max_tokens``, for example).
        """
        try:
            return msgspec.json.decode(self.arguments)
        except msgspec.DecodeError as error:
            raise UsageError(f"arguments of tool call {self.name!r} are not JSON: {error}") from error


class CompletionRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One question to a provider.

    Attributes:
        prompt: A single user message; the short form of ``messages``.
        messages: The conversation as mappings with ``role`` and ``content`` (and what the vendor adds).
        model: The model asked for; ``None`` leaves it to the provider.
        temperature: ``None`` where it is not to be sent; 0 and 0.0 are sent.
        max_tokens: Upper bound of the answer's length; ``None`` where it is not to be sent.
        tools: Tool descriptions as the vendor takes them.
        params: Every further parameter that is sent and so is part of what is matched.
        context: Facts for the caller's own use; stored, never matched.
        id: A caller's idempotency key: within a session a second call with the same non-empty id and the same
            content gives the first success again. Stored, never matched.
        family: What kind of answer is asked for.
        operation: The vendor's operation at the wire seam, such as ``chat.completions``; empty at the provider seam.
            Part of what is matched.

    Raises:
        TypeError: A field has the wrong type.
        UsageError: Neither or both of prompt and messages, an empty model, a negative or non-finite number.
    """

    prompt: str | None = None
    model: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    context: Mapping[str, Any] = {}
    messages: tuple[Mapping[str, Any], ...] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    params: Mapping[str, Any] = {}
    id: str = ""
    family: Family = Family.LLM
    operation: str = ""

    def __post_init__(self) -> None:
        if self.messages is None:
            self._check_prompt()
        else:
            if type(self.messages) is not tuple:
                msgspec.structs.force_setattr(self, "messages", tuple(self.messages))
            self._check_messages(self.messages)
        self._check_id(self.id)
        for name, value in (("params", self.params), ("context", self.context)):
            if not isinstance(value, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"{name} must be a mapping, got {value!r}")
        if self.temperature is not None:
            self._check_temperature(self.temperature)
        if self.model is not None:
            if type(self.model) is not str:
                raise TypeError(f"model must be a str, got {self.model!r}")
            if not self.model:
                raise UsageError("model must not be empty; leave it out to use the provider's own")
        if self.max_tokens is not None and (type(self.max_tokens) is not int or self.max_tokens < 0):
            raise UsageError(f"max_tokens must be a non-negative int, got {self.max_tokens!r}")
        if type(self.tools) is not tuple:
            msgspec.structs.force_setattr(self, "tools", tuple(self.tools))

    def _check_prompt(self) -> None:
        if self.operation:
            return  # whatever a program sends over the wire is a request, an empty one too
        if self.prompt is None:
            if self.family is Family.LLM or not self.params:
                raise UsageError("a request needs a prompt or messages", hint="CompletionRequest(prompt='...')")
        elif not isinstance(self.prompt, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"prompt must be a str, got {self.prompt!r}")
        elif not self.prompt:
            raise UsageError("prompt must not be empty")

    def _check_messages(self, messages: Sequence[Mapping[str, Any]]) -> None:
        if self.prompt is not None:
            raise UsageError("a request has a prompt or messages, not both")
        if not messages and not self.operation:
            raise UsageError("messages must not be empty")
        for message in messages:
            if not isinstance(message, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"each message must be a mapping, got {message!r}")

    def _check_id(self, given: Any) -> None:
        if not isinstance(given, str):
            raise TypeError(f"id must be a str, got {given!r}")
        try:
            given.encode()
        except UnicodeEncodeError:
            raise UsageError(f"id {given!r} is not valid Unicode") from None

    def _check_temperature(self, value: float) -> None:
        if type(value) not in (int, float):
            raise TypeError(f"temperature must be a number, got {value!r}")
        if not math.isfinite(value) or value < 0:
            raise UsageError(f"temperature must be finite and non-negative, got {value!r}")

    def conversation(self) -> tuple[Mapping[str, Any], ...]:
        """Give the messages; a prompt is one user message."""
        if self.messages is not None:
            return self.messages
        return () if self.prompt is None else ({"role": "user", "content": self.prompt},)


class Completion(msgspec.Struct, frozen=True, omit_defaults=True, tag="completion", tag_field="kind"):
    """
    One answer.

    Attributes:
        text: The answer's text.
        model: The model that answered, as the provider named it.
        usage: Token counts.
        model_version: A snapshot or build id, where the provider gives one apart from the model.
        finish_reason: Why the answer ended, in the provider's word.
        tool_calls: The tools the model asked to call.
        provider: The provider's stable name.
        output: An answer that is not text: image bytes, vectors, pages, structured values.
        raw: The provider's answer as given, where it was kept.
    """

    text: str = ""
    model: str = ""
    usage: Usage = UNREPORTED
    model_version: str | None = None
    finish_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    provider: str | None = None
    output: Any = None
    raw: Any = None

    def __post_init__(self) -> None:
        if type(self.tool_calls) is not tuple:
            msgspec.structs.force_setattr(self, "tool_calls", tuple(self.tool_calls))

    @property
    def content(self) -> str:
        """The text, under the name other systems give it."""
        return self.text


class Failure(msgspec.Struct, frozen=True, omit_defaults=True, tag="failure", tag_field="kind"):
    """
    A call that ended in an exception.

    Attributes:
        type: The exception's class, ``module.Name``; never imported because a file names it.
        message: Its text.
        error_code: ``.error_code`` of an error of ours, else ``None``.
        context: ``.context`` of an error of ours, else empty.
        retryable: Whether a retry may help.
        retry_after: Seconds the provider asked to wait, or ``None``.
        bases: The classes above it that a reader may know, nearest first.
        args: The exception's arguments where they are plain values and differ from ``(message,)``.
    """

    type: str
    message: str = ""
    error_code: str | None = None
    context: Mapping[str, Any] = {}
    retryable: bool = False
    retry_after: float | None = None
    bases: tuple[str, ...] = ()
    args: tuple[Any, ...] | None = None


class Stream(msgspec.Struct, frozen=True, omit_defaults=True, tag="stream", tag_field="kind"):
    """
    An answer that came in pieces.

    Attributes:
        end: What came after the last piece: a completion, a failure, or ``None`` where the consumer closed early.
        cuts: Length of each text piece in code points, or ``None`` where the pieces are not text.
        text: The pieces joined; ``None`` where that equals the end's text.
        values: The pieces where they are not all text.
        yielded: The completion that the provider gave as its last item, where it did.
    """

    end: Completion | Failure | None = None
    cuts: tuple[int, ...] | None = None
    text: str | None = None
    values: tuple[Any, ...] | None = None
    yielded: Completion | None = None

    def pieces(self) -> tuple[Any, ...]:
        """Give the pieces with the boundaries they came in."""
        if self.cuts is None:
            return self.values or ()
        whole = self.joined()
        found: list[str] = []
        start = 0
        for length in self.cuts:
            found.append(whole[start : start + length])
            start += length
        return tuple(found)

    def joined(self) -> str:
        """Give the text of all pieces, empty where they are not text."""
        if self.text is not None:
            return self.text
        return self.end.text if isinstance(self.end, Completion) and self.cuts is not None else ""


Outcome = Completion | Failure | Stream


def end_of(outcome: Outcome) -> Completion | Failure | None:
    """Give what came at the end of an outcome: of a stream its end, of another the outcome itself."""
    return outcome.end if isinstance(outcome, Stream) else outcome
