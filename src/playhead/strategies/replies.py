"""An answer over the wire under a script: the recorded bytes, changed, broken off, late, cut elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from playhead.core.model import Completion, Stream
from playhead.core.wire import Answer, WireError, with_body
from playhead.dialects.answers import to_bytes
from playhead.dialects.dialect import Dialect
from playhead.engine.faults import DELAYS, Fault, FaultKind
from playhead.errors import CassetteDamaged, ProviderError
from playhead.format.content import decode_content
from playhead.strategies.changes import cut_lengths
from playhead.strategies.steps import Step
from playhead.wire.exchange import Read
from playhead.wire.injecting import Call, answer_under, split

_TIMED_OUT = WireError("httpx.ReadTimeout", "read-timeout", "the read operation timed out")


class Reply(NamedTuple):
    """
    What a client gets.

    Attributes:
        answer: The answer.
        before: Seconds it waits for the head.
        gaps: Seconds it waits before each piece of the body.
    """

    answer: Answer
    before: float = 0.0
    gaps: tuple[float, ...] = ()


def reply_to(step: Step, read: Read, *, patience: float | None) -> Reply:
    """
    Give the reply to a request.

    Args:
        step: What comes of it.
        read: The request.
        patience: Seconds the client waits for the next bytes; ``None`` is for ever.

    Raises:
        CassetteDamaged: The call was recorded without its answer.
    """
    answer = step.found.answer
    if answer is None:
        raise CassetteDamaged("a call over the wire was recorded without its answer", record=step.found.entry.key)
    fault, chunking = step.turn.fault, step.turn.chunking
    if step.completion is not None:
        answer = _rewritten(answer, read, step.completion)
    if fault is None:
        return Reply(answer._replace(pieces=chunking.cut_bytes(answer.pieces)))
    call = Call(read.request, read.provider, read.dialect, read.stream, answer, step.unbroken)
    if fault.kind not in DELAYS:
        answer = answer_under(fault, step.outcome, call)
        return Reply(answer._replace(pieces=chunking.cut_bytes(answer.pieces)))
    if fault.kind is FaultKind.STALL and read.stream:
        before, after = split(call, fault.after_pieces)
        return _stalled(answer, chunking.cut_bytes(before), chunking.cut_bytes(after), fault, patience)
    return _late(answer._replace(pieces=chunking.cut_bytes(answer.pieces)), fault, patience)


def _rewritten(answer: Answer, read: Read, completion: Completion) -> Answer:
    """Write another answer in the dialect of the recorded one, its text cut where that was cut."""
    dialect = read.dialect
    if dialect is None:
        return answer
    if not read.stream or dialect.stream is None:
        return with_body(answer, [to_bytes(dialect.encode_response(completion, read.request))])
    cuts = cut_lengths([len(piece) for piece in _text_pieces(answer, dialect)], len(completion.text))
    pieces = Stream(end=completion, cuts=cuts).pieces()
    return with_body(answer, [bytes(event) for event in dialect.stream.encode(completion, pieces, read.request)])


def _text_pieces(answer: Answer, dialect: Dialect) -> Sequence[str]:
    content = decode_content(answer.header("content-encoding"), answer.content())
    if dialect.stream is None or not content:
        return []
    try:
        return list(dialect.stream.reader().feed(content))
    except ProviderError:
        return []


def _late(answer: Answer, fault: Fault, patience: float | None) -> Reply:
    """Give an answer that comes late as a whole, or the client's time-out where it waits no longer."""
    if patience is not None and fault.seconds > patience:
        return Reply(Answer(error=_TIMED_OUT), before=patience)
    return Reply(answer, before=fault.seconds)


def _stalled(
    answer: Answer, before: tuple[bytes, ...], after: tuple[bytes, ...], fault: Fault, patience: float | None
) -> Reply:
    """Give a stream that stands still for a while, or breaks there by the client's time-out."""
    if patience is not None and fault.seconds > patience:
        # The wait stands before a piece that never comes.
        broken = answer._replace(pieces=(*before, b""), error=_TIMED_OUT, left=False)
        return Reply(broken, gaps=(*(0.0,) * len(before), patience))
    return Reply(answer._replace(pieces=(*before, *after)), gaps=(*(0.0,) * len(before), fault.seconds))
