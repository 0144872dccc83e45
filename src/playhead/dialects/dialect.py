"""
What a dialect is: one vendor's operation, read and written both ways.

A dialect is found by a request's path and body, never by its host, so proxies, gateways and self-hosted servers work.
Everything a request's body holds is in the request it is read as: what has no field of ours is in ``params``, so two
bodies that differ never give the same key, and ``encode_request`` gives the body again (its keys in another order).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from playhead.core.model import Completion, CompletionRequest


class Asked(NamedTuple):
    """
    A request as it goes over the wire.

    Attributes:
        method: ``POST``, in upper case.
        path: The URL's path, percent-encoded as it is sent: ``/v1/chat/completions``.
        query: The URL's parameters, decoded, in order.
        body: The body's JSON value; ``None`` where there is none.
    """

    method: str
    path: str
    body: Any = None
    query: tuple[tuple[str, str], ...] = ()


class StreamReader(Protocol):
    """Reads a streamed answer from the bytes of its body, however they are cut."""

    def feed(self, data: bytes) -> Sequence[str]:
        """
        Take the next bytes and give the text pieces they complete.

        Raises:
            ProviderError: The bytes are no stream of this dialect, or the stream holds an error. Text that came before
                it in the same bytes is in ``partial``.
        """
        ...

    def finish(self) -> Completion:
        """
        Give the whole answer, as far as it came.

        Raises:
            ProviderError: The stream ended before it held an answer.
        """
        ...

    def partial(self) -> Completion:
        """Give what came so far, at any time and after any error; never raises."""
        ...


class StreamFormat(NamedTuple):
    """
    How a dialect streams.

    Attributes:
        content_type: The header's value.
        reader: Makes a reader.
        encode: Writes a stream that comes to the completion, its text cut into the given pieces.
    """

    content_type: str
    reader: Callable[[], StreamReader]
    encode: Callable[[Completion, Sequence[str], CompletionRequest], Iterable[bytes]]


class Dialect(NamedTuple):
    """
    One operation of one vendor.

    Attributes:
        provider: The vendor's stable name: ``openai``.
        operation: The operation's stable name: ``chat.completions``.
        claims: Whether a request is one of this dialect's; looks at method, path and body.
        streams: Whether a request of this dialect asks for a stream.
        decode_request: Reads a request; never raises for what a body holds, since what does not fit stands in
            ``params`` as it is.
        encode_request: Writes it again; the flag says whether a stream is asked for, where that is not in the body.
        decode_response: Reads an answer's JSON value. Raises ``ProviderError`` where it holds none.
        encode_response: Writes an answer's JSON value.
        stream: How it streams, or ``None`` where it does not.
    """

    provider: str
    operation: str
    claims: Callable[[Asked], bool]
    streams: Callable[[Asked], bool]
    decode_request: Callable[[Asked], CompletionRequest]
    encode_request: Callable[[CompletionRequest, bool], Asked]
    decode_response: Callable[[Any], Completion]
    encode_response: Callable[[Completion, CompletionRequest], Any]
    stream: StreamFormat | None = None

    @property
    def name(self) -> str:
        """Provider and operation, as in ``openai chat.completions``."""
        return f"{self.provider} {self.operation}"
