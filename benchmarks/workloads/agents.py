"""
Agents that resend their past: 25 turns a conversation, each with a tool call and its result, 28 KB a call on average.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from benchmarks.workloads.calls import Call, Calls, seeded
from benchmarks.workloads.chat import MODEL, system_prompt
from benchmarks.workloads.phrases import ADVICE, NOUNS
from benchmarks.workloads.wire import chat_exchange
from playhead import Completion, CompletionRequest, ToolCall, Usage

TURNS = 25
_TOOL_NAMES = ("search_tickets", "read_log", "query_orders", "list_deployments", "send_draft", "read_file")


def _tool(name: str) -> dict[str, Any]:
    text = {"type": "string", "description": "What to look for, in the words of the customer."}
    number = {"type": "integer", "description": "The most results to give back.", "minimum": 1, "maximum": 100}
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": f"Use {name} to find out what happened. Give the narrowest terms that still find it.",
            "parameters": {
                "type": "object",
                "properties": {"query": text, "limit": number},
                "required": ["query"],
                "additionalProperties": False,
            },
        },
    }


TOOLS = tuple(_tool(name) for name in _TOOL_NAMES)


@lru_cache(maxsize=2)
def _conversation(number: int) -> tuple[tuple[dict[str, Any], ...], tuple[Completion, ...]]:
    """Give a conversation's messages and the completion of each turn; turn ``t`` asks with ``2 + 2 t`` messages."""
    writer = seeded(11, number)
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": system_prompt(number % 4)},
        {"role": "user", "content": f"[{number}] {writer.question(500)}"},
    ]
    completions: list[Completion] = []
    for turn in range(TURNS):
        said = writer.paragraphs(350)
        arguments = msgspec.json.encode({"query": f"{writer.pick(NOUNS)} {writer.pick(ADVICE)}", "limit": 20}).decode()
        call = ToolCall(f"call_{writer.token(24)}", _TOOL_NAMES[writer.number(0, 5)], arguments)
        size = sum(len(str(message["content"])) for message in messages) // 4
        completions.append(
            Completion(
                said,
                model=MODEL,
                usage=Usage(size, len(said) // 4, size + len(said) // 4),
                finish_reason="tool_calls" if turn < TURNS - 1 else "stop",
                tool_calls=(call,),
            )
        )
        function = {"name": call.name, "arguments": call.arguments}
        messages.append(
            {
                "role": "assistant",
                "content": said,
                "tool_calls": [{"id": call.id, "type": "function", "function": function}],
            }
        )
        messages.append({"role": "tool", "tool_call_id": call.id, "content": writer.paragraphs(1150)})
    return tuple(messages), tuple(completions)


def agent_call(index: int) -> Call:
    """Make one turn of one conversation."""
    number, turn = divmod(index, TURNS)
    messages, completions = _conversation(number)
    request = CompletionRequest(
        messages=messages[: 2 + 2 * turn], model=MODEL, temperature=0.0, max_tokens=2048, tools=TOOLS
    )
    completion = completions[turn]
    return Call(request, completion, lambda: chat_exchange(request, completion, seeded(12, index)))


def agent_calls(n: int) -> Calls:
    """Give ``n`` turns: whole conversations one after the other."""
    return Calls(n, agent_call)
