"""
A server of OpenAI's API, asked over httpx without OpenAI's SDK.

Sending, trying again and errors are those of every provider here; what is given is the server's JSON, to be read by
attributes as the SDK's objects are.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import Any, Self

import httpx

from playhead.core.model import Completion
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_chat_stream import ChatStreamReader
from playhead.dialects.openai_wire import loads, mapping, refuse_error, text
from playhead.errors import InferenceProviderError, ProviderError
from playhead.providers.closing import AsyncCloses
from playhead.providers.conventions.rehydrated import JSONObject
from playhead.providers.llama_stack.parameters import Parameters
from playhead.providers.openai_calls import Reader
from playhead.providers.retrying import retrying_async
from playhead.providers.streams import AsyncCompletionStream
from playhead.providers.vendors.calls import VendorCall
from playhead.providers.vendors.provider import AsyncVendorProvider
from playhead.providers.vendors.table import VENDORS, KeyPlace

# A server of one's own wants no key.
_ANY = VENDORS["openai"]._replace(key=KeyPlace.NONE)
# The time-out of OpenAI's SDK.
_TIMEOUT = 600.0


class Server(AsyncVendorProvider):
    """
    One server, for one event loop.

    Args:
        base_url: The address ``/chat/completions`` is appended to.
        key: The key, sent as a bearer token; ``None`` or empty sends none.
        transport: What sends instead of the network.
    """

    def __init__(self, base_url: str, key: str | None, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        super().__init__(
            _ANY,
            api_key=key or None,
            base_url=base_url,
            name="openai-compatible",
            timeout=_TIMEOUT,
            async_transport=transport,
        )
        self.keep_raw = True

    async def ask(self, asked: Asked, parameters: Parameters) -> Any:
        """
        Give the JSON object of a whole answer.

        Raises:
            InferenceProviderError: The server failed, each time it was asked; ``context["status"]`` is its status.
        """
        call = ServerCall(self, asked, parameters)
        answer = await retrying_async(self.retries, partial(self._answer, call))
        return JSONObject.of(answer.raw)

    async def open_stream(self, asked: Asked, parameters: Parameters) -> ChunkStream:
        """
        Give a streamed answer whose head has come.

        Raises:
            InferenceProviderError: The server failed, each time it was asked.
        """
        self._check_open()
        call = ServerCall(self, asked, parameters)
        opened = await retrying_async(self.retries, partial(self._connect, call))
        return ChunkStream(opened, call)


class ServerCall(VendorCall):
    """
    One call, ready to be sent as often as it takes.

    Args:
        server: Who is asked.
        asked: What to send, its path below the base URL.
        parameters: What the call says of headers, query and time-out.
    """

    def __init__(self, server: Server, asked: Asked, parameters: Parameters) -> None:
        asked = asked._replace(query=tuple((name, str(value)) for name, value in parameters.query.items()))
        model = text(parameters.body.get("model"))
        super().__init__(server, asked, _read, model=model, timeout=parameters.timeout)
        self._further = parameters.headers

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """Make the HTTP request, with the headers of this call."""
        made = super().request(client)
        made.headers.update(self._further)
        return made

    def reader(self, response: httpx.Response) -> Any:
        """Give what reads a streamed answer."""
        return ChunkReader(self._errors, response.status_code, self._finished, ChatStreamReader(keep_chunks=True))


def _read(body: object) -> Completion:
    if not isinstance(body, Mapping):
        raise ProviderError("the answer is no JSON object")
    refuse_error(mapping(body))  # pyright: ignore[reportUnknownArgumentType]
    return Completion()


class ChunkReader(Reader[ChatStreamReader]):
    """Reads a streamed answer chunk by chunk: its pieces are the chunks' JSON."""

    def feed(self, data: bytes) -> Iterator[str]:
        """
        Give the chunks in the next bytes, one by one.

        Raises:
            ProviderError: An event is an error or not JSON; the chunks before it have been given.
        """
        failure: InferenceProviderError | None = None
        try:
            for _ in self._inner.feed(data):
                pass
        except ProviderError as error:
            failure = self._errors.of_answer(error, self._status)
        came = self._inner.chunks or []
        chunks = list(came)
        came.clear()
        if failure is not None and chunks and mapping(chunks[-1]).get("error"):
            del chunks[-1]
        for chunk in chunks:
            yield json.dumps(chunk)
        if failure is not None:
            raise failure


class ChunkStream(AsyncCloses, AsyncIterator[Any]):
    """The chunks of one answer, read by attributes; closed by ``aclose``, ``close`` as the SDK has it, or a block."""

    def __init__(self, opened: tuple[httpx.Response, Any], call: ServerCall) -> None:
        async def connect() -> tuple[httpx.Response, Any]:
            return opened

        self._response = opened[0]
        self._pieces = AsyncCompletionStream(connect, translate=call.transport_error, attempts=1)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return JSONObject.of(loads(await anext(self._pieces), "a chunk"))

    async def aclose(self) -> None:
        """Stop reading and let go of the connection; nothing happens the second time."""
        await self._pieces.aclose()
        await self._response.aclose()

    async def close(self) -> None:
        """Do the same, under the SDK's name."""
        await self.aclose()
