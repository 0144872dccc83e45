"""What is proven of each SDK, as a table: a row is one feature, called one way."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.sdks.servers.base import Fault, LoopbackServer

KEY = "sk-proof-Zq81kXw40vTb77rLmN3cPd92HsYaEf65"
"""The key every client is given; it may be found in no file."""

NOT_HERE = "its SDK is not installed here: make test runs these in .venv-sdk"


@dataclass(frozen=True)
class Ask:
    """
    What a case asks, so that the same call can be made with another prompt.

    Attributes:
        prompt: The user's text.
        model: The model asked for.
        got: To be called for each piece of a stream that the caller has seen.
    """

    prompt: str
    model: str
    got: Callable[[], None] = lambda: None

    def collect(self, pieces: Any) -> list[Any]:
        """Give the pieces of a stream, telling of each."""
        return [self.seen(piece) for piece in pieces]

    async def gather(self, pieces: Any) -> list[Any]:
        """Give the pieces of an asynchronous stream, telling of each."""
        return [self.seen(piece) async for piece in pieces]

    def seen(self, piece: Any) -> Any:
        """Tell of one piece, and give it in plain values."""
        self.got()
        return plain(piece)


class Proof(NamedTuple):
    """What the evidence must say of an answer, read from what the SDK made of it."""

    text: str = ""
    model: str | None = None
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    tool_calls: Sequence[tuple[str, Any]] = ()


@dataclass(frozen=True)
class Case:
    """
    One row.

    Attributes:
        feature: What is used: ``chat``, ``stream``, ``tools``.
        call: Makes the call with a client; a coroutine function where the client is asynchronous.
        faults: What goes wrong on the way, one for each request that the SDK makes.
        requests: How many requests the SDK makes.
        fails: Whether the SDK raises.
        prompted: Whether the prompt reaches the server.
        proves: Reads from the result what the evidence must say; ``None`` where there is no model's answer.
        options: Further options of the client.
        real: Whether the real server can be asked this too.
        provider: What the evidence calls the provider, where it is not what the SDK's other rows have.
        loopback: Whether the server on the loopback interface is asked.
    """

    feature: str
    call: Callable[..., Any]
    faults: tuple[Fault, ...] = ()
    requests: int = 1
    fails: bool = False
    prompted: bool = True
    proves: Callable[[Any], Proof] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    real: bool = False
    provider: str | None = None
    loopback: bool = True

    @property
    def is_async(self) -> bool:
        """Whether it is called with the asynchronous client."""
        return inspect.iscoroutinefunction(self.call)

    @property
    def is_stream(self) -> bool:
        """Whether the answer comes in pieces."""
        return "stream" in self.feature

    def __str__(self) -> str:
        return f"{self.feature}-{'async' if self.is_async else 'sync'}"


@dataclass(frozen=True)
class Sdk:
    """
    One SDK and its rows.

    Attributes:
        name: Its module's name.
        distribution: Its package's name.
        stack: What it speaks HTTP with, sync and async.
        server: The vendor's server on the loopback interface.
        client: Opens a client for an address; options are the client's own.
        async_client: Likewise, asynchronous; ``None`` where the SDK has none.
        cases: The rows.
        provider: What the evidence calls the provider.
        model: The model asked for.
        real_url: The address of the real server as this SDK wants it, from the server; ``None`` where it does not
            speak its protocol.
    """

    name: str
    distribution: str
    stack: str
    server: type[LoopbackServer]
    client: Callable[..., AbstractContextManager[Any]] | None
    async_client: Callable[..., AbstractAsyncContextManager[Any]] | None
    cases: tuple[Case, ...]
    provider: str
    model: str = "tiny-1"
    real_url: Callable[[Any], str] | None = None

    def ask(self, prompt: str = "Where is the lantern?", got: Callable[[], None] = lambda: None) -> Ask:
        """Give a question to this SDK's model."""
        return Ask(prompt, self.model, got)

    def address(self, server: Any) -> str:
        """Give the address the SDK is to be pointed at."""
        if isinstance(server, LoopbackServer):
            return str(getattr(server, "base_url", server.root))
        assert self.real_url is not None
        return self.real_url(server)

    def run(self, case: Case, url: str, ask: Ask) -> Any:
        """Make a case's call with a new client and give what became of it, as plain values."""
        try:
            return {"value": plain(self._call(case, url, ask))}
        except Exception as error:
            return {"error": described(error)}

    def _call(self, case: Case, url: str, ask: Ask) -> Any:
        if case.is_async:
            return asyncio.run(self._call_async(case, url, ask))
        assert self.client is not None
        with self.client(url, **case.options) as client:
            return case.call(client, ask)

    async def _call_async(self, case: Case, url: str, ask: Ask) -> Any:
        assert self.async_client is not None
        async with self.async_client(url, **case.options) as client:
            return await case.call(client, ask)


def plain(value: Any) -> Any:
    """Make plain values of what an SDK gives, every field kept, so that ``==`` compares all of it."""
    if hasattr(value, "model_dump"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a parsed answer stands where the SDK's own types expect none
            return {"is": type(value).__name__, **plain(value.model_dump())}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            "is": type(value).__name__,
            **{one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)},
        }
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def described(error: BaseException) -> dict[str, Any]:
    """Say what an exception tells the code that catches it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # aiohttp's ``code``
        status = getattr(error, "status_code", None) or getattr(error, "code", None)
    response = getattr(error, "response", None)
    text = getattr(response, "text", None)
    body = getattr(error, "body", None)
    cause = type(error.__cause__)
    return {
        "classes": [cls.__qualname__ for cls in type(error).__mro__],
        # aiohttp's words about a connection name an object by its address.
        "text": re.sub(r" at 0x[0-9a-f]+", "", str(error)),
        "status": status,
        "body": body if isinstance(body, (dict, list, str)) else repr(body),
        # aiohttp's is a method, which after the session has nothing to read from.
        "response": text if isinstance(text, str) else None,
        # What lies below a transport is not there under replay.
        "cause": "NoneType" if cause.__module__.startswith("httpcore") else cause.__qualname__,
    }


def json_or_text(text: Any) -> Any:
    """Read a tool's arguments, which SDKs give as text or as values."""
    return json.loads(text) if isinstance(text, str) else text
