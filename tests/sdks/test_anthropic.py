"""Anthropic's SDK: messages whole and in events, tools, counts, models."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Proof, Sdk, plain
from tests.sdks.chat_shape import SCHEMA, TOOL
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.anthropic import AnthropicServer
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many

anthropic = pytest.importorskip("anthropic", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

WEATHER = {"name": "weather", "description": "Tell the weather.", "input_schema": TOOL["function"]["parameters"]}  # type: ignore[index]


@contextmanager
def client(url: str, **options: Any) -> Iterator[Any]:
    """Open a client."""
    with anthropic.Anthropic(base_url=url, api_key=KEY, **{"max_retries": 0, **options}) as opened:
        yield opened


@asynccontextmanager
async def async_client(url: str, **options: Any) -> AsyncIterator[Any]:
    """Open an asynchronous client."""
    async with anthropic.AsyncAnthropic(base_url=url, api_key=KEY, **{"max_retries": 0, **options}) as opened:
        yield opened


def asked(ask: Ask, **more: Any) -> dict[str, Any]:
    """Give the arguments of a message."""
    messages = [{"role": "user", "content": ask.prompt}]
    return {"model": ask.model, "max_tokens": 60, "system": "Be brief.", "messages": messages, **more}


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer; the id of the request is a header's, and is compared too."""
    found = client.messages.create(**asked(ask))
    return {**plain(found), "request": found._request_id}


