"""What the tests of the gateway share: an app that is asked without a socket, and one behind a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from playhead import StubInferenceProvider
from playhead.gateway import create_app
from playhead.gateway.app import Gateway
from playhead.gateway.serving import Background
from tests.sdks.servers.openai_like import OpenAIServer
from tests.sdks.servers.words import KNOWN_MODELS

Ask = Callable[..., httpx.AsyncClient]
Serve = Callable[..., str]

CHAT = "/v1/chat/completions"


def chat(prompt: str = "hello there", **more: Any) -> dict[str, Any]:
    """Give the body of a chat."""
    return {"model": KNOWN_MODELS[0], "messages": [{"role": "user", "content": prompt}], **more}


def stub_app(cassette: Path, **more: Any) -> Gateway:
    """Make a gateway that records what a stub answers."""
    return create_app(
        **{"cassette": cassette, "mode": "record-missing", "upstreams": {"default": StubInferenceProvider()}, **more}
    )


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Give clients of apps in this process; the apps are closed at the end."""
    async with AsyncExitStack() as stack:
        opened: list[httpx.AsyncClient] = []

        def client(app: Gateway, **options: Any) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app)
            made = httpx.AsyncClient(transport=transport, base_url="http://gateway", **options)
            opened.append(made)
            stack.push_async_callback(app.close)
            stack.push_async_callback(made.aclose)
            return made

        yield client


@pytest.fixture
async def golden(tmp_path: Path) -> Path:
    """Give a cassette with one chat, whole and streamed."""
    path = tmp_path / "golden.cassette"
    app = stub_app(path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        for stream in (False, True):
            assert (await client.post(CHAT, json=chat(stream=stream))).status_code == 200
    await app.close()
    assert app.faults == []
    return path


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve apps at real ports until the test ends."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(Background(app))


@pytest.fixture
def vendor() -> Iterator[OpenAIServer]:
    """Give a server that speaks OpenAI's protocol and answers differently each time."""
    with OpenAIServer() as server:
        yield server
