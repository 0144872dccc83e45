"""The journal: lines out, lines in, and what a torn or damaged one costs."""

from __future__ import annotations

from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.model import Completion, CompletionRequest, Outcome
from playhead.core.modes import Mode
from playhead.errors import CassetteDamaged, CassetteError, UnsupportedVersion
from playhead.format.entries import Outline, outline_of
from playhead.format.journal import (
    JournalCall,
    JournalEnd,
    JournalHead,
    Line,
    Torn,
    decode_line,
    encode_call_line,
    encode_line,
    read_lines,
)
from playhead.format.numbers import JOURNAL_VERSION
from tests.strategies import call_entry, outcomes, requests

OUTLINE = outline_of(call_entry("hello").data)


def call_line(prompt: str, start: int) -> bytes:
    """Encode a call's line."""
    return encode_call_line(start, call_entry(prompt, "answer").data, OUTLINE)


LINES = [
    encode_line(JournalHead(Mode.RECORD, opened=1)),
    call_line("one", 1),
    call_line("two \u00e9", 2),
    call_line("three", 3),
    encode_line(JournalEnd(ok=True, closed=9)),
]
JOURNAL = b"".join(LINES)


def shown(line: Line | Torn) -> object:
    """Give a line in a form that can be compared."""
    if isinstance(line, JournalCall):
        return (line.start, bytes(line.entry), line.outline)
    return line


WHOLE = [(offset, shown(line)) for offset, line in read_lines(JOURNAL)]


def kept(data: bytes) -> list[object]:
    """Give the whole lines of a journal."""
    return [shown(line) for _, line in read_lines(data) if not isinstance(line, Torn)]


# --- round trips


@given(requests, outcomes, st.integers(0, 2**62))
def test_calls_come_back(request_: CompletionRequest, outcome: Outcome, start: int) -> None:
    """A call's line gives back its entry byte for byte, its start and what a file keeps of its outline."""
    entry = call_entry(request_, outcome).data
    outline = outline_of(entry)
    line = encode_call_line(start, entry, outline)
    assert line.count(b"\n") == 1
    ((offset, found),) = read_lines(line)
    assert isinstance(found, JournalCall)
    assert (offset, bytes(found.entry), found.start) == (0, entry, start)
    kept = found.unpacked_outline()
    assert kept == Outline(tuple(digest[:4] for digest in outline.segments), outline.sketch)


@given(st.integers(0, 2**62))
def test_both_ways_of_encoding_agree(start: int) -> None:
    """The quick way to a call's line gives the bytes of the general one."""
    line = encode_call_line(start, call_entry().data, OUTLINE)
    found = decode_line(line[:-1])
    assert encode_line(found) == line


@pytest.mark.parametrize("mode", Mode)
def test_head(mode: Mode) -> None:
    """The first line says the mode, when it was opened and the version."""
    head = decode_line(encode_line(JournalHead(mode, opened=5))[:-1])
    assert head == JournalHead(mode, 5, JOURNAL_VERSION)


def test_golden() -> None:
    """The lines are those of the first release, for ever."""
    assert encode_line(JournalEnd(ok=True, closed=9)) == b'87d9c3b1 {"closed":9,"ok":true,"type":"end"}\n'
    assert (
        encode_line(JournalHead(Mode.ONCE, opened=7))
        == b'7dd5baad {"mode":"once","opened":7,"type":"journal","version":1}\n'
    )


def test_whole_journal() -> None:
    """A journal gives its lines in order, each with its first byte."""
    lines = list(read_lines(JOURNAL))
    assert [type(line).__name__ for _, line in lines] == [
        "JournalHead", "JournalCall", "JournalCall", "JournalCall", "JournalEnd"
    ]  # fmt: skip
    assert [offset for offset, _ in lines] == [sum(map(len, LINES[:index])) for index in range(5)]


def test_empty() -> None:
    """A journal of no bytes, as a crash may leave it, has no lines."""
    assert list(read_lines(b"")) == []


def test_outlines_are_optional() -> None:
    """A line without an outline gives none; a malformed one is damage."""
    entry = msgspec.Raw(call_entry().data)
    assert JournalCall(1, entry).unpacked_outline() is None
    for text in ("A", "AAAA", "\u00e4\u00e4\u00e4\u00e4", "!!!!"):
        with pytest.raises(CassetteDamaged, match="malformed"):
            JournalCall(1, entry, text).unpacked_outline()


def test_unknown_fields_are_passed_over() -> None:
    """A line with fields of a newer release is read for what this one knows."""
    data = b'{"mode":"once","new":[1],"opened":3,"type":"journal","version":1}'
    assert decode_line(b"%08x %b" % (crc32(data), data)) == JournalHead(Mode.ONCE, opened=3)


# --- damage


def test_torn_at_every_byte() -> None:
    """A journal cut anywhere keeps every whole line; the rest is one torn line, the last."""
    for end in range(len(JOURNAL)):
        lines = list(read_lines(JOURNAL[:end]))
        whole = [(offset, shown(line)) for offset, line in lines if not isinstance(line, Torn)]
        assert whole == WHOLE[: len(whole)]
        rest = end - sum(map(len, LINES[: len(whole)]))
        torn = [line for _, line in lines[len(whole) :]]
        assert torn == ([Torn(offset=end - rest, length=rest, last=True)] if rest else [])


