"""
The response of OpenAI's ``/responses`` as one JSON object.

Source: https://platform.openai.com/docs/api-reference/responses/object. Output items that are neither text nor a call
of the caller's tools (reasoning, tools the vendor runs itself) are in the body only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.dialects.answers import Counts, arguments_text, made_id, read_counts, write_counts
from playhead.dialects.openai_wire import error_text, mapping, refuse_error, sequence, text
from playhead.errors import ProviderError

COMPACT = "responses.compact"
"""The operation whose answer is a conversation made shorter."""

COUNTS = Counts(("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens"), ("total_tokens",))
STATUSES = ("completed", "in_progress", "queued", "cancelled", "incomplete")
"""How far a response is; what ``incomplete`` is for has a reason of its own where one is given."""

# The tools that the caller runs and that have no name of their own, with the field that says what to do.
_RUN_BY_CALLER = {
    "computer_call": "action",
    "local_shell_call": "action",
    "shell_call": "action",
    "apply_patch_call": "operation",
}


def decode_answer(value: Any) -> Completion:
    """
    Read the JSON object of a response; one that is still queued or in progress is an answer without a text.

    Raises:
        ProviderError: It holds an error, failed, or has no output.
    """
    answer = mapping(value)
    refuse_error(answer)
    if answer.get("status") == "failed":
        raise ProviderError(f"the answer failed: {error_text(answer)!r}")
    if not isinstance(answer.get("output"), list):
        raise ProviderError(f"the answer has no output: its fields are {sorted(answer)!r}")
    items = [mapping(item) for item in sequence(answer["output"])]
    reason = text(mapping(answer.get("incomplete_details")).get("reason"))
    return Completion(
        text="".join(map(item_text, items)),
        model=text(answer.get("model")),
        usage=read_counts(answer.get("usage"), COUNTS),
        model_version=text(answer.get("system_fingerprint")) or None,
        finish_reason=reason or text(answer.get("status")) or None,
        tool_calls=tuple(call for item in items if (call := item_call(item)) is not None),
    )


def item_text(item: Mapping[str, Any]) -> str:
    """Give what an output item says: its text and the words of a refusal; nothing where it is no message of a model."""
    if item.get("type") != "message" or item.get("role", "assistant") != "assistant":
        return ""
    parts = map(mapping, sequence(item.get("content")))
    return text(item.get("content")) or "".join(text(part.get("text")) or text(part.get("refusal")) for part in parts)


def item_call(item: Mapping[str, Any]) -> ToolCall | None:
    """Give the tool call that an output item is; ``None`` where the caller has nothing to run."""
    kind, call_id, name = text(item.get("type")), text(item.get("call_id")), text(item.get("name"))
    if kind == "function_call":
        return ToolCall(call_id, name, arguments_text(item.get("arguments")))
    if kind == "custom_tool_call":
        return ToolCall(call_id, name, arguments_text(item.get("input")))
    if kind in _RUN_BY_CALLER:
        return ToolCall(call_id, kind.removesuffix("_call"), arguments_text(item.get(_RUN_BY_CALLER[kind])))
    return None


def encode_answer(completion: Completion, request: CompletionRequest) -> dict[str, Any]:
    """Give the JSON object of a response, the inverse of ``decode_answer``."""
    return {**answer_head(completion, request), **answer_end(completion)}


def answer_head(completion: Completion, request: CompletionRequest) -> dict[str, Any]:
    """Give the fields of a response that has not begun to answer."""
    kind = "response.compaction" if request.operation == COMPACT else "response"
    head: dict[str, Any] = {
        "id": made_id("resp_", completion),
        "object": kind,
        # Without a clock every answer is of the same moment.
        "created_at": 0,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": completion.model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": request.temperature,
        "tool_choice": request.params.get("tool_choice", "auto"),
        "tools": list(request.tools),
        "top_p": request.params.get("top_p"),
        "usage": None,
    }
    return head if completion.model_version is None else {**head, "system_fingerprint": completion.model_version}


def answer_end(completion: Completion) -> dict[str, Any]:
    """Give the fields that change when a response has been answered."""
    reason = completion.finish_reason
    known = reason is None or reason in STATUSES
    return {
        "status": reason if known else "incomplete",
        "incomplete_details": None if known else {"reason": reason},
        "output": [*([written_message(completion)] if completion.text else []), *written_calls(completion)],
        "usage": write_counts(completion.usage, COUNTS) or None,
    }


def written_message(completion: Completion) -> dict[str, Any]:
    """Write the text as an output item."""
    part: dict[str, Any] = {"type": "output_text", "text": completion.text, "annotations": [], "logprobs": []}
    return {
        "id": made_id("msg_", completion),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }


def written_calls(completion: Completion) -> list[dict[str, Any]]:
    """Write the tool calls as output items, each as one of a function."""
    return [
        {
            "id": made_id("fc_", completion, place),
            "type": "function_call",
            "status": "completed",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }
        for place, call in enumerate(completion.tool_calls)
    ]
