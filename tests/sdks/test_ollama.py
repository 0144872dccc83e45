"""Ollama's SDK: chats and completions in lines, vectors, the list of models."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Proof, Sdk
from tests.sdks.chat_shape import SCHEMA, TOOL
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.ollama import OllamaServer

ollama = pytest.importorskip("ollama", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

HEADERS = {"authorization": f"Bearer {KEY}"}


@contextmanager
def client(url: str, **options: Any) -> Iterator[Any]:
    """Open a client."""
    with ollama.Client(host=url, headers=HEADERS, **options) as opened:
        yield opened


@asynccontextmanager
async def async_client(url: str, **options: Any) -> AsyncIterator[Any]:
    """Open an asynchronous client."""
    async with ollama.AsyncClient(host=url, headers=HEADERS, **options) as opened:
        yield opened


def asked(ask: Ask, **more: Any) -> dict[str, Any]:
    """Give the arguments of a chat."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ask.prompt}]
    return {"model": ask.model, "messages": messages, "options": {"temperature": 0.5, "num_predict": 60}, **more}


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return client.chat(**asked(ask))


async def chat_async(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return await client.chat(**asked(ask))


def stream(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    return ask.collect(client.chat(**asked(ask), stream=True))


async def stream_async(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    return await ask.gather(await client.chat(**asked(ask), stream=True))


def tools(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return client.chat(**asked(ask, tools=[TOOL]))


async def tools_async(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return await client.chat(**asked(ask, tools=[TOOL]))


def tools_stream(client: Any, ask: Ask) -> Any:
    """Offer a tool, and read the call."""
    return ask.collect(client.chat(**asked(ask, tools=[TOOL]), stream=True))


def structured(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return client.chat(**asked(ask, format=SCHEMA))


async def structured_async(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return await client.chat(**asked(ask, format=SCHEMA))


def generate(client: Any, ask: Ask) -> Any:
    """Ask for a completion."""
    return client.generate(model=ask.model, prompt=ask.prompt)


async def generate_async(client: Any, ask: Ask) -> Any:
    """Ask for a completion."""
    return await client.generate(model=ask.model, prompt=ask.prompt)


def generate_stream(client: Any, ask: Ask) -> Any:
    """Ask for a completion in lines."""
    return ask.collect(client.generate(model=ask.model, prompt=ask.prompt, stream=True))


def embeddings(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    return client.embed(model=ask.model, input=[ask.prompt, "un second"])


async def embeddings_async(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    return await client.embed(model=ask.model, input=[ask.prompt, "un second"])


def models(client: Any, _: Ask) -> Any:
    """List the models."""
    return client.list()


async def models_async(client: Any, _: Ask) -> Any:
    """List the models."""
    return await client.list()


def not_found(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return client.chat(**asked(ask, model="absent"))


async def not_found_async(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return await client.chat(**asked(ask, model="absent"))


def not_found_stream(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there for a stream."""
    return ask.collect(client.chat(**asked(ask, model="absent"), stream=True))


def chat_proof(value: dict[str, Any]) -> Proof:
    """Read a whole answer."""
    calls = [one["function"] for one in value["message"]["tool_calls"] or ()]
    return Proof(
        text=value["message"]["content"] or "",
        tool_calls=[(one["name"], one["arguments"]) for one in calls],
        **counted(value),
    )


def stream_proof(lines: list[dict[str, Any]]) -> Proof:
    """Read a stream's lines."""
    calls = [one["function"] for line in lines for one in line["message"]["tool_calls"] or ()]
    return Proof(
        text="".join(line["message"]["content"] or "" for line in lines),
        tool_calls=[(one["name"], one["arguments"]) for one in calls],
        **counted(lines[-1]),
    )


def generate_proof(value: dict[str, Any]) -> Proof:
    """Read a completion."""
    return Proof(text=value["response"], **counted(value))


def generate_stream_proof(lines: list[dict[str, Any]]) -> Proof:
    """Read a completion's lines."""
    return Proof(text="".join(line["response"] for line in lines), **counted(lines[-1]))


def counted(value: dict[str, Any]) -> dict[str, Any]:
    """Read what stands in an answer and in a stream's last line alike."""
    return {
        "model": value["model"],
        "finish_reason": value["done_reason"],
        "prompt_tokens": value["prompt_eval_count"],
        "completion_tokens": value["eval_count"],
    }


def embeddings_proof(value: dict[str, Any]) -> Proof:
    """Read vectors."""
    return Proof(model=value["model"], prompt_tokens=value["prompt_eval_count"])


IMPATIENT = {"timeout": 0.3}

CASES = (
    Case("chat", chat, proves=chat_proof),
    Case("chat", chat_async, proves=chat_proof),
    Case("chat, gzip", chat, faults=(squeezed,), proves=chat_proof),
    Case("stream", stream, proves=stream_proof),
    Case("stream", stream_async, proves=stream_proof),
    Case("tools", tools, proves=chat_proof),
    Case("tools", tools_async, proves=chat_proof),
    Case("tools, stream", tools_stream, proves=stream_proof),
    Case("structured", structured, proves=chat_proof),
    Case("structured", structured_async, proves=chat_proof),
    Case("generate", generate, proves=generate_proof),
    Case("generate", generate_async, proves=generate_proof),
    Case("generate, stream", generate_stream, proves=generate_stream_proof),
    Case("embeddings", embeddings, proves=embeddings_proof),
    Case("embeddings", embeddings_async, proves=embeddings_proof),
    Case("models", models, prompted=False),
    Case("models", models_async, prompted=False),
    Case("error", not_found, fails=True),
    Case("error", not_found_async, fails=True),
    Case("error, stream", not_found_stream, fails=True),
    # This SDK does not try again by itself.
    Case("rate limit, given up", chat, faults=(too_many,), fails=True),
    Case("server error", chat, faults=(overloaded,), fails=True),
    Case("time-out", chat, faults=(slow,), fails=True, options=IMPATIENT),
    Case("time-out", chat_async, faults=(slow,), fails=True, options=IMPATIENT),
    Case("dropped stream", stream, faults=(dropped,), fails=True),
    Case("dropped stream", stream_async, faults=(dropped,), fails=True),
)

SDK = Sdk(
    name="ollama",
    distribution="ollama",
    stack="httpx",
    server=OllamaServer,
    client=client,
    async_client=async_client,
    cases=CASES,
    provider="ollama",
)


class TestOllama(StreamingProver):
    """Every row of the table."""

    sdk = SDK
