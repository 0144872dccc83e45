"""
What the gateway has seen: the last calls, and who wants to know of new ones.

A call costs an object while it is answered; what is shown of it is worked out when somebody looks.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from playhead.core.redaction import Redactor
from playhead.dialects.openai_wire import mapping, sequence
from playhead.errors import PlayheadError
from playhead.gateway.arriving import Arrived
from playhead.gateway.replies import Rejected
from playhead.wire.exchange import read_sent

MOST_CALLS = 200
"""Calls that are remembered."""

MOST_SHOWN = 400
"""Characters that are shown of a question."""

_MOST_KEPT = 64 * 1024
"""Bytes of a body that is kept to be shown; of a larger one nothing is."""


class Seen:
    """
    One call.

    Attributes:
        number: Counted from 1.
        verdict: ``played``, ``recorded``, ``live``, ``refused``, ``failed``, or empty while it is answered.
        status: The HTTP status of the answer.
        cassette: The cassette's path.
        upstream: The name of who answered, where it was not the cassette.
        error: Why it was refused.
    """

    __slots__ = (
        "_began",
        "_ended",
        "_wall",
        "arrived",
        "cassette",
        "error",
        "number",
        "status",
        "upstream",
        "verdict",
    )

    def __init__(self, number: int, arrived: Arrived) -> None:
        self.number = number
        self.arrived = arrived
        self.verdict = ""
        self.status = 0
        self.cassette = ""
        self.upstream = ""
        self.error: Rejected | PlayheadError | None = None
        self._wall = time.time()
        self._began = time.perf_counter_ns()
        self._ended = 0

    def end(self) -> None:
        """Stop the clock; a large body is let go of."""
        self._ended = time.perf_counter_ns()
        if len(self.arrived.body) > _MOST_KEPT:
            self.arrived.body = b""

    def shown(self, redactor: Redactor) -> dict[str, Any]:
        """Give the call in plain values, without its secrets."""
        arrived, error = self.arrived, self.error
        question, model, provider, operation, stream = _said(arrived)
        return {
            "number": self.number,
            "at": round(self._wall, 3),
            "ms": round(((self._ended or time.perf_counter_ns()) - self._began) / 1e6, 1),
            "method": arrived.method,
            "path": redactor.redact_text(arrived.path[:MOST_SHOWN]),
            "provider": provider,
            "operation": operation,
            "model": redactor.redact_text(model[:MOST_SHOWN]) if model else "",
            "stream": stream,
            "question": redactor.redact_text(question)[:MOST_SHOWN],
            "verdict": self.verdict,
            "status": self.status,
            "cassette": self.cassette,
            "test": redactor.redact_text(arrived.wishes.test[:MOST_SHOWN]),
            "upstream": self.upstream,
            "message": redactor.redact_text(error.message) if error is not None else "",
            "hint": (error.hint or "") if error is not None else "",
            "differences": [
                redactor.redact_text(each) for each in getattr(getattr(error, "evidence", None), "differences", ())
            ],
        }


def _said(arrived: Arrived) -> tuple[str, str, str, str, bool]:
    """Give what a request asks, of which model, provider and operation, and whether for a stream."""
    try:
        read = read_sent(arrived)
    except PlayheadError:
        return "", "", "", "", False
    operation = read.dialect.operation if read.dialect is not None else ""
    return _question(read.request.conversation()), read.request.model or "", read.provider, operation, read.stream


def _question(conversation: Any) -> str:
    for message in reversed(conversation):
        content = message.get("content")
        if isinstance(content, str):
            return content
        parts = sequence(message.get("parts") or content)
        texts = [text for text in (mapping(part).get("text") for part in parts) if isinstance(text, str)]
        if texts:
            return " ".join(texts)
    return ""


class CallLog:
    """The last calls, newest last."""

    def __init__(self) -> None:
        self._calls: deque[Seen] = deque(maxlen=MOST_CALLS)
        self._count = 0
        self._listeners: set[asyncio.Event] = set()
        self.counts = {"played": 0, "recorded": 0, "live": 0, "refused": 0, "failed": 0}
        self.closed = False

    def start(self, arrived: Arrived) -> Seen:
        """Take in a call that starts."""
        self._count += 1
        seen = Seen(self._count, arrived)
        self._calls.append(seen)
        return seen

    def finish(self, seen: Seen) -> None:
        """Take in that a call has been answered."""
        seen.end()
        # Whatever ended a call without a word was a fault.
        seen.verdict = seen.verdict or "failed"
        self.counts[seen.verdict] += 1
        self._tell()

    def since(self, number: int) -> Iterator[Seen]:
        """Give the calls after one, oldest first."""
        return (seen for seen in tuple(self._calls) if seen.number > number)

    @property
    def count(self) -> int:
        """How many calls there were."""
        return self._count

    def listen(self) -> asyncio.Event:
        """Give an event that is set when there is news; ``forget`` it afterwards."""
        event = asyncio.Event()
        self._listeners.add(event)
        return event

    def forget(self, event: asyncio.Event) -> None:
        """Tell a listener no more."""
        self._listeners.discard(event)

    def close(self) -> None:
        """Let listeners go: the gateway stops."""
        self.closed = True
        self._tell()

    def _tell(self) -> None:
        for event in self._listeners:
            event.set()
