"""
HTTP/1.1 as bytes: what a client writes to a connection, what it reads from one, and a recorded answer written again.

Clients that are caught at the connection speak bytes there. A request is gathered until it is whole, because it can be
looked up only then. An answer is followed while it passes: its head, then its body piece by piece, in the chunks the
server cut it into.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http.client import IncompleteRead
from typing import NamedTuple, Protocol

from playhead.core.wire import Answer, header_in
from playhead.dialects.errors import usual_reason

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_UNFINISHED = re.compile(r"IncompleteRead\([1-9]\d* bytes read, (\d+) more expected\)")
_FOLD = re.compile(r"[\r\n]+[ \t]*")

Headers = Sequence[tuple[str, str]]


class Listener(Protocol):
    """Who is told of an answer; a ``Live`` exchange is one."""

    def head(self, status: int, headers: Headers, *, reason: str = "", http: str = "") -> None:
        """Take the status and the headers."""
        ...

    def piece(self, data: bytes) -> None:
        """Take the next bytes of the body; none is possible."""
        ...

    def end(self) -> None:
        """Take that the answer is complete."""
        ...


class _Chunks:
    """The chunked coding, taken off."""

    def __init__(self) -> None:
        self.done = False
        self._buffer = bytearray()
        self._left: int | None = None
        self._skip = False
        self._trailer = False

    def feed(self, data: bytes) -> list[bytes]:
        """
        Take bytes; give the chunks they complete.

        Raises:
            ValueError: They are not in the chunked coding.
        """
        self._buffer += data
        chunks: list[bytes] = []
        while not self.done:
            if self._left is not None:
                if len(self._buffer) < self._left:
                    break
                chunks.append(self._take(self._left))
                self._left, self._skip = None, True
                continue
            at = self._buffer.find(b"\n")
            if at < 0:
                break
            self._line(self._take(at + 1).strip())
        return chunks

    def _line(self, line: bytes) -> None:
        if self._skip:
            self._skip = False
        elif self._trailer:
            self.done = not line
        else:
            size = int(line.partition(b";")[0], 16)
            self._left, self._trailer = (size or None), not size

    def rest(self) -> bytes:
        """Give what came of a chunk that is not whole."""
        return bytes(self._buffer) if self._left is not None else b""

    @property
    def missing(self) -> int:
        """The bytes that a chunk begun still wants."""
        return 0 if self._left is None else self._left - len(self._buffer)

    def _take(self, length: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken


def _split_head(data: bytes) -> tuple[str, list[tuple[str, str]]]:
    """Give the first line and the headers; a header that goes on over several lines is put on one."""
    first, *lines = data.decode("latin-1").replace("\r\n", "\n").split("\n")
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}")
        elif ":" in line:
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
    return first, headers


def _is_chunked(headers: Headers) -> bool:
    return (header_in(headers, "transfer-encoding") or "").lower().endswith("chunked")


def _length(headers: Headers) -> int | None:
    value = header_in(headers, "content-length")
    return int(value) if value is not None and value.strip().isdigit() else None


class Asked(NamedTuple):
    """
    A request as it was written.

    Attributes:
        method: As the client spelt it.
        target: A path, or a whole URL where it is written for a proxy.
        headers: Names and values, in order.
        body: The bytes, without the chunked coding.
    """

    method: str
    target: str
    headers: Headers
    body: bytes


class RequestBytes:
    """
    A request while a client writes it.

    Attributes:
        raw: All that was written.
        is_whole: Whether the request is complete, as far as its headers tell.
    """

    def __init__(self) -> None:
        self.raw = bytearray()
        self.is_whole = False
        self._head: tuple[str, list[tuple[str, str]]] | None = None
        self._body_at = 0
        self._seen = 0
        self._chunks: _Chunks | None = None
        self._body: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self.raw += data
        if self._head is None:
            end = _HEAD_END.search(self.raw)
            if end is None:
                return
            self._head = _split_head(bytes(self.raw[: end.start()]))
            self._body_at = self._seen = end.end()
            self._chunks = _Chunks() if _is_chunked(self._head[1]) else None
        if self._chunks is not None:
            fresh = bytes(self.raw[self._seen :])
            self._seen = len(self.raw)
            self._body += self._chunks.feed(fresh)
            self.is_whole = self._chunks.done
        else:
            self.is_whole = len(self.raw) - self._body_at >= (_length(self._head[1]) or 0)

    @property
    def waits_for_word(self) -> bool:
        """Whether the client sends the body only when it is told to go on."""
        return self._head is not None and header_in(self._head[1], "expect") is not None and not self.is_whole

    def read(self) -> Asked:
        """Give the request."""
        first, headers = self._head or _split_head(bytes(self.raw))
        method, _, rest = first.partition(" ")
        body = b"".join(self._body) if self._chunks is not None else bytes(self.raw[self._body_at :])
        return Asked(method, rest.rpartition(" ")[0], headers, body if self._head else b"")


class AnswerBytes:
    """
    An answer while a client reads it, told to a listener as it comes.

    Attributes:
        has_head: Whether status and headers have come.
        is_whole: Whether the answer is complete.
    """

    def __init__(self, method: str, listener: Listener) -> None:
        self.has_head = False
        self.is_whole = False
        self._method = method
        self._listener = listener
        self._buffer = b""
        self._chunks: _Chunks | None = None
        self._left: int | None = None

    def feed(self, data: bytes) -> None:
        """
        Take bytes as they came.

        Raises:
            ValueError: They are no HTTP.
        """
        if self.is_whole or not data:
            return
        if not self.has_head:
            self._buffer += data
            data = self._take_head()
        if self.has_head and not self.is_whole:
            self._body(data)

    def end_of_file(self) -> bool:
        """Take the end of the connection; tell whether the answer may end so."""
        if self.is_whole:
            return True
        if not self.has_head or self._chunks is not None or self._left is not None:
            self.flush()
            return False
        self._end()
        return True

    def flush(self) -> None:
        """Tell of what came of a chunk that will not be whole."""
        if self._chunks is not None:
            self._listener.piece(self._chunks.rest())

    def cut_short(self) -> IncompleteRead:
        """Give what an answer that ended here is recorded as; ``written`` leaves the same chunk unfinished again."""
        if self._chunks is None:
            return IncompleteRead(b"", self._left)
        return IncompleteRead(self._chunks.rest(), self._chunks.missing or None)

    def _take_head(self) -> bytes:
        while True:
            end = _HEAD_END.search(self._buffer)
            if end is None:
                return b""
            first, headers = _split_head(self._buffer[: end.start()])
            self._buffer = self._buffer[end.end() :]
            version, _, rest = first.partition(" ")
            code, _, reason = rest.partition(" ")
            status = int(code)
            # Word that the request may go on; the answer follows.
            if status >= 200 or status == 101:
                break
        self.has_head = True
        self._listener.head(
            status, headers, reason="" if reason.strip() == usual_reason(status) else reason.strip(), http=version
        )
        data, self._buffer = self._buffer, b""
        if self._method == "HEAD" or status in (101, 204, 304):
            self._end()
        elif _is_chunked(headers):
            self._chunks = _Chunks()
        else:
            self._left = _length(headers)
            if self._left == 0:
                self._end()
        return data

    def _body(self, data: bytes) -> None:
        if self._chunks is not None:
            for chunk in self._chunks.feed(data):
                self._listener.piece(chunk)
            if self._chunks.done:
                self._end()
            return
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        if data:
            self._listener.piece(data)
        if self._left == 0:
            self._end()

    def _end(self) -> None:
        self.is_whole = True
        self._listener.end()


class Written(NamedTuple):
    """
    A recorded answer as bytes of HTTP/1.1.

    Attributes:
        head: Status line and headers.
        pieces: The body in the pieces it came in, chunked where it was.
        tail: What ends it; empty where the length or the connection's end does, or where it did not end.
        ends_with_connection: Whether the connection's end is the answer's.
    """

    head: bytes
    pieces: tuple[bytes, ...]
    tail: bytes
    ends_with_connection: bool


def written(answer: Answer, method: str) -> Written:
    """
    Write an answer as a server would.

    Args:
        answer: The answer; it has a status.
        method: The request's, in upper case.
    """
    is_whole = answer.error is None and not answer.left
    bodiless = method == "HEAD" or answer.status in (101, 204, 304)
    chunked = _is_chunked(answer.headers)
    length = _length(answer.headers)
    headers = answer.headers
    if not bodiless and not chunked and length is not None and is_whole:
        # A secret that was taken out may have left the body shorter than it was announced.
        whole = str(sum(map(len, answer.pieces)))
        headers = tuple((name, whole if name.lower() == "content-length" else value) for name, value in headers)
    http = answer.http if answer.http.startswith("HTTP/1.") else "HTTP/1.1"
    lines = [f"{http} {answer.status} {answer.reason or usual_reason(answer.status)}".rstrip()]
    lines += [f"{name}: {_FOLD.sub(' ', value)}" for name, value in headers]
    head = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
    if bodiless:
        return Written(head, (), b"", False)
    pieces = tuple(piece for piece in answer.pieces if piece)
    if not chunked:
        return Written(head, pieces, b"", length is None)
    chunks = [b"%x\r\n%b\r\n" % (len(one), one) for one in pieces]
    unfinished = _UNFINISHED.search(answer.error.message) if answer.error is not None else None
    if unfinished is not None and pieces:
        chunks[-1] = b"%x\r\n%b" % (len(pieces[-1]) + int(unfinished.group(1)), pieces[-1])
    return Written(head, tuple(chunks), b"0\r\n\r\n" if is_whole else b"", False)
