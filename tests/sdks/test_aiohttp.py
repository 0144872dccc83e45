"""aiohttp by itself."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks import chat_shape
from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Sdk
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.plain import PlainServer

aiohttp = pytest.importorskip("aiohttp", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def client(url: str, seconds: float | None = None) -> AsyncIterator[Any]:
    """Open a session."""
    limit = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(url, headers={"authorization": f"Bearer {KEY}"}, timeout=limit) as session:
        yield session


async def seen(response: Any) -> dict[str, Any]:
    """Give all that a response shows."""
    return {
        "status": response.status,
        "reason": response.reason,
        "headers": list(response.headers.items()),
        "url": str(response.url),
        "history": [one.status for one in response.history],
        "type": response.content_type,
        "body": await response.read(),
    }


async def chat(client: Any, ask: Ask) -> Any:
    """Ask for a chat by hand."""
    body = {"model": ask.model, "messages": [{"role": "user", "content": ask.prompt}]}
    async with client.post("/v1/chat/completions", json=body) as response:
        return await response.json()


async def posted(client: Any, ask: Ask) -> Any:
    """Send JSON to no vendor's path."""
    async with client.post("/echo", json={"q": ask.prompt}, params={"page": "1"}) as response:
        return await seen(response)


async def query(client: Any, ask: Ask) -> Any:
    """Send parameters."""
    async with client.get("/echo", params={"q": ask.prompt}) as response:
        return await seen(response)


async def form(client: Any, ask: Ask) -> Any:
    """Send a form."""
    async with client.put("/echo", data={"q": ask.prompt, "more": "é"}) as response:
        return await seen(response)


async def image(client: Any, _: Ask) -> Any:
    """Get bytes that are no text."""
    async with client.get("/image") as response:
        return await seen(response)


async def stream(client: Any, ask: Ask) -> Any:
    """Read lines."""
    async with client.post("/lines", json={"q": ask.prompt}) as response:
        return await ask.gather(response.content)


async def moved(client: Any, _: Ask) -> Any:
    """Follow a redirection."""
    async with client.get("/moved") as response:
        return await seen(response)


async def cookies(client: Any, _: Ask) -> Any:
    """Be given a cookie, and show it."""
    async with client.get("/cookies") as response:
        return sorted(response.cookies)  # names: values are masked


async def nothing(client: Any, _: Ask) -> Any:
    """Get an answer without a body."""
    async with client.delete("/nothing") as response:
        return await seen(response)


async def missing(client: Any, _: Ask) -> Any:
    """Raise for a status."""
    async with client.get("/absent") as response:
        response.raise_for_status()


IMPATIENT = {"seconds": 0.3}

SDK = Sdk(
    name="aiohttp",
    distribution="aiohttp",
    stack="aiohttp",
    server=PlainServer,
    client=None,
    async_client=client,
    cases=(
        Case("chat", chat, proves=chat_shape.chat),
        Case("chat, gzip", chat, faults=(squeezed,), proves=chat_shape.chat),
        Case("post", posted),
        Case("post, gzip", posted, faults=(squeezed,)),
        Case("query", query),
        Case("form", form),
        Case("bytes", image, prompted=False),
        Case("stream", stream),
        Case("redirection", moved, requests=2, prompted=False),
        Case("cookies", cookies, prompted=False),
        Case("no content", nothing, prompted=False),
        Case("status 429", posted, faults=(too_many,)),
        Case("status 500", posted, faults=(overloaded,)),
        Case("error", missing, fails=True, prompted=False),
        Case("time-out", posted, faults=(slow,), fails=True, options=IMPATIENT),
        Case("dropped", posted, faults=(dropped,), fails=True),
    ),
    provider="openai",
)


class TestAiohttp(StreamingProver):
    """Every row of the table."""

    sdk = SDK
