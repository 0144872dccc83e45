"""What a convention is made of: the parts that stand where a convention says nothing of its own."""

from __future__ import annotations

from playhead import Completion, CompletionRequest
from playhead.providers.conventions.convention import Arguments, Pieces, always, as_it_is, never, no_end, say_nothing

NOTHING = Arguments((), {})
REQUEST = CompletionRequest(prompt="hi")


def test_the_parts_that_say_nothing() -> None:
    """Without words of its own a convention keeps pieces as they are and leaves the end to the stream."""
    assert always(REQUEST)
    assert not never(REQUEST)
    pieces = Pieces()
    piece = object()
    assert pieces.to_plain(piece) is pieces.from_plain(piece) is as_it_is(piece) is piece
    assert pieces.to_end(["a"], NOTHING) is no_end([], NOTHING) is None
    pieces.at_end(Completion("a"), NOTHING)
    say_nothing(Completion("a"), NOTHING)
