"""
Streamed chat answers: some 2 KB of text in pieces of a few characters, as tokens come; over the wire, 250 events of
59 KB with everything OpenAI's servers send, random ``obfuscation`` included, cut as a network cuts them.
"""

from __future__ import annotations

import msgspec

from benchmarks.workloads.calls import Call, Calls, seeded
from benchmarks.workloads.chat import chat_call
from benchmarks.workloads.wire import live_stream_exchange, stream_exchange


def stream_call(index: int) -> Call:
    """Make a streamed call."""
    call = chat_call(index)
    cuts = seeded(21, index)
    text = call.completion.text
    pieces: list[str] = []
    at = 0
    while at < len(text):
        length = cuts.number(1, 8)
        pieces.append(text[at : at + length])
        at += length
    given = tuple(pieces)
    return Call(
        call.request,
        call.completion,
        lambda: stream_exchange(call.request, call.completion, given, seeded(22, index)),
        pieces=given,
    )


def stream_calls(n: int) -> Calls:
    """Give ``n`` streamed calls."""
    return Calls(n, stream_call)


EVENTS = 250


def wire_stream_call(index: int) -> Call:
    """Make a streamed call of ``EVENTS`` events, the end mark included."""
    call = chat_call(index)
    cuts = seeded(23, index)
    pieces: list[str] = []
    at = 0
    while len(pieces) < EVENTS - 3:  # the first event has no text, and two end the stream
        length = cuts.number(1, 8)
        piece = call.completion.text[at : at + length]
        if not piece:
            at = 0
            continue
        pieces.append(piece)
        at += length
    given = tuple(pieces)
    completion = msgspec.structs.replace(call.completion, text="".join(given))
    return Call(
        call.request,
        completion,
        lambda: live_stream_exchange(call.request, completion, given, seeded(24, index)),
        pieces=given,
    )


def wire_stream_calls(n: int) -> Calls:
    """Give ``n`` streamed calls over the wire."""
    return Calls(n, wire_stream_call)
