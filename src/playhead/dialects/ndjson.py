"""A stream of JSON values, one a line: what Ollama and Cohere's first protocol send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playhead.dialects.answers import A_PIECE, to_bytes
from playhead.dialects.openai_wire import loads

CONTENT_TYPE = "application/x-ndjson"


class LineFrames:
    """Cuts the bytes into the values of their lines, however they are cut; empty lines are passed over."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Any]:
        """
        Take the next bytes and give the values of the lines they complete.

        Raises:
            ProviderError: A line is not JSON.
        """
        # Only line feeds end a line: JSON escapes those inside a text, and nothing else that ends one elsewhere.
        first, *others = data.split(b"\n")
        self._held.append(first)
        for part in others:
            line = b"".join(self._held)
            self._held = [part]
            yield from _value_of(line)

    def finish(self) -> Iterator[Any]:
        """
        Give the value of a last line that no line feed ends.

        Raises:
            ProviderError: It is not JSON, as when the stream was cut.
        """
        line = b"".join(self._held)
        self._held = []
        return _value_of(line)


def write_line(value: Any) -> bytes:
    """Write a value as one line."""
    return to_bytes(value) + b"\n"


def _value_of(line: bytes) -> Iterator[Any]:
    if line.strip():
        yield loads(line, A_PIECE)
