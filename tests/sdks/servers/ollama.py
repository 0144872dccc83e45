"""Ollama's protocol: streams are lines of JSON, times are nanoseconds, an error is one field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.sdks.servers.base import Answer, Asked, LoopbackServer, json_answer
from tests.sdks.servers.words import KNOWN_MODELS, TOOL_ARGUMENTS, count, cut, last_text, vector, words


class OllamaServer(LoopbackServer):
    """``/api/chat``, ``/api/generate``, ``/api/embed``, ``/api/tags``, ``/api/show``."""

    vendor = "ollama"

    @property
    def base_url(self) -> str:
        """The address as the SDK wants it."""
        return self.root

    def error(self, status: int, message: str) -> Answer:
        """Refuse with the one field."""
        return json_answer({"error": message}, status)

    def answer(self, asked: Asked, turn: int) -> Answer:
        """Answer by path."""
        body = asked.json
        if asked.path == "/api/tags":
            return json_answer({"models": [card(name, turn) for name in KNOWN_MODELS]})
        if body.get("model") not in KNOWN_MODELS:
            return self.error(404, f"model '{body.get('model')}' not found")
        if asked.path == "/api/chat":
            return lines(self.chat(body, turn), stream=body.get("stream", True))
        if asked.path == "/api/generate":
            return lines(self.generate(body, turn), stream=body.get("stream", True))
        if asked.path == "/api/embed":
            texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
            tokens = sum(count(text) for text in texts)
            vectors = [vector(turn, text) for text in texts]
            counts = {"total_duration": 1000 + turn, "load_duration": 10, "prompt_eval_count": tokens}
            return json_answer({"model": body["model"], "embeddings": vectors, **counts})
        if asked.path == "/api/show":
            details = {"family": "tiny", "parameter_size": "1K", "quantization_level": "F32"}
            return json_answer({"modelfile": "", "details": details, "capabilities": ["completion"]})
        return self.error(404, f"no such path: {asked.path}")

    def chat(self, body: Mapping[str, Any], turn: int) -> Iterator[dict[str, Any]]:
        """Give a chat's lines."""
        asked = last_text(body["messages"])
        head = {"model": body["model"], "created_at": moment(turn)}
        if body.get("tools"):
            name = body["tools"][0]["function"]["name"]
            call = {"function": {"name": name, "arguments": json.loads(TOOL_ARGUMENTS)}}
            yield {**head, "message": {"role": "assistant", "content": "", "tool_calls": [call]}, "done": False}
            answered = 5
        else:
            pieces = self.pieces(body, turn, asked)
            for piece in pieces:
                yield {**head, "message": {"role": "assistant", "content": piece}, "done": False}
            answered = count("".join(pieces))
        end = {"message": {"role": "assistant", "content": ""}, **ended(turn, asked, answered)}
        yield {**head, **end}

    def generate(self, body: Mapping[str, Any], turn: int) -> Iterator[dict[str, Any]]:
        """Give a completion's lines."""
        asked = body.get("prompt", "")
        head = {"model": body["model"], "created_at": moment(turn)}
        pieces = self.pieces(body, turn, asked)
        for piece in pieces:
            yield {**head, "response": piece, "done": False}
        yield {**head, "response": "", **ended(turn, asked, count("".join(pieces))), "context": [1, 2, turn]}

    def pieces(self, body: Mapping[str, Any], turn: int, asked: str) -> list[str]:
        """Give the answer's text, JSON where a format is asked for."""
        return cut(json.dumps({"city": "Zürich", "turn": turn})) if body.get("format") else words(turn, asked)


def moment(turn: int) -> str:
    """Write a time to the nanosecond, as Ollama does."""
    return f"2026-05-01T10:{turn // 60:02}:{turn % 60:02}.123456789Z"


def ended(turn: int, asked: str, answered: int) -> dict[str, Any]:
    """Give the fields of the last line."""
    counts = {"prompt_eval_count": count(asked), "eval_count": answered}
    times = {"total_duration": 5_000_000 + turn, "load_duration": 7, "prompt_eval_duration": 8, "eval_duration": 9}
    return {"done": True, "done_reason": "stop", **times, **counts}


def lines(values: Iterable[dict[str, Any]], *, stream: bool) -> Answer:
    """Answer with lines, or with one object made of them all."""
    found = list(values)
    if stream:
        pieces = [f"{json.dumps(value, ensure_ascii=False)}\n".encode() for value in found]
        return Answer(content_type="application/x-ndjson", pieces=pieces)
    whole = dict(found[-1])
    if "message" in whole:
        message = {**found[0]["message"], "content": "".join(one["message"]["content"] for one in found)}
        return json_answer({**whole, "message": message})
    return json_answer({**whole, "response": "".join(one["response"] for one in found)})


def card(name: str, turn: int) -> dict[str, Any]:
    """Describe a model."""
    details = {"parent_model": "", "format": "gguf", "family": "tiny", "families": ["tiny"], "parameter_size": "1K"}
    return {
        "name": name,
        "model": name,
        "modified_at": moment(turn),
        "size": 4096,
        "digest": "0" * 64,
        "details": details,
    }
