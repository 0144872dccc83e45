"""Texts by words: nothing lost, nothing made up, and changes read as a person would mark them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead.engine.comparison_words import MOST_WORDS, Change, Run, word_runs, words_of

TEXTS = st.text(max_size=40) | st.lists(st.sampled_from(["ink", "paper", " ", ", ", "\n", "a", "é"]), max_size=20).map(
    "".join
)


@given(TEXTS, TEXTS)
def test_the_runs_give_both_texts_again(old: str, new: str) -> None:
    """What stayed and went is the old text, what stayed and came is the new one."""
    runs = word_runs(old, new)
    assert "".join(run.text for run in runs if run.change is not Change.INSERTED) == old
    assert "".join(run.text for run in runs if run.change is not Change.DELETED) == new
    assert all(run.text for run in runs)


@given(TEXTS)
def test_a_text_is_its_words_and_the_same_as_itself(text: str) -> None:
    """Cutting loses nothing, and a text without a change has none."""
    assert "".join(words_of(text)) == text
    assert "".join(words_of(text, fine=False)) == text
    assert all(run.change is Change.SAME for run in word_runs(text, text))


def test_only_words_that_changed_are_marked() -> None:
    """The words round a change stay as they are."""
    assert word_runs("the answer is 42, I think", "the answer is 43, I think") == [
        Run(Change.SAME, "the answer is "),
        Run(Change.DELETED, "42"),
        Run(Change.INSERTED, "43"),
        Run(Change.SAME, ", I think"),
    ]


def test_a_sentence_that_was_written_anew_is_one_change() -> None:
    """Spaces that happen to stand in both do not cut it into single words."""
    assert word_runs("So: one two three.", "So: four five six.") == [
        Run(Change.SAME, "So: "),
        Run(Change.DELETED, "one two three"),
        Run(Change.INSERTED, "four five six"),
        Run(Change.SAME, "."),
    ]


@given(st.lists(st.sampled_from(["ink ", "paper", ", ", "\n", "a "]), min_size=180, max_size=400).map("".join), TEXTS)
@settings(max_examples=20)
def test_long_texts_lose_nothing_either(old: str, put_in: str) -> None:
    """A page is cut more coarsely; it is the same two texts all the same."""
    new = old[: len(old) // 2] + put_in + old[len(old) // 2 + 9 :]
    runs = word_runs(old, new)
    assert "".join(run.text for run in runs if run.change is not Change.INSERTED) == old
    assert "".join(run.text for run in runs if run.change is not Change.DELETED) == new


@pytest.mark.parametrize("count", [MOST_WORDS, 60 * MOST_WORDS])
def test_very_long_texts_take_no_time(count: int) -> None:
    """Two books that differ from end to end are one deletion and one insertion."""
    old, new = " ".join(["a"] * count), " ".join(["b"] * count)
    assert word_runs(old, new) == [Run(Change.DELETED, old), Run(Change.INSERTED, new)]
