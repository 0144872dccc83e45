"""
Chat calls of some 6 KB: one of four shared system prompts of 1.5 to 2 KB, a question of 1 KB, an answer of 2.5 KB.
"""

from __future__ import annotations

from functools import cache

from benchmarks.workloads.calls import FIRST, Call, Calls, Edition, seeded
from benchmarks.workloads.wire import chat_exchange
from playhead import Completion, CompletionRequest, Usage

MODEL = "gpt-5.2-mini-2026-06-18"
_SYSTEMS = 4


@cache
def system_prompt(number: int) -> str:
    """Give one of the shared system prompts."""
    writer = seeded(1, number)
    return (
        "You are a careful assistant of a software company. Answer in plain words, and say what you do not know.\n\n"
        + writer.paragraphs(1400 + 160 * number)
    )


def chat_call(index: int, edition: Edition = FIRST) -> Call:
    """Make a chat call; its request depends on its number alone."""
    asked = seeded(2, index)
    question = asked.question(900 + asked.number(0, 500))
    answered = seeded(3, index, edition.answer)
    facts = seeded(4, index, edition.facts)
    request = CompletionRequest(
        messages=(
            {"role": "system", "content": system_prompt(index % _SYSTEMS)},
            {"role": "user", "content": f"[{index}] {question}"},
        ),
        model=MODEL,
        temperature=0.2,
        max_tokens=1024,
    )
    text = answered.paragraphs(1800 + answered.number(0, 900))
    prompt_tokens, completion_tokens = 420 + len(question) // 4, len(text) // 4
    completion = Completion(
        text,
        model=MODEL,
        usage=Usage(prompt_tokens, completion_tokens, prompt_tokens + completion_tokens),
        finish_reason="stop",
    )
    return Call(
        request,
        completion,
        lambda: chat_exchange(request, completion, seeded(5, index, edition.facts)),
        latency_ms=facts.number(300, 9000),
    )


def chat_calls(n: int) -> Calls:
    """Give ``n`` chat calls."""
    return Calls(n, chat_call)


def edited(index: int) -> CompletionRequest:
    """Give a call's request with one word of the user's message changed: what a miss looks like."""
    request = chat_call(index).request
    messages = [dict(message) for message in request.conversation()]
    words = messages[-1]["content"].split(" ")
    words[len(words) // 2] = "altogether"
    messages[-1]["content"] = " ".join(words)
    return CompletionRequest(
        messages=tuple(messages),
        model=request.model,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
    )
