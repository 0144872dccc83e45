"""Blocks and their notes are found as a reader sees them."""

from __future__ import annotations

import pytest

from tests.docs.blocks import Block, Note, blocks_in, prose_of

PAGE = """\
# Heading

<!-- not-run: it
would take long -->
<!-- differs: \\d+ -->
<!-- output -->
```text
1 call
```

- in a list

  ~~~python
  if True:
      pass
  ~~~

<!-- some other comment -->
````text
```
not a block
```
````
"""


def test_blocks_come_in_order_with_their_notes() -> None:
    """Language, text, line and the comments directly above are kept; indentation of a list is not."""
    first, second, third = blocks_in(PAGE)
    assert first == Block("text", "1 call\n", 8, (Note("differs", r"\d+"), Note("output", "")))
    assert second == Block("python", "if True:\n    pass\n", 14)
    assert third == Block("text", "```\nnot a block\n```\n", 20)


def test_a_note_is_read_by_its_kind() -> None:
    """A note that is not there is none, and one without text is empty."""
    block = next(blocks_in(PAGE))
    assert (block.note("output"), block.note("differs"), block.note("file")) == ("", r"\d+", None)


def test_a_comment_further_up_is_no_note() -> None:
    """Words between a comment and a block part them."""
    assert not next(blocks_in("<!-- output -->\nwords\n```text\n```\n")).notes


def test_a_fence_that_is_not_closed_is_an_error() -> None:
    """A page cannot end inside a block."""
    with pytest.raises(ValueError, match="above line 2 is not closed"):
        list(blocks_in("```python\nx = 1\n"))


def test_prose_is_what_stands_outside_blocks_and_code_words() -> None:
    """What looks like a link inside code is none."""
    assert "](" not in prose_of("```text\n[a](b)\n```\n`[c](d)`\n")
    assert "[e](f)" in prose_of("```text\n```\n[e](f)\n")
