"""A small cassette of everything: takes, streams, parallel tool calls, a failure, at both seams."""

from __future__ import annotations

import contextlib
import functools
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from hypothesis import find, settings
from hypothesis import strategies as st

import playhead
from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import Usage

NAME = "openai"
URL = "https://api.openai.test/v1/chat/completions"
HELLO = CompletionRequest("hello", model="m")
STORY = CompletionRequest("a story", model="m")
TOOLS = CompletionRequest("what is it like outside?", model="m")
BROKEN = CompletionRequest("break", model="m")
CALLS = (ToolCall("call_1", "weather", '{"city": "Zürich"}'), ToolCall("call_2", "clock", '{"zone": "CET"}'))


class Model:
    """Answers ``hello`` otherwise each time, with tools, in pieces, or not at all."""

    def __init__(self) -> None:
        self.asked = 0

    def complete(self, request: CompletionRequest) -> Completion:
        if request == BROKEN:
            raise playhead.ProviderError("out of order")
        if request == TOOLS:
            return Completion("", model="m", tool_calls=CALLS, finish_reason="tool_calls", usage=Usage(3, 4, 7))
        self.asked += 1
        return Completion(f"grüezi {self.asked}", model="m", finish_reason="stop", usage=Usage(1, 2, 3))

    def stream(self, _request: CompletionRequest) -> Iterator[str]:
        yield from ("Once ", "upon a ", "tïme")


def answered(request: httpx.Request) -> httpx.Response:
    """Answer as OpenAI does: whole, in events, with tools."""
    asked = json.loads(request.content)
    head = {"id": "chatcmpl-1", "created": 1, "model": "m"}
    if asked.get("stream"):
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": piece} for piece in ("Grüezi ", "mitein", "ander")]
        events = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        events.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        body = "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events) + "data: [DONE]\n\n"
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body.encode())
    message: dict[str, Any] = {"role": "assistant", "content": "grüezi"}
    if asked.get("tools"):
        calls = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}} for c in CALLS
        ]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
    reason = "tool_calls" if asked.get("tools") else "stop"
    body = json.dumps({**head, "choices": [{"index": 0, "message": message, "finish_reason": reason}]})
    return httpx.Response(200, headers={"content-type": "application/json"}, content=body.encode())


def posted(**fields: Any) -> dict[str, Any]:
    """Give the body of a chat."""
    return {"model": "m", "messages": [{"role": "user", "content": "hello"}], **fields}


BODIES = (posted(), posted(stream=True), posted(tools=[{"type": "function", "function": {"name": "weather"}}]))


@functools.cache
def recorded() -> playhead.Cassette:
    """Record once, and give the cassette; it holds no file open."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "agent.cassette"
        with playhead.use_cassette(path, mode="record", wire=False) as session:
            provider = session.wrap(Model(), name=NAME)
            for request in (HELLO, HELLO, HELLO, TOOLS):
                provider.complete(request)
            list(provider.stream(STORY))
            with contextlib.suppress(playhead.ProviderError):
                provider.complete(BROKEN)
            inner = httpx.MockTransport(answered)
            with httpx.Client(transport=playhead.transport(session, inner=inner)) as client:
                for body in BODIES:
                    client.post(URL, json=body)
        return playhead.open_cassette(path)


def shrunk(strategy: st.SearchStrategy[Any], condition: Callable[[Any], bool]) -> Any:
    """Give the simplest value for which something holds."""
    quick = settings(max_examples=1000, database=None, derandomize=True)
    return find(strategy, condition, settings=quick)
