"""
Live values in a streamed answer whose events cut the recorded ones in pieces.

A model streams an id in three or four events, so no search in the bytes finds it. Such a stream is written anew in its
dialect, with the text of its events cut where it was cut and the live value in the one where the recorded one began.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from playhead.core.calls import CallEntry, bind_outcome
from playhead.core.model import Completion, CompletionRequest, Stream
from playhead.core.placeholders import Hiding, bind_text
from playhead.core.wire import Answer, with_body
from playhead.dialects.dialect import Dialect
from playhead.errors import ProviderError
from playhead.format.content import decode_content

_NAME = re.compile(r"(?<!⟦)⟦[a-z][a-z0-9-]* ([1-9][0-9]*)⟧")


def rebound(
    dialect: Dialect, request: CompletionRequest, entry: CallEntry, recorded: Answer, values: Sequence[str]
) -> Answer | None:
    """
    Write a recorded stream anew with live values.

    Args:
        dialect: What it is written in.
        request: The live request.
        entry: The recorded call.
        recorded: Its answer, placeholders where whole values stood.
        values: The live values.

    Returns:
        The answer, or ``None`` where every value stands whole in its bytes, so that they need only be bound.
    """
    outcome = entry.call.outcome
    if dialect.stream is None or not isinstance(outcome, Stream) or not isinstance(outcome.end, Completion):
        return None
    content = decode_content(recorded.header("content-encoding"), recorded.content())
    if content is None:
        return None
    said = msgspec.json.encode(outcome.end).decode()
    names = {int(found.group(1)): found.group() for found in _NAME.finditer(said)}
    cut = [number for number, name in names.items() if name.encode() not in content]
    if not cut:
        return None
    reader = dialect.stream.reader()
    try:
        pieces = list(reader.feed(content))
    except ProviderError:
        return None
    known = [(entry.volatile.bound[number - 1], names[number]) for number in cut if number <= len(entry.volatile.bound)]
    hidden = Hiding([value for value, _ in known], [name for _, name in known]).pieces(pieces)
    live = [bind_text(piece, values) for piece in hidden]
    end = bind_outcome(outcome.end, values)
    if not isinstance(end, Completion):
        return None
    if "".join(live) != end.text:
        live = [end.text]
    return with_body(recorded, [bytes(event) for event in dialect.stream.encode(end, live, request)])
