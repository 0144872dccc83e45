"""Each field of a request is changed, and the change has to be noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import CompletionRequest
from playhead.pytest_plugin.mutating import Mutations, changed, changed_text, mutants, path_of
from tests.pytest_plugin.conftest import Suite


@given(st.text(max_size=40))
def test_a_changed_text_is_another(text: str) -> None:
    """Of the same shape: a digit stays a digit, a hexadecimal one stays such."""
    assert changed_text(text) != text


@pytest.mark.parametrize(
    ("value", "other"), [(True, False), (1, 2), (0.5, 1.5), ("a9", "a0"), ("ff", "fe"), (None, "changed")]
)
def test_a_changed_value_is_of_its_kind(value: object, other: object) -> None:
    """So that what is matched by shape is tested too."""
    assert changed(value) == other


def test_every_field_is_changed_once() -> None:
    """Also those deep in messages, tools and parameters."""
    request = CompletionRequest(
        messages=({"role": "user", "content": [{"text": "a"}]},), model="m", params={"stop": ["x"]}, tools=({"n": 1},)
    )
    found = dict(mutants(request))
    deep = {"messages[0].role", "messages[0].content[0].text", "tools[0].n", "params.stop[0]"}
    assert set(found) == {"model", "temperature", "max_tokens", *deep}
    assert all(other != request for other in found.values())


def test_paths_read_as_code_does() -> None:
    """``messages[0].content``."""
    assert path_of("messages", (0, "content")) == "messages[0].content"


def test_what_was_not_noticed_adds_up() -> None:
    """By field."""
    mutations = Mutations()
    mutations.add({"a": True, "b": False})
    mutations.add({"b": False})
    assert (mutations.tried, mutations.unnoticed) == (3, {"b": 2})


def test_a_suite_learns_what_its_matching_ignores(suite: Suite) -> None:
    """A segment that may drift is one whose change no test would notice."""
    suite.write(
        "test_a.py",
        """
@pytest.mark.playhead(matching={"drift": {"params": "ignore"}})
def test_a(playhead, playhead_stub):
    ask(playhead, playhead_stub)
""",
    )
    suite.run("--playhead-record").assert_outcomes(passed=1)
    before = suite.cassettes()
    result = suite.run("--playhead-mutate")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["sensitivity: * changes noticed (*", "changes that would not be noticed: *", "  temperature: 1 request"]
    )
    assert suite.cassettes() == before
