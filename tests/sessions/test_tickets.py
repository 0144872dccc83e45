"""A forwarded call's ticket: one outcome, one latency, the pieces and gaps of a stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playhead import Completion, CompletionRequest, ManualClock, Origin, ProviderError, Stream
from playhead.core.fingerprint import Fingerprint
from playhead.core.model import Failure
from playhead.sessions.tickets import Finished, Ticket, stream_of


@pytest.fixture
def finished() -> list[Finished]:
    """Give the list that finished calls go to."""
    return []


@pytest.fixture
def clock() -> ManualClock:
    """Give a clock that stands still."""
    return ManualClock()


def ticket(clock: ManualClock, store: Callable[[Finished], None] | None, model: str | None = None) -> Ticket:
    """Begin a call."""
    return Ticket(
        request=CompletionRequest("a", model=model),
        encoded=b"{}",
        provider="p",
        key=Fingerprint(b"k" * 32, ()),
        n=3,
        origin=Origin.LIVE,
        store=store,
        clock=clock,
        start=7,
        open_streams={},
    )


@pytest.mark.parametrize(("seconds", "latency"), [(0, 0), (0.0099, 0), (0.01, 10), (0.1239, 120), (1.999, 1900)])
def test_an_answer_is_stored_with_its_latency(
    finished: list[Finished], clock: ManualClock, seconds: float, latency: int
) -> None:
    """The outcome comes with the ticket and the time it took, in two digits and nothing below ten milliseconds."""
    one = ticket(clock, finished.append)
    clock.sleep(seconds)
    one.complete(Completion("x"))
    assert finished == [Finished(one, Completion("x"), latency, ())]


def test_only_the_first_ending_counts(finished: list[Finished], clock: ManualClock) -> None:
    """A call that was ended cannot end otherwise."""
    one = ticket(clock, finished.append)
    one.fail(ProviderError("first"))
    one.complete(Completion("second"))
    stream = one.stream()
    stream.piece("x")
    stream.close()
    assert [type(call.outcome) for call in finished] == [Failure]


def test_where_nothing_is_stored_nothing_is_kept(clock: ManualClock) -> None:
    """A ticket without a store takes its endings and does nothing."""
    one = ticket(clock, None)
    one.complete(Completion("x"))
    other = ticket(clock, None).stream()
    other.piece("x")
    other.complete(None)


def test_a_stream_without_a_completion_is_put_together(finished: list[Finished], clock: ManualClock) -> None:
    """Where the provider claims no completion, the text pieces are one, under the model that was asked for."""
    stream = ticket(clock, finished.append, model="m").stream()
    for piece in ("a", "b"):
        stream.piece(piece)
    stream.complete(None)
    assert finished[0].outcome == Stream(end=Completion("ab", model="m"), cuts=(1, 1))


def test_a_quiet_stream_has_no_gaps(finished: list[Finished], clock: ManualClock) -> None:
    """Gaps are kept from ten milliseconds in all, each to its piece; below, the stream came at once."""
    for wait in (0.002, 0.004):
        stream = ticket(clock, finished.append).stream()
        for piece in ("a", "b", "c"):
            clock.sleep(wait)
            stream.piece(piece)
        stream.complete(None)
    assert [call.gaps for call in finished] == [(), (4, 4, 4)]


@pytest.mark.parametrize(
    ("pieces", "end", "expected"),
    [
        (["a", "b"], Completion("ab"), Stream(end=Completion("ab"), cuts=(1, 1))),
        (["a", "b"], Completion("x"), Stream(end=Completion("x"), cuts=(1, 1), text="ab")),
        (["a", "b"], None, Stream(cuts=(1, 1), text="ab")),
        ([], Completion(""), Stream(end=Completion(""), cuts=())),
        (["a", {}], Completion("a"), Stream(end=Completion("a"), values=("a", {}))),
    ],
)
def test_text_is_stored_once(pieces: list[Any], end: Completion | None, expected: Stream) -> None:
    """Text pieces are cuts through the completion's text where that is the same, else text of their own."""
    made = stream_of(pieces, end, yielded=None)
    assert made == expected
    assert list(made.pieces()) == pieces
