"""What the key-value contenders share: a canonical key, and a record whose answer is decoded straight to its type."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from playhead.core.model import Completion, CompletionRequest

if TYPE_CHECKING:
    from benchmarks.contenders.base import Recorded

_ENCODE = msgspec.json.Encoder(order="sorted").encode


class Record(msgspec.Struct):
    """A call as it is stored."""

    request: CompletionRequest
    response: Completion


class _Answer(msgspec.Struct):
    response: Completion


_DECODE = msgspec.json.Decoder(_Answer).decode


def key_of(request: CompletionRequest) -> bytes:
    """Give the canonical key of a request: SHA-256 of its sorted JSON, with nothing normalised."""
    return sha256(_ENCODE(request)).digest()


def encode(call: Recorded) -> bytes:
    """Encode a call."""
    return _ENCODE(Record(call.request, call.completion))


def text_of(data: bytes) -> str:
    """Decode a stored call's answer and give its text."""
    return _DECODE(data).response.text
