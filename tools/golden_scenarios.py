"""What the golden cassettes hold, as code that runs the same against the real server and against the recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from playhead.core.model import Completion, CompletionRequest
from playhead.errors import InferenceProviderError

PROVIDER = "tiny"
MODEL = "tiny-random"

QUESTIONS = (
    "What does the gardener carry in spring?",
    "Write one line of a poem about the sea.",
    "Why do teachers keep old letters?",
    "Name three things on a kitchen table.",
)
SYSTEM = "You are a patient guide in a small museum. Answer in one or two plain sentences, and never make up a date."
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Scenario(NamedTuple):
    """
    One golden cassette.

    Attributes:
        file: Its name in ``cassettes/``.
        play: Makes its calls and gives what came back, so that recording and replay can be compared.
        tool_calling: Whether the server is the variant that calls tools by itself.
        embeddings: Whether the server gives embeddings.
    """

    file: str
    play: Callable[[Any], list[Any]]
    tool_calling: bool = False
    embeddings: bool = False


def takes(provider: Any) -> list[Completion]:
    """Ask four questions three times each at temperature 1: the answers differ."""
    return [
        provider.complete(CompletionRequest(question, model=MODEL, temperature=1.0, max_tokens=40))
        for question in QUESTIONS
        for _ in range(3)
    ]


def streams(provider: Any) -> list[Any]:
    """Read two streams to their end."""
    answers: list[Any] = []
    for question in QUESTIONS[:2]:
        stream = provider.stream(CompletionRequest(question, model=MODEL, temperature=1.0, max_tokens=30))
        answers.append((list(stream), stream.completion))
    return answers


def history(provider: Any) -> list[Completion]:
    """Hold a conversation of six turns that resends its past, as agents do."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": SYSTEM}]
    answers: list[Completion] = []
    for turn in range(6):
        messages.append({"role": "user", "content": f"{QUESTIONS[turn % len(QUESTIONS)]} (question {turn + 1})"})
        request = CompletionRequest(messages=tuple(messages), model=MODEL, temperature=0.0, max_tokens=30)
        answers.append(provider.complete(request))
        messages.append({"role": "assistant", "content": answers[-1].text})
    return answers


def tools(provider: Any) -> list[Completion]:
    """Let the model call a tool, and answer it."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "What is the weather in Oslo?"}]

    def ask() -> Completion:
        request = CompletionRequest(
            messages=tuple(messages), model=MODEL, temperature=0.0, max_tokens=60, tools=(WEATHER,), params={"seed": 7}
        )
        return provider.complete(request)  # type: ignore[no-any-return]

    first = ask()
    if not first.tool_calls:
        raise RuntimeError("the tool-calling model called no tool")
    call = first.tool_calls[0]
    function = {"name": call.name, "arguments": call.arguments}
    messages.append(
        {
            "role": "assistant",
            "content": first.text,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        }
    )
    messages.append({"role": "tool", "tool_call_id": "call_1", "content": "4 degrees, light rain"})
    return [first, ask()]


def embeddings(provider: Any) -> list[Completion]:
    """Embed two texts."""
    return [provider.embed(list(QUESTIONS[:2]), model=MODEL)]


def failures(provider: Any) -> list[Any]:
    """Ask for what the server refuses, then for what it gives."""
    answers: list[Any] = []
    for request in (
        CompletionRequest("word " * 3000, model=MODEL, max_tokens=8),
        CompletionRequest(QUESTIONS[0], model=MODEL, temperature=0.0, max_tokens=8),
    ):
        try:
            answers.append(provider.complete(request))
        except InferenceProviderError as error:
            answers.append((type(error), error.message, error.error_code, error.context, error.retryable))
    return answers


def over_the_wire(base_url: str) -> list[Any]:
    """Ask as SDKs do, over HTTP in OpenAI's and Anthropic's formats: whole, streamed, listed, refused."""
    question = {"role": "user", "content": QUESTIONS[0]}
    chat = {"model": MODEL, "messages": [question], "temperature": 0, "max_tokens": 24}
    asked: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", "/chat/completions", chat),
        ("POST", "/chat/completions", {**chat, "temperature": 1, "stream": True}),
        ("POST", "/responses", {"model": MODEL, "input": QUESTIONS[1], "max_output_tokens": 24, "temperature": 0}),
        ("POST", "/messages", {**chat, "system": SYSTEM}),
        ("POST", "/messages", {**chat, "stream": True}),
        ("POST", "/chat/completions", {**chat, "messages": [{"role": "user", "content": "word " * 3000}]}),
        ("GET", "/models", None),
    ]
    return _exchanges(base_url, asked)


def vectors_over_the_wire(base_url: str) -> list[Any]:
    """Ask for embeddings over HTTP."""
    return _exchanges(base_url, [("POST", "/embeddings", {"model": MODEL, "input": list(QUESTIONS)})])


def _exchanges(base_url: str, asked: list[tuple[str, str, dict[str, Any] | None]]) -> list[Any]:
    answers: list[Any] = []
    with httpx.Client(base_url=base_url, timeout=30) as client:
        for method, path, body in asked:
            with client.stream(method, path, json=body) as answer:
                answers.append((answer.status_code, answer.headers.raw, list(answer.iter_raw())))
    return answers


class WireScenario(NamedTuple):
    """
    One golden cassette of the wire seam.

    Attributes:
        file: Its name in ``cassettes/``.
        play: Sends its requests to a base URL and gives status, headers and pieces of every answer.
        embeddings: Whether the server gives embeddings.
    """

    file: str
    play: Callable[[str], list[Any]]
    embeddings: bool = False


WIRE_SCENARIOS = (
    WireScenario("wire.cassette", over_the_wire),
    WireScenario("wire-embeddings.cassette", vectors_over_the_wire, embeddings=True),
)

SCENARIOS = (
    Scenario("takes.cassette", takes),
    Scenario("streams.cassette", streams),
    Scenario("history.cassette", history),
    Scenario("history.cassette.json", history),
    Scenario("tools.cassette", tools, tool_calling=True),
    Scenario("embeddings.cassette", embeddings, embeddings=True),
    Scenario("failures.cassette", failures),
)
