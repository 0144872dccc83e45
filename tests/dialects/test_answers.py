"""Token counts, tool arguments, ids, and answers that are still coming."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import any_text, plain_values, same

from playhead.core.model import Completion, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.answers import (
    AnswerReader,
    Counts,
    Draft,
    DraftCall,
    EitherFrames,
    SseFrames,
    arguments_text,
    arguments_value,
    count_of,
    cut_text,
    made_id,
    read_counts,
    to_bytes,
    write_counts,
)
from playhead.dialects.ndjson import LineFrames
from playhead.errors import ProviderError

NAMES = Counts(("in", "input"), ("out",), ("all",))


@pytest.mark.parametrize(
    ("given_counts", "expected"),
    [
        ({"in": 1, "out": 2, "all": 4, "cached": 1}, Usage(1, 2, 4, {"cached": 1})),
        ({"input": 3.0, "tier": "x", "none": None}, Usage(3, details={"tier": "x"})),
        ({"in": None, "input": 3}, Usage(3)),
        ({"in": 1, "input": 3}, Usage(1, details={"input": 3})),
        ({"in": 0}, Usage()),
        ({"in": True, "out": "2", "all": -1}, UNREPORTED),
        ({"tier": "x"}, UNREPORTED),
        ({}, UNREPORTED),
        (None, UNREPORTED),
        ([1], UNREPORTED),
    ],
)
def test_read_counts(given_counts: Any, expected: Usage) -> None:
    """Counts are found under every name; what is no count stays in the details, and unknown is not zero."""
    assert read_counts(given_counts, NAMES) == expected


@given(
    st.one_of(
        st.just(UNREPORTED),
        st.builds(Usage, *[st.integers(0, 9)] * 3, st.dictionaries(st.sampled_from(["tier", "cached"]), st.just("x"))),
    )
)
def test_counts_there_and_back(usage: Usage) -> None:
    """Counts that are written read as what they were."""
    assert read_counts(write_counts(usage, NAMES), NAMES) == usage


def test_write_counts_without_a_place() -> None:
    """A vendor that counts only the question is told nothing else."""
    assert write_counts(Usage(1, 2, 3), Counts(("in",))) == {"in": 1}


@pytest.mark.parametrize(
    ("value", "expected"), [(2, 2), (2.0, 2), (2.5, None), (-1, None), (True, None), ("2", None), (None, None)]
)
def test_count_of(value: object, expected: int | None) -> None:
    """Only a whole number that is not negative counts tokens."""
    assert count_of(value) == expected


@given(plain_values)
def test_bytes_of_values(value: Any) -> None:
    """Every value has bytes that read as it."""
    assert same(json.loads(to_bytes(value)), value)


def test_bytes_of_lone_surrogates() -> None:
    """What UTF-8 cannot hold is escaped, the rest is not."""
    assert to_bytes(["é"]) == '["é"]'.encode()
    assert json.loads(to_bytes(["é\ud800"])) == ["é\ud800"]


@given(st.dictionaries(st.text(), plain_values))
def test_arguments_there_and_back(arguments: dict[str, Any]) -> None:
    """Arguments come out as the same value, their keys in the same order."""
    written = arguments_text(arguments)
    assert same(arguments_value(written), arguments)
    assert list(json.loads(written)) == list(arguments)


@given(st.one_of(any_text, st.sampled_from(['"text"', "null", "nul", '{"a', "[1]", "1" * 5000, "[" * 100_000])))
def test_any_arguments_there_and_back(text: str) -> None:
    """Arguments that are no object come out as the same value, or as the same text where they are none."""
    again = arguments_text(arguments_value(text))
    try:
        expected = json.loads(text or "{}")
    except (ValueError, RecursionError):
        assert again == text
    else:
        assert same(json.loads(again), expected)


def test_made_ids() -> None:
    """An id is the same for the same answer and another for another."""
    first = made_id("msg_", Completion("a"))
    assert first == made_id("msg_", Completion("a"))
    assert first.startswith("msg_")
    assert len(first) == len("msg_") + 24
    calls = (ToolCall("1", "f", "{}"),)
    others = [made_id("msg_", Completion("\ud800")), made_id("msg_", Completion("a", tool_calls=calls))]
    assert len({first, *others, made_id("msg_", Completion("a"), 1)}) == 4


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [("ab", ["a", "b"], ["a", "b"]), ("ab", ["a", "", "b"], ["a", "b"]), ("ab", ["a"], ["ab"]), ("", [""], [])],
)
def test_cut_text(text: str, pieces: list[str], expected: list[str]) -> None:
    """Pieces that come to the text are sent as they are, without the empty ones."""
    assert cut_text(Completion(text), pieces) == expected


def test_draft() -> None:
    """A draft gives what came so far, calls in the order of their places, and later counts over earlier ones."""
    draft = Draft()
    assert draft.completion(NAMES) == Completion()
    draft.say("a")
    draft.say("")
    draft.add_counts({"in": 1, "out": 1})
    draft.add_counts({"in": None, "out": 5})
    draft.add_counts("odd")
    draft.calls[2] = DraftCall("2", "g", {"x": 1})
    draft.call(1).pieces.append("{")
    draft.call(None).pieces.append("[]")
    assert draft.completion(NAMES) == Completion(
        "a", usage=Usage(1, 5), tool_calls=(ToolCall(arguments="{"), ToolCall("2", "g", "[]"))
    )


def take(draft: Draft, value: Any) -> None:
    """Take values of a vendor that nobody knows."""
    draft.say(value.get("say", ""))
    draft.ended = draft.ended or "end" in value
    draft.closed = "close" in value


def test_reader() -> None:
    """A reader gives pieces as they come, nothing after the end mark, and refuses an early end."""
    reader = AnswerReader(SseFrames(), take, NAMES)
    assert reader.feed(b'data: {"say": "a"}\n\n: ping\n\ndata: {"say"') == ["a"]
    with pytest.raises(ProviderError, match="ended before the answer did"):
        reader.finish()
    assert reader.partial().text == "a"
    assert reader.feed(b': "b", "end": 1}\n\ndata: [DONE]\n\n') == ["b"]
    assert reader.feed(b'data: 7\n\ndata: {"close": 1}\n\ndata: {"say": "c"}\n\n') == []
    assert reader.finish() == Completion("ab")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b' \n{"a": 1}\n{"b": 2}', [{"a": 1}, {"b": 2}]),
        (b'\xef\xbb\xbfdata: {"a": 1}\n\ndata: {"b": 2}\n\n', [{"a": 1}, {"b": 2}]),
        (b"event: x\ndata: 1\n\n", [1]),
        (b" \n", []),
        (b"", []),
    ],
)
def test_either_frames(data: bytes, expected: list[Any]) -> None:
    """Events and lines are told by their first byte, however the bytes are cut."""
    for cut in range(len(data) + 1):
        frames = EitherFrames(LineFrames)
        assert [*frames.feed(data[:cut]), *frames.feed(data[cut:]), *frames.finish()] == expected


def test_reader_of_what_is_not_json() -> None:
    """An event that is not JSON is a provider's fault."""
    with pytest.raises(ProviderError, match="a piece of the stream is not JSON: 'oops'"):
        AnswerReader(SseFrames(), take, NAMES).feed(b"data: oops\n\n")
