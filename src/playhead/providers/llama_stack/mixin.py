"""
``OpenAIMixin``: a provider of an OpenAI-compatible server from two methods, one for its address and one for its key.

    class Together(OpenAIMixin):
        def get_base_url(self) -> str:
            return "https://api.together.xyz/v1"

        def get_api_key(self) -> str:
            return os.environ["TOGETHER_API_KEY"]

Where OpenAI's SDK is installed it makes the calls, and the answers are its objects; else they are asked for over httpx
and read the same. Either way a session sees them: at the provider seam where the provider is wrapped, at the wire seam
where it is not.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import logging
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from playhead.core.error_text import redact_error_text
from playhead.dialects.dialect import Asked
from playhead.errors import InferenceProviderError, MissingDependencyError, ReplayRefused
from playhead.providers.llama_stack.clients import KEPT, place_of
from playhead.providers.llama_stack.parameters import CHAT, EMBEDDINGS, PROMPT, Form, Parameters, read_parameters
from playhead.providers.llama_stack.server import Server
from playhead.providers.secrets import remember, resolved_values

SDK = "openai"
# What a server that wants no key is sent: the SDK insists on one.
_NO_KEY = "unused"

LOGGER = logging.getLogger(__name__)


class OpenAIMixin(ABC):
    """The calls of OpenAI's API for a provider that has an address and a key; it keeps no state of its own."""

    @abstractmethod
    def get_api_key(self) -> str:
        """Give the key, read for every call; an empty one where the server wants none."""

    @abstractmethod
    def get_base_url(self) -> str:
        """Give the address that ``/chat/completions`` is appended to."""

    def get_extra_client_params(self) -> Mapping[str, Any]:
        """Give further arguments of ``AsyncOpenAI``; the same ones each time, for the client to be kept."""
        return {}

    @property
    def client(self) -> Any:
        """
        The ``AsyncOpenAI`` for this address and key: the same one within an event loop as long as they, and the further
        arguments, are the same. ``aclose`` closes it.

        Raises:
            MissingDependencyError: OpenAI's SDK is not installed.
        """
        if not has_sdk():
            raise MissingDependencyError(SDK, purpose="the client of a provider")
        further: dict[str, Any] = dict(self.get_extra_client_params())
        url, key = self._place()

        def make() -> Any:
            return importlib.import_module(SDK).AsyncOpenAI(base_url=url, api_key=key or _NO_KEY, **further)

        return KEPT.get(place_of(SDK, url, key, further), make)

    async def openai_completion(self, *args: Any, **kwargs: Any) -> Any:
        """
        Go on with a text: ``openai_completion(model, prompt, max_tokens=..., stream=..., ...)``, or one object of them.

        Returns:
            The answer, or a stream of chunks to iterate with ``async for``.

        Raises:
            UsageError: The parameters make no call.
            Exception: The SDK's, or ``InferenceProviderError`` without it.
        """
        return await self._post(PROMPT, args, kwargs, lambda client: client.completions.create)

    async def openai_chat_completion(self, *args: Any, **kwargs: Any) -> Any:
        """
        Answer a chat: ``openai_chat_completion(model, messages, tools=..., stream=..., ...)``, or one object of them.

        Returns:
            The answer, or a stream of chunks to iterate with ``async for``.

        Raises:
            UsageError: The parameters make no call.
            Exception: The SDK's, or ``InferenceProviderError`` without it.
        """
        return await self._post(CHAT, args, kwargs, lambda client: client.chat.completions.create)

    async def openai_embeddings(self, *args: Any, **kwargs: Any) -> Any:
        """
        Turn texts into vectors: ``openai_embeddings(model, input, encoding_format="float", dimensions=None,
        user=None)``, or one object of them.

        Raises:
            UsageError: The parameters make no call.
            Exception: The SDK's, or ``InferenceProviderError`` without it.
        """
        return await self._post(EMBEDDINGS, args, kwargs, lambda client: client.embeddings.create)

    async def check_model_availability(self, model: str) -> bool:
        """
        Tell whether the server has a model; that it could not be asked is a warning in the log, and ``False``.

        Raises:
            ReplayRefused: A session replays, and has no recording of the question.
        """
        try:
            await self._retrieve(model)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the model cannot be used
            refused = _refusal_in(error)
            if refused is not None:
                raise refused from None
            if status_of(error) != 404:
                said = redact_error_text(f"{type(error).__name__}: {error}", values=resolved_values())
                LOGGER.warning("whether model %r is available could not be asked: %s", model, said)
            return False
        return True

    async def aclose(self) -> None:
        """Let go of the connections that the running event loop holds to this address; a later call opens new ones."""
        url, key = self._place()
        client = KEPT.take(place_of(SDK, url, key, self.get_extra_client_params()))
        server = KEPT.take(place_of("httpx", url, key))
        if client is not None:
            await client.close()
        if server is not None:
            await server.aclose()

    def _place(self) -> tuple[str, str | None]:
        url, key = self.get_base_url(), self.get_api_key()
        remember(key)
        return url, key

    def _server(self) -> Server:
        url, key = self._place()
        return KEPT.get(place_of("httpx", url, key), lambda: Server(url, key))

    async def _post(
        self, form: Form, args: tuple[Any, ...], kwargs: Mapping[str, Any], method: Callable[[Any], Callable[..., Any]]
    ) -> Any:
        parameters = read_parameters(form, args, kwargs)
        if has_sdk():
            create = method(self.client)
            return await create(**_arguments(create, parameters))
        asked = Asked("POST", form.path, parameters.body)
        ask = self._server().open_stream if parameters.streams else self._server().ask
        return await ask(asked, parameters)

    async def _retrieve(self, model: str) -> None:
        if has_sdk():
            await self.client.models.retrieve(model)
        else:
            await self._server().ask(Asked("GET", f"/models/{quote(model, safe=_UNQUOTED)}"), Parameters({}))


# As OpenAI's SDK writes a path.
_UNQUOTED = "!$&'()*+,;=:@"


def has_sdk() -> bool:
    """Tell whether OpenAI's SDK is installed."""
    # A look at the folders costs more than a replayed call; what is loaded is there.
    return sys.modules.get(SDK) is not None or importlib.util.find_spec(SDK) is not None


def status_of(error: Exception) -> int | None:
    """Give the HTTP status that an error of the SDK's or of ours is of, ``None`` where it is of none."""
    found: Any = getattr(error, "status_code", None)
    if isinstance(error, InferenceProviderError):
        found = error.context.get("status")
    return found if type(found) is int else None


def _arguments(create: Callable[..., Any], parameters: Parameters) -> dict[str, Any]:
    """Give the arguments of an SDK's method: what it does not know by name goes through ``extra_body``."""
    known = inspect.signature(create).parameters
    body = parameters.body
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        further = {name: value for name, value in body.items() if name not in known}
        body = {name: value for name, value in body.items() if name in known}
        if further:
            body["extra_body"] = further
    options = {
        "extra_headers": parameters.headers, "extra_query": parameters.query, "timeout": parameters.timeout,
    }  # fmt: skip
    return body | {name: value for name, value in options.items() if value}


def _refusal_in(error: BaseException) -> ReplayRefused | None:
    """Give the refusal that an SDK has wrapped in an error of its own."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ReplayRefused):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
