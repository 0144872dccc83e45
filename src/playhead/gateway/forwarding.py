"""
A request sent on to its upstream, and the answer relayed while it is recorded.

A server's answer passes piece by piece as it comes, so a stream is a stream. A provider of ours is asked in our words;
its answer is written in the dialect the question came in.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import httpx
import msgspec

from playhead.core.model import Completion
from playhead.core.wire import WireError
from playhead.dialects.answers import to_bytes
from playhead.dialects.openai_chat_stream import as_streamed
from playhead.errors import InferenceProviderError, PermanentError, RateLimitError
from playhead.gateway.arriving import CREDENTIALS, Arrived
from playhead.gateway.replies import BrokenOff, Receive, Rejected, Send, passed_on, send_reply, unreachable
from playhead.gateway.upstreams import Upstream
from playhead.gateway.vendors import error_body
from playhead.providers.hidden_logs import hide_secrets_in_logs
from playhead.providers.secrets import remember
from playhead.sessions.inside import inside
from playhead.wire.exchange import Live, Read
from playhead.wire.httpx_edge import kind_of, note_head

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 600.0
"""How long a model may think; the SDKs of OpenAI and Anthropic wait as long."""


class Client:
    """
    The client of one call.

    Attributes:
        gone: Whether it hung up.
        status: The status that it was told.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive = receive
        self._send = send
        self.gone = False
        self.status = 0

    async def send(self, message: Any) -> None:
        """Tell the client something."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)

    async def serve(self, work: Awaitable[None]) -> None:
        """Do something for the client as long as it is there; when it hangs up the work is cancelled."""
        task = asyncio.ensure_future(work)
        watch = asyncio.ensure_future(self._hang_up())
        try:
            await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self.gone = True
                task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                if not self.gone:
                    raise
        finally:
            watch.cancel()
            task.cancel()

    async def _hang_up(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass


class Forwarder:
    """Sends requests on; one for a gateway, whose connections it keeps."""

    def __init__(self, token: str | None = None) -> None:
        self._token = token
        self._http: httpx.AsyncClient | None = None

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            hide_secrets_in_logs()
            timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=None)
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
            self._http = httpx.AsyncClient(timeout=timeout, limits=limits, follow_redirects=False)
            # What the client of the gateway does not send is not added for it.
            self._http.headers = httpx.Headers()
        return self._http

    async def close(self) -> None:
        """Close the connections."""
        client, self._http = self._http, None
        if client is not None:
            await client.aclose()

    async def forward(self, upstream: Upstream, arrived: Arrived, read: Read, live: Live, client: Client) -> None:
        """
        Have a request answered and the answer recorded.

        Raises:
            BrokenOff: The answer broke off after it had begun.
            RecordingError: It could not be stored.
        """
        if upstream.provider is not None:
            work = self._ask(upstream.provider, read, live, client)
        else:
            work = self._relay(arrived, read, live, client)
        await client.serve(_ended(live, client, work))

    async def _relay(self, arrived: Arrived, read: Read, live: Live, client: Client) -> None:
        _remember_keys(arrived)
        http = self._client()
        arrived.query = _without(arrived.query, self._token)
        request = http.build_request(
            arrived.method, arrived.url, headers=arrived.sent_on(token=self._token), content=arrived.body or None
        )
        try:
            with inside():
                response = await http.send(request, stream=True)
        except httpx.TransportError as error:
            kind = kind_of(error)
            live.fail(error, kind)
            await send_reply(client.send, unreachable(read.provider, WireError("", kind, str(error))))
            return
        try:
            await _start(client, response.status_code, note_head(live, response), b"live")
            try:
                async for piece in response.aiter_raw():
                    live.piece(piece)
                    await client.send({"type": "http.response.body", "body": piece, "more_body": True})
            except httpx.TransportError as error:
                live.fail(error, kind_of(error))
                raise BrokenOff(str(error)) from None
            live.end()
            await client.send({"type": "http.response.body", "body": b""})
        finally:
            await response.aclose()

    async def _ask(self, provider: Any, read: Read, live: Live, client: Client) -> None:
        dialect = read.dialect
        if dialect is None:
            live.forget()
            raise Rejected(400, "not_understood", "no dialect reads this request, so no provider can be asked it")
        try:
            completion = await _completed(provider.complete, read.request)
        except InferenceProviderError as error:
            await self._failed(error, read, live, client)
            return
        if read.stream and dialect.stream is not None:
            kind = dialect.stream.content_type
            words = _word_by_word(completion.text)
            told = as_streamed(completion, read.request)
            pieces: Iterable[bytes] = dialect.stream.encode(told, words, read.request)
        else:
            kind = "application/json"
            pieces = (to_bytes(dialect.encode_response(completion, read.request)),)
        await self._give(live, client, 200, [("content-type", kind)], pieces)

    async def _failed(self, error: InferenceProviderError, read: Read, live: Live, client: Client) -> None:
        given: Any = error.context.get("status")
        usual = 429 if isinstance(error, RateLimitError) else 400 if isinstance(error, PermanentError) else 500
        status = given if type(given) is int and 400 <= given < 600 else usual
        headers = [("content-type", "application/json")]
        if isinstance(error, RateLimitError):
            headers.append(("retry-after", f"{error.retry_after:g}"))
        body = error_body(read.provider, status, error.error_code.lower(), error.message)
        await self._give(live, client, status, headers, (msgspec.json.encode(body),))

    async def _give(
        self, live: Live, client: Client, status: int, headers: list[tuple[str, str]], pieces: Iterable[bytes]
    ) -> None:
        live.head(status, headers)
        await _start(client, status, headers, b"provider")
        for piece in pieces:
            live.piece(piece)
            await client.send({"type": "http.response.body", "body": piece, "more_body": True})
        live.end()
        await client.send({"type": "http.response.body", "body": b""})


async def _start(client: Client, status: int, headers: list[tuple[str, str]], source: bytes) -> None:
    passed = [*passed_on(headers), (b"x-playhead-source", source)]
    await client.send({"type": "http.response.start", "status": status, "headers": passed})


async def _ended(live: Live, client: Client, work: Awaitable[None]) -> None:
    """Have the exchange come to an end whatever becomes of the work; a second end is none."""
    try:
        await work
    except asyncio.CancelledError:
        # Who hung up has read what came. Where the gateway itself stops, nobody knows what would have come.
        (live.leave if client.gone and client.status else live.forget)()
        raise
    except BaseException:
        live.forget()
        raise


async def _completed(complete: Callable[[Any], Any], request: Any) -> Completion:
    if inspect.iscoroutinefunction(complete):
        with inside():
            found = await complete(request)
    else:
        with inside(own_threads=True):
            found = await asyncio.to_thread(functools.partial(complete, request))
        if inspect.isawaitable(found):
            found = await found
    if not isinstance(found, Completion):
        raise InferenceProviderError(f"the provider gave a {type(found).__name__}, not a completion")
    return found


def _word_by_word(text: str) -> list[str]:
    words = text.split(" ")
    return [word if index == 0 else f" {word}" for index, word in enumerate(words)] if text else []


def _without(query: str, token: str | None) -> str:
    """Give a query without the gateway's token, which a client may have sent for its key."""
    if token is None or "key=" not in query:
        return query
    return "&".join(part for part in query.split("&") if unquote_plus(part) != f"key={token}")


def _remember_keys(arrived: Arrived) -> None:
    """Have the client's keys redacted wherever they come back: servers quote a wrong key in their errors."""
    for name in CREDENTIALS:
        value = arrived.header(name).decode("latin-1")
        remember(value.rpartition(" ")[2])
    for parameter, key in parse_qsl(arrived.query):
        if parameter == "key":
            remember(key)
