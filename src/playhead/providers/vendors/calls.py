"""What the sync and the async vendor provider share: settings in, HTTP requests and decoded answers out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import msgspec

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.dialects.dialect import Asked, StreamReader
from playhead.dialects.openai_wire import sequence
from playhead.dialects.registry import BY_NAME
from playhead.errors import InferenceProviderError, ProviderError, UsageError
from playhead.providers.hidden_logs import hide_secrets_in_logs
from playhead.providers.openai_calls import Call, OpenAISettings, Reader
from playhead.providers.secrets import KEY_MISSING, Secret, SecretResolver
from playhead.providers.vendors.table import KeyPlace, Vendor, vendor_named

# Long enough for a server that is there, short enough for a page that shows the health of several.
HEALTH_TIMEOUT = 5.0

_read_models = BY_NAME["openai", "models"].decode_response


class VendorSettings(OpenAISettings):
    """
    Which vendor is asked, and how.

    Args:
        vendor: A vendor's name (``openai``, ``anthropic``, ``google``, ``mistral``, ``ollama``) or a row of one's own.
        api_key_ref: Where the key is found (``env:ANTHROPIC_API_KEY``); read anew for every call.
        api_key: The key itself, instead of a reference.
        base_url: Another address than the vendor's.
        model: The model to ask where a request names none; the vendor's own default where it is left out.
        timeout: Seconds to connect, to send and between two reads; ``None`` waits for ever.
        name: The provider's stable name; the vendor's where it is left out.
        retries: How often a call is tried in all; 1 for no second try.
        transport: What the sync class sends by instead of the network.
        async_transport: What the async class sends by instead of the network.
        headers: Further headers; they win over those made here.
        secrets: What reads ``api_key_ref``; by default ``env:`` and ``file:``.
        client: Sends instead of a client of the provider's own, with its own time-out; closing leaves it open.

    Raises:
        UsageError: A setting is not usable; nothing was resolved or opened.
    """

    def __init__(
        self,
        vendor: str | Vendor,
        *,
        api_key_ref: str | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        model: str | None = None,
        timeout: float | None = 60.0,
        name: str | None = None,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
        async_transport: httpx.AsyncBaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
        secrets: SecretResolver | None = None,
        client: httpx.Client | httpx.AsyncClient | None = None,
    ) -> None:
        if client is not None and client.follow_redirects:
            raise UsageError(
                "the client follows redirects, which would carry the key to another address",
                hint="give a client with follow_redirects=False",
            )
        self._given = client
        self.vendor = vendor_named(vendor) if isinstance(vendor, str) else vendor
        hide_secrets_in_logs()
        # What is refused below must not show in a traceback with locals.
        address = Secret(self.vendor.base_url if base_url is None else base_url)
        key, reference = Secret(api_key or ""), Secret(api_key_ref or "")
        by_reference = api_key_ref is not None
        del base_url, api_key, api_key_ref
        super().__init__(
            address.reveal(),
            model=self.vendor.model if model is None else model,
            api_key_ref=reference.reveal() if by_reference else None,
            api_key=key.reveal() or None,
            name=self.vendor.name if name is None else name,
            default_temperature=None,
            default_max_tokens=None,
            timeout=timeout,
            retries=retries,
            transport=transport,
            async_transport=async_transport,
            headers=headers,
            secrets=secrets,
        )

    def call_for(self, request: CompletionRequest) -> Call:
        """
        Prepare the call of ``complete``.

        Raises:
            UsageError: The vendor has no answer of that family, or the request cannot be sent.
        """
        if request.family is Family.LLM:
            return self.chat_call(request, stream=False)
        vectors = self.vendor.vectors
        if request.family is Family.EMBEDDING and vectors is not None:
            named = _with_model(request, vectors.model)
            return VendorCall(self, vectors.ask(named), vectors.read, model=named.model)
        raise UsageError(f"vendor {self.vendor.name!r} has no endpoint for family {request.family.value!r}")

    def chat_call(self, request: CompletionRequest, *, stream: bool) -> Call:
        """
        Prepare a call for text, whole or in pieces.

        Raises:
            UsageError: The request cannot be sent.
        """
        named = _with_model(request, self.model)
        return VendorCall(self, self.vendor.ask(named, stream), self.vendor.read, model=named.model)

    def models_call(self, *, timeout: float | None = None) -> Call:
        """
        Prepare the call that lists the models.

        Args:
            timeout: Seconds for each step; the provider's own where it is left out.
        """
        asked = Asked("GET", self.vendor.models, None, self.vendor.models_query)
        return VendorCall(self, asked, _read_models, model=None, timeout=timeout)


def model_names(listed: Completion) -> list[str]:
    """Give the names of listed models as they are asked for: Google puts the collection in front."""
    return [str(name).removeprefix("models/") for name in sequence(listed.output)]


def _with_model(request: CompletionRequest, model: str) -> CompletionRequest:
    return request if request.model else msgspec.structs.replace(request, model=model)


class VendorCall(Call):
    """
    One call, ready to be sent as often as it takes.

    Args:
        settings: Where and how to ask.
        asked: What to send, its path below the base URL.
        decode: Reads the JSON value of a whole answer.
        model: The model asked, or ``None`` where none is.
        timeout: Seconds for each step, where they are not the client's.
    """

    def __init__(
        self,
        settings: VendorSettings,
        asked: Asked,
        decode: Callable[[Any], Completion],
        *,
        model: str | None,
        timeout: float | None = None,
    ) -> None:
        super().__init__(settings, asked.path, asked.body or {}, decode, model=model)
        self._vendor = settings.vendor
        self._asked = asked
        self._timeout = timeout

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """
        Make the HTTP request, with the key as it is now.

        Raises:
            InferenceProviderError: There is no key, and the vendor wants one.
        """
        headers = httpx.Headers({"Accept": "application/json", **self._vendor.headers})
        if self._asked.body is not None:
            headers["Content-Type"] = "application/json"
        url = httpx.URL(self._settings.address.url(self._path))
        for name, value in self._asked.query:
            url = url.copy_add_param(name, value)
        key, place = self._settings.key.current(), self._vendor.key
        if key is None:
            if place is not KeyPlace.NONE:
                raise self._missing_key()
        elif place is KeyPlace.QUERY:
            url = url.copy_set_param("key", key.reveal())
        elif place is KeyPlace.HEADER:
            headers["x-api-key"] = key.reveal()
        else:
            headers["Authorization"] = f"Bearer {key.reveal()}"
        for header, secret in self._settings.headers.items():
            headers[header] = secret.reveal()
        return client.build_request(
            self._asked.method,
            url,
            content=None if self._asked.body is None else self._content,
            headers=headers,
            timeout=httpx.USE_CLIENT_DEFAULT if self._timeout is None else self._timeout,
        )

    def _missing_key(self) -> InferenceProviderError:
        name = self._settings.name
        variable = f"{self._vendor.name.upper()}_API_KEY"
        return InferenceProviderError(
            f"provider {name!r} has no key, and vendor {self._vendor.name!r} wants one",
            error_code=KEY_MISSING,
            context={"provider": name, "model": self._model},
            hint=f"give a reference to it: 'env:{variable}'",
        )

    def reader(self, response: httpx.Response) -> VendorReader:
        """Give what reads a streamed answer."""
        return VendorReader(self._errors, response.status_code, self._finished, self._vendor.reader())


class VendorReader(Reader[StreamReader]):
    """Reads a streamed answer in the vendor's dialect."""

    _given = 0

    def feed(self, data: bytes) -> Iterator[str]:
        """
        Give the pieces in the next bytes, one by one.

        Raises:
            ProviderError: The bytes are no stream of this vendor, or the stream holds an error.
        """
        failure: InferenceProviderError | None = None
        pieces: list[str] = []
        try:
            pieces += self._inner.feed(data)
        except ProviderError as error:
            failure = self._errors.of_answer(error, self._status)
            # What came before the error in the same bytes is the caller's.
            pieces += [rest] if (rest := self._inner.partial().text[self._given :]) else []
        for piece in pieces:
            self._given += len(piece)
            yield piece
        if failure is not None:
            raise failure
