"""The sketch of a request: small, stable, and near for what is nearly the same."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.model import CompletionRequest, Family
from playhead.core.sketch import SIZE, sketch, unlikeness
from tests.strategies import agent_history, requests

TEXT = " ".join(f"word{n * 7919 % 1000}" for n in range(200))


def of(text: str) -> bytes:
    """Sketch a prompt."""
    return sketch(CompletionRequest(text))


@given(requests)
def test_every_request_has_one(request_: CompletionRequest) -> None:
    """Any request has a sketch of one size, whatever stands in its last message, and no distance from itself."""
    found = sketch(request_)
    assert len(found) == SIZE
    assert unlikeness(found, found) == (0, 0)


@given(st.binary(min_size=SIZE, max_size=SIZE), st.binary(min_size=SIZE, max_size=SIZE))
def test_distance(one: bytes, other: bytes) -> None:
    """The distance is the same from both sides, never negative, and none only where nothing differs."""
    far = unlikeness(one, other)
    assert far == unlikeness(other, one)
    assert min(far) >= 0
    assert (far == (0, 0)) == (one == other)


def test_golden() -> None:
    """The sketch of a request is that of the first release: files hold it."""
    assert of("hello").hex() == "86868686868686860500"
    assert of(TEXT).hex() == "124a7bfc0777e7632506"


def test_only_the_last_message_counts() -> None:
    """What stands before the last message does not show: the segments tell that."""
    short, long = agent_history(2)[1], agent_history(9)[8]
    spoken = CompletionRequest(messages=(*long.conversation()[:-1], short.conversation()[-1]), model="other")
    assert sketch(spoken) == sketch(short)
    prompt = CompletionRequest(messages=({"role": "system", "content": "x"}, {"role": "user", "content": "hello"}))
    assert sketch(prompt) == of("hello")


def test_params_stand_in_for_messages() -> None:
    """A request without messages is told by its params."""
    one = CompletionRequest(family=Family.EMBEDDING, params={"input": ["a"]})
    other = CompletionRequest(family=Family.EMBEDDING, params={"input": ["b"]})
    assert sketch(one) != sketch(other)


EDITS = {
    "a word at the end": TEXT[:-7] + "changed",
    "a word at the start": "changed" + TEXT[5:],
    "a word in the middle": TEXT[:700] + "changed" + TEXT[710:],
    "more at the end": TEXT + " and some more",
    "more at the start": "first of all " + TEXT,
}


@pytest.mark.parametrize("edited", EDITS.values(), ids=EDITS)
def test_an_edit_is_nearer_than_anything_else(edited: str) -> None:
    """An edited text is nearer to its original than a thousand others are."""
    source = random.Random(3)
    others = [" ".join(f"word{source.randrange(1000)}" for _ in range(200)) for _ in range(1000)]
    near = unlikeness(of(edited), of(TEXT))
    assert near < min(unlikeness(of(edited), of(other)) for other in others)


def test_length_decides_between_equals() -> None:
    """Among texts that share head and tail the one of the nearest length is nearest."""
    lengths = [2000, 3000, 9000]
    texts = ["a" * length for length in lengths]
    ranked = sorted(texts, key=lambda text: unlikeness(of(text), of("a" * 2900)))
    assert [len(text) for text in ranked] == [3000, 2000, 9000]


def test_endless_texts() -> None:
    """A text longer than two bytes count is sketched like any other."""
    assert len(of("x" * 100_000)) == SIZE
    assert unlikeness(of("x" * 100_000), of("x" * 200_000)) == (0, 0)


def test_a_message_without_content_is_sketched_whole() -> None:
    """What some vendors call ``parts`` or ``text`` tells their messages apart, as content would."""
    one, other = (CompletionRequest(messages=({"role": "user", "parts": [{"text": text}]},)) for text in ("a", "b"))
    assert sketch(one) != sketch(other)
    nothing = CompletionRequest(messages=({"role": "user", "content": None, "parts": ["a"]},))
    assert len(sketch(nothing)) == SIZE


def test_an_empty_request_over_the_wire_has_a_sketch() -> None:
    """Whatever a program sends has one, a request with nothing in it too."""
    assert len(sketch(CompletionRequest(operation="chat.completions"))) == SIZE
