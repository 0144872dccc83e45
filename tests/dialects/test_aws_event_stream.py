"""Amazon's event stream, held against botocore's own reader where that is installed."""

from __future__ import annotations

import contextlib
import itertools
import struct
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.dialects.aws_event_stream import (
    MAX_HEADERS,
    MAX_PAYLOAD,
    Header,
    Kind,
    Message,
    Parser,
    write_message,
)
from playhead.errors import ProviderError

VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TRUE: st.just(True),
    Kind.FALSE: st.just(False),
    Kind.BYTE: st.integers(-(2**7), 2**7 - 1),
    Kind.SHORT: st.integers(-(2**15), 2**15 - 1),
    Kind.INTEGER: st.integers(-(2**31), 2**31 - 1),
    Kind.LONG: st.integers(-(2**63), 2**63 - 1),
    Kind.BYTES: st.binary(max_size=20),
    Kind.TEXT: st.text(max_size=20),
    Kind.TIMESTAMP: st.integers(-(2**63), 2**63 - 1),
    Kind.UUID: st.binary(min_size=16, max_size=16),
}
HEADERS = st.one_of([st.builds(Header, strategy, st.just(kind)) for kind, strategy in VALUES.items()])
MESSAGES = st.builds(Message, st.dictionaries(st.text(max_size=9), HEADERS, max_size=5), st.binary(max_size=40))


def written(*messages: Message) -> bytes:
    """Give the bytes of a stream."""
    return b"".join(write_message(*message) for message in messages)


def read(data: bytes, cuts: Any = ()) -> list[Message]:
    """Read bytes that are cut at the given places."""
    parser = Parser()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found = [message for start, end in itertools.pairwise(edges) for message in parser.feed(data[start:end])]
    assert parser.finish()
    return found


@given(st.lists(MESSAGES, max_size=3), st.lists(st.integers(0, 300), max_size=6))
def test_there_and_back(messages: list[Message], cuts: list[int]) -> None:
    """Messages with headers of all ten kinds come out as they went in, however the bytes are cut."""
    data = written(*messages)
    assert read(data, cuts) == messages
    assert read(data, range(len(data))) == messages


@given(st.lists(MESSAGES, min_size=1, max_size=3))
def test_botocore_reads_the_same(messages: list[Message]) -> None:
    """Amazon's own reader reads what is written here, and this one what that one reads."""
    eventstream = pytest.importorskip("botocore.eventstream")
    data = written(*messages)
    buffer = eventstream.EventStreamBuffer()
    buffer.add_data(data)
    theirs = [(dict(one.headers), one.payload) for one in buffer]
    ours = [({name: header.value for name, header in one.headers.items()}, one.payload) for one in read(data)]
    assert theirs == ours


EVENT = {":event-type": Header("metadata"), "n": Header(7, Kind.BYTE)}


def test_bytes() -> None:
    """A message is laid out as the specification says."""
    head = b"\x0b:event-type\x07\x00\x08metadata" + b"\x01n\x02\x07"
    lengths = struct.pack(">II", 16 + len(head) + 2, len(head))
    whole = lengths + struct.pack(">I", crc32(lengths)) + head + b"{}"
    assert write_message(EVENT, b"{}") == whole + struct.pack(">I", crc32(whole))


def test_damage_is_seen() -> None:
    """A message with any byte changed is refused or never ends; it never passes for another message."""
    data = write_message(EVENT, b'{"a": 1}')
    for place in range(len(data)):
        for bit in (1, 128):
            damaged = bytearray(data)
            damaged[place] ^= bit
            with pytest.raises(ProviderError, match="the event stream is damaged"):
                list(Parser().feed(bytes(damaged)))


def test_a_cut_stream() -> None:
    """A stream that ends inside a message says so, and gives the messages before it."""
    data = write_message(EVENT, b"{}")
    for end in range(1, len(data)):
        parser = Parser()
        assert list(parser.feed(data + data[:end])) == [Message(EVENT, b"{}")]
        assert not parser.finish()
        assert parser.finish()


def framed(head: bytes, payload: bytes = b"", total: int | None = None, head_length: int | None = None) -> bytes:
    """Write a message with right checksums around anything."""
    length = 16 + len(head) + len(payload) if total is None else total
    lengths = struct.pack(">II", length, len(head) if head_length is None else head_length)
    whole = lengths + struct.pack(">I", crc32(lengths)) + head + payload
    return whole + struct.pack(">I", crc32(whole))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (framed(b"", total=15), "a payload of -1 bytes"),
        (framed(b"", head_length=1), "a payload of -1 bytes"),
        (framed(b"", total=MAX_PAYLOAD + 17), f"a payload of {MAX_PAYLOAD + 1} bytes"),
        (framed(b"", total=MAX_HEADERS + 17, head_length=MAX_HEADERS + 1), f"headers of {MAX_HEADERS + 1}"),
        (framed(b"\x01a\x0a"), "unknown kind 10"),
        (framed(b"\x05a"), "beyond the headers' end"),
        (framed(b"\x01a"), "beyond the headers' end"),
        (framed(b"\x01a\x04\x00"), "beyond the headers' end"),
        (framed(b"\x01a\x07\x00\x05x"), "beyond the headers' end"),
        (framed(b"\x01a\x07\x00"), "beyond the headers' end"),
        (framed(b"\x01a\x09x"), "beyond the headers' end"),
        (framed(b"\x01a\x07\x00\x01\xff"), "not UTF-8"),
        (framed(b"\x01\xff\x00"), "not UTF-8"),
        (framed(b"\x01a\x00\x01a\x01"), "'a' stands twice"),
    ],
)
def test_malformed(data: bytes, words: str) -> None:
    """What the checksums hold and the rules do not is refused by what is wrong with it; nothing long is waited for."""
    with pytest.raises(ProviderError, match=words):
        list(Parser().feed(data))


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Any bytes give messages or a provider's fault."""
    with contextlib.suppress(ProviderError):
        list(Parser().feed(data))


@pytest.mark.parametrize(
    ("headers", "payload"),
    [
        ({"a": Header(128, Kind.BYTE)}, b""),
        ({"a": Header("x", Kind.INTEGER)}, b""),
        ({"a": Header(b"short", Kind.UUID)}, b""),
        ({"a": Header(7, Kind.TEXT)}, b""),
        ({"a" * 256: Header(True, Kind.TRUE)}, b""),
        ({"a": Header("x" * 65536)}, b""),
        ({f"{n}": Header("x" * 65535) for n in range(3)}, b""),
        ({}, bytes(MAX_PAYLOAD + 1)),
    ],
    ids=["byte", "integer", "uuid", "text", "long name", "long text", "long headers", "long payload"],
)
def test_what_has_no_place(headers: Any, payload: bytes) -> None:
    """What the format cannot hold is not written."""
    with pytest.raises(ValueError, match=r"fit|UUID|text or bytes|too long"):
        write_message(headers, payload)


def test_text() -> None:
    """A header is read as a text only where it is one."""
    message = Message({"a": Header("x"), "b": Header(1, Kind.BYTE)}, b"")
    assert (message.text("a"), message.text("b"), message.text("c")) == ("x", "", "")
