"""
Server-sent events, as the WHATWG defines them, one chunk of bytes at a time.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, sections 9.2.5 and 9.2.6. Lines which
the rules throw away but a recording may need are events of their own kinds: comments (keep-alives) and
reconnection times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Eighteen digits fit every integer type; Python refuses to read some thousands of them.
_MILLISECONDS = re.compile(r"[0-9]{1,18}\Z")


class Message(msgspec.Struct, frozen=True, tag=True):
    """
    One dispatched event.

    Attributes:
        data: The data lines joined by line feeds.
        event: The event's type; ``message`` where the stream gave none.
        id: The last event id seen so far in the stream, which outlives the event that set it.
    """

    data: str
    event: str = "message"
    id: str = ""


class Comment(msgspec.Struct, frozen=True, tag=True):
    """
    A line that starts with a colon.

    Attributes:
        text: What follows the colon, to the character.
    """

    text: str


class Retry(msgspec.Struct, frozen=True, tag=True):
    """
    A reconnection time the server asked for.

    Attributes:
        milliseconds: The time to wait before a reconnect.
    """

    milliseconds: int


Event = Message | Comment | Retry


class Parser:
    """
    An incremental parser: however the bytes are cut into chunks, the events are the same.

    Lines are cut in bytes and decoded whole, so that no character can be split; bytes that are not UTF-8
    become replacement characters, as the rules say.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._after_carriage_return = False
        self._at_start = True
        self._data: list[str] = []
        self._event = ""
        self._id = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Give the events that this chunk completes, in stream order."""
        found: list[Event] = []
        for line in self._lines(chunk):
            event = self._take(line)
            if event is not None:
                found.append(event)
        return found

    def finish(self) -> bool:
        """
        End the stream; what is left of an event that was not completed is thrown away.

        Returns:
            Whether the stream ended between two events, so that nothing was thrown away.
        """
        clean = not (any(self._line) or self._data or self._event)
        self._line, self._data, self._event = [], [], ""
        return clean

    def _lines(self, chunk: bytes) -> Iterator[str]:
        if not chunk:
            return
        # The line ended with its carriage return already; a line feed that follows belongs to it.
        rest = chunk[1:] if self._after_carriage_return and chunk.startswith(b"\n") else chunk
        self._after_carriage_return = chunk.endswith(b"\r")
        first, *others = _LINE_END.split(rest)
        self._line.append(first)
        for part in others:
            yield self._decoded(b"".join(self._line))
            self._line = [part]

    def _decoded(self, line: bytes) -> str:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        return line.decode("utf-8", errors="replace")

    def _take(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        if line.startswith(":"):
            return Comment(text=line[1:])
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._event = value
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and _MILLISECONDS.match(value):
            return Retry(milliseconds=int(value))
        return None

    def _dispatch(self) -> Message | None:
        data, event = self._data, self._event
        self._data, self._event = [], ""
        return Message(data="\n".join(data), event=event or "message", id=self._id) if data else None
