"""Cohere's second protocol: content in parts, typed stream events, counts in two kinds of units."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.sdks.servers.base import Answer, Asked, LoopbackServer, json_answer, sse
from tests.sdks.servers.words import KNOWN_MODELS, TOOL_ARGUMENTS, count, cut, last_text, vector, words


class CohereServer(LoopbackServer):
    """``/v2/chat``, ``/v2/embed``, ``/v2/rerank``, ``/v1/models``."""

    vendor = "cohere"

    @property
    def base_url(self) -> str:
        """The address as the SDK wants it."""
        return self.root

    def error(self, status: int, message: str) -> Answer:
        """Refuse with a message and an id."""
        return json_answer({"id": "refused", "message": message}, status)

    def answer(self, asked: Asked, turn: int) -> Answer:
        """Answer by path."""
        if asked.path == "/v1/models":
            return json_answer({"models": [{"name": name, "endpoints": ["chat"]} for name in KNOWN_MODELS]})
        body = asked.json
        if body.get("model") not in KNOWN_MODELS:
            return self.error(404, f"model '{body.get('model')}' not found")
        if asked.path == "/v2/chat":
            if not body.get("messages"):
                return self.error(400, "messages must not be empty")
            if body.get("stream"):
                return sse(self.events(body, turn), names=lambda event: str(event["type"]), done="[DONE]")
            return json_answer(self.chat(body, turn))
        if asked.path == "/v2/embed":
            texts = body["texts"]
            tokens = {"input_tokens": sum(count(text) for text in texts)}
            meta = {"api_version": {"version": "2"}, "billed_units": tokens}
            found = {"float": [vector(turn, text) for text in texts]}
            whole = {"id": f"emb-{turn:04}", "embeddings": found, "texts": texts, "meta": meta}
            return json_answer({**whole, "response_type": "embeddings_by_type"})
        if asked.path == "/v2/rerank":
            results = [{"index": at, "relevance_score": 1 / (at + turn + 1)} for at, _ in enumerate(body["documents"])]
            return json_answer(
                {"id": f"rank-{turn:04}", "results": results, "meta": {"billed_units": {"search_units": 1}}}
            )
        return self.error(404, f"no such path: {asked.path}")

    def chat(self, body: Mapping[str, Any], turn: int) -> dict[str, Any]:
        """Give a whole answer."""
        asked = last_text(body["messages"])
        message: dict[str, Any] = {"role": "assistant"}
        if body.get("tools"):
            function = {"name": body["tools"][0]["function"]["name"], "arguments": TOOL_ARGUMENTS}
            message["tool_plan"] = f"I shall look, turn {turn}."
            message["tool_calls"] = [{"id": f"call_{turn:04}", "type": "function", "function": function}]
            answered = 5
        else:
            text = (
                json.dumps({"city": "Zürich", "turn": turn})
                if "response_format" in body
                else "".join(words(turn, asked))
            )
            message["content"] = [{"type": "text", "text": text}]
            answered = count(text)
        units = {"input_tokens": count(asked), "output_tokens": answered}
        tokens = {"input_tokens": count(asked) + 100, "output_tokens": answered + 1}
        return {
            "id": f"chat-{turn:04}",
            "finish_reason": "TOOL_CALL" if body.get("tools") else "COMPLETE",
            "message": message,
            "usage": {"billed_units": units, "tokens": tokens},
        }

    def events(self, body: Mapping[str, Any], turn: int) -> Iterator[dict[str, Any]]:
        """Give a stream's events."""
        whole = self.chat(body, turn)
        message = whole["message"]
        start = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        yield {"type": "message-start", "id": whole["id"], "delta": {"message": start}}
        if "tool_calls" in message:
            for part in cut(message["tool_plan"]):
                yield {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": part}}}
            yield from call_events(message["tool_calls"][0])
        else:
            text = message["content"][0]["text"]
            pieces = words(turn, last_text(body["messages"]))
            yield {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}
            for piece in pieces if text == "".join(pieces) else cut(text):
                yield {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": piece}}}}
            yield {"type": "content-end", "index": 0}
        yield {"type": "message-end", "delta": {"finish_reason": whole["finish_reason"], "usage": whole["usage"]}}


def call_events(call: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the events of one tool call."""
    opened = {**call, "function": {**call["function"], "arguments": ""}}
    yield {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": opened}}}
    for part in cut(call["function"]["arguments"]):
        delta = {"message": {"tool_calls": {"function": {"arguments": part}}}}
        yield {"type": "tool-call-delta", "index": 0, "delta": delta}
    yield {"type": "tool-call-end", "index": 0}
