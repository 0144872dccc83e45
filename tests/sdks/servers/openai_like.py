"""OpenAI's protocol, and the others that speak it with a prefix and a few fields of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from tests.sdks.servers.base import Answer, Asked, LoopbackServer, json_answer, sse
from tests.sdks.servers.words import (
    KNOWN_MODELS,
    PNG,
    SECONDS,
    TOOL_ARGUMENTS,
    count,
    cut,
    last_text,
    packed,
    vector,
    words,
)


class ChatServer(LoopbackServer):
    """``/chat/completions``, ``/embeddings`` and ``/models`` under a prefix."""

    prefix: ClassVar[str] = "/v1"
    names_usage_always: ClassVar[bool] = False

    @property
    def base_url(self) -> str:
        """The address as the SDK wants it."""
        return f"{self.root}{self.prefix}"

    def answer(self, asked: Asked, turn: int) -> Answer:
        """Answer by path."""
        if not asked.path.startswith(f"{self.prefix}/"):
            return self.error(404, f"no such path: {asked.path}")
        path = asked.path.removeprefix(self.prefix)
        if path == "/chat/completions":
            return self.chat(asked.json, turn)
        if path == "/embeddings":
            return self.embeddings(asked.json, turn)
        if path == "/models":
            return self.said({"object": "list", "data": [self.card(name) for name in KNOWN_MODELS]}, turn)
        if path.startswith("/models/"):
            name = path.removeprefix("/models/")
            return self.said(self.card(name), turn) if name in KNOWN_MODELS else self.error(404, f"no model {name!r}")
        return self.other(path, asked, turn)

    def other(self, path: str, asked: Asked, turn: int) -> Answer:
        """Answer what is a vendor's own."""
        return self.error(404, f"no such path: {path}")

    def error(self, status: int, message: str) -> Answer:
        """Refuse in OpenAI's words."""
        kind = {429: "rate_limit_exceeded", 404: "not_found"}.get(
            status, "server_error" if status >= 500 else "invalid"
        )
        body = {"error": {"message": message, "type": kind, "param": None, "code": kind}}
        return json_answer(body, status, x_request_id="req_refused")

    def said(self, body: Any, turn: int) -> Answer:
        """Answer with a request id, which SDKs show."""
        return json_answer(body, x_request_id=f"req_{turn:04}")

    def card(self, name: str) -> dict[str, Any]:
        """Describe a model."""
        return {"id": name, "object": "model", "created": SECONDS, "owned_by": "playhead"}

    def chat(self, body: Mapping[str, Any], turn: int) -> Answer:
        """Answer a chat, whole or as a stream."""
        if body.get("model") not in KNOWN_MODELS:
            return self.error(404, f"no model {body.get('model')!r}")
        if not body.get("messages"):
            return self.error(400, "messages must not be empty")
        if body.get("stream"):
            return sse(self.chunks(body, turn), done="[DONE]")
        message, reason = self.message(body, turn)
        value = {
            "id": f"chatcmpl-{turn:04}",
            "object": "chat.completion",
            "created": SECONDS + turn,
            "model": f"{body['model']}-2026-05-01",
            "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
            "usage": self.usage(body, message),
            "system_fingerprint": "fp_tiny",
            **self.extras(turn),
        }
        return self.said(value, turn)

    def extras(self, turn: int) -> dict[str, Any]:
        """Give what this vendor adds to an answer."""
        return {}

    def message(self, body: Mapping[str, Any], turn: int) -> tuple[dict[str, Any], str]:
        """Give the answer's message, and why it ended."""
        if body.get("tools"):
            return {"role": "assistant", "content": None, "tool_calls": tool_calls(body, turn)}, "tool_calls"
        if "response_format" in body:
            return {"role": "assistant", "content": json.dumps({"city": "Zürich", "turn": turn})}, "stop"
        return {"role": "assistant", "content": "".join(words(turn, last_text(body["messages"])))}, "stop"

    def usage(self, body: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
        """Count words."""
        asked = sum(count(last_text([one])) for one in body["messages"])
        answered = count(message["content"] or "") + 5 * len(message.get("tool_calls", ()))
        return {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
            "prompt_tokens_details": {"cached_tokens": 0},
        }

    def chunks(self, body: Mapping[str, Any], turn: int) -> Iterator[dict[str, Any]]:
        """Give a stream's chunks: the role, the pieces, the end, then the usage where it was asked for."""
        message, reason = self.message(body, turn)
        yield self.chunk(body, turn, [choice({"role": "assistant", "content": ""})])
        for delta in deltas(message, turn, last_text(body["messages"])):
            yield self.chunk(body, turn, [choice(delta)])
        yield {**self.chunk(body, turn, [choice({}, reason)]), **self.last_extras(body, message, turn)}
        if (body.get("stream_options") or {}).get("include_usage"):
            yield {**self.chunk(body, turn, []), "usage": self.usage(body, message)}

    def last_extras(self, body: Mapping[str, Any], message: Mapping[str, Any], turn: int) -> dict[str, Any]:
        """Give what this vendor adds to a stream's last chunk."""
        return {}

    def chunk(self, body: Mapping[str, Any], turn: int, choices: list[dict[str, Any]]) -> dict[str, Any]:
        """Give one chunk."""
        return {
            "id": f"chatcmpl-{turn:04}",
            "object": "chat.completion.chunk",
            "created": SECONDS + turn,
            "model": f"{body['model']}-2026-05-01",
            "choices": choices,
        }

    def embeddings(self, body: Mapping[str, Any], turn: int) -> Answer:
        """Answer with a vector a text, as numbers or packed."""
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        vectors = [vector(turn, text) for text in texts]
        shown: list[Any] = [packed(one) for one in vectors] if body.get("encoding_format") == "base64" else [*vectors]
        data = [{"object": "embedding", "index": at, "embedding": one} for at, one in enumerate(shown)]
        tokens = sum(count(text) for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return self.said({"object": "list", "data": data, "model": body["model"], "usage": usage}, turn)


class OpenAIServer(ChatServer):
    """OpenAI's own: responses, moderations, images, speech and transcriptions beside the chat."""

    vendor = "openai"

    def other(self, path: str, asked: Asked, turn: int) -> Answer:
        """Answer what only OpenAI has."""
        if path == "/responses":
            return self.responses(asked.json, turn)
        if path == "/moderations":
            result = {
                "flagged": turn % 2 == 1,
                "categories": {"violence": False},
                "category_scores": {"violence": 0.25},
            }
            return self.said({"id": f"modr-{turn}", "model": "tiny-guard", "results": [result]}, turn)
        if path == "/images/generations":
            return self.said({"created": SECONDS + turn, "data": [{"b64_json": packed([float(turn)])}]}, turn)
        if path == "/audio/speech":
            return Answer(b"RIFF" + bytes(range(256)) * 20 + turn.to_bytes(4), content_type="audio/wav")
        if path == "/audio/transcriptions":
            return self.said({"text": f"I heard {len(asked.body) // 1000} kB, turn {turn}."}, turn)
        if path == "/files/f-1/content":
            return Answer(PNG + bytes([turn]), content_type="image/png")
        return super().other(path, asked, turn)

    def responses(self, body: Mapping[str, Any], turn: int) -> Answer:
        """Answer a response, whole or as a stream of named events."""
        asked = body["input"] if isinstance(body["input"], str) else last_text(body["input"])
        pieces = words(turn, asked)
        response = {
            "id": f"resp_{turn:04}",
            "object": "response",
            "created_at": SECONDS + turn,
            "status": "in_progress",
            "model": f"{body['model']}-2026-05-01",
            "output": [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
        }
        item: dict[str, Any] = {"id": f"msg_{turn:04}", "type": "message", "role": "assistant", "status": "completed"}
        item["content"] = [{"type": "output_text", "text": "".join(pieces), "annotations": [], "logprobs": []}]
        tokens = {"input_tokens": count(asked), "output_tokens": count("".join(pieces))}
        usage = {
            **tokens,
            "total_tokens": sum(tokens.values()),
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }
        whole = {**response, "status": "completed", "output": [item], "usage": usage}
        if not body.get("stream"):
            return self.said(whole, turn)
        return sse(numbered(response_events(response, item, pieces, whole)), names=lambda event: str(event["type"]))


def response_events(
    response: Mapping[str, Any], item: Mapping[str, Any], pieces: list[str], whole: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Give the events of a streamed response in order."""
    empty = {**item, "status": "in_progress", "content": []}
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    yield {"type": "response.created", "response": response}
    yield {"type": "response.output_item.added", "output_index": 0, "item": empty}
    yield {"type": "response.content_part.added", **place, "part": part}
    for piece in pieces:
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": "".join(pieces), "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": item["content"][0]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": whole}


def numbered(events: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Number events."""
    return ({**event, "sequence_number": at} for at, event in enumerate(events))


class GroqServer(ChatServer):
    """Groq's: OpenAI's under ``/openai/v1``, with ``x_groq``."""

    vendor = "groq"
    prefix = "/openai/v1"

    def extras(self, turn: int) -> dict[str, Any]:
        """Add the request's id."""
        return {"x_groq": {"id": f"req_{turn:04}"}}

    def last_extras(self, body: Mapping[str, Any], message: Mapping[str, Any], turn: int) -> dict[str, Any]:
        """Add the id and, without being asked, the usage."""
        return {"x_groq": {"id": f"req_{turn:04}", "usage": self.usage(body, message)}}


class HuggingFaceServer(ChatServer):
    """Hugging Face's router for chats, and an endpoint for vectors at the same address."""

    vendor = "huggingface_hub"

    def answer(self, asked: Asked, turn: int) -> Answer:
        """Answer by path; the address itself is an endpoint's, which gives vectors."""
        if asked.path == self.prefix:
            return self.said([vector(turn, asked.json["inputs"])], turn)
        return super().answer(asked, turn)

    def error(self, status: int, message: str) -> Answer:
        """Refuse in the router's words."""
        return json_answer({"error": message}, status, x_request_id="req_refused")


def choice(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    """Give a chunk's one choice."""
    return {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}


def tool_calls(body: Mapping[str, Any], turn: int) -> list[dict[str, Any]]:
    """Call the first tool that is offered."""
    name = body["tools"][0]["function"]["name"]
    return [{"id": f"call_{turn:04}", "type": "function", "function": {"name": name, "arguments": TOOL_ARGUMENTS}}]


def deltas(message: Mapping[str, Any], turn: int, asked: str) -> Iterator[dict[str, Any]]:
    """Give a message's pieces: text, or a tool call whose arguments come in fragments."""
    for at, call in enumerate(message.get("tool_calls", ())):
        function = call["function"]
        first = {**call, "index": at, "function": {"name": function["name"], "arguments": ""}}
        yield {"tool_calls": [first]}
        for part in cut(function["arguments"]):
            yield {"tool_calls": [{"index": at, "function": {"arguments": part}}]}
    if message["content"]:
        whole = "".join(words(turn, asked))
        yield from (
            {"content": part}
            for part in (words(turn, asked) if message["content"] == whole else cut(message["content"]))
        )
