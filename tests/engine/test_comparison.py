"""Two answers to one question: every planted change gets its grade and its kind, and the moment none."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import outcomes

from playhead.core.model import Completion, Failure, Origin, Stream, ToolCall
from playhead.core.usage import Usage
from playhead.engine.comparison import NEVER, WORDS, Fact, Grade, Side, compare_answers, grade_of, gravest, structured
from playhead.errors import UsageError

ANSWER = Completion(
    "The ink is blue.", model="m-1", model_version="v1", finish_reason="stop", usage=Usage(5, 4, 9), provider="openai"
)
CALLED = Completion(
    model="m-1", finish_reason="tool_calls", tool_calls=(ToolCall("c1", "order", '{"n":1,"to":"Bonn"}'),)
)
LIST = Completion('{"items": [{"name": "ink", "price": 3}]}', model="m-1")
FAILED = Failure("playhead.errors.RateLimitError", "slow down", error_code="rate_limit", context={"status": 429})
PIECES = Stream(end=ANSWER, cuts=(4, 12))


def side(outcome: Any, **facts: Any) -> Side:
    """Make one answer."""
    return Side(outcome, "openai", **facts)


def changed(outcome: Any, **fields: Any) -> Any:
    """Give an outcome with other fields."""
    return msgspec.structs.replace(outcome, **fields)


def called(*calls: ToolCall) -> Completion:
    """Give an answer that calls tools."""
    return msgspec.structs.replace(CALLED, tool_calls=calls)


S, R, P, U = Grade.STRUCTURAL, Grade.REWORDED, Grade.PROVENANCE, Grade.USAGE

PLANTED = [
    # (golden, fresh, [(grade, kind, path)...])
    (ANSWER, changed(ANSWER, text="The ink is black."), [(R, "text", "text")]),
    (ANSWER, changed(ANSWER, text=""), [(R, "text", "text")]),
    (ANSWER, changed(ANSWER, finish_reason="length"), [(S, "truncated", "finish_reason")]),
    (ANSWER, changed(ANSWER, finish_reason="MAX_TOKENS"), [(S, "truncated", "finish_reason")]),
    (ANSWER, changed(ANSWER, finish_reason="content_filter"), [(S, "refusal", "finish_reason")]),
    (ANSWER, changed(ANSWER, finish_reason="refusal"), [(S, "refusal", "finish_reason")]),
    (ANSWER, changed(ANSWER, finish_reason="end_turn"), [(S, "finish reason", "finish_reason")]),
    (ANSWER, changed(ANSWER, model="m-2"), [(P, "model", "model")]),
    (ANSWER, changed(ANSWER, model_version=None), [(P, "model version", "model_version")]),
    (ANSWER, changed(ANSWER, provider="azure"), [(P, "provider", "provider")]),
    (
        ANSWER,
        changed(ANSWER, usage=Usage(5, 5, 10)),
        [(U, "usage", "usage.completion_tokens"), (U, "usage", "usage.total_tokens")],
    ),
    (ANSWER, changed(ANSWER, usage=Usage(5, 4, 9, {"cached": 2})), [(U, "usage", "usage.cached")]),
    (ANSWER, changed(ANSWER, usage=Usage(reported=False)), [(U, "usage", "usage")]),
    (ANSWER, FAILED, [(S, "failure", "outcome")]),
    (FAILED, ANSWER, [(S, "failure", "outcome")]),
    (FAILED, changed(FAILED, message="wait"), [(R, "failure", "failure.message")]),
    (FAILED, changed(FAILED, type="playhead.errors.ProviderError"), [(S, "failure", "failure")]),
    (FAILED, changed(FAILED, context={"status": 503}), [(S, "failure", "failure.status")]),
    (CALLED, called(ToolCall("c2", "order", '{"to": "Bonn", "n": 1}')), []),
    (CALLED, called(ToolCall("c1", "cancel", '{"n":1,"to":"Bonn"}')), [(S, "tool call", "tool_calls[0].name")]),
    (CALLED, called(ToolCall("c1", "order", '{"n":2,"to":"Bonn"}')), [(S, "tool call", "tool_calls[0].arguments.n")]),
    (CALLED, called(ToolCall("c1", "order", '{"n":1}')), [(S, "tool call", "tool_calls[0].arguments.to")]),
    (CALLED, called(ToolCall("c1", "order", '{"n":1,"to"')), [(S, "tool call", "tool_calls[0].arguments")]),
    (CALLED, called(), [(S, "tool call", "tool_calls[0]")]),
    (CALLED, called(*CALLED.tool_calls, ToolCall("c3", "pay")), [(S, "tool call", "tool_calls[1]")]),
    (LIST, changed(LIST, text='{"items":[{"price":3,"name":"ink"}]}'), []),
    (LIST, changed(LIST, text='{"items": [{"name": "ink", "price": 4}]}'), [(R, "json", "text.items[0].price")]),
    (LIST, changed(LIST, text='{"items": [{"name": "ink", "price": "3"}]}'), [(S, "json", "text.items[0].price")]),
    (LIST, changed(LIST, text='{"items": [{"name": "ink"}]}'), [(S, "json", "text.items[0].price")]),
    (LIST, changed(LIST, text='{"items": []}'), [(S, "json", "text.items[0]")]),
    (LIST, changed(LIST, text="Sure! Here is the list."), [(S, "json", "text")]),
    (PIECES, changed(PIECES, cuts=(8, 8)), []),
    (PIECES, Stream(end=FAILED, cuts=(4,), text="The "), [(S, "failure", "outcome"), (R, "text", "text")]),
    (PIECES, Stream(end=None, cuts=(4,), text="The "), [(S, "truncated", "end"), (R, "text", "text")]),
    (PIECES, ANSWER, [(S, "stream", "outcome")]),
    (Stream(end=ANSWER, values=({"a": 1},)), Stream(end=ANSWER, values=({"a": 2},)), [(R, "output", "pieces[0].a")]),
    (Completion(output={"image": "a"}), Completion(output={"image": "b"}), [(R, "output", "output.image")]),
    (
        Completion(output={"pages": 1}),
        Completion(output={"page": 1}),
        [(S, "output", "output.pages"), (S, "output", "output.page")],
    ),
    (
        changed(ANSWER, text="a"),
        changed(ANSWER, text="b", model="m-2", usage=Usage(5, 9, 14)),
        [
            (R, "text", "text"),
            (P, "model", "model"),
            (U, "usage", "usage.completion_tokens"),
            (U, "usage", "usage.total_tokens"),
        ],
    ),
]


@pytest.mark.parametrize(("old", "new", "wanted"), PLANTED)
def test_a_planted_change_is_classified(old: Any, new: Any, wanted: list[tuple[Grade, str, str]]) -> None:
    """Each change has its grade, its kind and its path; all are listed, the gravest first, and it names the answer."""
    facts = compare_answers(side(old), side(new))
    assert [(fact.grade, fact.kind, fact.path) for fact in facts] == wanted
    assert gravest(facts) is max((grade for grade, _, _ in wanted), default=Grade.IDENTICAL)
    assert all(fact.old != fact.new for fact in facts)


@pytest.mark.parametrize("outcome", [ANSWER, CALLED, LIST, FAILED, PIECES, Stream(values=(1, None))])
def test_an_answer_does_not_differ_from_itself(outcome: Any) -> None:
    """Nothing is made up."""
    assert compare_answers(side(outcome), side(outcome)) == ()


def body(**fields: Any) -> str:
    """Write a body over the wire."""
    return json.dumps({"id": "x", "model": "m-1", "usage": {"n": 1}, **fields})


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ({"body": body()}, {"body": body(id="y", created=7, usage={"n": 2}, model="m-2")}, []),
        ({"body": body()}, {"body": body(logprobs=[1])}, [(S, "body", "body.logprobs")]),
        ({"body": body(extra="a")}, {"body": body(extra="b")}, [(R, "body", "body.extra")]),
        ({"body": body(x={"refusal": None})}, {"body": body(x={"refusal": "No."})}, [(S, "refusal", "refusal")]),
        ({"body": body()}, {"body": body(x=[{"type": "refusal"}])}, [(S, "refusal", "refusal")]),
        ({"body": body(signature="a", metrics={"latencyMs": 1})}, {"body": body(signature="b")}, []),
        ({"body": body(logprobs=[-0.1])}, {"body": body(logprobs=[-0.2])}, [(P, "body", "body.logprobs[0]")]),
        ({"body": "a=1"}, {"body": "a=2"}, [(R, "body", "body")]),
        ({"body": "{}"}, {"body": "<html>"}, [(S, "body", "body")]),
        ({"body": body(), "plain": True}, {"body": body(id="y"), "plain": True}, [(R, "body", "body.id")]),
        ({"status": 200}, {"status": 206}, [(S, "status", "status")]),
        ({"broke": ""}, {"broke": "read-timeout"}, [(S, "truncated", "connection")]),
        ({"origin": Origin.LIVE}, {"origin": Origin.STUB}, [(P, "origin", "origin")]),
        ({"left": False}, {"left": True}, [(S, "truncated", "end")]),
    ],
)
def test_of_a_body_only_what_says_something_counts(
    old: dict[str, Any], new: dict[str, Any], wanted: list[tuple[Grade, str, str]]
) -> None:
    """Ids, times and what the evidence holds already are passed over; in plain HTTP nothing is."""
    facts = compare_answers(side(ANSWER, **old), side(ANSWER, **new))
    assert [(fact.grade, fact.kind, fact.path) for fact in facts] == wanted


def test_a_body_is_not_told_twice() -> None:
    """Where the evidence says what differs, the same words in the body are no further fact."""
    facts = compare_answers(side(ANSWER, body='{"t":"a"}'), side(changed(ANSWER, text="a"), body='{"t":"b"}'))
    assert [fact.kind for fact in facts] == ["text"]


def test_vectors_have_a_cosine_and_near_ones_count_as_the_same() -> None:
    """An embedding is judged by its angle; that it is not exact is said all the same."""
    vector = [((n * 37) % 11 - 5) / 7 for n in range(64)]
    wire = [
        json.dumps({"data": [{"embedding": one}]}) for one in (vector, [*vector[:-1], vector[-1] + 1e-6], vector[::-1])
    ]
    exact, near, far = (side(Completion(model="e"), body=one) for one in wire)
    assert compare_answers(exact, exact) == ()
    (fact,) = compare_answers(exact, near)
    assert (fact.grade, fact.kind, fact.path) == (Grade.IDENTICAL, "vectors", "body.data[0].embedding")
    assert fact.cosine is not None
    assert 0.999999 < fact.cosine <= 1
    (fact,) = compare_answers(exact, far)
    assert fact.grade is Grade.REWORDED
    (fact,) = compare_answers(exact, near, near=1.0)
    assert fact.grade is (Grade.IDENTICAL if fact.cosine == 1 else Grade.REWORDED)
    shorter = side(Completion(model="e"), body=json.dumps({"data": [{"embedding": vector[:-1]}]}))
    assert gravest(compare_answers(exact, shorter)) is Grade.STRUCTURAL


@given(st.text(max_size=30), st.text(max_size=30))
def test_texts_differ_exactly_where_they_are_not_the_same(old: str, new: str) -> None:
    """Any two texts, JSON or not, are identical only where they say the same."""
    facts = compare_answers(side(Completion(old)), side(Completion(new)))
    if old == new:
        assert not facts
    elif structured(old) is None or structured(new) is None:
        assert gravest(facts) >= Grade.REWORDED


@given(outcomes, outcomes)
def test_any_two_answers_can_be_compared(old: Any, new: Any) -> None:
    """Whatever came, of whatever kind: nothing raises, nothing differs from itself, and both ways are as grave."""
    facts, back = compare_answers(side(old), side(new)), compare_answers(side(new), side(old))
    assert gravest(facts) is gravest(back)
    assert [fact.grade for fact in facts] == sorted((fact.grade for fact in facts), reverse=True)
    assert compare_answers(side(old), side(old)) == ()
    assert compare_answers(side(new), side(new)) == ()


def test_grades_are_read_by_name() -> None:
    """A threshold is one of the words; anything else is an error that names them."""
    assert [grade_of(word) for word in WORDS] == list(Grade)
    assert grade_of(Grade.USAGE) is Grade.USAGE
    for wrong in ("", "worse", NEVER, "STRUCTURAL"):
        with pytest.raises(UsageError, match="there is no grade"):
            grade_of(wrong)


def test_a_fact_holds_both_values_in_full() -> None:
    """A report can show all of what changed."""
    (fact,) = compare_answers(side(ANSWER), side(changed(ANSWER, text="x" * 5000)))
    assert fact == Fact(Grade.REWORDED, "text", "text", ANSWER.text, "x" * 5000)