async def chat_async(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    found = await client.messages.create(**asked(ask))
    return {**plain(found), "request": found._request_id}


def stream(client: Any, ask: Ask) -> Any:
    """Ask for the events of a stream."""
    return ask.collect(client.messages.create(**asked(ask), stream=True))


async def stream_async(client: Any, ask: Ask) -> Any:
    """Ask for the events of a stream."""
    return await ask.gather(await client.messages.create(**asked(ask), stream=True))


def stream_helper(client: Any, ask: Ask) -> Any:
    """Ask for a stream through the SDK's own gatherer."""
    with client.messages.stream(**asked(ask)) as found:
        return {"texts": ask.collect(found.text_stream), "final": plain(found.get_final_message())}


async def stream_helper_async(client: Any, ask: Ask) -> Any:
    """Ask for a stream through the SDK's own gatherer."""
    async with client.messages.stream(**asked(ask)) as found:
        return {"texts": await ask.gather(found.text_stream), "final": plain(await found.get_final_message())}


def tools(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return client.messages.create(**asked(ask, tools=[WEATHER], tool_choice={"type": "any"}))


async def tools_async(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return await client.messages.create(**asked(ask, tools=[WEATHER], tool_choice={"type": "any"}))


def tools_stream(client: Any, ask: Ask) -> Any:
    """Offer a tool, and read the call in fragments."""
    with client.messages.stream(**asked(ask, tools=[WEATHER])) as found:
        return {"events": ask.collect(found), "final": plain(found.get_final_message())}


def two_turns(client: Any, ask: Ask) -> Any:
    """Go round an agent's loop: call a tool, send its result, get the answer."""
    first = client.messages.create(**asked(ask, tools=[WEATHER]))
    call = next(block for block in first.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "snow"}
    arguments = asked(ask)
    arguments["messages"] += [
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {"role": "user", "content": [result, {"type": "text", "text": "Go on."}]},
    ]
    return client.messages.create(**arguments)


def structured(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    return client.messages.create(**asked(ask, output_config={"format": {"type": "json_schema", "schema": SCHEMA}}))


async def structured_async(client: Any, ask: Ask) -> Any:
    """Ask for an object of a schema."""
    form = {"format": {"type": "json_schema", "schema": SCHEMA}}
    return await client.messages.create(**asked(ask, output_config=form))


def counted(client: Any, ask: Ask) -> Any:
    """Count a question's tokens."""
    return client.messages.count_tokens(model=ask.model, messages=[{"role": "user", "content": ask.prompt}])


async def counted_async(client: Any, ask: Ask) -> Any:
    """Count a question's tokens."""
    return await client.messages.count_tokens(model=ask.model, messages=[{"role": "user", "content": ask.prompt}])


def models(client: Any, _: Ask) -> Any:
    """List the models."""
    return [plain(one) for one in client.models.list()]


async def models_async(client: Any, _: Ask) -> Any:
    """List the models."""
    return [plain(one) async for one in client.models.list()]


def not_found(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return client.messages.create(**asked(ask, model="absent"))


async def not_found_async(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return await client.messages.create(**asked(ask, model="absent"))


def bad_request(client: Any, ask: Ask) -> Any:
    """Send no message."""
    return client.messages.create(**asked(ask, messages=[]))


def too_long(client: Any, ask: Ask) -> Any:
    """Send more than the model takes."""
    return client.messages.create(**asked(ask, messages=[{"role": "user", "content": ask.prompt * 2000}]))


def message_proof(value: dict[str, Any]) -> Proof:
    """Read a message."""
    usage = value["usage"]
    return Proof(
        text="".join(block["text"] for block in value["content"] if block["type"] == "text"),
        model=value["model"],
        finish_reason=value["stop_reason"],
        prompt_tokens=usage["input_tokens"],
        completion_tokens=usage["output_tokens"],
        tool_calls=[(block["name"], block["input"]) for block in value["content"] if block["type"] == "tool_use"],
    )


def events_proof(events: list[dict[str, Any]]) -> Proof:
    """Read a stream's events."""
    start = next(event["message"] for event in events if event["type"] == "message_start")
    last = next(event for event in events if event["type"] == "message_delta")
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return Proof(
        text="".join(delta["text"] for delta in deltas if delta["type"] == "text_delta"),
        model=start["model"],
        finish_reason=last["delta"]["stop_reason"],
        prompt_tokens=start["usage"]["input_tokens"],
        completion_tokens=last["usage"]["output_tokens"],
    )


def final_proof(value: dict[str, Any]) -> Proof:
    """Read what the SDK gathered from a stream."""
    return message_proof(value["final"])


RETRY = {"max_retries": 2}
IMPATIENT = {"timeout": 0.3}

CASES = (
    Case("chat", chat, proves=message_proof, real=True),
    Case("chat", chat_async, proves=message_proof, real=True),
    Case("chat, gzip", chat, faults=(squeezed,), proves=message_proof),
    Case("stream", stream, proves=events_proof, real=True),
    Case("stream", stream_async, proves=events_proof, real=True),
    Case("stream, helper", stream_helper, proves=final_proof, real=True),
    Case("stream, helper", stream_helper_async, proves=final_proof),
    Case("stream, gzip", stream, faults=(squeezed,)),
    Case("tools", tools, proves=message_proof, real=True),
    Case("tools", tools_async, proves=message_proof),
    Case("tools, stream", tools_stream, proves=final_proof, real=True),
    Case("tools, loop", two_turns, requests=2, proves=message_proof),
    Case("structured", structured, proves=message_proof),
    Case("structured", structured_async, proves=message_proof),
    Case("token count", counted, real=True),
    Case("token count", counted_async, real=True),
    Case("models", models, prompted=False),
    Case("models", models_async, prompted=False),
    Case("error", not_found, fails=True),
    Case("error", not_found_async, fails=True),
    Case("bad request", bad_request, fails=True),
    Case("bad request, too long", too_long, fails=True, real=True, loopback=False),
    Case("rate limit", chat, faults=(too_many,), requests=2, options=RETRY),
    Case("rate limit", chat_async, faults=(too_many,), requests=2, options=RETRY),
    Case("rate limit, given up", chat, faults=(too_many,), fails=True),
    Case("server error", chat, faults=(overloaded,), fails=True),
    Case("server error, retried", chat, faults=(overloaded,), requests=2, options=RETRY),
    Case("time-out", chat, faults=(slow,), fails=True, options=IMPATIENT),
    Case("time-out", chat_async, faults=(slow,), fails=True, options=IMPATIENT),
    Case("dropped", chat, faults=(dropped,), fails=True),
    Case("dropped stream", stream, faults=(dropped,), fails=True),
    Case("dropped stream", stream_async, faults=(dropped,), fails=True),
)

SDK = Sdk(
    name="anthropic",
    distribution="anthropic",
    stack="httpx2",
    server=AnthropicServer,
    client=client,
    async_client=async_client,
    cases=CASES,
    provider="anthropic",
    real_url=lambda server: str(server.root_url),
)


class TestAnthropic(StreamingProver):
    """Every row of the table."""

    sdk = SDK
