"""The agent: asks, runs the tools the model wants, asks again, reads the structured answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import openai

from examples.agent.bugs import Bugs
from examples.agent.reading import Answer, BrokenStream, Call, read_answer
from examples.agent.tools import DESCRIPTIONS, TOOLS
from examples.agent.trying import again

SYSTEM = 'Say what to wear. Look at the weather and the clock first. Answer as JSON: {"city": "...", "advice": "..."}'
ROUNDS = 4


class AgentError(Exception):
    """The agent has no answer, and says why."""


@dataclass(frozen=True)
class Advice:
    """What to wear."""

    city: str
    advice: str


class Agent:
    """Gives advice on what to wear."""

    def __init__(
        self, client: openai.OpenAI, *, bugs: Bugs = Bugs.NONE, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._bugs = bugs
        self._sleep = sleep

    def advise(self, question: str) -> Advice:
        """
        Answer a question.

        Raises:
            AgentError: The model gave no usable answer, or none at all.
        """
        messages: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
        for _ in range(ROUNDS):
            answer = self._ask(messages)
            if answer.reason == "length":
                raise AgentError("the answer was cut off")
            if not answer.calls:
                return _read_advice(answer.text)
            messages += [_said(answer), *self._results(answer.calls)]
        raise AgentError(f"no answer after {ROUNDS} rounds")

    def _ask(self, messages: list[Any]) -> Answer:
        def once() -> Answer:
            create = self._client.chat.completions.with_streaming_response.create
            with create(model="gpt-4o", messages=messages, tools=DESCRIPTIONS, stream=True) as response:  # type: ignore[arg-type, unused-ignore]
                return read_answer(response.iter_bytes(), self._bugs)

        try:
            return again(once, self._bugs, self._sleep)
        except (openai.APIError, httpx2.TransportError, BrokenStream) as error:
            raise AgentError(f"the model cannot be asked: {error}") from error

    def _results(self, calls: list[Call]) -> list[dict[str, Any]]:
        names = [*TOOLS] if Bugs.ORDER in self._bugs else [call.name for call in calls]
        return [
            {"role": "tool", "tool_call_id": call.id, "content": _run(name, call)}
            for name, call in zip(names, calls, strict=False)
        ]


def _run(name: str, call: Call) -> str:
    try:
        arguments = json.loads(call.arguments)
    except ValueError as error:
        raise AgentError(f"the arguments of {name!r} are no JSON") from error
    if name not in TOOLS:
        raise AgentError(f"there is no tool {name!r}")
    return TOOLS[name](arguments)


def _said(answer: Answer) -> dict[str, Any]:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in answer.calls
    ]
    return {"role": "assistant", "content": answer.text or None, "tool_calls": calls}


def _read_advice(text: str) -> Advice:
    try:
        fields = json.loads(text)
        return Advice(fields["city"], fields["advice"])
    except (ValueError, KeyError, TypeError) as error:
        raise AgentError(f"the answer is not what was asked for: {text[:60]!r}") from error
