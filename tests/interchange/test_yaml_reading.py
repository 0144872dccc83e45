"""YAML as data and nothing else."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import MissingDependencyError
from playhead.interchange import yaml_reading
from playhead.interchange.yaml_reading import NotYaml, read_yaml, yaml_library
from tests.interchange.corpus import files, needs_corpus

yaml = yaml_library("to test it")

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(VALUES)
def test_what_pyyaml_writes_is_read_as_it_was(value: Any) -> None:
    """Text, bytes, numbers, lists and objects come back as they went in."""
    assert read_yaml(yaml.safe_dump(value).encode()) == value


@needs_corpus
def test_real_cassettes_are_read_as_pyyaml_reads_them() -> None:
    """For files without times and merge keys there is no difference."""
    for path in files("vcr", "test_openai/*.yaml"):
        data = path.read_bytes()
        assert read_yaml(data) == yaml.safe_load(data)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: !!python/unicode 'x'", {"a": "x"}),
        ("a: !!python/object/apply:os.system ['false']", {"a": ["false"]}),
        ("a: !!python/object:vcr.request.Request {body: null}", {"a": {"body": None}}),
        ("a: !!python/tuple [1, 2]", {"a": [1, 2]}),
        ("a: !ruby/object:Thing {b: 1}", {"a": {"b": 1}}),
        ("a: !!binary aGk=", {"a": b"hi"}),
        ("a: !!binary '*'", {"a": "*"}),
        ("a: !!int x", {"a": "x"}),
        ("a: !!bool x", {"a": "x"}),
        ("a: 2025-07-17", {"a": "2025-07-17"}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("? [1]\n: 2", {"<list>": 2}),
        ("1: a\nnull: b", {1: "a", None: "b"}),
        ("a", "a"),
        ("a: 'null'\nb: null\nc: ~", {"a": "null", "b": None, "c": None}),
        ("# a comment\n--- 1\n...\n", 1),
        ("", None),
    ],
)
def test_a_tag_never_makes_more_than_data(text: str, value: object) -> None:
    """Python's and Ruby's objects are the values they were written as; times and merge keys are text."""
    assert read_yaml(text.encode()) == value


@pytest.mark.parametrize(
    "data",
    [b"a: b: c", b"[1", b"{a: 1", b"*x", b"\xff\xfe\x00", b"a: \x01", b"a:\n\t- b", b"- \xf0\x9f", b"--- 1\n--- 2"],
)
def test_what_is_no_yaml_says_so(data: bytes) -> None:
    """Every fault of the parser is one of ours, with a reason."""
    with pytest.raises(NotYaml, match=r"\w"):
        read_yaml(data)


@pytest.mark.parametrize("data", ["'[' * 300_000", "'{a: ' * 100_000", "'- ' * 300_000", "'? ' * 300_000"])
def test_no_nesting_ends_the_process(data: str) -> None:
    """A deeply nested file is refused; PyYAML's own loaders may crash the interpreter on it."""
    code = (
        "from playhead.interchange.yaml_reading import NotYaml, read_yaml\n"
        f"try:\n    read_yaml(({data}).encode())\n"
        "except NotYaml as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "nested too deeply\n")


def test_an_alias_may_stand_in_what_it_names() -> None:
    """A value that holds itself is read; whoever writes it out must look."""
    value = read_yaml(b"&a [*a]")
    assert value[0] is value


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_value_or_no_yaml(data: bytes) -> None:
    """There is no third way."""
    with contextlib.suppress(NotYaml):
        read_yaml(data)


def test_without_pyyaml_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for only when YAML is read."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingDependencyError, match="to read YAML"):
        yaml_reading.read_yaml(b"a: 1")
