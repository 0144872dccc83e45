"""The names of tests' cassettes: one a test, short enough, the same everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.harness.cassette_names import ENDING, MAX_STEM, cassette_path, file_stem, with_ending

NAMES = st.lists(st.text(min_size=1, max_size=120), min_size=1, max_size=4)


@given(NAMES, NAMES)
def test_two_tests_never_share_a_file(one: list[str], other: list[str]) -> None:
    """Not even where upper and lower case are one."""
    if one != other:
        assert file_stem(one).casefold() != file_stem(other).casefold()


@given(NAMES)
def test_every_name_is_one_that_file_systems_keep(names: list[str]) -> None:
    """ASCII letters, digits and ``- _ .``, short, no device, no folder."""
    stem = file_stem(names)
    assert stem.isascii()
    assert 0 < len(stem) <= MAX_STEM
    assert all(letter.isalnum() or letter in "-_." for letter in stem)
    assert stem.strip(".") == stem


@pytest.mark.parametrize("name", ["con", "aux", "com1", "Con", "nul"])
def test_names_of_devices_are_changed(name: str) -> None:
    """Windows would open the device."""
    assert file_stem([name]) != name


def test_a_plain_name_stays_as_it_is() -> None:
    """So that people find it."""
    assert file_stem(["test_hello"]) == "test_hello"
    assert cassette_path(Path("tests/test_chat.py"), ["test_hello"]) == Path(
        "tests/cassettes/test_chat/test_hello.cassette"
    )


def test_a_name_with_other_letters_is_the_same_on_every_machine() -> None:
    """The part of the hash is fixed: a golden's name must not change with a version."""
    assert file_stem(["TestChat", "test_hello[a]"]) == "TestChat.test_hello-a-8164b7963f"


@pytest.mark.parametrize("name", ["a", "a.b", "a.txt"])
def test_a_name_by_hand_needs_no_ending(name: str) -> None:
    """And keeps the one that says how it is written."""
    assert with_ending(name) == name + ENDING
    assert with_ending(f"{name}.cassette.json") == f"{name}.cassette.json"
