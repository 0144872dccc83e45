"""
A stream that is one JSON array, each of whose objects is a piece: what Google sends where no events are asked for.

Source: https://cloud.google.com/apis/design/design_patterns#streaming; a server that fails sends a bare object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from playhead.dialects.answers import A_PIECE
from playhead.dialects.openai_wire import loads
from playhead.errors import ProviderError

_MARK = re.compile(rb'[{}"\\]')
_BETWEEN = b"[], \t\r\n"
_NEVER = -1


class ArrayFrames:
    """Cuts the bytes of a JSON array into its objects, however the bytes are cut; each byte is looked at once."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._depth = 0
        self._quoted = False
        self._escaped = _NEVER

    def feed(self, data: bytes) -> Iterator[Any]:
        """
        Take the next bytes and give the objects they complete.

        Raises:
            ProviderError: An object is not JSON, or something else stands between two of them.
        """
        start = 0
        for mark in _MARK.finditer(data):
            at, byte = mark.start(), mark[0]
            if self._quoted:
                self._in_text(at, byte)
            elif byte == b"{":
                if not self._depth:
                    self._refuse_between(data[start:at])
                    start = at
                self._depth += 1
            elif byte == b"}":
                self._depth -= 1
                if self._depth < 0:
                    self._refuse_between(data[start:])
                if not self._depth:
                    whole = b"".join((*self._held, data[start : at + 1]))
                    self._held, start = [], at + 1
                    yield loads(whole, A_PIECE)
            elif self._depth:
                self._quoted = byte == b'"'
        self._escaped = self._escaped - len(data) if self._escaped >= len(data) else _NEVER
        if self._depth:
            self._held.append(data[start:])
        else:
            self._refuse_between(data[start:])

    def finish(self) -> Iterable[Any]:
        """Give nothing: an object that the stream does not complete is none."""
        return ()

    def _in_text(self, at: int, byte: bytes) -> None:
        if at == self._escaped:
            return
        if byte == b"\\":
            self._escaped = at + 1
        elif byte == b'"':
            self._quoted = False

    def _refuse_between(self, between: bytes) -> None:
        if between.strip(_BETWEEN):
            shown = between.decode("utf-8", "replace")
            raise ProviderError(f"{A_PIECE} is not JSON: {shown!r}")
