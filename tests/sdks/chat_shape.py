"""What the evidence must say of answers in the shape that OpenAI gave chats, which several SDKs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.sdks.cases import Proof, json_or_text

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "turn": {"type": "integer"}},
    "required": ["city", "turn"],
    "additionalProperties": False,
}

JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}}


def chat(value: Mapping[str, Any]) -> Proof:
    """Read a whole answer."""
    choice = value["choices"][0]
    message = choice["message"]
    return Proof(
        text=message["content"] or "",
        model=value["model"],
        finish_reason=choice["finish_reason"],
        tool_calls=_calls(message.get("tool_calls") or ()),
        **_counts(value["usage"]),
    )


def stream(chunks: list[dict[str, Any]]) -> Proof:
    """Read a stream's chunks."""
    text, reason, usage = "", None, None
    calls: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage") or usage
        for choice in chunk["choices"]:
            text += choice["delta"].get("content") or ""
            reason = choice.get("finish_reason") or reason
            for part in choice["delta"].get("tool_calls") or ():
                _add(calls.setdefault(part["index"], {"function": {"name": "", "arguments": ""}}), part)
    found = _calls([calls[at] for at in sorted(calls)])
    return Proof(text, chunks[0]["model"], reason, tool_calls=found, **({} if usage is None else _counts(usage)))


def embeddings(value: Mapping[str, Any]) -> Proof:
    """Read vectors: no text, a model and the tokens of the question."""
    return Proof(model=value["model"], prompt_tokens=value["usage"]["prompt_tokens"])


def _add(call: dict[str, Any], part: Mapping[str, Any]) -> None:
    call["function"]["name"] += part["function"].get("name") or ""
    call["function"]["arguments"] += part["function"].get("arguments") or ""


def _calls(calls: Any) -> list[tuple[str, Any]]:
    return [(call["function"]["name"], json_or_text(call["function"]["arguments"])) for call in calls]


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    return {"prompt_tokens": usage["prompt_tokens"], "completion_tokens": usage["completion_tokens"]}
