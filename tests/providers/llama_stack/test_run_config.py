"""References to the environment in configurations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import UsageError
from playhead.providers.llama_stack.run_config import env, references, resolve_env

VARIABLES = {"URL": "http://h/v1", "KEY": "k", "EMPTY": ""}
names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,5}", fullmatch=True)
values = st.text(st.characters(exclude_characters="}$", codec="ascii"), max_size=8)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${env.URL}", "http://h/v1"),
        ("${env.URL:=http://d}", "http://h/v1"),
        ("${env.NONE:=http://d:1/v1}", "http://d:1/v1"),
        ("${env.EMPTY:=d}", "d"),
        ("${env.NONE:=}", ""),
        ("${env.KEY:+yes}", "yes"),
        ("${env.NONE:+yes}", ""),
        ("a-${env.KEY}-${env.KEY}-b", "a-k-k-b"),
        ("$KEY ${KEY} {env.KEY}", "$KEY ${KEY} {env.KEY}"),
        (17, 17),
        (None, None),
    ],
)
def test_a_reference_gives_the_variable(written: Any, value: Any) -> None:
    """Set, not set, empty, with a default, depending: each has its value; what is no reference stays."""
    assert resolve_env(written, VARIABLES) == value


def test_references_are_found_at_any_depth() -> None:
    """Mappings and lists are walked, and left as they were."""
    config = {"a": [{"url": "${env.URL}"}, 3], "b": ("${env.KEY}",)}
    assert resolve_env(config, VARIABLES) == {"a": [{"url": "http://h/v1"}, 3], "b": ["k"]}
    assert config["a"][0] == {"url": "${env.URL}"}
    assert references(config) == {"URL", "KEY"}


def test_a_variable_that_is_not_set_is_named() -> None:
    """Without a default a missing variable is an error that says how to give it."""
    with pytest.raises(UsageError, match="'NONE', which is not set") as caught:
        resolve_env("${env.NONE}", VARIABLES)
    assert caught.value.hint is not None
    assert "--playhead-env NONE=" in caught.value.hint


def test_this_process_s_variables_are_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no variables are given, the process's count."""
    monkeypatch.setenv("STACK_URL", "http://here")
    assert resolve_env(env("STACK_URL")) == "http://here"


@given(names, values, st.none() | values)
def test_what_is_written_is_read(name: str, held: str, default: str | None) -> None:
    """A reference that we write gives the variable where it holds something, else its default."""
    written = env(name, default)
    assert references(written) == {name}
    if held or default is not None:
        assert resolve_env(written, {name: held}) == (held or default)
