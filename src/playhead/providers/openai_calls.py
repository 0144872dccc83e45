"""
What the sync and the async OpenAI-compatible provider share: settings and requests in, HTTP requests and decoded
answers out. Nothing here sends or waits.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

import httpx
import msgspec

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.core.names import check_provider_name
from playhead.dialects.dialect import StreamReader
from playhead.dialects.openai_chat import decode_chat, encode_chat
from playhead.dialects.openai_chat_stream import ChatStreamReader
from playhead.dialects.openai_embeddings import decode_embeddings, encode_embeddings
from playhead.dialects.openai_wire import error_text, loads, mapping
from playhead.errors import InferenceProviderError, ProviderError, UsageError
from playhead.providers.endpoint import Address, Headers, Key
from playhead.providers.http_errors import CallErrors
from playhead.providers.secrets import SecretResolver


class OpenAISettings:
    """
    Where and how an OpenAI-compatible server is asked.

    Args:
        base_url: The address ``/chat/completions`` and ``/embeddings`` are appended to; its query string
            (``?api-version=``) is kept. A key does not belong here: HTTP libraries log addresses.
        model: The model to ask where a request names none.
        api_key_ref: Where the key is found (``env:OPENAI_API_KEY``); read anew for every call. No key, no
            ``Authorization`` header.
        api_key: The key itself, instead of a reference.
        name: The provider's stable name.
        default_temperature: Sent where a request has none; ``None`` sends none.
        default_max_tokens: Sent where a request has none; ``None`` sends none.
        timeout: Seconds to connect, to send and between two reads; ``None`` waits for ever.
        retries: How often a call is tried in all; 1 for no second try.
        transport: What the sync class sends by instead of the network.
        async_transport: What the async class sends by instead of the network. One set of settings makes either
            class; a class without a transport of its own kind refuses to go to the network instead.
        headers: Further headers; they win over those made here.
        keep_raw: Whether completions keep the server's JSON as ``raw`` (a list of chunks, where streamed).
        secrets: What reads ``api_key_ref``; by default ``env:`` and ``file:``.

    Raises:
        UsageError: A setting is not usable; nothing was resolved or opened.
    """

    supports_tools: ClassVar[bool] = True

    def __init__(
        self,
        base_url: str,
        *,
        model: str,
        api_key_ref: str | None = None,
        api_key: str | None = None,
        name: str = "openai-compatible",
        default_temperature: float | None = 0.7,
        default_max_tokens: int | None = 4096,
        timeout: float | None = 120.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
        async_transport: httpx.AsyncBaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
        keep_raw: bool = False,
        secrets: SecretResolver | None = None,
    ) -> None:
        self.name = name
        self.model = model
        self.address = Address(base_url)
        self.key = Key(literal=api_key, reference=api_key_ref, resolver=secrets)
        self.headers = Headers(headers or {})
        # What is refused below must not show in a traceback with locals.
        del base_url, api_key, api_key_ref, headers
        self.default_temperature = default_temperature
        self.default_max_tokens = default_max_tokens
        self.timeout = timeout
        self.retries = retries
        self.keep_raw = keep_raw
        self._transport = transport
        self._async_transport = async_transport
        self._lock = threading.Lock()
        self._closed = False
        self._check()

    def _check(self) -> None:
        check_provider_name(self.name)
        for part in (self.address, self.key, self.headers):
            part.check()
        if not self.model:
            raise UsageError("a provider needs a model to ask where a request names none", hint="model='...'")
        if self.timeout is not None and not (math.isfinite(self.timeout) and self.timeout > 0):
            raise UsageError(f"timeout must be a positive number of seconds or None, got {self.timeout!r}")
        if self.retries < 1:
            raise UsageError(f"retries counts all tries and must be at least 1, got {self.retries!r}")

    def __repr__(self) -> str:
        facts = f"{self.address!r}, model={self.model!r}, {self.key!r}, name={self.name!r}"
        return f"{type(self).__name__}({facts})"

    @property
    def base_url(self) -> str:
        """The address, credentials masked."""
        return str(self.address)

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError(f"provider {self.name!r} has been closed")

    def call_for(self, request: CompletionRequest) -> Call:
        """
        Prepare the call of ``complete``.

        Raises:
            UsageError: The family is not one this provider speaks, or the request cannot be sent.
        """
        if request.family is Family.LLM:
            return self.chat_call(request, stream=False)
        if request.family is Family.EMBEDDING:
            body = encode_embeddings(request, model=request.model or self.model)
            return Call(self, "/embeddings", body, decode_embeddings)
        raise UsageError(f"an OpenAI-compatible provider has no endpoint for family {request.family.value!r}")

    def chat_call(self, request: CompletionRequest, *, stream: bool) -> Call:
        """
        Prepare a call for text, whole or in pieces.

        Raises:
            UsageError: The request cannot be sent.
        """
        temperature, max_tokens = request.temperature, request.max_tokens
        body = encode_chat(
            request,
            model=request.model or self.model,
            temperature=self.default_temperature if temperature is None else temperature,
            max_tokens=self.default_max_tokens if max_tokens is None else max_tokens,
            stream=stream,
        )
        return Call(self, "/chat/completions", body, decode_chat)


class Call:
    """
    One call, ready to be sent as often as it takes.

    Args:
        settings: Where and how to ask.
        path: The endpoint's path.
        body: What to send, as JSON values.
        decode: Reads the JSON object of a whole answer.
        model: The model asked, where the body does not name it.

    Raises:
        UsageError: The body has no JSON form.
    """

    def __init__(
        self,
        settings: OpenAISettings,
        path: str,
        body: Mapping[str, Any],
        decode: Callable[[object], Completion],
        *,
        model: str | None = None,
    ) -> None:
        self._settings = settings
        self._path = path
        self._content = _json_bytes(body)
        self._decode = decode
        self._model = model or str(body.get("model") or "")
        self._errors = CallErrors(provider=settings.name, model=self._model)

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """
        Make the HTTP request, with the key as it is now.

        Raises:
            InferenceProviderError: There is no key at its reference.
        """
        key = self._settings.key.current()
        headers = httpx.Headers({"Accept": "application/json", "Content-Type": "application/json"})
        if key is not None:
            headers["Authorization"] = f"Bearer {key.reveal()}"
        for name, value in self._settings.headers.items():
            headers[name] = value.reveal()
        url = self._settings.address.url(self._path)
        return client.build_request("POST", url, content=self._content, headers=headers)

    def transport_error(self, error: httpx.RequestError) -> ProviderError:
        """Give the error to raise, outside of the handler, for an exception of httpx's."""
        return self._errors.of_transport(error)

    def completion(self, response: httpx.Response) -> Completion:
        """
        Read a whole answer.

        Raises:
            InferenceProviderError: It is not a success, or not an answer.
        """
        outcome = self._status_error(response) or self._decoded(response)
        if isinstance(outcome, Completion):
            return outcome
        raise outcome

    def _decoded(self, response: httpx.Response) -> Completion | InferenceProviderError:
        # Given rather than raised, so that no frame of the error holds what the server sent.
        try:
            body = loads(response.content, "the body")
            return self._finished(self._decode(body), body)
        except ProviderError as error:
            return self._errors.of_answer(error, response.status_code)

    def is_stream(self, response: httpx.Response) -> bool:
        """Tell whether a response can be read as a stream; if not, read its body and raise ``stream_error``."""
        kind: str = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return response.is_success and kind != "application/json"

    def stream_error(self, response: httpx.Response) -> InferenceProviderError:
        """Give the error for a response whose body was read because it is not a stream."""
        failure = self._status_error(response)
        if failure is not None:
            return failure
        try:
            words = error_text(loads(response.content, "the body"))
        except ProviderError as error:
            return self._errors.of_answer(error, response.status_code)
        what = "a whole answer came for a stream" if words is None else f"the answer is an error: {words!r}"
        return self._errors.of_answer(ProviderError(what), response.status_code)

    def reader(self, response: httpx.Response) -> Reader[Any]:
        """Give what reads a streamed answer."""
        inner = ChatStreamReader(keep_chunks=self._settings.keep_raw)
        return Reader(self._errors, response.status_code, self._finished, inner)

    def _status_error(self, response: httpx.Response) -> InferenceProviderError | None:
        if response.is_success:
            return None
        return self._errors.of_status(
            response.status_code, headers=response.headers, body=response.content, now=time.time()
        )

    def _finished(self, completion: Completion, raw: Any) -> Completion:
        return msgspec.structs.replace(
            completion,
            provider=self._settings.name,
            model=completion.model or self._model,
            raw=raw if self._settings.keep_raw else None,
        )


