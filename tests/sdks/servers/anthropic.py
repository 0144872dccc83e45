"""Anthropic's protocol: messages, named stream events, token counts, models, and an error type for each status."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.sdks.servers.base import Answer, Asked, LoopbackServer, json_answer, sse
from tests.sdks.servers.words import KNOWN_MODELS, TOOL_ARGUMENTS, count, cut, last_text, words

ERRORS = {400: "invalid_request_error", 404: "not_found_error", 429: "rate_limit_error", 500: "api_error"}


class AnthropicServer(LoopbackServer):
    """``/v1/messages``, ``/v1/messages/count_tokens``, ``/v1/models``."""

    vendor = "anthropic"

    @property
    def base_url(self) -> str:
        """The address as the SDK wants it."""
        return self.root

    def error(self, status: int, message: str) -> Answer:
        """Refuse in Anthropic's words."""
        error = {"type": ERRORS.get(status, "api_error"), "message": message}
        return json_answer(
            {"type": "error", "error": error, "request_id": "req_refused"}, status, request_id="req_refused"
        )

    def answer(self, asked: Asked, turn: int) -> Answer:
        """Answer by path."""
        if asked.path == "/v1/messages":
            return self.messages(asked.json, turn)
        if asked.path == "/v1/messages/count_tokens":
            tokens = sum(count(last_text([one])) for one in asked.json["messages"])
            return json_answer({"input_tokens": tokens + turn})
        if asked.path == "/v1/models":
            data = [card(name) for name in KNOWN_MODELS]
            return json_answer({"data": data, "has_more": False, "first_id": "tiny-1", "last_id": "tiny-2"})
        if asked.path.startswith("/v1/models/") and asked.path.rpartition("/")[2] in KNOWN_MODELS:
            return json_answer(card(asked.path.rpartition("/")[2]))
        return self.error(404, f"no such path: {asked.path}")

    def messages(self, body: Mapping[str, Any], turn: int) -> Answer:
        """Answer a message, whole or as a stream."""
        if body.get("model") not in KNOWN_MODELS:
            return self.error(404, f"model: {body.get('model')}")
        if not body.get("messages"):
            return self.error(400, "messages: at least one message is required")
        if body.get("stream"):
            return sse(self.events(body, turn), names=lambda event: str(event["type"]))
        return json_answer(self.message(body, turn), request_id=f"req_{turn:04}")

    def message(self, body: Mapping[str, Any], turn: int) -> dict[str, Any]:
        """Give the whole answer."""
        asked = last_text(body["messages"])
        text = "".join(words(turn, asked))
        content: list[dict[str, Any]] = [{"type": "text", "text": text}]
        if body.get("tools"):
            tool = {"type": "tool_use", "id": f"toolu_{turn:04}", "name": body["tools"][0]["name"]}
            content.append({**tool, "input": json.loads(TOOL_ARGUMENTS)})
        elif body.get("output_config", {}).get("format"):
            content = [{"type": "text", "text": json.dumps({"city": "Zürich", "turn": turn})}]
        return {
            "id": f"msg_{turn:04}",
            "type": "message",
            "role": "assistant",
            "model": f"{body['model']}-20260501",
            "content": content,
            "stop_reason": "tool_use" if body.get("tools") else "end_turn",
            "stop_sequence": None,
            "usage": {
                "input_tokens": count(asked) + count(str(body.get("system", ""))),
                "output_tokens": count(text),
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 2,
            },
        }

    def events(self, body: Mapping[str, Any], turn: int) -> Iterator[dict[str, Any]]:
        """Give a stream's events: blocks one after the other, a ping between, the counts at the ends."""
        whole = self.message(body, turn)
        usage = whole["usage"]
        opened = {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
        yield {"type": "message_start", "message": opened}
        for at, block in enumerate(whole["content"]):
            yield from block_events(at, block, words(turn, last_text(body["messages"])))
            yield {"type": "ping"}
        delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage["output_tokens"]}}
        yield {"type": "message_stop"}


def block_events(at: int, block: Mapping[str, Any], pieces: list[str]) -> Iterator[dict[str, Any]]:
    """Give the events of one block."""
    if block["type"] == "tool_use":
        yield {"type": "content_block_start", "index": at, "content_block": {**block, "input": {}}}
        parts = [{"type": "input_json_delta", "partial_json": part} for part in ("", *cut(json.dumps(block["input"])))]
    else:
        yield {"type": "content_block_start", "index": at, "content_block": {"type": "text", "text": ""}}
        texts = pieces if block["text"] == "".join(pieces) else cut(block["text"])
        parts = [{"type": "text_delta", "text": text} for text in texts]
    for part in parts:
        yield {"type": "content_block_delta", "index": at, "delta": part}
    yield {"type": "content_block_stop", "index": at}


def card(name: str) -> dict[str, Any]:
    """Describe a model."""
    return {"type": "model", "id": name, "display_name": name.title(), "created_at": "2026-05-01T00:00:00Z"}
