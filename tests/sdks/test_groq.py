"""Groq's SDK: chats in OpenAI's shape, with fields of Groq's own."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks import chat_shape
from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Sdk, plain
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.openai_like import GroqServer

groq = pytest.importorskip("groq", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@contextmanager
def client(url: str, **options: Any) -> Iterator[Any]:
    """Open a client."""
    with groq.Groq(base_url=url.removesuffix("/openai/v1"), api_key=KEY, **{"max_retries": 0, **options}) as opened:
        yield opened


@asynccontextmanager
async def async_client(url: str, **options: Any) -> AsyncIterator[Any]:
    """Open an asynchronous client."""
    root = url.removesuffix("/openai/v1")
    async with groq.AsyncGroq(base_url=root, api_key=KEY, **{"max_retries": 0, **options}) as opened:
        yield opened


def asked(ask: Ask, **more: Any) -> dict[str, Any]:
    """Give the arguments of a chat."""
    return {"model": ask.model, "messages": [{"role": "user", "content": ask.prompt}], "temperature": 0.5, **more}


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return client.chat.completions.create(**asked(ask))


async def chat_async(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return await client.chat.completions.create(**asked(ask))


def stream(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    return ask.collect(client.chat.completions.create(**asked(ask), stream=True))


async def stream_async(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    return await ask.gather(await client.chat.completions.create(**asked(ask), stream=True))


def tools(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return client.chat.completions.create(**asked(ask, tools=[chat_shape.TOOL]))


async def tools_async(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return await client.chat.completions.create(**asked(ask, tools=[chat_shape.TOOL]))


def tools_stream(client: Any, ask: Ask) -> Any:
    """Offer a tool, and read the call in fragments."""
    return ask.collect(client.chat.completions.create(**asked(ask, tools=[chat_shape.TOOL]), stream=True))


def structured(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return client.chat.completions.create(**asked(ask, response_format=chat_shape.JSON_SCHEMA))


async def structured_async(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return await client.chat.completions.create(**asked(ask, response_format=chat_shape.JSON_SCHEMA))


def embeddings(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    return client.embeddings.create(model=ask.model, input=[ask.prompt, "un second"])


async def embeddings_async(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    return await client.embeddings.create(model=ask.model, input=[ask.prompt, "un second"])


def models(client: Any, _: Ask) -> Any:
    """List the models."""
    return plain(client.models.list())


async def models_async(client: Any, _: Ask) -> Any:
    """List the models."""
    return plain(await client.models.list())


def not_found(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return client.chat.completions.create(**asked(ask, model="absent"))


async def not_found_async(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return await client.chat.completions.create(**asked(ask, model="absent"))


RETRY = {"max_retries": 2}
IMPATIENT = {"timeout": 0.3}

CASES = (
    Case("chat", chat, proves=chat_shape.chat),
    Case("chat", chat_async, proves=chat_shape.chat),
    Case("chat, gzip", chat, faults=(squeezed,), proves=chat_shape.chat),
    Case("stream", stream, proves=chat_shape.stream),
    Case("stream", stream_async, proves=chat_shape.stream),
    Case("tools", tools, proves=chat_shape.chat),
    Case("tools", tools_async, proves=chat_shape.chat),
    Case("tools, stream", tools_stream, proves=chat_shape.stream),
    Case("structured", structured, proves=chat_shape.chat),
    Case("structured", structured_async, proves=chat_shape.chat),
    Case("embeddings", embeddings, proves=chat_shape.embeddings),
    Case("embeddings", embeddings_async, proves=chat_shape.embeddings),
    Case("models", models, prompted=False),
    Case("models", models_async, prompted=False),
    Case("error", not_found, fails=True),
    Case("error", not_found_async, fails=True),
    Case("rate limit", chat, faults=(too_many,), requests=2, options=RETRY),
    Case("rate limit", chat_async, faults=(too_many,), requests=2, options=RETRY),
    Case("server error", chat, faults=(overloaded,), fails=True),
    Case("time-out", chat, faults=(slow,), fails=True, options=IMPATIENT),
    Case("time-out", chat_async, faults=(slow,), fails=True, options=IMPATIENT),
    Case("dropped stream", stream, faults=(dropped,), fails=True),
    Case("dropped stream", stream_async, faults=(dropped,), fails=True),
)

SDK = Sdk(
    name="groq",
    distribution="groq",
    stack="httpx",
    server=GroqServer,
    client=client,
    async_client=async_client,
    cases=CASES,
    # Groq speaks OpenAI's protocol at a path that ends as OpenAI's: nothing but the host tells them apart.
    provider="openai",
)


class TestGroq(StreamingProver):
    """Every row of the table."""

    sdk = SDK
