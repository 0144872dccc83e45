"""
Any server that speaks OpenAI's ``/chat/completions`` and ``/embeddings``, sync and async.

    provider = OpenAICompatibleProvider(
        "https://api.openai.com/v1", model="gpt-4o-mini", api_key_ref="env:OPENAI_API_KEY"
    )
    provider.complete(CompletionRequest("hello"))

Everything but sending is in ``openai_calls``; the two classes differ in ``await`` and nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import httpx

from playhead.core.model import Completion, CompletionRequest
from playhead.errors import InferenceProviderError, UsageError
from playhead.providers.closing import AsyncCloses, Closes
from playhead.providers.conventions.neutral import embedding_request
from playhead.providers.openai_calls import Call, OpenAISettings, Reader
from playhead.providers.retrying import retrying, retrying_async
from playhead.providers.streams import AsyncCompletionStream, CompletionStream

_WRONG_TRANSPORT = "a transport of the other kind only is given, and the network is not used in its place"


class OpenAICompatibleProvider(OpenAISettings, Closes):
    """
    A provider over HTTP that may be used by several threads at once; ``OpenAISettings`` has the arguments.

    Connections are opened by the first call and kept until ``close``.
    """

    _client: httpx.Client | None = None

    def close(self) -> None:
        """Let go of all connections; nothing happens the second time, and a later call is refused."""
        with self._lock:
            client, self._client, self._closed = self._client, None, True
        if client is not None:
            client.close()

    def complete(self, request: CompletionRequest) -> Completion:
        """
        Answer a request for text or, where its family says so, for embeddings.

        Raises:
            InferenceProviderError: The provider failed, each time it was tried.
            UsageError: The request cannot be sent, or the provider has been closed.
        """
        return retrying(self.retries, partial(self._answer, self.call_for(request)))

    def embed(
        self,
        texts: str | Sequence[str],
        *,
        model: str | None = None,
        dimensions: int | None = None,
        encoding_format: str | None = None,
    ) -> Completion:
        """
        Turn texts into vectors: the completion's ``output`` has one list of floats for each text, in order.

        Args:
            texts: One text or several.
            model: The model to ask; the provider's own where it is left out.
            dimensions: The length of the vectors, where the model can be told.
            encoding_format: ``float`` or ``base64``; the vectors are the same.

        Raises:
            InferenceProviderError: The provider failed, each time it was tried.
            UsageError: There is nothing to embed, or the provider has been closed.
        """
        request = embedding_request(texts, model=model, dimensions=dimensions, encoding_format=encoding_format)
        return self.complete(request)

    def stream(self, request: CompletionRequest) -> CompletionStream:
        """
        Answer in pieces; nothing is sent before the first one is asked for.

        Raises:
            UsageError: The request cannot be sent, or the provider has been closed.
        """
        self._check_open()
        call = self.chat_call(request, stream=True)
        return CompletionStream(partial(self._connect, call), translate=call.transport_error, attempts=self.retries)

    def _http(self) -> httpx.Client:
        with self._lock:
            self._check_open()
            if self._client is None:
                transport = self._transport
                if transport is None and self._async_transport is not None:
                    if not isinstance(self._async_transport, httpx.BaseTransport):
                        raise UsageError(_WRONG_TRANSPORT, hint="transport=...")
                    transport = self._async_transport
                self._client = httpx.Client(transport=transport, timeout=self.timeout, follow_redirects=False)
            return self._client

    def _answer(self, call: Call) -> Completion:
        client = self._http()
        try:
            response = client.send(call.request(client))
        except httpx.RequestError as error:
            failure = call.transport_error(error)
        else:
            return call.completion(response)
        raise failure

    def _connect(self, call: Call) -> tuple[httpx.Response, Reader[Any]]:
        client = self._http()
        failure: InferenceProviderError
        try:
            response = client.send(call.request(client), stream=True)
            if call.is_stream(response):
                return response, call.reader(response)
            with contextlib.closing(response):
                response.read()
        except httpx.RequestError as error:
            failure = call.transport_error(error)
        else:
            failure = call.stream_error(response)
        raise failure


class AsyncOpenAICompatibleProvider(OpenAISettings, AsyncCloses):
    """
    The same for one event loop; ``OpenAISettings`` has the arguments.

    A reference to a key is read in the loop: a scheme of the user's own should answer at once.
    """

    _client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Let go of all connections; nothing happens the second time, and a later call is refused."""
        with self._lock:
            client, self._client, self._closed = self._client, None, True
        if client is not None:
            await client.aclose()

    async def complete(self, request: CompletionRequest) -> Completion:
        """
        Answer a request for text or, where its family says so, for embeddings.

        Raises:
            InferenceProviderError: The provider failed, each time it was tried.
            UsageError: The request cannot be sent, or the provider has been closed.
        """
        return await retrying_async(self.retries, partial(self._answer, self.call_for(request)))

    async def embed(
        self,
        texts: str | Sequence[str],
        *,
        model: str | None = None,
        dimensions: int | None = None,
        encoding_format: str | None = None,
    ) -> Completion:
        """
        Turn texts into vectors: the completion's ``output`` has one list of floats for each text, in order.

        Args:
            texts: One text or several.
            model: The model to ask; the provider's own where it is left out.
            dimensions: The length of the vectors, where the model can be told.
            encoding_format: ``float`` or ``base64``; the vectors are the same.

        Raises:
            InferenceProviderError: The provider failed, each time it was tried.
            UsageError: There is nothing to embed, or the provider has been closed.
        """
        request = embedding_request(texts, model=model, dimensions=dimensions, encoding_format=encoding_format)
        return await self.complete(request)

    def stream(self, request: CompletionRequest) -> AsyncCompletionStream:
        """
        Answer in pieces; nothing is sent before the first one is asked for.

        Raises:
            UsageError: The request cannot be sent, or the provider has been closed.
        """
        self._check_open()
        call = self.chat_call(request, stream=True)
        return AsyncCompletionStream(
            partial(self._connect, call), translate=call.transport_error, attempts=self.retries
        )

    def _http(self) -> httpx.AsyncClient:
        with self._lock:
            self._check_open()
            if self._client is None:
                transport = self._async_transport
                if transport is None and self._transport is not None:
                    if not isinstance(self._transport, httpx.AsyncBaseTransport):
                        raise UsageError(_WRONG_TRANSPORT, hint="async_transport=...")
                    transport = self._transport
                self._client = httpx.AsyncClient(transport=transport, timeout=self.timeout, follow_redirects=False)
            return self._client

    async def _answer(self, call: Call) -> Completion:
        client = self._http()
        try:
            response = await client.send(call.request(client))
        except httpx.RequestError as error:
            failure = call.transport_error(error)
        else:
            return call.completion(response)
        raise failure

    async def _connect(self, call: Call) -> tuple[httpx.Response, Reader[Any]]:
        client = self._http()
        failure: InferenceProviderError
        try:
            response = await client.send(call.request(client), stream=True)
            if call.is_stream(response):
                return response, call.reader(response)
            async with contextlib.aclosing(response):
                await response.aread()
        except httpx.RequestError as error:
            failure = call.transport_error(error)
        else:
            failure = call.stream_error(response)
        raise failure
