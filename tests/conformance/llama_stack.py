"""What the conformance tests of Llama Stack share: a provider as its users write one, and a server that answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.sdks.servers.base import Answer, Asked, LoopbackServer, sse
from tests.sdks.servers.openai_like import OpenAIServer
from tests.sdks.servers.words import SECONDS, words

from playhead.compat.llama_stack import OpenAIMixin

KEY = "sk-stack-Zq81kXw40vTb77rLmN3cPd92HsYaEf65"
MODEL = "tiny-1"
MESSAGES = [{"role": "user", "content": "Name a city."}]
TOOLS = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]


class StackServer(OpenAIServer):
    """OpenAI's API with the older completions beside the chat."""

    def other(self, path: str, asked: Asked, turn: int) -> Answer:
        """Answer completions; the rest is OpenAI's."""
        if path != "/completions":
            return super().other(path, asked, turn)
        body = asked.json
        head = {"id": f"cmpl-{turn:04}", "object": "text_completion", "created": SECONDS + turn, "model": body["model"]}
        pieces = words(turn, body["prompt"])
        if not body.get("stream"):
            return self.said({**head, "choices": [part("".join(pieces), "stop")]}, turn)
        chunks = [{**head, "choices": [part(piece, None)]} for piece in pieces]
        return sse([*chunks, {**head, "choices": [part("", "stop")]}], done="[DONE]")


def part(said: str, reason: str | None) -> dict[str, Any]:
    """Give the one choice of a completion."""
    return {"text": said, "index": 0, "logprobs": None, "finish_reason": reason}


def breaks_with_an_error(_: LoopbackServer, __: Asked, answer: Answer) -> Answer:
    """Send three chunks, then an error where the fourth would be."""
    pieces = list(answer.pieces or ())[:3]
    error = b'data: {"error": {"message": "overloaded", "type": "server_error", "code": "overloaded"}}\n\n'
    return replace(answer, pieces=[*pieces, error])


class TinyProvider(OpenAIMixin):
    """A provider in the two methods it needs."""

    def __init__(self, base_url: str, api_key: str = KEY) -> None:
        self.base_url = base_url
        self.api_key = api_key

    def get_api_key(self) -> str:
        """Give the key."""
        return self.api_key

    def get_base_url(self) -> str:
        """Give the address."""
        return self.base_url


async def read(stream: Any, into: list[Any] | None = None) -> list[Any]:
    """Give the chunks of a stream in plain values; a list that is given keeps what came before an error."""
    found = [] if into is None else into
    async for chunk in stream:
        found.append(plain(chunk))
    return found


def plain(value: Any) -> Any:
    """Give an answer, the SDK's or ours, as the JSON it came from."""
    return value.model_dump(mode="json", exclude_unset=True)


async def every_call(provider: Any, model: str = MODEL) -> dict[str, Any]:
    """Make each call of the mixin's once, and give what came, in plain values."""
    chat = await provider.openai_chat_completion(model, MESSAGES, temperature=0.0)
    tools = await provider.openai_chat_completion(model=model, messages=MESSAGES, tools=TOOLS, tool_choice="auto")
    streamed = await provider.openai_chat_completion(model=model, messages=MESSAGES, stream=True)
    chunks = await read(streamed)
    prompt = await provider.openai_completion(model, "Once upon", max_tokens=8)
    prompt_chunks = await read(await provider.openai_completion(model=model, prompt="Once upon", stream=True))
    vectors = await provider.openai_embeddings(model, ["one", "two"])
    return {
        "chat": plain(chat),
        "tools": plain(tools),
        "chunks": chunks,
        "prompt": plain(prompt),
        "prompt chunks": prompt_chunks,
        "vectors": plain(vectors),
        "there": await provider.check_model_availability(model),
        "absent": await provider.check_model_availability("no-such-model"),
    }


def texts(chunks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the text of each chunk of a chat."""
    return [chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"]]