R = TypeVar("R", bound=ChatStreamReader | StreamReader)


class Reader(Generic[R]):
    """
    Reads a streamed answer; what it raises names the provider and holds no secret.

    Args:
        errors: Makes the errors.
        status: The answer's HTTP status.
        finished: Puts the provider's name into a completion.
        inner: Reads the bytes.
    """

    def __init__(
        self,
        errors: CallErrors,
        status: int,
        finished: Callable[[Completion, Any], Completion],
        inner: R,
    ) -> None:
        self._errors = errors
        self._status = status
        self._finished = finished
        self._inner: R = inner

    @property
    def done(self) -> bool:
        """Whether the end mark was read; other streams than OpenAI's end where their connection does."""
        return isinstance(self._inner, ChatStreamReader) and self._inner.done

    def feed(self, data: bytes) -> Iterator[str]:
        """
        Give the pieces in the next bytes, one by one.

        Raises:
            ProviderError: An event is an error or not JSON.
        """
        try:
            yield from self._inner.feed(data)
        except ProviderError as error:
            failure = self._errors.of_answer(error, self._status)
        else:
            return
        raise failure

    def finish(self) -> Completion:
        """
        Give the whole answer.

        Raises:
            ProviderError: The stream ended before the answer did.
        """
        try:
            completion = self._inner.finish()
        except ProviderError as error:
            failure = self._errors.of_answer(error, self._status)
        else:
            return self._finished(completion, completion.raw)
        raise failure


def _json_bytes(body: Mapping[str, Any]) -> bytes:
    try:
        # ASCII escapes: a lone surrogate, which models do write, has no UTF-8.
        return json.dumps(body, default=_json_value, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"the request cannot be sent as JSON: {error}") from error


def _json_value(value: object) -> Any:
    fields = mapping(value)
    if fields or isinstance(value, Mapping):
        return dict(fields)
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
