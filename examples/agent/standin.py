"""A stand-in for the vendor, so that the example can be recorded on any machine: it answers as OpenAI's chat does."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2

CALLS: list[dict[str, Any]] = [
    {"index": 0, "id": "call_weather", "name": "weather", "arguments": ['{"city": ', '"Zürich"}']},
    {"index": 1, "id": "call_clock", "name": "clock", "arguments": ['{"zone": "Europe/', 'Zurich"}']},
]
ADVICE = ("Zieh dich warm an: es ist früh und kalt.", "Mütze, Schal, Handschuhe, bei -3 °C!")


def vendor() -> Callable[[httpx2.Request], httpx2.Response]:
    """Make a vendor; each advises otherwise the second time."""
    advice = itertools.cycle(ADVICE)

    def answered(request: httpx2.Request) -> httpx2.Response:
        asked = json.loads(request.content)
        deltas = _asks_for_tools() if asked["messages"][-1]["role"] == "user" else _advises(next(advice))
        body = "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in _events(deltas))
        content = f"{body}data: [DONE]\n\n".encode()
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=content)

    return answered


def _asks_for_tools() -> Iterator[tuple[dict[str, Any], str | None]]:
    yield {"role": "assistant", "content": None}, None
    for call in CALLS:
        head = {"index": call["index"], "id": call["id"], "type": "function"}
        yield {"tool_calls": [{**head, "function": {"name": call["name"], "arguments": ""}}]}, None
        for part in call["arguments"]:
            yield {"tool_calls": [{"index": call["index"], "function": {"arguments": part}}]}, None
    yield {}, "tool_calls"


def _advises(advice: str) -> Iterator[tuple[dict[str, Any], str | None]]:
    text = json.dumps({"city": "Zürich", "advice": advice}, ensure_ascii=False)
    yield {"role": "assistant", "content": ""}, None
    for start in range(0, len(text), 9):
        yield {"content": text[start : start + 9]}, None
    yield {}, "stop"


def _events(deltas: Iterator[tuple[dict[str, Any], str | None]]) -> Iterator[dict[str, Any]]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "gpt-4o-2024-08-06"}
    for delta, reason in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
