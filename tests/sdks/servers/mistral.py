"""Mistral's protocol: chats much like OpenAI's, with whole tool calls in streams, usage unasked, errors of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.sdks.servers.base import Answer, json_answer
from tests.sdks.servers.openai_like import ChatServer, choice, deltas
from tests.sdks.servers.words import count, last_text, vector


class MistralServer(ChatServer):
    """``/v1/chat/completions``, ``/v1/embeddings``, ``/v1/models``."""

    vendor = "mistralai"

    def error(self, status: int, message: str) -> Answer:
        """Refuse: a list of details for a request that does not fit, an object for the rest."""
        if status == 400:
            detail = {"type": "value_error", "loc": ["body", "messages"], "msg": message, "input": []}
            return json_answer({"detail": [detail]}, 422)
        return json_answer({"object": "error", "message": message, "type": "invalid_model", "code": "1500"}, status)

    def card(self, name: str) -> dict[str, Any]:
        """Describe a model, with what it can do."""
        able = {"completion_chat": True, "function_calling": True}
        return {**super().card(name), "type": "base", "capabilities": able}

    def chunks(self, body: Mapping[str, Any], turn: int) -> Iterator[dict[str, Any]]:
        """Give a stream's chunks; the last has the usage, and a tool call comes whole."""
        message, reason = self.message(body, turn)
        yield self.chunk(body, turn, [choice({"role": "assistant", "content": ""})])
        if message.get("tool_calls"):
            calls = [{**call, "index": at} for at, call in enumerate(message["tool_calls"])]
            last = choice({"content": "", "tool_calls": calls}, reason)
        else:
            for delta in deltas(message, turn, last_text(body["messages"])):
                yield self.chunk(body, turn, [choice(delta)])
            last = choice({"content": ""}, reason)
        yield {**self.chunk(body, turn, [last]), "usage": self.usage(body, message)}

    def usage(self, body: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
        """Count words, three numbers alone."""
        whole = super().usage(body, message)
        return {name: whole[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}

    def embeddings(self, body: Mapping[str, Any], turn: int) -> Answer:
        """Answer with a vector a text."""
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        data = [{"object": "embedding", "index": at, "embedding": vector(turn, one)} for at, one in enumerate(texts)]
        tokens = sum(count(one) for one in texts)
        usage = {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
        whole = {"id": f"emb-{turn:04}", "object": "list", "data": data, "model": body["model"], "usage": usage}
        return json_answer(whole)
