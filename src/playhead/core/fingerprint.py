"""
The match key of a request: SHA-256 over the digests of its named segments.

One function serves recording, replay, import and the command line alike. Out of the key: id, context, secrets,
time-outs, host. Numbers are compared by value, so a temperature of 1 and of 1.0 is the same request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, cast

from playhead.core.canonical import encode, encode_normal, normalise
from playhead.core.model import CompletionRequest

SCHEME = b"playhead fingerprint 1\n"
"""Changes whenever the key of any request would; a cassette of another scheme cannot match."""

HEAD_SEGMENTS = ("operation", "provider", "model", "system", "tools", "params")
"""The segments every request has, in order; one ``message`` segment a message follows."""

_SYSTEM_ROLES = ("system", "developer")


class Fingerprint(NamedTuple):
    """
    A request's key with what it was made of.

    Attributes:
        key: 32 bytes.
        segments: 32-byte digests, ``HEAD_SEGMENTS`` first, then one a message.
    """

    key: bytes
    segments: tuple[bytes, ...]

    @property
    def hex(self) -> str:
        """The key as 64 hexadecimal digits."""
        return self.key.hex()


def fingerprint(request: CompletionRequest, provider: str, *, stream: bool = False) -> Fingerprint:
    """
    Compute a request's match key.

    Args:
        request: The request, secrets redacted if any were found.
        provider: The provider's logical name; host and URL are no part of the key.
        stream: Whether the answer is asked for in pieces.

    Raises:
        RecordingError: The request holds something that has no canonical form.
    """
    system = _EMPTY
    messages: list[bytes] = []
    if request.messages is None:
        if request.prompt is not None:
            messages.append(_plain_message_digest("user", request.prompt))
    else:
        leading = _leading_system(request.messages)
        if leading:
            system = _joined(_message_digest(message) for message in request.messages[:leading])
        messages += map(_message_digest, request.messages[leading:] if leading else request.messages)
    head = _head_digests(
        request.family,
        request.operation,
        provider,
        request.model,
        request.temperature,
        request.max_tokens,
        stream,
    )
    operation, named, model, params = head
    if request.params:
        params = _params_of(request.temperature, request.max_tokens, stream, request.params)
    tools = _digest(request.tools) if request.tools else _EMPTY
    segments = (operation, named, model, system, tools, params, *messages)
    return Fingerprint(_joined(segments), segments)


def _leading_system(messages: Sequence[Mapping[str, Any]]) -> int:
    """Count the messages at the start that instruct rather than converse."""
    for index, message in enumerate(messages):
        if message.get("role") not in _SYSTEM_ROLES:
            return index
    return len(messages)


def _joined(digests: Iterable[bytes]) -> bytes:
    return sha256(SCHEME + b"".join(digests)).digest()


def _message_digest(message: Mapping[str, Any]) -> bytes:
    if len(message) == 2:
        role, content = message.get("role"), message.get("content")
        if type(role) is str and type(content) is str:
            return _plain_message_digest(role, content)
    return _digest(message)


# An agent resends its history with every turn, and a suite its system prompt with every call.
@lru_cache(maxsize=1024)
def _plain_message_digest(role: str, content: str) -> bytes:
    try:
        return sha256(encode_normal({"role": role, "content": content})).digest()
    except UnicodeEncodeError:
        return _digest({"role": role, "content": content})  # lone surrogates take an escape form


def _digest(value: Any) -> bytes:
    return sha256(encode(value)).digest()


_EMPTY = _digest([])


@lru_cache(maxsize=256)
def _head_digests(
    family: str,
    operation: str,
    provider: str,
    model: str | None,
    temperature: float | None,
    max_tokens: int | None,
    stream: bool,
) -> tuple[bytes, bytes, bytes, bytes]:
    """Give the segments that hardly change from call to call; the last is that of a request without params."""
    asked = _digest([family, operation] if operation else family)
    return asked, _digest(provider), _digest(model), _params_of(temperature, max_tokens, stream, {})


def _params_of(temperature: float | None, max_tokens: int | None, stream: bool, further: Mapping[str, Any]) -> bytes:
    sent: dict[str, Any] = {"stream": stream}
    if temperature is not None:
        sent["temperature"] = temperature
    if max_tokens is not None:
        sent["max_tokens"] = max_tokens
    sent.update(further)
    normalise(sent)  # bounds the depth, and refuses what has no form, before the numbers are walked
    return _digest(unify_numbers(sent))


def unify_numbers(value: Any) -> Any:
    """Give integral floats as integers, at any depth, where a float holds every integer (below 2**53)."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, Mapping):
        return {key: unify_numbers(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [unify_numbers(item) for item in cast("list[Any]", value)]
    return value


def segment_names(count: int) -> tuple[str, ...]:
    """Name ``count`` segments: ``operation`` ... ``params``, ``message 0``, ``message 1`` ..."""
    return HEAD_SEGMENTS + tuple(f"message {index}" for index in range(count - len(HEAD_SEGMENTS)))
