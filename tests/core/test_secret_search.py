"""All rules together."""

from __future__ import annotations

import re

import pytest

from playhead.core.secret_names import MASK, Names, Strength
from playhead.core.secret_search import Search, compile_shapes
from playhead.core.secret_values import LiteralValues
from playhead.errors import UsageError

from .fake_keys import PARTS, fill


def search(*, shapes: tuple[str, ...] = (), values: tuple[str, ...] = ()) -> Search:
    """Make a search with the built-in names."""
    return Search(Names(), compile_shapes(shapes), LiteralValues(values))


def test_spans_that_touch_are_one() -> None:
    """What several rules find is one span, with the rule of the leftmost."""
    text = fill("api_key=sk-{mixed}, x")
    assert search(values=(PARTS["mixed"],)).spans(text) == [(8, len(text) - 3, "assignment")]


def test_masks_are_borders() -> None:
    """Nothing is found across a mask, and a mask itself is never found, whatever the rules."""
    everything = search(shapes=(r"\S+",), values=("REDACTED",))
    assert everything.spans(MASK) == []
    assert everything.spans(f"{MASK}{MASK}") == []
    assert everything.spans(f"ab{MASK}cd") == [(0, 2, "custom"), (12, 14, "custom")]
    assert search().spans(f"password={MASK}tail1234") == []


def test_what_a_mask_uncovers_is_found_at_once() -> None:
    """A token that only starts a word once its neighbour is masked is masked in the same go."""
    text = fill("{short}AKIA{capitals}")
    assert search(values=(PARTS["short"],)).spans(text) == [(0, len(text), "value")]
    apart = fill("{short} AKIA{capitals}")
    assert [span[2] for span in search(values=(PARTS["short"],)).spans(apart)] == ["value", "aws-access-key-id"]


def test_masked_gives_the_same_text_if_there_is_nothing() -> None:
    """Without a finding the text comes back as the same object."""
    text = "ordinary"
    assert search().masked(text) is text
    assert search(values=("ordinary",)).masked(f"a {text} b") == f"a {MASK} b"


@pytest.mark.parametrize(
    ("shape", "text", "expected"),
    [
        (r"EMP-\d+", "id EMP-17.", f"id {MASK}."),
        (r"id (?P<secret>\d+)", "id 17 id x", f"id {MASK} id x"),
        (r"(?P<secret>a)|b", "ab", f"{MASK}b"),
        (r"x*", "ab", "ab"),
        (r"^.", "ab", MASK),
    ],
)
def test_a_users_shapes(shape: str, text: str, expected: str) -> None:
    """A further pattern masks its match, or its group ``secret`` alone; empty matches mask nothing."""
    assert search(shapes=(shape,)).masked(text) == expected
    assert search(shapes=(shape,)).could_match(b'"anything"')


def test_bad_shapes_are_refused() -> None:
    """A pattern that does not compile, or is over bytes, is a wrong use."""
    with pytest.raises(UsageError, match="is not a regular expression"):
        compile_shapes(["("])
    with pytest.raises(UsageError, match="is a pattern over bytes"):
        compile_shapes([re.compile(b"a")])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="is not a regular expression"):
        compile_shapes([7])  # type: ignore[list-item]
    compiled = re.compile("a")
    assert compile_shapes([compiled, "b"])[0] is compiled


@pytest.mark.parametrize("form", ["$bytes", "$wtf8", "$map", "$$bytes"])
def test_escape_forms_hide_texts(form: str) -> None:
    """Where canonical JSON holds a text in another form, the quick answer is that it might match."""
    assert search().could_match(f'{{"a":{{"{form}":""}}}}'.encode())


def test_no_doubt_about_an_ordinary_entry() -> None:
    """A plain entry of a cassette, with its key, usage and ids, needs no walk."""
    entry = fill(
        '{"call":{"outcome":{"finish_reason":"stop","kind":"completion","model":"gpt-4o","text":"It costs $5: fine."'
        ',"usage":{"completion_tokens":2,"prompt_tokens":1}},"provider":"openai","request":{"max_tokens":9,'
        '"prompt":"say it"}},"key":"{mixed}-_{six}","n":0,"volatile":{"ids":[[".id","chatcmpl-{mixed}"]]}}'
    )
    assert not search(values=("sk-" + PARTS["lower"], PARTS["hex"])).could_match(entry.encode())


def test_keys_are_remembered_without_change() -> None:
    """A key's strength and mask are the same the second time, and after more keys than are remembered."""
    looking = search(values=(PARTS["short"],))
    for _ in range(2):
        assert looking.key("api_key") == (Strength.SURE, None)
        assert looking.key(f"a {PARTS['short']}") == (Strength.NONE, f"a {MASK}")
        for number in range(1500):
            assert looking.key(f"k{number}") == (Strength.NONE, None)


def test_more_values_keep_the_rules() -> None:
    """A search with more values keeps names and shapes and leaves the first as it was."""
    first = search(shapes=("EMP",))
    second = first.with_values(first.values.plus([PARTS["short"]]))
    assert second.masked(f"EMP {PARTS['short']}") == f"{MASK} {MASK}"
    assert first.masked(f"EMP {PARTS['short']}") == f"{MASK} {PARTS['short']}"
    assert second.key(PARTS["short"]) == (Strength.NONE, MASK)
    assert first.key(PARTS["short"]) == (Strength.NONE, None)
