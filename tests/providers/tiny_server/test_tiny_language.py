"""The tables of the tiny model's language."""

from __future__ import annotations

import pytest

from playhead.providers.tiny_server.language import FOLLOWERS, LEXICON, WordClass, followers


@pytest.mark.parametrize("word_class", WordClass)
@pytest.mark.parametrize("tool_calling", [False, True])
def test_every_class_has_followers_that_share_one(word_class: WordClass, tool_calling: bool) -> None:
    """Each class of words is followed by something, and the shares add up to one."""
    shares = followers(tool_calling=tool_calling)[word_class]
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-3)


def test_no_word_is_in_two_classes() -> None:
    """A word is a token, so it can belong to one class only."""
    words = [word for group in LEXICON.values() for word in group]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("word_class", [name for name in WordClass if name is not WordClass.CALL_READY])
def test_from_every_class_the_answer_can_end(word_class: WordClass) -> None:
    """Wherever an answer stands, likely steps lead to its end, so none runs on for ever."""
    reached, frontier = {word_class}, {word_class}
    while frontier:
        frontier = {
            after for before in frontier for after, share in FOLLOWERS[before].items() if share >= 0.01
        } - reached
        reached |= frontier
    json_only = {WordClass.QUOTE, WordClass.STRING}
    assert WordClass.END in reached or word_class in json_only


def test_only_the_tool_calling_variant_calls_by_itself() -> None:
    """The two variants differ in the one row that decides whether to call."""
    changed = {name for name in WordClass if followers(tool_calling=True)[name] != followers(tool_calling=False)[name]}
    assert changed == {WordClass.CALL_READY}
    assert followers(tool_calling=True)[WordClass.CALL_READY] == {WordClass.CALL_OPEN: 1.0}
