"""Mistral's SDK: chats, streams, vectors, and errors that are objects of its own."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks import chat_shape
from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Sdk, plain
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.mistral import MistralServer

mistralai = pytest.importorskip("mistralai.client", reason=NOT_HERE)
retries = pytest.importorskip("mistralai.client.utils.retries", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@contextmanager
def client(url: str, **options: Any) -> Iterator[Any]:
    """Open a client."""
    with mistralai.Mistral(server_url=url.removesuffix("/v1"), api_key=KEY, **options) as opened:
        yield opened


@asynccontextmanager
async def async_client(url: str, **options: Any) -> AsyncIterator[Any]:
    """Open a client; it is the same for both kinds of calls."""
    async with mistralai.Mistral(server_url=url.removesuffix("/v1"), api_key=KEY, **options) as opened:
        yield opened


def asked(ask: Ask, **more: Any) -> dict[str, Any]:
    """Give the arguments of a chat."""
    return {"model": ask.model, "messages": [{"role": "user", "content": ask.prompt}], "max_tokens": 60, **more}


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return client.chat.complete(**asked(ask))


async def chat_async(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return await client.chat.complete_async(**asked(ask))


def stream(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    with client.chat.stream(**asked(ask)) as found:
        return ask.collect(found)


async def stream_async(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    async with await client.chat.stream_async(**asked(ask)) as found:
        return await ask.gather(found)


def tools(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return client.chat.complete(**asked(ask, tools=[chat_shape.TOOL], tool_choice="any"))


async def tools_async(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return await client.chat.complete_async(**asked(ask, tools=[chat_shape.TOOL], tool_choice="any"))


def tools_stream(client: Any, ask: Ask) -> Any:
    """Offer a tool, and read the call."""
    with client.chat.stream(**asked(ask, tools=[chat_shape.TOOL])) as found:
        return ask.collect(found)


def structured(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return client.chat.complete(**asked(ask, response_format=chat_shape.JSON_SCHEMA))


async def structured_async(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return await client.chat.complete_async(**asked(ask, response_format=chat_shape.JSON_SCHEMA))


def embeddings(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    return client.embeddings.create(model="mistral-embed", inputs=[ask.prompt, "un second"])


async def embeddings_async(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    return await client.embeddings.create_async(model="mistral-embed", inputs=[ask.prompt, "un second"])


def models(client: Any, _: Ask) -> Any:
    """List the models."""
    return plain(client.models.list())


async def models_async(client: Any, _: Ask) -> Any:
    """List the models."""
    return plain(await client.models.list_async())


def not_found(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return client.chat.complete(**asked(ask, model="absent"))


async def not_found_async(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return await client.chat.complete_async(**asked(ask, model="absent"))


def bad_request(client: Any, ask: Ask) -> Any:
    """Send no message: an error with a class of its own."""
    return client.chat.complete(**asked(ask, messages=[]))


def stream_proof(events: list[dict[str, Any]]) -> Any:
    """Read a stream's events, each with a chunk in it."""
    return chat_shape.stream([event["data"] for event in events])


RETRY = {"retry_config": retries.RetryConfig("backoff", retries.BackoffStrategy(10, 100, 1.5, 20_000, 10), True)}
IMPATIENT = {"timeout_ms": 300}

CASES = (
    Case("chat", chat, proves=chat_shape.chat),
    Case("chat", chat_async, proves=chat_shape.chat),
    Case("chat, gzip", chat, faults=(squeezed,), proves=chat_shape.chat),
    Case("stream", stream, proves=stream_proof),
    Case("stream", stream_async, proves=stream_proof),
    Case("tools", tools, proves=chat_shape.chat),
    Case("tools", tools_async, proves=chat_shape.chat),
    Case("tools, stream", tools_stream, proves=stream_proof),
    Case("structured", structured, proves=chat_shape.chat),
    Case("structured", structured_async, proves=chat_shape.chat),
    Case("embeddings", embeddings, proves=chat_shape.embeddings, provider="openai"),
    Case("embeddings", embeddings_async, proves=chat_shape.embeddings, provider="openai"),
    Case("models", models, prompted=False),
    Case("models", models_async, prompted=False),
    Case("error", not_found, fails=True),
    Case("error", not_found_async, fails=True),
    Case("bad request", bad_request, fails=True),
    Case("rate limit", chat, faults=(too_many,), requests=2, options=RETRY),
    Case("rate limit", chat_async, faults=(too_many,), requests=2, options=RETRY),
    Case("server error", chat, faults=(overloaded,), fails=True),
    Case("time-out", chat, faults=(slow,), fails=True, options=IMPATIENT),
    Case("time-out", chat_async, faults=(slow,), fails=True, options=IMPATIENT),
    Case("dropped stream", stream, faults=(dropped,), fails=True),
    Case("dropped stream", stream_async, faults=(dropped,), fails=True),
)

SDK = Sdk(
    name="mistralai",
    distribution="mistralai",
    stack="httpx2",
    server=MistralServer,
    client=client,
    async_client=async_client,
    cases=CASES,
    provider="mistral",
    # It is the model's name that tells this protocol from OpenAI's.
    model="mistral-tiny",
)


class TestMistralai(StreamingProver):
    """Every row of the table."""

    sdk = SDK
