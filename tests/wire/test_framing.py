"""HTTP/1.1 as bytes: requests gathered, answers followed wherever the network cuts them, and written again."""

from __future__ import annotations

import http.client
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.wire import Answer, WireError, header_in
from playhead.dialects.errors import usual_reason
from playhead.wire.framing import AnswerBytes, Headers, RequestBytes, written


class Heard:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = ()
        self.reason = self.http = ""
        self.pieces: list[bytes] = []
        self.ends = 0

    def head(self, status: int, headers: Headers, *, reason: str = "", http: str = "") -> None:
        self.status, self.headers, self.reason, self.http = status, headers, reason, http

    def piece(self, data: bytes) -> None:
        if data:
            self.pieces.append(data)

    def end(self) -> None:
        self.ends += 1


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut bytes in pieces of some sizes, over and over."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=8)
CHUNKS = st.lists(st.binary(min_size=1, max_size=30), max_size=6)


def chunked(chunks: list[bytes]) -> bytes:
    """Write chunks."""
    return b"".join(b"%x;ext=1\r\n%b\r\n" % (len(one), one) for one in chunks) + b"0\r\nTrailer: t\r\n\r\n"


# --- requests


@given(CHUNKS, SIZES)
def test_a_chunked_request_is_whole_with_its_last_chunk(chunks: list[bytes], sizes: list[int]) -> None:
    """A request in chunks gives its body however it is written, is whole at the end and not one byte before."""
    data = b"post /a?b=1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(chunks)
    asked = RequestBytes()
    whole = []
    for piece in (*cut(data[:-1], sizes), data[-1:]):
        whole.append(asked.is_whole)
        asked.write(piece)
    assert not any(whole)
    assert asked.is_whole
    assert bytes(asked.raw) == data
    assert asked.read()[:2] == ("post", "/a?b=1")
    assert asked.read().body == b"".join(chunks)


@given(st.binary(max_size=60), SIZES)
def test_a_request_with_a_length_is_whole_when_it_is_reached(body: bytes, sizes: list[int]) -> None:
    """A request with a length is whole with its last byte."""
    data = b"PUT http://h/x HTTP/1.1\nContent-Length: %d\nX: 1\n\n%b" % (len(body), body)
    asked = RequestBytes()
    for piece in cut(data, sizes):
        assert not asked.is_whole
        asked.write(piece)
    assert asked.is_whole
    assert asked.read().target == "http://h/x"
    assert asked.read().body == body


def test_a_request_without_a_length_is_whole_with_its_head() -> None:
    """A request that announces no body has none."""
    asked = RequestBytes()
    asked.write(b"GET / HTTP/1.1\r\n\r")
    assert not asked.is_whole
    asked.write(b"\n")
    assert asked.is_whole


def test_a_request_that_waits_for_word_says_so() -> None:
    """A client that sends its body only when told to go on is known by its header."""
    asked = RequestBytes()
    asked.write(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    assert asked.waits_for_word
    asked.write(b"x")
    assert not asked.waits_for_word


def test_what_is_no_request_yet_is_read_as_far_as_it_goes() -> None:
    """A request that is asked about too early gives what there is of it."""
    asked = RequestBytes()
    asked.write(b"GET /x HTTP/1.1\r\nHost: h")
    assert asked.read()[:2] == ("GET", "/x")
    assert asked.read().body == b""


# --- answers


@given(CHUNKS, SIZES)
def test_a_chunked_answer_is_told_chunk_by_chunk(chunks: list[bytes], sizes: list[int]) -> None:
    """However the network cuts it, an answer is told in the chunks its server cut it into."""
    heard = Heard()
    answer = AnswerBytes("GET", heard)
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n x\r\n\r\n" + chunked(chunks)
    for piece in cut(data[:-1], sizes):
        answer.feed(piece)
    assert (heard.ends, answer.is_whole) == (0, False)
    answer.feed(data[-1:])
    assert (heard.status, heard.pieces, heard.ends) == (200, chunks, 1)
    assert header_in(heard.headers, "x-a") == "1 x"
    assert answer.end_of_file()


@given(st.binary(min_size=1, max_size=80), SIZES)
def test_an_answer_with_a_length_ends_with_it(body: bytes, sizes: list[int]) -> None:
    """An answer with a length is told as it comes and ends with its last byte, whatever follows."""
    heard = Heard()
    answer = AnswerBytes("GET", heard)
    data = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    for piece in cut(data + b"HTTP/1.1 500 next", sizes):
        answer.feed(piece)
    assert (b"".join(heard.pieces), heard.ends, heard.reason) == (body, 1, "")


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ],
)
def test_an_answer_without_a_body_ends_with_its_head(method: str, head: bytes) -> None:
    """What has no body by its method, status or length is whole with its head."""
    heard = Heard()
    answer = AnswerBytes(method, heard)
    answer.feed(head)
    assert (answer.is_whole, heard.ends, heard.pieces) == (True, 1, [])