def test_every_flip() -> None:
    """A changed byte costs its line, at a line's end the next one too; every other line stays whole."""
    ends = {sum(map(len, LINES[: index + 1])) - 1 for index in range(len(LINES))}
    for at in range(len(JOURNAL)):
        hit = next(index for index in range(len(LINES)) if at < sum(map(len, LINES[: index + 1])))
        lost = {hit, hit + 1} if at in ends else {hit}
        others = [line for index, (_, line) in enumerate(WHOLE) if index not in lost]
        for mask in (0xFF, 1, 2, 4, 8, 16, 32, 64, 128):
            found = kept(JOURNAL[:at] + bytes([JOURNAL[at] ^ mask]) + JOURNAL[at + 1 :])
            # A capital hexadecimal digit, say, leaves the line what it was.
            assert found in (others, [line for _, line in WHOLE])


def test_damage_in_the_middle_is_not_the_trace_of_a_crash() -> None:
    """A damaged line that is not the last says so, so that a reader can refuse rather than drop it."""
    data = LINES[0] + LINES[1].replace(b"answer", b"ANSWER") + LINES[2]
    torn = [line for _, line in read_lines(data) if isinstance(line, Torn)]
    assert torn == [Torn(offset=len(LINES[0]), length=len(LINES[1]), last=False)]


def test_a_damaged_last_line_is_the_last() -> None:
    """A last line that does not hold is the last, with its line feed or without."""
    for data in (LINES[0] + b"x" + LINES[1], LINES[0] + b"x" + LINES[1][:-1]):
        ((_, torn),) = [found for found in read_lines(data) if isinstance(found[1], Torn)]
        assert torn == Torn(offset=len(LINES[0]), length=len(data) - len(LINES[0]), last=True)


def test_a_torn_line_before_a_new_one() -> None:
    """What was written behind a torn line on a line of its own is kept."""
    data = LINES[0] + LINES[1][:50] + b"\n" + LINES[2]
    assert kept(data) == [WHOLE[0][1], WHOLE[2][1]]


def line_of(data: bytes) -> bytes:
    """Give a line with the right checksum."""
    return b"%08x %b" % (crc32(data), data)


BAD_LINES: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b" ",
    "no checksum": b'{"ok":true,"type":"end"}',
    "a wrong checksum": b'00000000 {"ok":true,"type":"end"}',
    "another separator": b'%08x\t{"closed":9,"ok":true,"type":"end"}' % crc32(b'{"closed":9,"ok":true,"type":"end"}'),
    "a checksum of words": b'zzzzzzzz {"ok":true,"type":"end"}',
    "a negative checksum": b'-0000001 {"ok":true,"type":"end"}',
    "text for JSON": b"%08x hello" % crc32(b"hello"),
    "another kind": line_of(b'{"type":"other"}'),
    "no kind": b"%08x {}" % crc32(b"{}"),
    "no opening": line_of(b'{"mode":"once","type":"journal"}'),
    "an unknown mode": line_of(b'{"mode":"x","opened":1,"type":"journal"}'),
    "a call without an entry": line_of(b'{"start":1,"type":"call"}'),
    "not UTF-8": b"%08x \xff" % crc32(b"\xff"),
    "deep": b"%08x %b" % (crc32(b"[" * 100_000), b"[" * 100_000),
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES)
def test_bad_line(line: bytes) -> None:
    """A line that does not hold is damage, and in a journal a torn line."""
    with pytest.raises(CassetteDamaged):
        decode_line(line)
    assert kept(LINES[0] + line + b"\n" + LINES[1]) == [WHOLE[0][1], WHOLE[1][1]]


@given(st.binary(max_size=80))
def test_any_bytes(data: bytes) -> None:
    """Any bytes give lines that cover all of them, or an error of ours."""
    try:
        lines = list(read_lines(data))
    except CassetteError:
        return
    assert sum(line.length for _, line in lines if isinstance(line, Torn)) == len(data)


def test_newer_version() -> None:
    """A journal of a newer format is refused, not read as if it were this one."""
    line = encode_line(JournalHead(Mode.ONCE, 1, JOURNAL_VERSION + 1))
    with pytest.raises(UnsupportedVersion, match="journal format 2"):
        list(read_lines(line + LINES[1]))


def test_a_deep_entry() -> None:
    """An entry nested far deeper than any writer writes costs its line and no other."""
    deep = encode_call_line(1, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", OUTLINE)
    assert kept(LINES[0] + deep + LINES[1])[-1] == WHOLE[1][1]


def test_an_answer_of_many_lines_is_one_line() -> None:
    """A line feed in an answer does not end its line."""
    line = encode_call_line(1, call_entry("x", Completion("a\nb\r\nc")).data, OUTLINE)
    assert line.index(b"\n") == len(line) - 1
