"""Cohere's SDK: the second protocol's chats, vectors and rankings."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Proof, Sdk
from tests.sdks.chat_shape import SCHEMA, TOOL
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.cohere import CohereServer

cohere = pytest.importorskip("cohere", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@contextmanager
def client(url: str, **options: Any) -> Iterator[Any]:
    """Open a client."""
    with cohere.ClientV2(base_url=url, api_key=KEY, **{"max_retries": 0, **options}) as opened:
        yield opened


@asynccontextmanager
async def async_client(url: str, **options: Any) -> AsyncIterator[Any]:
    """Open an asynchronous client."""
    async with cohere.AsyncClientV2(base_url=url, api_key=KEY, **{"max_retries": 0, **options}) as opened:
        yield opened


def asked(ask: Ask, **more: Any) -> dict[str, Any]:
    """Give the arguments of a chat."""
    return {"model": ask.model, "messages": [{"role": "user", "content": ask.prompt}], "max_tokens": 60, **more}


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return client.chat(**asked(ask))


async def chat_async(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return await client.chat(**asked(ask))


def stream(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    return ask.collect(client.chat_stream(**asked(ask)))


async def stream_async(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    return await ask.gather(client.chat_stream(**asked(ask)))


def tools(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return client.chat(**asked(ask, tools=[TOOL]))


async def tools_async(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return await client.chat(**asked(ask, tools=[TOOL]))


def tools_stream(client: Any, ask: Ask) -> Any:
    """Offer a tool, and read the plan and the call in fragments."""
    return ask.collect(client.chat_stream(**asked(ask, tools=[TOOL])))


def structured(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return client.chat(**asked(ask, response_format={"type": "json_object", "json_schema": SCHEMA}))


async def structured_async(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return await client.chat(**asked(ask, response_format={"type": "json_object", "json_schema": SCHEMA}))


def embeddings(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    texts = [ask.prompt, "un second"]
    return client.embed(model=ask.model, input_type="search_query", texts=texts, embedding_types=["float"])


async def embeddings_async(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    texts = [ask.prompt, "un second"]
    return await client.embed(model=ask.model, input_type="search_query", texts=texts, embedding_types=["float"])


def rerank(client: Any, ask: Ask) -> Any:
    """Ask which document fits best."""
    return client.rerank(model=ask.model, query=ask.prompt, documents=["on the hook", "in the garden"])


def models(client: Any, _: Ask) -> Any:
    """List the models."""
    return client.models.list()


async def models_async(client: Any, _: Ask) -> Any:
    """List the models."""
    return await client.models.list()


def not_found(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return client.chat(**asked(ask, model="absent"))


async def not_found_async(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return await client.chat(**asked(ask, model="absent"))


def bad_request(client: Any, ask: Ask) -> Any:
    """Send no message."""
    return client.chat(**asked(ask, messages=[]))


def chat_proof(value: dict[str, Any]) -> Proof:
    """Read a whole answer; what was billed counts."""
    message = value["message"]
    return Proof(
        text="".join(part["text"] for part in message["content"] or ()),
        finish_reason=value["finish_reason"],
        tool_calls=[called(one) for one in message["tool_calls"] or ()],
        **counted(value["usage"]),
    )


def stream_proof(events: list[dict[str, Any]]) -> Proof:
    """Read a stream's events."""
    last = events[-1]["delta"]
    text = "".join(event["delta"]["message"]["content"]["text"] for event in events if event["type"] == "content-delta")
    parts = [
        event["delta"]["message"]["tool_calls"]["function"]
        for event in events
        if event["type"] in ("tool-call-start", "tool-call-delta")
    ]
    calls = []
    if parts:
        calls.append((parts[0]["name"], json.loads("".join(one["arguments"] for one in parts))))
    return Proof(text=text, finish_reason=last["finish_reason"], tool_calls=calls, **counted(last["usage"]))


def called(call: dict[str, Any]) -> tuple[str, Any]:
    """Read a tool call."""
    return call["function"]["name"], json.loads(call["function"]["arguments"])


def counted(usage: dict[str, Any]) -> dict[str, Any]:
    """Read the tokens; what is billed is another number."""
    tokens = usage["tokens"]
    return {"prompt_tokens": int(tokens["input_tokens"]), "completion_tokens": int(tokens["output_tokens"])}


RETRY = {"max_retries": 2}
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
    Case("embeddings", embeddings),
    Case("embeddings", embeddings_async),
    Case("rerank", rerank),
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
    name="cohere",
    distribution="cohere",
    stack="httpx",
    server=CohereServer,
    client=client,
    async_client=async_client,
    cases=CASES,
    provider="cohere",
)


class TestCohere(StreamingProver):
    """Every row of the table."""

    sdk = SDK
