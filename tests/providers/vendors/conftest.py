"""What the tests of the vendors share: an answer of each, whole and streamed."""

from __future__ import annotations

import json
from typing import Any

ANSWERS: dict[str, Any] = {
    "openai": {
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
    },
    "anthropic": {
        "type": "message",
        "model": "claude-3-5-sonnet-20241022",
        "content": [{"type": "text", "text": "Paris"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 7, "output_tokens": 1},
    },
    "google": {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Paris"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1, "totalTokenCount": 8},
        "modelVersion": "gemini-1.5-flash-002",
    },
    "mistral": {
        "model": "mistral-small-2503",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
    },
    "ollama": {
        "model": "llama3.2:3b",
        "message": {"role": "assistant", "content": "Paris"},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 7,
        "eval_count": 1,
    },
}

MODELS: dict[str, Any] = {
    "openai": {"object": "list", "data": [{"id": "m-1"}, {"id": "m-2"}]},
    "anthropic": {"data": [{"type": "model", "id": "m-1"}, {"type": "model", "id": "m-2"}], "has_more": False},
    "google": {"models": [{"name": "models/m-1"}, {"name": "models/m-2"}]},
    "mistral": {"object": "list", "data": [{"id": "m-1"}, {"id": "m-2"}]},
    "ollama": {"models": [{"name": "m-1", "model": "m-1"}, {"name": "m-2"}]},
}


def events(*values: Any, named: bool = False) -> bytes:
    """Give values as server-sent events."""
    return b"".join(
        (f"event: {value['type']}\n" if named else "").encode() + b"data: " + json.dumps(value).encode() + b"\n\n"
        for value in values
    )


def _chunk(delta: dict[str, Any], **further: Any) -> dict[str, Any]:
    return {"model": "m-2", "choices": [{"index": 0, "delta": delta, **further}]}


_OPENAI = events(_chunk({"content": "Par"}), _chunk({"content": "is"}), _chunk({}, finish_reason="stop"))

STREAMS: dict[str, tuple[str, bytes]] = {
    "openai": ("text/event-stream", _OPENAI + b"data: [DONE]\n\n"),
    "mistral": ("text/event-stream", _OPENAI + b"data: [DONE]\n\n"),
    "anthropic": (
        "text/event-stream",
        events(
            {"type": "message_start", "message": {"model": "m-2", "usage": {"input_tokens": 7}}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Par"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "is"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
            {"type": "message_stop"},
            named=True,
        ),
    ),
    "google": (
        "text/event-stream",
        events(
            {"candidates": [{"content": {"parts": [{"text": "Par"}]}}], "modelVersion": "m-2"},
            {"candidates": [{"content": {"parts": [{"text": "is"}]}, "finishReason": "STOP"}]},
        ),
    ),
    "ollama": (
        "application/x-ndjson",
        (
            b'{"model":"m-2","message":{"content":"Par"},"done":false}\n'
            b'{"model":"m-2","message":{"content":"is"},"done":false}\n'
            b'{"model":"m-2","message":{"content":""},"done":true,"done_reason":"stop"}\n'
        ),
    ),
}
