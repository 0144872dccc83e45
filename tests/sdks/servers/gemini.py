"""Gemini's protocol: the model and the operation stand in the path, streams are SSE without names or an end mark."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.sdks.servers.base import Answer, Asked, LoopbackServer, json_answer, sse
from tests.sdks.servers.words import KNOWN_MODELS, TOOL_ARGUMENTS, count, cut, last_text, vector, words

STATUSES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}


class GeminiServer(LoopbackServer):
    """``models/NAME:generateContent`` and its kin, under any version."""

    vendor = "google_genai"

    @property
    def base_url(self) -> str:
        """The address as the SDK wants it."""
        return self.root

    def error(self, status: int, message: str) -> Answer:
        """Refuse in Google's words."""
        error = {"code": status, "message": message, "status": STATUSES.get(status, "UNKNOWN")}
        return json_answer({"error": error}, status)

    def answer(self, asked: Asked, turn: int) -> Answer:
        """Answer by the last part of the path."""
        _, _, place = asked.path.partition("/models")
        name, _, operation = place.removeprefix("/").partition(":")
        if not place:
            return json_answer({"models": [card(one) for one in KNOWN_MODELS]})
        if name not in KNOWN_MODELS:
            return self.error(404, f"models/{name} is not found")
        body = asked.json
        if not operation:
            return json_answer(card(name))
        if operation in ("generateContent", "streamGenerateContent") and not body.get("contents"):
            return self.error(400, "contents must not be empty")
        if operation == "generateContent":
            return json_answer(self.whole(name, body, turn))
        if operation == "streamGenerateContent" and asked.query.get("alt") == "sse":
            return sse(self.chunks(name, body, turn))
        if operation == "countTokens":
            return json_answer({"totalTokens": count(last_text(body["contents"], "parts")) + turn})
        if operation == "embedContent":
            values = vector(turn, last_text([body["content"]], "parts"))
            return json_answer({"embedding": {"values": values}})
        if operation == "batchEmbedContents":
            texts = [last_text([one["content"]], "parts") for one in body["requests"]]
            return json_answer({"embeddings": [{"values": vector(turn, text)} for text in texts]})
        return self.error(404, f"no such operation: {operation}")

    def parts(self, body: Mapping[str, Any], turn: int) -> list[dict[str, Any]]:
        """Give the answer in parts."""
        if body.get("tools"):
            name = body["tools"][0]["functionDeclarations"][0]["name"]
            return [{"functionCall": {"id": f"call_{turn:04}", "name": name, "args": json.loads(TOOL_ARGUMENTS)}}]
        if body.get("generationConfig", {}).get("responseMimeType") == "application/json":
            return [{"text": part} for part in cut(json.dumps({"city": "Zürich", "turn": turn}))]
        return [{"text": text} for text in words(turn, last_text(body["contents"], "parts"))]

    def usage(self, body: Mapping[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
        """Count words."""
        asked = sum(count(last_text([one], "parts")) for one in body["contents"])
        answered = count("".join(part.get("text", "") for part in parts)) or 5
        details = [{"modality": "TEXT", "tokenCount": asked}]
        counts = {"promptTokenCount": asked, "candidatesTokenCount": answered, "totalTokenCount": asked + answered}
        return {**counts, "promptTokensDetails": details}

    def response(self, name: str, turn: int, parts: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
        """Give one response object."""
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if reason is not None:
            candidate["finishReason"] = reason
        return {"candidates": [candidate], "modelVersion": f"{name}-001", "responseId": f"resp{turn:04}"}

    def whole(self, name: str, body: Mapping[str, Any], turn: int) -> dict[str, Any]:
        """Give a whole answer; its text is one part."""
        parts = self.parts(body, turn)
        joined = parts if "functionCall" in parts[0] else [{"text": "".join(part["text"] for part in parts)}]
        return {**self.response(name, turn, joined, "STOP"), "usageMetadata": self.usage(body, parts)}

    def chunks(self, name: str, body: Mapping[str, Any], turn: int) -> Iterator[dict[str, Any]]:
        """Give a stream's objects, the last with the reason and the counts."""
        parts = self.parts(body, turn)
        for part in parts[:-1]:
            yield {**self.response(name, turn, [part], None), "usageMetadata": {"promptTokenCount": 1}}
        yield {**self.response(name, turn, parts[-1:], "STOP"), "usageMetadata": self.usage(body, parts)}


def card(name: str) -> dict[str, Any]:
    """Describe a model."""
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.title(),
        "inputTokenLimit": 8192,
        "outputTokenLimit": 1024,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }
