"""The rows of httpx and httpx2, which are alike: the library is a parameter."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from tests.sdks import chat_shape
from tests.sdks.cases import KEY, Ask, Case, Sdk
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.plain import PlainServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import ModuleType

HEADERS = {"authorization": f"Bearer {KEY}"}


def chat_body(ask: Ask, **more: Any) -> dict[str, Any]:
    """Give the body of a chat."""
    return {"model": ask.model, "messages": [{"role": "user", "content": ask.prompt}], **more}


def seen(response: Any) -> dict[str, Any]:
    """Give all that a response shows."""
    return {
        "status": response.status_code,
        "reason": response.reason_phrase,
        "http": response.http_version,
        "headers": list(response.headers.multi_items()),
        "url": str(response.url),
        "history": [one.status_code for one in response.history],
        "body": response.content,
    }


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a chat by hand."""
    return client.post("/v1/chat/completions", json=chat_body(ask)).json()


async def chat_async(client: Any, ask: Ask) -> Any:
    """Ask for a chat by hand."""
    return (await client.post("/v1/chat/completions", json=chat_body(ask))).json()


def posted(client: Any, ask: Ask) -> Any:
    """Send JSON to no vendor's path."""
    return seen(client.post("/echo", json={"q": ask.prompt}, params={"page": "1"}))


async def posted_async(client: Any, ask: Ask) -> Any:
    """Send JSON to no vendor's path."""
    return seen(await client.post("/echo", json={"q": ask.prompt}, params={"page": "1"}))


def query(client: Any, ask: Ask) -> Any:
    """Send parameters."""
    return seen(client.get("/echo", params={"q": ask.prompt}))


def form(client: Any, ask: Ask) -> Any:
    """Send a form."""
    return seen(client.put("/echo", data={"q": ask.prompt, "more": "é"}))


def chunked(client: Any, ask: Ask) -> Any:
    """Send a body in pieces."""
    return seen(client.post("/echo", content=iter([b"a: ", ask.prompt.encode()])))


def image(client: Any, _: Ask) -> Any:
    """Get bytes that are no text."""
    return seen(client.get("/image"))


def stream(client: Any, ask: Ask) -> Any:
    """Read lines as they come."""
    with client.stream("POST", "/lines", json={"q": ask.prompt}) as response:
        return ask.collect(response.iter_lines())


async def stream_async(client: Any, ask: Ask) -> Any:
    """Read lines as they come."""
    async with client.stream("POST", "/lines", json={"q": ask.prompt}) as response:
        return await ask.gather(response.aiter_lines())


def stream_raw(client: Any, ask: Ask) -> Any:
    """Read the bytes in the pieces they come in."""
    with client.stream("POST", "/lines", json={"q": ask.prompt}) as response:
        return ask.collect(response.iter_raw())


def moved(client: Any, ask: Ask) -> Any:
    """Follow a redirection."""
    return seen(client.post("/moved", json={"q": ask.prompt}, follow_redirects=True))


def cookies(client: Any, _: Ask) -> Any:
    """Be given a cookie, and show it."""
    client.get("/cookies")
    return sorted(client.cookies)  # names: values are masked


def nothing(client: Any, _: Ask) -> Any:
    """Get an answer without a body."""
    return seen(client.delete("/nothing"))


def missing(client: Any, _: Ask) -> Any:
    """Raise for a status."""
    return client.get("/absent").raise_for_status()


async def missing_async(client: Any, _: Ask) -> Any:
    """Raise for a status."""
    return (await client.get("/absent")).raise_for_status()


IMPATIENT = {"timeout": 0.3}

CASES = (
    Case("chat", chat, proves=chat_shape.chat),
    Case("chat", chat_async, proves=chat_shape.chat),
    Case("chat, gzip", chat, faults=(squeezed,), proves=chat_shape.chat),
    Case("post", posted),
    Case("post", posted_async),
    Case("post, gzip", posted, faults=(squeezed,)),
    Case("query", query),
    Case("form", form),
    Case("chunked", chunked),
    Case("bytes", image, prompted=False),
    Case("stream", stream),
    Case("stream", stream_async),
    Case("stream, raw", stream_raw),
    Case("stream, gzip", stream, faults=(squeezed,)),
    Case("redirection", moved, requests=2),
    Case("cookies", cookies, prompted=False),
    Case("no content", nothing, prompted=False),
    Case("status 429", posted, faults=(too_many,)),
    Case("status 500", posted, faults=(overloaded,)),
    Case("error", missing, fails=True),
    Case("error", missing_async, fails=True),
    Case("time-out", posted, faults=(slow,), fails=True, options=IMPATIENT),
    Case("time-out", posted_async, faults=(slow,), fails=True, options=IMPATIENT),
    Case("dropped", posted, faults=(dropped,), fails=True),
    Case("dropped stream", stream, faults=(dropped,), fails=True),
    Case("dropped stream", stream_async, faults=(dropped,), fails=True),
)


def table(library: ModuleType) -> Sdk:
    """Give the library's table."""

    @contextmanager
    def client(url: str, **options: Any) -> Iterator[Any]:
        with library.Client(base_url=url, headers=HEADERS, **options) as opened:
            yield opened

    @asynccontextmanager
    async def async_client(url: str, **options: Any) -> AsyncIterator[Any]:
        async with library.AsyncClient(base_url=url, headers=HEADERS, **options) as opened:
            yield opened

    return Sdk(
        name=library.__name__,
        distribution=library.__name__,
        stack=library.__name__,
        server=PlainServer,
        client=client,
        async_client=async_client,
        cases=CASES,
        provider="openai",
    )
