"""Google's SDK: Gemini's contents, whole and streamed; aiohttp carries its asynchronous calls where it is installed."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Proof, Sdk, plain
from tests.sdks.chat_shape import SCHEMA
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.gemini import GeminiServer

genai = pytest.importorskip("google.genai", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

# The SDK's own class of aiohttp's; its warning is for the SDK's makers.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

WEATHER = {
    "function_declarations": [
        {
            "name": "weather",
            "description": "Tell the weather.",
            "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}, "days": {"type": "INTEGER"}}},
        }
    ]
}


def opened(url: str, options: dict[str, Any]) -> Any:
    """Make a client; it is the same for both kinds of calls."""
    return genai.Client(api_key=KEY, vertexai=False, http_options={"base_url": url, **options})


@contextmanager
def client(url: str, **options: Any) -> Iterator[Any]:
    """Open a client."""
    with opened(url, options) as found:
        yield found


@asynccontextmanager
async def async_client(url: str, **options: Any) -> AsyncIterator[Any]:
    """Open an asynchronous client."""
    whole = opened(url, options)
    try:
        async with whole.aio as found:
            yield found
    finally:
        whole.close()


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    config = {"system_instruction": "Be brief.", "temperature": 0.5, "max_output_tokens": 60}
    return client.models.generate_content(model=ask.model, contents=ask.prompt, config=config)


async def chat_async(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    return await client.models.generate_content(model=ask.model, contents=ask.prompt)


def stream(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    return ask.collect(client.models.generate_content_stream(model=ask.model, contents=ask.prompt))


async def stream_async(client: Any, ask: Ask) -> Any:
    """Ask for a stream."""
    return await ask.gather(await client.models.generate_content_stream(model=ask.model, contents=ask.prompt))


def tools(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return client.models.generate_content(model=ask.model, contents=ask.prompt, config={"tools": [WEATHER]})


async def tools_async(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return await client.models.generate_content(model=ask.model, contents=ask.prompt, config={"tools": [WEATHER]})


def tools_stream(client: Any, ask: Ask) -> Any:
    """Offer a tool, and read the call."""
    arguments = {"model": ask.model, "contents": ask.prompt, "config": {"tools": [WEATHER]}}
    return ask.collect(client.models.generate_content_stream(**arguments))


def structured(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema, and have it parsed."""
    config = {"response_mime_type": "application/json", "response_json_schema": SCHEMA}
    found = client.models.generate_content(model=ask.model, contents=ask.prompt, config=config)
    return {**plain(found), "parsed": found.parsed}


async def structured_async(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema, and have it parsed."""
    config = {"response_mime_type": "application/json", "response_json_schema": SCHEMA}
    found = await client.models.generate_content(model=ask.model, contents=ask.prompt, config=config)
    return {**plain(found), "parsed": found.parsed}


def conversation(client: Any, ask: Ask) -> Any:
    """Send two messages of a conversation that the SDK keeps."""
    found = client.chats.create(model=ask.model)
    found.send_message(ask.prompt)
    return found.send_message("And where is the bell?")


def counted(client: Any, ask: Ask) -> Any:
    """Count a question's tokens."""
    return client.models.count_tokens(model=ask.model, contents=ask.prompt)


async def counted_async(client: Any, ask: Ask) -> Any:
    """Count a question's tokens."""
    return await client.models.count_tokens(model=ask.model, contents=ask.prompt)


def embeddings(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    return client.models.embed_content(model=ask.model, contents=[ask.prompt, "un second"])


async def embeddings_async(client: Any, ask: Ask) -> Any:
    """Ask for a vector."""
    return await client.models.embed_content(model=ask.model, contents=ask.prompt)


def models(client: Any, _: Ask) -> Any:
    """List the models."""
    return [plain(one) for one in client.models.list()]


async def models_async(client: Any, _: Ask) -> Any:
    """List the models."""
    return [plain(one) async for one in await client.models.list()]


def not_found(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return client.models.generate_content(model="absent", contents=ask.prompt)


async def not_found_async(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return await client.models.generate_content(model="absent", contents=ask.prompt)


def chat_proof(value: dict[str, Any]) -> Proof:
    """Read a whole answer."""
    return stream_proof([value])


def stream_proof(chunks: list[dict[str, Any]]) -> Proof:
    """Read a stream's objects."""
    parts = [part for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    last = chunks[-1]
    calls = [part["function_call"] for part in parts if part["function_call"]]
    return Proof(
        text="".join(part["text"] or "" for part in parts),
        model=last["model_version"],
        finish_reason=str(last["candidates"][0]["finish_reason"].value),
        prompt_tokens=last["usage_metadata"]["prompt_token_count"],
        completion_tokens=last["usage_metadata"]["candidates_token_count"],
        tool_calls=[(call["name"], call["args"]) for call in calls],
    )


RETRY = {"retry_options": {"attempts": 3, "initial_delay": 1.0, "exp_base": 1.0, "jitter": 0.01}}
IMPATIENT = {"timeout": 300}

CASES = (
    Case("chat", chat, proves=chat_proof),
    Case("chat", chat_async, proves=chat_proof),
    Case("chat, gzip", chat, faults=(squeezed,), proves=chat_proof),
    Case("chat, two turns", conversation, requests=2, proves=chat_proof),
    Case("stream", stream, proves=stream_proof),
    Case("stream", stream_async, proves=stream_proof),
    Case("tools", tools, proves=chat_proof),
    Case("tools", tools_async, proves=chat_proof),
    Case("tools, stream", tools_stream, proves=stream_proof),
    Case("structured", structured, proves=chat_proof),
    Case("structured", structured_async, proves=chat_proof),
    Case("token count", counted),
    Case("token count", counted_async),
    Case("embeddings", embeddings),
    Case("embeddings", embeddings_async),
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
)

SDK = Sdk(
    name="google_genai",
    distribution="google-genai",
    stack="httpx2; aiohttp for async",
    server=GeminiServer,
    client=client,
    async_client=async_client,
    cases=CASES,
    provider="google",
)


class TestGoogleGenai(StreamingProver):
    """Every row of the table."""

    sdk = SDK
