"""Calls of another tool's file, taken through a session as live ones are: redacted, journalled, scanned, sealed."""

from __future__ import annotations

from typing import NamedTuple

from playhead.core.model import Completion, Failure, Origin, Outcome, Stream, end_of
from playhead.errors import RecordingError
from playhead.interchange.source import Exchange, Talk
from playhead.sessions.session import Session
from playhead.sessions.tickets import Ticket
from playhead.wire.exchange import outcome_of, read_sent


class Recorded(NamedTuple):
    """
    A call that was recorded.

    Attributes:
        dialect: What it is written in: ``openai chat.completions``; ``http`` for plain HTTP.
        outcome: What it came to.
        model_call: Whether it is a call of a model, and so should prove something.
    """

    dialect: str
    outcome: Outcome
    model_call: bool


class _Reader:
    """Stands for the consumer of an answer, who has read all of it."""

    def close(self) -> None:
        """Do nothing."""


_READER = _Reader()


def record_exchange(session: Session, item: Exchange) -> Recorded:
    """
    Record a call over HTTP.

    Raises:
        RecordingError: It cannot be stored.
    """
    sent, answer = item.sent, item.answer
    read = read_sent(sent)
    ticket = session.begin(read.request, read.provider, origin=Origin.IMPORTED, sent=f"{sent.method} {sent.url}")
    broke = answer.error
    failure = None if broke is None else Failure(broke.type, broke.message)
    outcome, left = outcome_of(read, answer, failure)
    # Nobody knows when the pieces came, but where the file says how long the first one took.
    arrivals = [session.clock.stopwatch_ns() + item.waited] * len(answer.pieces) if item.waited else []
    _open(ticket).answered(outcome, answer._replace(left=left), arrivals, _READER)
    if read.dialect is None:
        return Recorded(read.provider, outcome, model_call=False)
    return Recorded(read.dialect.name, outcome, model_call=read.request.family != "http")


def record_talk(session: Session, item: Talk) -> Recorded:
    """
    Record a call of which only question and answer are known.

    Raises:
        RecordingError: It cannot be stored.
    """
    begun = session.begin(item.request, item.provider, stream=item.stream, origin=Origin.IMPORTED)
    ticket, outcome = _open(begun), item.outcome
    if isinstance(outcome, Stream):
        stream = ticket.stream()
        for piece in outcome.pieces():
            stream.piece(piece)
        if isinstance(outcome.end, Completion):
            stream.complete(outcome.end)
        else:
            stream.close()
    elif isinstance(outcome, Completion):
        ticket.complete(outcome)
    return Recorded(item.provider, outcome, model_call=True)


def _open(begun: object) -> Ticket:
    if not isinstance(begun, Ticket):
        raise RecordingError("a session that replays cannot take in recordings")
    return begun


def proves_something(outcome: Outcome) -> bool:
    """Tell whether an outcome says what was answered: text, tool calls, another output, counts, or how it failed."""
    end = end_of(outcome)
    if isinstance(end, Failure):
        return True
    if not isinstance(end, Completion):
        return isinstance(outcome, Stream) and bool(outcome.joined())
    return bool(end.text or end.tool_calls or end.output is not None or end.usage.reported or end.finish_reason)
