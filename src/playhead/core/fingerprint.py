"""
The match key of a request: SHA-256 over the digests of its named segments.

One function serves recording, replay, import and the command line alike. Out of the key: id, context, secrets,
time-outs, host. Numbers are compared by value, so a temperature of 1 and of 1.0 is the same request.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    messages = request.conversation()
    system: list[Any] = []
    for message in messages:
        if message.get("role") not in _SYSTEM_ROLES:
            break
        system.append(message)
    segments = [
        _text_digest(request.family.value),
        _text_digest(provider),
        _text_digest(request.model),
        _digest(system) if system else _EMPTY,
        _digest(request.tools) if request.tools else _EMPTY,
        _params_digest(request, stream),
    ]
    segments += [_digest(message) for message in (messages[len(system) :] if system else messages)]
    return Fingerprint(sha256(SCHEME + b"".join(segments)).digest(), tuple(segments))


def _digest(value: Any) -> bytes:
    return sha256(encode(value)).digest()


_EMPTY = _digest([])


@lru_cache(maxsize=256)
def _text_digest(text: str | None) -> bytes:
    return _digest(text)


def _params_digest(request: CompletionRequest, stream: bool) -> bytes:
    if request.params:
        return _params_of(request.temperature, request.max_tokens, stream, request.params)
    return _plain_params_digest(request.temperature, request.max_tokens, stream)


@lru_cache(maxsize=256)
def _plain_params_digest(temperature: float | None, max_tokens: int | None, stream: bool) -> bytes:
    return _params_of(temperature, max_tokens, stream, {})


def _params_of(temperature: float | None, max_tokens: int | None, stream: bool, further: Mapping[str, Any]) -> bytes:
    sent: dict[str, Any] = {"stream": stream}
    if temperature is not None:
        sent["temperature"] = temperature
    if max_tokens is not None:
        sent["max_tokens"] = max_tokens
    return sha256(encode_normal(unify_numbers(normalise(sent | dict(further))))).digest()


def unify_numbers(value: Any) -> Any:
    """Give integral floats as integers, at any depth, where a float holds every integer (below 2**53)."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict):
        return {key: unify_numbers(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [unify_numbers(item) for item in cast("list[Any]", value)]
    return value


def segment_names(count: int) -> tuple[str, ...]:
    """Name ``count`` segments: ``operation`` ... ``params``, ``message 0``, ``message 1`` ..."""
    return HEAD_SEGMENTS + tuple(f"message {index}" for index in range(count - len(HEAD_SEGMENTS)))
