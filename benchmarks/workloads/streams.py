"""Streamed chat answers: some 2 KB of text in pieces of a few characters, as tokens come."""

from __future__ import annotations

from benchmarks.workloads.calls import Call, Calls, seeded
from benchmarks.workloads.chat import chat_call
from benchmarks.workloads.wire import stream_exchange


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
