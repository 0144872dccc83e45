"""How alike takes are: what is told apart, what is not, and when more takes are worth it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import Completion, CompletionRequest, Failure, Stream, ToolCall, Usage
from playhead.core.model import Outcome
from playhead.engine.stability import BROKEN, TEXT, RequestStability, Spread, report_of, shape_of, stability_of

ASKED = CompletionRequest("Name a vendor.", temperature=1)
LONG = "an answer of more than forty characters, which nobody takes for a label"


def measured(*outcomes: Outcome) -> RequestStability:
    """Compare takes."""
    return stability_of(ASKED, outcomes, fingerprint="f" * 64, provider="stub")


def texts(*given: str) -> Sequence[Completion]:
    """Make takes of texts."""
    return [Completion(text, finish_reason="stop") for text in given]


def test_takes_that_say_the_same_agree() -> None:
    """One answer, one form, and nothing new to be expected."""
    found = measured(*texts("yes", "yes", "yes"))
    assert (found.texts, found.answers, found.forms) == (1, 1, 1)
    assert (found.agreement, found.same_form, found.new_form) == (1, 1, 0)
    assert not found.worth_more
    assert found.question == "Name a vendor."
    assert found.temperature == 1


def test_labels_are_forms_and_long_texts_are_not() -> None:
    """A program branches on a short answer; of a long one it takes what there is."""
    assert measured(*texts("yes", "no", "yes")).forms == 2
    found = measured(*texts(LONG, LONG.upper(), LONG.title()))
    assert (found.texts, found.forms) == (3, 1)
    assert found.new_answer == 1
    assert not found.worth_more


def test_a_form_seen_once_makes_more_takes_worth_it() -> None:
    """One in ten was never seen again, so about one in ten of the next is new; seen twice, nothing is."""
    nine = ["yes"] * 9
    assert measured(*texts(*nine, "no")).new_form == pytest.approx(0.1)
    assert measured(*texts(*nine, "no")).worth_more
    assert not measured(*texts(*nine, "no", "no")).worth_more


@pytest.mark.parametrize(("count", "worth"), [(1, True), (2, True), (3, False)])
def test_of_few_takes_nothing_is_said(count: int, worth: bool) -> None:
    """Two that agree may do so by chance."""
    assert measured(*texts(*["yes"] * count)).worth_more is worth


def test_tool_calls_are_told_apart_by_what_they_ask() -> None:
    """Ids are of the moment and keys have no order; another argument is another call."""

    def calling(id_: str, arguments: str) -> Completion:
        return Completion(tool_calls=(ToolCall(id_, "weather", arguments),), finish_reason="tool_calls")

    same = measured(calling("1", '{"a": 1, "b": 2}'), calling("2", '{"b": 2, "a": 1}'))
    other = measured(calling("1", '{"a": 1}'), calling("1", '{"a": 2}'), calling("1", '{"a": '))
    assert (same.tool_calls, same.answers, same.forms) == (1, 1, 1)
    assert (other.tool_calls, other.answers, other.forms) == (3, 3, 2)


def test_finish_reasons_shapes_and_tokens_are_counted() -> None:
    """Each with how often it came, the most frequent first."""
    found = measured(
        Completion('{"a": 1}', finish_reason="stop", usage=Usage(1, 9, 10)),
        Completion('{"a": 2}', finish_reason="stop", usage=Usage(1, 3, 4)),
        Completion('{"a": "x"', finish_reason="length", usage=Usage(1, 5, 6)),
        Completion("no", usage=Usage(reported=False)),
    )
    assert list(found.finish_reasons.items()) == [("stop", 2), ("length", 1), ("none given", 1)]
    assert list(found.shapes.items()) == [("{a:number}", 2), (BROKEN, 1), (TEXT, 1)]
    assert found.tokens == Spread(3, 5, 9)


def test_failures_and_streams_are_takes_too() -> None:
    """A stream counts as what it came to; failures of a class are one form, whatever they say."""
    failed = [Failure("playhead.errors.ProviderError", message) for message in ("lost", "late")]
    found = measured(*failed, Stream(end=Completion("yes"), cuts=(3,)), Completion("yes"), Stream(cuts=(), text=""))
    assert (found.takes, found.failures, found.answers, found.forms) == (5, 3, 4, 3)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("hello", TEXT),
        ("7", TEXT),
        ("", TEXT),
        ('{"b": 1, "a": ["x", 2, null]}', "{a:[null|number|string],b:number}"),
        ("[]", "[]"),
        (' [{"a": true}] ', "[{a:boolean}]"),
        ('```json\n{"a": 1}\n```', "{a:number}"),
        ('{"a": 1', BROKEN),
        ("[" * 5000, BROKEN),
    ],
)
def test_a_shape_is_keys_and_kinds(text: str, shape: str) -> None:
    """Values do not count, order does not count, and a fence round JSON is passed over."""
    assert shape_of(text) == shape


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)


@given(st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=2), values, max_size=3))
def test_a_shape_is_the_same_however_json_is_written(value: Any) -> None:
    """Indentation and the order of keys say nothing."""
    plain = shape_of(json.dumps(value))
    assert plain == shape_of(json.dumps(value, indent=2, sort_keys=True))
    assert plain not in (TEXT, BROKEN)


@given(st.lists(st.sampled_from(["yes", "no", "maybe", LONG, '{"a": 1}', '{"a": 2}']), min_size=1, max_size=12))
def test_the_numbers_fit_each_other(given_texts: list[str]) -> None:
    """There are never more forms than answers, and shares are shares, in whatever order the takes came."""
    found = measured(*texts(*given_texts))
    assert 1 <= found.forms <= found.answers <= found.takes == len(given_texts)
    assert 0 < found.agreement <= found.same_form <= 1
    assert 0 <= found.new_form <= 1
    again = measured(*texts(*reversed(given_texts)))
    assert again == found


def test_a_report_has_the_least_stable_first() -> None:
    """Its means are those of the requests, and an empty cassette is stable."""
    steady, wild = measured(*texts("a", "a", "a")), measured(*texts("a", "b", "c"))
    report = report_of([steady, wild])
    assert report.requests == (wild, steady)
    assert (report.takes, report.worth_more) == (6, 1)
    assert report.agreement == pytest.approx((1 + 1 / 3) / 2)
    assert report_of([]).agreement == 1
