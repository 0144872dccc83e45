"""Answers cut off, tool calls in another order."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import strategies as play
from playhead.core.model import Completion, Failure, Stream, ToolCall
from playhead.errors import UsageError
from playhead.strategies.changes import cut_lengths, length_of, with_completion
from tests.strategies.recordings import CALLS, recorded, shrunk

ANSWER = Completion("Let me see.", model="m", tool_calls=CALLS, finish_reason="tool_calls")


@given(play.completions(), st.integers(0, 300))
def test_what_is_left_is_a_beginning(answer: Completion, missing: int) -> None:
    """Text and arguments are prefixes, in the order in which a model writes them; nothing is made up."""
    cut = play.truncated(answer, missing)
    assert answer.text.startswith(cut.text)
    assert length_of(cut) == max(0, length_of(answer) - missing)
    for whole, part in zip(answer.tool_calls, cut.tool_calls, strict=False):
        assert (whole.id, whole.name) == (part.id, part.name)
        assert whole.arguments.startswith(part.arguments)
    assert cut.finish_reason == ("length" if missing else answer.finish_reason)
    if cut.tool_calls and missing:
        assert cut.text == answer.text


def test_an_answer_is_cut_inside_a_tools_arguments() -> None:
    """The first call is whole, the second is cut: what a program must not run."""
    simplest = shrunk(play.truncations(ANSWER), lambda answer: len(answer.tool_calls) == 2 and answer != ANSWER)
    assert simplest.tool_calls == (CALLS[0], ToolCall("call_2", "clock", CALLS[1].arguments[:-1]))
    assert simplest.finish_reason == "length"


def test_the_simplest_truncation_is_none() -> None:
    """It shrinks to the whole answer, a vendor's own word is used only where something is cut."""
    strategy = play.truncations(ANSWER, finish_reason="max_tokens")
    assert shrunk(strategy, lambda _: True) == ANSWER
    assert shrunk(strategy, lambda answer: answer != ANSWER).finish_reason == "max_tokens"


@given(st.lists(st.integers(), max_size=4, unique=True), st.integers(0, 100))
def test_an_order_keeps_every_item(items: list[int], rank: int) -> None:
    """Each rank is an order of the same items, the first is theirs."""
    assert sorted(play.permuted(items, rank)) == sorted(items)
    assert play.permuted(items, 0) == tuple(items)


def test_every_order_has_a_rank() -> None:
    """Ranks are the orders in lexical order."""
    assert [play.permuted("abc", rank) for rank in range(6)] == list(itertools.permutations("abc"))


@given(st.data())
def test_reordered_calls_are_the_same_calls(data: st.DataObject) -> None:
    """Of any outcome; one without parallel calls is left as it is."""
    for interaction in recorded():
        outcome = data.draw(play.reorderings(interaction))
        if isinstance(outcome, Completion) and isinstance(interaction.outcome, Completion):
            assert sorted(outcome.tool_calls, key=repr) == sorted(interaction.outcome.tool_calls, key=repr)
            assert outcome.text == interaction.outcome.text
        else:
            assert outcome == interaction.outcome


def test_the_simplest_order_is_the_recorded_one() -> None:
    """It shrinks to that, and to one swap where another is wanted."""
    assert shrunk(play.reorderings(ANSWER), lambda _: True) == ANSWER
    assert shrunk(play.reorderings(ANSWER), lambda answer: answer != ANSWER).tool_calls == CALLS[::-1]


def test_a_stream_is_cut_in_its_pieces() -> None:
    """The pieces before the cut are the recorded ones, the one it runs through is shorter."""
    stream = Stream(end=Completion("Once upon a"), cuts=(5, 5, 1))
    cut = shrunk(play.truncations(stream), lambda found: len(found.pieces()) == 2)
    assert cut.pieces() == ("Once ", "upon ")
    assert isinstance(cut.end, Completion)
    assert cut.end.text == "Once upon "
    yielding = Stream(end=Completion("ab"), cuts=(2,), yielded=Completion("ab"))
    assert with_completion(yielding, Completion("a")) == Stream(end=Completion("a"), cuts=(1,), yielded=Completion("a"))


@given(st.lists(st.integers(1, 9), max_size=5), st.integers(0, 40))
def test_lengths_come_to_the_new_total(cuts: list[int], total: int) -> None:
    """Pieces of a shorter or longer text, none of them empty."""
    found = cut_lengths(cuts, total)
    assert sum(found) == total
    assert all(length > 0 for length in found)


def test_what_fails_has_nothing_to_cut() -> None:
    """A failure stays, a thing that is no outcome is refused."""
    failure = Failure("builtins.ValueError")
    assert shrunk(play.truncations(failure), lambda _: True) is failure
    assert shrunk(play.reorderings(failure), lambda _: True) is failure
    for strategy in (play.truncations, play.reorderings):
        with pytest.raises(UsageError, match="is no outcome"):
            strategy("text")  # type: ignore[call-overload]
