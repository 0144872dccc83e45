"""Streams of the OpenAI-compatible provider, sync and async."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import Usage
from playhead.errors import PermanentError, ProviderError

HELLO = CompletionRequest("hello")


def events(*chunks: Any) -> bytes:
    """Give the body of a stream with these chunks."""
    lines = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    return "".join(f"data: {line}\n\n" for line in lines).encode()


def delta(content: str | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """Give one chunk."""
    text = {} if content is None else {"content": content}
    return {"model": "m-1-x", "choices": [{"index": 0, "delta": {**text, **fields}, "finish_reason": finish}]}


CHUNKS = (delta("Hel"), delta("lo"), delta(finish="stop"), {"choices": [], "usage": {"total_tokens": 7}}, "[DONE]")


def streamed(*chunks: Any) -> httpx.Response:
    """Give a streamed response."""
    body = events(*(chunks or CHUNKS))
    return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=body)


def test_stream(driver: Any) -> None:
    """Pieces have the server's boundaries, and the completion has provider, model and the usage asked for."""
    upstream = driver.upstream(streamed())
    stream = driver.make(name="acme", transport=upstream.transport, api_key="stream-key").stream(HELLO)
    assert driver.read(stream) == ["Hel", "lo"]
    assert stream.completion == Completion(
        "Hello", model="m-1-x", usage=Usage(total_tokens=7), finish_reason="stop", provider="acme"
    )
    body = upstream.bodies()[0]
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert upstream.requests[0].headers["Authorization"] == "Bearer stream-key"


def test_stream_keeps_chunks_on_request(driver: Any) -> None:
    """The server's chunks are kept as ``raw`` where that was asked for."""
    stream = driver.make(transport=driver.upstream(streamed()).transport, keep_raw=True).stream(HELLO)
    driver.read(stream)
    assert stream.completion.raw == list(CHUNKS[:-1])


def test_stream_of_tool_calls(driver: Any) -> None:
    """A stream may have no text and still call tools."""
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a"'}}
    rest = {"index": 0, "function": {"arguments": ": 1}"}}
    answer = streamed(delta(tool_calls=[call]), delta(tool_calls=[rest]), delta(finish="tool_calls"), "[DONE]")
    stream = driver.make(transport=driver.upstream(answer).transport).stream(HELLO)
    assert driver.read(stream) == []
    assert stream.completion.tool_calls == (ToolCall("c", "f", '{"a": 1}'),)


def test_stream_is_retried_before_its_first_piece(driver: Any) -> None:
    """Refusals, a plain JSON error and an error event at the start are all tried again."""
    failures = (
        httpx.Response(503),
        httpx.Response(200, json={"error": "busy"}),
        streamed({"error": {"message": "busy"}}),
    )
    for failure in failures:
        upstream = driver.upstream(failure, streamed())
        assert driver.read(driver.make(transport=upstream.transport).stream(HELLO)) == ["Hel", "lo"]
        assert len(upstream.requests) == 2


def test_stream_error_after_pieces(driver: Any) -> None:
    """An error event in the middle comes after the pieces before it, and nothing is sent again."""
    upstream = driver.upstream(streamed(delta("Hel"), {"error": {"message": "lost"}}))
    stream = driver.make(name="acme", transport=upstream.transport).stream(HELLO)
    got: list[str] = []
    with pytest.raises(ProviderError, match="'acme' answered 200, but the answer is an error: 'lost'"):
        driver.read(stream, into=got)
    assert got == ["Hel"]
    assert len(upstream.requests) == 1


def test_stream_refused(driver: Any) -> None:
    """A refused stream is the same error as a refused call."""
    refused = httpx.Response(404, json={"error": {"message": "no such model"}})
    with pytest.raises(PermanentError, match="answered 404: 'no such model'") as caught:
        driver.read(driver.make(transport=driver.upstream(refused).transport).stream(HELLO))
    assert caught.value.context["status"] == 404
