"""A forwarded call's ticket: one outcome, one latency, the pieces and gaps of a stream."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import Completion, CompletionRequest, ManualClock, Origin, ProviderError, Stream
from playhead.core.fingerprint import Fingerprint
from playhead.core.model import Failure
from playhead.core.wire import Answer
from playhead.sessions.tickets import Finished, Leaving, Ticket, gaps_between, quiet, stream_of


@pytest.fixture
def finished() -> list[Finished]:
    """Give the list that finished calls go to."""
    return []


@pytest.fixture
def clock() -> ManualClock:
    """Give a clock that stands still."""
    return ManualClock()


def ticket(
    clock: ManualClock,
    store: Callable[[Finished], None] | None,
    model: str | None = None,
    open_streams: dict[Leaving, None] | None = None,
) -> Ticket:
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
        open_streams={} if open_streams is None else open_streams,
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


# --- answers over the wire


class Reader:
    """Reads an answer; knows whether it was closed."""

    closed = False

    def close(self) -> None:
        """Want no more."""
        self.closed = True


ANSWER = Answer(200, (), (b"a", b"b"))


def test_an_answer_over_the_wire_is_stored_with_its_gaps(finished: list[Finished], clock: ManualClock) -> None:
    """Latency runs to the first piece, not to the last, and each piece has the time before it."""
    one = ticket(clock, finished.append)
    arrivals = []
    for seconds in (0.12, 0.3):
        clock.sleep(seconds)
        arrivals.append(clock.stopwatch_ns())
    clock.sleep(5)
    one.answered(Completion("x"), ANSWER, arrivals, Reader())
    assert finished == [Finished(one, Completion("x"), 120, (120, 300), ANSWER)]


def test_an_answer_without_a_body_has_the_time_it_took(finished: list[Finished], clock: ManualClock) -> None:
    """Where no piece came the latency runs to the end."""
    one = ticket(clock, finished.append)
    clock.sleep(0.25)
    one.answered(Completion(), Answer(204), [], Reader())
    assert (finished[0].latency, finished[0].gaps) == (250, ())


def test_an_answer_being_read_is_among_the_open_ones(finished: list[Finished], clock: ManualClock) -> None:
    """A session knows what is still being read until it ends, whichever way."""
    for end in ("answered", "forget"):
        open_streams: dict[Leaving, None] = {}
        one = ticket(clock, finished.append, open_streams=open_streams)
        reader = Reader()
        one.keep_open(reader)
        assert list(open_streams) == [reader]
        if end == "answered":
            one.answered(Completion("x"), ANSWER, [], reader)
        else:
            one.forget(reader)
        assert open_streams == {}


def test_a_forgotten_call_has_no_outcome(finished: list[Finished], clock: ManualClock) -> None:
    """A call that was interrupted is stored as nothing, whatever comes later."""
    one = ticket(clock, finished.append)
    one.forget(Reader())
    one.answered(Completion("x"), ANSWER, [], Reader())
    one.complete(Completion("x"))
    assert finished == []


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**10), max_size=20))
def test_gaps_add_up_to_the_time_of_the_last_piece(began: int, waits: list[int]) -> None:
    """Rounding never adds up: the gaps' sum is the last arrival in whole milliseconds, and none is negative."""
    arrivals = [began + at for at in itertools.accumulate(waits)]
    gaps = gaps_between(began, arrivals)
    assert len(gaps) == len(arrivals)
    assert sum(gaps) == (sum(waits) // 1_000_000)
    assert all(gap >= 0 for gap in gaps)


def test_a_body_that_came_at_once_has_no_gaps() -> None:
    """Below ten milliseconds in all there is nothing worth playing again."""
    assert quiet([3, 6]) == ()
    assert quiet([3, 7]) == (3, 7)
    assert quiet([]) == ()
