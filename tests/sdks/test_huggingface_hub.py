"""Hugging Face's SDK: chats through the router, vectors and texts from an endpoint of one's own."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks import chat_shape
from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Sdk
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.openai_like import HuggingFaceServer

hub = pytest.importorskip("huggingface_hub", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@contextmanager
def client(url: str, **options: Any) -> Iterator[Any]:
    """Open a client; the SDK keeps one HTTP client for all, which is closed here."""
    try:
        yield hub.InferenceClient(base_url=url, api_key=KEY, **options)
    finally:
        hub.close_session()


@asynccontextmanager
async def async_client(url: str, **options: Any) -> AsyncIterator[Any]:
    """Open an asynchronous client."""
    async with hub.AsyncInferenceClient(base_url=url, api_key=KEY, **options) as opened:
        yield opened


def asked(ask: Ask, **more: Any) -> dict[str, Any]:
    """Give the arguments of a chat."""
    return {"model": ask.model, "messages": [{"role": "user", "content": ask.prompt}], "max_tokens": 60, **more}


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return client.chat_completion(**asked(ask))


async def chat_async(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return await client.chat_completion(**asked(ask))


def stream(client: Any, ask: Ask) -> Any:
    """Ask for a stream, with the counts."""
    return ask.collect(client.chat_completion(**asked(ask), stream=True, stream_options={"include_usage": True}))


async def stream_async(client: Any, ask: Ask) -> Any:
    """Ask for a stream, with the counts."""
    options = {"include_usage": True}
    return await ask.gather(await client.chat_completion(**asked(ask), stream=True, stream_options=options))


def tools(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return client.chat_completion(**asked(ask, tools=[chat_shape.TOOL], tool_choice="required"))


async def tools_async(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return await client.chat_completion(**asked(ask, tools=[chat_shape.TOOL], tool_choice="required"))


def structured(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return client.chat_completion(**asked(ask, response_format=chat_shape.JSON_SCHEMA))


async def structured_async(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return await client.chat_completion(**asked(ask, response_format=chat_shape.JSON_SCHEMA))


def tools_stream(client: Any, ask: Ask) -> Any:
    """Offer a tool, and read the call in fragments."""
    return ask.collect(client.chat_completion(**asked(ask, tools=[chat_shape.TOOL]), stream=True))


def embeddings(client: Any, ask: Ask) -> Any:
    """Ask the endpoint for a vector, in its own protocol."""
    return client.feature_extraction(ask.prompt).tolist()


async def embeddings_async(client: Any, ask: Ask) -> Any:
    """Ask the endpoint for a vector, in its own protocol."""
    return (await client.feature_extraction(ask.prompt)).tolist()


def not_found(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return client.chat_completion(**asked(ask, model="absent"))


async def not_found_async(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return await client.chat_completion(**asked(ask, model="absent"))


IMPATIENT = {"timeout": 0.3}

CASES = (
    Case("chat", chat, proves=chat_shape.chat),
    Case("chat", chat_async, proves=chat_shape.chat),
    Case("chat, gzip", chat, faults=(squeezed,), proves=chat_shape.chat),
    Case("stream", stream, proves=chat_shape.stream),
    Case("stream", stream_async, proves=chat_shape.stream),
    Case("tools", tools, proves=chat_shape.chat),
    Case("tools", tools_async, proves=chat_shape.chat),
    Case("structured", structured, proves=chat_shape.chat),
    Case("structured", structured_async, proves=chat_shape.chat),
    Case("tools, stream", tools_stream, proves=chat_shape.stream),
    Case("embeddings", embeddings),
    Case("embeddings", embeddings_async),
    Case("error", not_found, fails=True),
    Case("error", not_found_async, fails=True),
    # This SDK does not try a chat again by itself.
    Case("rate limit, given up", chat, faults=(too_many,), fails=True),
    Case("server error", chat, faults=(overloaded,), fails=True),
    Case("time-out", chat, faults=(slow,), fails=True, options=IMPATIENT),
    Case("time-out", chat_async, faults=(slow,), fails=True, options=IMPATIENT),
    Case("dropped stream", stream, faults=(dropped,), fails=True),
    Case("dropped stream", stream_async, faults=(dropped,), fails=True),
)

SDK = Sdk(
    name="huggingface_hub",
    distribution="huggingface-hub",
    stack="httpx2",
    server=HuggingFaceServer,
    client=client,
    async_client=async_client,
    cases=CASES,
    # The router speaks OpenAI's protocol at a path of OpenAI's: nothing but the host tells them apart.
    provider="openai",
)


class TestHuggingfaceHub(StreamingProver):
    """Every row of the table."""

    sdk = SDK
