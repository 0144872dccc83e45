"""
What whole and streamed answers of OpenAI's chat have in common: choices, their text and their tool calls.

Source: https://platform.openai.com/docs/api-reference/chat, and the deviations of compatible servers noted at each
place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playhead.core.model import Completion, ToolCall
from playhead.dialects.answers import Counts, arguments_text, made_id
from playhead.dialects.openai_wire import mapping, sequence, text

COUNTS = Counts(("prompt_tokens",), ("completion_tokens",), ("total_tokens",))
"""The names token counts are written under."""


def first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the choice that is the answer, wherever it stands; ``None`` where there is none."""
    choices = [mapping(choice) for choice in sequence(answer.get("choices"))]
    return next((choice for choice in choices if not choice.get("index")), None)


def content_text(message: Mapping[str, Any]) -> str:
    """Give the text of a message or delta: a string, the text parts of a list, or the words of a refusal."""
    content = message.get("content")
    if isinstance(content, str):
        found = content
    else:
        found = "".join(text(part.get("text")) for part in map(mapping, sequence(content)) if _is_text(part))
    return found or text(message.get("refusal"))


def _is_text(part: Mapping[str, Any]) -> bool:
    return part.get("type", "text") in ("text", "output_text")


def calls_of(message: Mapping[str, Any]) -> Sequence[Any]:
    """Give the tool calls of a message or delta; the older ``function_call`` is one without an id."""
    calls = sequence(message.get("tool_calls"))
    older = message.get("function_call")
    return [{"index": 0, "function": older}] if older and not calls else calls


def read_call(call: Mapping[str, Any]) -> ToolCall:
    """Read a whole tool call."""
    name, arguments = called(call)
    return ToolCall(id=text(call.get("id")), name=name, arguments=arguments)


def called(call: Mapping[str, Any]) -> tuple[str, str]:
    """Give name and arguments; a custom tool has free text as ``input`` where a function has JSON text."""
    function = mapping(call.get("function") or call.get("custom"))
    # Some servers send the arguments as an object; there is no text of the model's to keep then.
    return text(function.get("name")), arguments_text(function.get("arguments", function.get("input")))


def answer_head(completion: Completion, kind: str, *, prefix: str = "chatcmpl-") -> dict[str, Any]:
    """Give the fields that stand before the choices."""
    # Without a clock every answer is of the same moment.
    head = {"id": made_id(prefix, completion), "object": kind, "created": 0, "model": completion.model}
    return head if completion.model_version is None else {**head, "system_fingerprint": completion.model_version}


def written_call(call: ToolCall) -> dict[str, Any]:
    """Write a whole tool call, as one of a function."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
