"""Lists of models of several servers as one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import UsageError
from playhead.providers.llama_stack.model_lists import merge_model_lists

names = st.lists(st.text("abc-:/", min_size=1, max_size=4), max_size=6)


def listed(*models: str) -> dict[str, Any]:
    """Give a list as OpenAI has it."""
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": "a"} for name in models]}


def ids(merged: dict[str, Any]) -> list[str]:
    """Give the ids of a list."""
    return [model["id"] for model in merged["data"]]


def test_lists_of_several_servers_are_one_sorted_list() -> None:
    """OpenAI's, Ollama's and plain lists come to one, each model once, sorted by id."""
    ollama = {"models": [{"name": "llama3:8b", "size": 4}]}
    merged = merge_model_lists([listed("m-2", "m-1"), ollama, ["m-3", "m-1"]])
    assert ids(merged) == ["llama3:8b", "m-1", "m-2", "m-3"]
    assert merged["data"][0] == {"id": "llama3:8b", "name": "llama3:8b", "size": 4}
    assert merged["data"][1]["owned_by"] == "a"


@given(st.lists(names, max_size=4))
def test_the_union_is_sorted_and_complete(lists: list[list[str]]) -> None:
    """Whatever the lists, the union has each name once, sorted, and merging it again changes nothing."""
    merged = merge_model_lists(listed(*one) for one in lists)
    assert ids(merged) == sorted(set().union(*lists))
    assert merge_model_lists([merged, merged]) == merged


@given(st.lists(names, max_size=4))
def test_the_order_of_the_servers_does_not_matter_for_the_names(lists: list[list[str]]) -> None:
    """The same names come whichever server was asked first."""
    assert ids(merge_model_lists(lists)) == ids(merge_model_lists(reversed(lists)))


@pytest.mark.parametrize("odd", [3, None, "m", {"data": 3}, {"data": None}, {"error": "no"}, [{"size": 1}], [""]])
def test_what_is_no_list_is_refused(odd: Any) -> None:
    """An answer that lists nothing is an error of ours, never an empty list."""
    with pytest.raises(UsageError):
        merge_model_lists([odd])