def test_word_to_go_on_is_no_answer() -> None:
    """An interim answer is passed over; reason and protocol are the final one's."""
    heard = Heard()
    AnswerBytes("GET", heard).feed(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Fine\r\nA: b\r\n\r\nx")
    assert (heard.status, heard.reason, heard.http, heard.pieces) == (200, "Fine", "HTTP/1.0", [b"x"])


def test_the_end_of_a_connection_ends_only_what_announced_no_length() -> None:
    """An answer of no length ends with its connection; one that announced more was cut short, and says by how much."""
    heard = Heard()
    answer = AnswerBytes("GET", heard)
    answer.feed(b"HTTP/1.1 200 OK\r\n\r\nabc")
    assert answer.end_of_file()
    assert heard.ends == 1

    heard = Heard()
    answer = AnswerBytes("GET", heard)
    answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\na\r\nwor")
    assert not answer.end_of_file()
    assert (heard.pieces, heard.ends) == ([b"a", b"wor"], 0)
    assert str(answer.cut_short()) == "IncompleteRead(3 bytes read, 7 more expected)"


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 x\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]
)
def test_what_is_no_http_is_an_error(data: bytes) -> None:
    """A status or a chunk's length that is no number is told from an answer."""
    with pytest.raises(ValueError, match="invalid literal"):
        AnswerBytes("GET", Heard()).feed(data)


# --- answers written again


class _Socket:
    """A socket whose bytes are there already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._data)


def read(data: bytes, method: str = "GET") -> http.client.HTTPResponse:
    """Have Python's own client read an answer."""
    response = http.client.HTTPResponse(_Socket(data), method=method)  # type: ignore[arg-type]
    response.begin()
    return response


@given(CHUNKS, st.booleans())
def test_what_is_written_is_what_was_told(chunks: list[bytes], in_chunks: bool) -> None:
    """A recorded answer is written as bytes from which a client reads the same, and which are told the same again."""
    size = str(sum(map(len, chunks)))
    headers = (
        ("Transfer-Encoding", "chunked") if in_chunks else ("Content-Length", size),
        ("X-\u00fc", "gr\u00fc\u00dfe"),
    )
    answer = Answer(299, headers, tuple(chunks), reason="Tout va bien")
    parts = written(answer, "GET")
    data = parts.head + b"".join(parts.pieces) + parts.tail
    response = read(data)
    assert (response.status, response.reason, response.read()) == (299, "Tout va bien", b"".join(chunks))
    heard = Heard()
    AnswerBytes("GET", heard).feed(data)
    assert (tuple(heard.headers), heard.ends) == (headers, 1)
    if in_chunks:
        assert heard.pieces == chunks


def test_a_length_that_is_wrong_since_a_secret_was_taken_out_is_put_right() -> None:
    """A whole body announces its own length; one that was cut short keeps what was announced."""
    answer = Answer(200, (("content-length", "9"),), (b"four",))
    assert b"content-length: 4\r\n" in written(answer, "GET").head
    broken = answer._replace(error=WireError("x", "read"))
    assert b"content-length: 9\r\n" in written(broken, "GET").head
    assert b"content-length: 9\r\n" in written(answer._replace(pieces=()), "HEAD").head


def test_what_did_not_end_is_not_ended() -> None:
    """A stream that was left or broke is written without its end; a chunk that was cut is cut again."""
    answer = Answer(200, (("Transfer-Encoding", "chunked"),), (b"ab", b"cd"), left=True)
    assert written(answer, "GET").tail == b""
    assert written(answer, "GET").pieces == (b"2\r\nab\r\n", b"2\r\ncd\r\n")
    error = WireError("http.client.IncompleteRead", "protocol", "IncompleteRead(2 bytes read, 14 more expected)")
    assert written(answer._replace(left=False, error=error), "GET").pieces == (b"2\r\nab\r\n", b"10\r\ncd")


def test_an_answer_of_another_protocol_is_written_as_http_1() -> None:
    """What came over HTTP/2 announces no length, and ends with its connection."""
    parts = written(Answer(404, (("a", "b\r\n c"),), (b"x",), http="HTTP/2"), "GET")
    assert parts.head == b"HTTP/1.1 404 Not Found\r\na: b c\r\n\r\n"
    assert parts.ends_with_connection
    assert usual_reason(404) == "Not Found"
    assert usual_reason(299) == ""
