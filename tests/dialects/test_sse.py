"""The server-sent events parser against the WHATWG rules, a plain model of them, and httpx-sse."""

from __future__ import annotations

import itertools
import re

import httpx_sse
import pytest
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from hypothesis import given
from hypothesis import strategies as st

from playhead.dialects.sse import Comment, Event, Message, Parser, Retry


def parse(*chunks: bytes) -> list[Event]:
    """Feed the chunks in order and give all events."""
    parser = Parser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


CASES = {
    "one data line": (b"data: a\n\n", [Message("a")]),
    "several data lines": (b"data: a\ndata:\ndata: b\n\n", [Message("a\n\nb")]),
    "only one leading space goes": (b"data:  a \n\n", [Message(" a ")]),
    "no space": (b"data:a\n\n", [Message("a")]),
    "a field without a colon": (b"data\n\n", [Message("")]),
    "an empty data field is an event": (b"data:\n\n", [Message("")]),
    "no data is no event": (b"event: x\n\ndata: a\n\n", [Message("a")]),
    "event type": (b"event: ping\ndata: a\n\ndata: b\n\n", [Message("a", event="ping"), Message("b")]),
    "the id outlives its event": (
        b"id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
        [Message("a", id="7"), Message("b", id="7"), Message("c")],
    ),
    "an id with a NUL is ignored": (b"id: 1\nid: 2\x003\ndata: a\n\n", [Message("a", id="1")]),
    "retry": (b"retry: 1500\ndata: a\n\n", [Retry(1500), Message("a")]),
    "retry that is no number": (b"retry: -5\nretry: +5\nretry: 1_0\nretry:\nretry: \xd9\xa1\n\n", []),
    "retry beyond any number": (b"retry: " + b"9" * 5000 + b"\ndata: a\n\n", [Message("a")]),
    "comments are kept": (
        b": keep-alive\n\n:\ndata: a\n:x\n\n",
        [Comment(" keep-alive"), Comment(""), Comment("x"), Message("a")],
    ),
    "unknown fields": (b"foo: bar\nDATA: b\n data: c\ndata: a\n\n", [Message("a")]),
    "carriage returns": (b"data: a\r\rdata: b\r\r", [Message("a"), Message("b")]),
    "both": (b"data: a\r\n\r\ndata: b\n\r\ndata: c\r\r\n", [Message("a"), Message("b"), Message("c")]),
    "other line separators are data": (
        "data: a\u2028b\u0085c\x0bd\n\n".encode(),
        [Message("a\u2028b\u0085c\x0bd")],
    ),
    "a mark at the start": (b"\xef\xbb\xbfdata: a\n\n", [Message("a")]),
    "a mark before a comment": (b"\xef\xbb\xbf:c\ndata: a\n\n", [Comment("c"), Message("a")]),
    "a second mark is a character": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [Message("b")]),
    "a mark later on": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [Message("a")]),
    "not UTF-8": (b"data: \xff\xe2\x82\n\n", [Message("\ufffd\ufffd")]),
    "a colon in the value": (b'data: {"a": "b:c"}\n\n', [Message('{"a": "b:c"}')]),
    "an event cut off at the end": (b"data: a\n\ndata: b\n", [Message("a")]),
}


@pytest.mark.parametrize(("stream", "expected"), CASES.values(), ids=CASES.keys())
def test_rules(stream: bytes, expected: list[Event]) -> None:
    """Each rule holds for the stream in one chunk and fed byte by byte."""
    assert parse(stream) == expected
    assert parse(*(stream[at : at + 1] for at in range(len(stream)))) == expected


FRAGMENTS = st.sampled_from(
    [
        *"data|event|id|retry|:| |\n|\r|\r\n|\n\n|\ufeff|\0|12|é€😀|x".encode().split(b"|"),
        *b"data: a\n\n|: c\n|id: 3\n|event: e\n|\xff|\xe2\x82|\xf0\x9f".split(b"|"),
    ]
)
STREAMS = st.lists(FRAGMENTS, max_size=40).map(b"".join)


def model(stream: bytes) -> list[Event]:
    """Read a whole stream by the letter of the rules: decode, drop one mark, split, interpret."""
    text = stream.decode("utf-8", errors="replace").removeprefix("\ufeff")
    events: list[Event] = []
    data, kind, last_id = "", "", ""
    for line in re.split("\r\n|\n|\r", text)[:-1]:
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if line == "":
            if data:
                events.append(Message(data.removesuffix("\n"), kind or "message", last_id))
            data, kind = "", ""
        elif name == "":
            events.append(Comment(line[1:]))
        elif name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value
        elif name == "id":
            last_id = last_id if "\0" in value else value
        elif name == "retry" and value and all(c in "0123456789" for c in value):
            events.append(Retry(int(value)))
    return events


@given(STREAMS, st.data())
def test_any_chunking_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    """However a stream is cut, the events are those of the rules read over the whole."""
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12).map(sorted))
    edges = [0, *cuts, len(stream)]
    chunks = [stream[start:end] for start, end in itertools.pairwise(edges)]
    assert parse(*chunks) == parse(stream) == model(stream)


VALUE = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=8)
LINE_END = st.sampled_from(["\n", "\r", "\r\n"])


@st.composite
def well_formed(draw: st.DrawFn) -> str:
    """Draw a stream in the part of the rules that httpx-sse follows: no mark, no event without data."""
    lines: list[str] = []
    for _ in range(draw(st.integers(0, 5))):
        if draw(st.booleans()):
            lines.append(":" + draw(VALUE))
        if draw(st.booleans()):
            lines.append("event: " + draw(VALUE))
        if draw(st.booleans()):
            lines.append("id: " + draw(VALUE))
        lines += ["data: " + value for value in draw(st.lists(VALUE, min_size=1, max_size=3))]
        lines.append("")
    return "".join(line + draw(LINE_END) for line in lines)


def by_httpx_sse(stream: str) -> list[httpx_sse.ServerSentEvent]:
    """Give httpx-sse's reading of a whole stream."""
    lines, decoder = SSELineDecoder(), SSEDecoder()
    found = [decoder.decode(line) for line in (*lines.decode(stream), *lines.flush())] if stream else []
    return [event for event in found if event is not None]


@given(well_formed())
def test_agrees_with_httpx_sse(stream: str) -> None:
    """Where httpx-sse follows the rules, both read the same messages."""
    ours = [event for event in parse(stream.encode()) if isinstance(event, Message)]
    theirs = by_httpx_sse(stream)
    assert [(e.event, e.data, e.id) for e in ours] == [(e.event, e.data, e.id) for e in theirs]


@pytest.mark.parametrize(
    ("stream", "clean"),
    [
        (b"", True),
        (b"data: a\n\n", True),
        (b"data: a\r\n\r\n", True),
        (b"data: a\n", False),
        (b"data: a", False),
        (b": c", False),
        (b": c\n", True),
        (b"event: e\n", False),
    ],
)
def test_finish_says_whether_something_was_cut(stream: bytes, clean: bool) -> None:
    """An end in the middle of an event is told apart from an end between two."""
    parser = Parser()
    parser.feed(stream)
    assert parser.finish() is clean
