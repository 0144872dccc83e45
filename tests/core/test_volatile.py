"""Facts that change with every recording: taken out before the digest, put back on reading."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.calls import outcome_fields
from playhead.core.model import Completion, Outcome, Stream, ToolCall
from playhead.core.volatile import NAMES, attach, detach
from tests.strategies import outcomes, plain_values, same, values


@given(outcomes)
def test_detach_and_attach_are_inverse(outcome: Outcome) -> None:
    """What is taken out of an outcome is put back where it stood."""
    fields = outcome_fields(outcome)
    before = copy.deepcopy(fields)
    pins = detach(fields)
    attach(fields, [[list(path), value] for path, value in pins])
    assert same(fields, before)


@given(outcomes)
def test_the_outcome_itself_is_untouched(outcome: Outcome) -> None:
    """Taking facts out of the fields changes neither the outcome nor the provider's raw answer."""
    before = copy.deepcopy(outcome)
    detach(outcome_fields(outcome))
    assert same(outcome, before)


RAW = {"id": "resp_1", "created": 7, "system_fingerprint": None, "choices": [{"id": "inner"}], "model": "m"}


def test_what_is_taken() -> None:
    """Ids of tool calls and the generated facts at the top of a raw answer are taken, nothing below them."""
    fields = outcome_fields(Completion(tool_calls=(ToolCall("c1", "f"), ToolCall(name="g")), raw=RAW))
    pins = detach(fields)
    assert pins == [
        (("tool_calls", 0, "id"), "c1"),
        (("raw", "created"), 7),
        (("raw", "id"), "resp_1"),
        (("raw", "system_fingerprint"), None),
    ]
    assert fields["raw"] == {"choices": [{"id": "inner"}], "model": "m"}
    assert fields["tool_calls"] == [{"name": "f"}, {"name": "g"}]


def test_what_is_taken_of_a_stream() -> None:
    """The end of a stream is treated as a completion is."""
    fields = outcome_fields(Stream(end=Completion(raw={"id": "a"}), values=({"id": "kept"},)))
    assert detach(fields) == [(("end", "raw", "id"), "a")]
    assert fields["values"] == ({"id": "kept"},)


@pytest.mark.parametrize("outcome", [Completion("x"), Completion(raw=[{"id": 1}]), Stream(), Completion(raw={"a": 1})])
def test_nothing_to_take(outcome: Outcome) -> None:
    """An outcome without such facts gives none and keeps its fields."""
    fields = outcome_fields(outcome)
    before = copy.deepcopy(fields)
    assert detach(fields) == []
    assert fields == before


@given(st.dictionaries(st.sampled_from(sorted(NAMES)), values, min_size=1))
def test_evidence_does_not_depend_on_them(facts: dict[str, Any]) -> None:
    """Two answers that differ in such facts alone leave the same fields."""
    one = outcome_fields(Completion("x", raw={**facts, "choices": []}))
    other = outcome_fields(Completion("x", raw={"choices": []}))
    detach(one)
    detach(other)
    assert one == other


NOWHERE: dict[str, Any] = {
    "no such field": [["nothing", "id"], 1],
    "no such item": [["tool_calls", 5, "id"], 1],
    "into a text": [["text", "id"], 1],
    "into a list by name": [["tool_calls", "id"], 1],
    "a list for a step": [["raw", []], 1],
    "an empty path": [[], 1],
    "no path": [5, 1],
    "a pair too long": [["raw", "id"], 1, 2],
    "no pair": 5,
    "none": None,
}


@pytest.mark.parametrize("pin", NOWHERE.values(), ids=NOWHERE)
def test_a_path_that_leads_nowhere(pin: Any) -> None:
    """A path of a file's that leads nowhere is a ValueError, never another class."""
    fields: dict[str, Any] = {"kind": "completion", "text": "x", "tool_calls": [{}], "raw": {}}
    with pytest.raises(ValueError, match="volatile path leads nowhere"):
        attach(fields, [pin])


@given(st.lists(plain_values, max_size=3))
def test_any_pins(pins: list[Any]) -> None:
    """Whatever a file gives for pins, attaching them works or is a ValueError."""
    try:
        attach({"kind": "completion", "raw": {}, "tool_calls": [{}]}, pins)
    except ValueError:
        return
