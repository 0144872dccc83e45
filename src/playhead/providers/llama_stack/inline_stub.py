"""The inline provider in the box: answers in this process, without a model, in OpenAI's shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from playhead.core.model import CompletionRequest, Origin
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.openai_chat_stream import ChatStreamReader, as_streamed
from playhead.dialects.registry import BY_NAME
from playhead.providers.conventions.rehydrated import JSONObject
from playhead.providers.llama_stack.configs import StubConfig
from playhead.providers.llama_stack.parameters import CHAT, EMBEDDINGS, PROMPT, Form, read_parameters
from playhead.providers.stub import StubInferenceProvider

_DIALECTS: Mapping[str, Dialect] = {
    CHAT.method: BY_NAME["openai", "chat.completions"],
    PROMPT.method: BY_NAME["openai", "completions"],
    EMBEDDINGS.method: BY_NAME["openai", "embeddings"],
}


class StubProvider:
    """
    A provider of the mixin's four methods that needs no service.

    Attributes:
        origin: Marks every outcome as a stub's.
    """

    origin: ClassVar[Origin] = Origin.STUB

    def __init__(self, config: StubConfig) -> None:
        self._stub = StubInferenceProvider(config.text or None)
        self._vectors = StubInferenceProvider()

    def __repr__(self) -> str:
        return "StubProvider()"

    async def openai_completion(self, *args: Any, **kwargs: Any) -> Any:
        """Answer with the text, whole or word by word."""
        return self._answer(PROMPT, args, kwargs)

    async def openai_chat_completion(self, *args: Any, **kwargs: Any) -> Any:
        """Answer with the text, whole or word by word."""
        return self._answer(CHAT, args, kwargs)

    async def openai_embeddings(self, *args: Any, **kwargs: Any) -> Any:
        """Give a vector of noughts for each text."""
        return self._answer(EMBEDDINGS, args, kwargs)

    async def check_model_availability(self, model: str) -> bool:
        """Have every model that has a name."""
        return bool(model)

    def _answer(self, form: Form, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        parameters = read_parameters(form, args, kwargs)
        dialect = _DIALECTS[form.method]
        request = dialect.decode_request(Asked("POST", f"/v1{form.path}", parameters.body))
        if parameters.streams:
            return self._chunks(dialect, request)
        stub = self._vectors if form is EMBEDDINGS else self._stub
        return JSONObject.of(dialect.encode_response(stub.complete(request), request))

    async def _chunks(self, dialect: Dialect, request: CompletionRequest) -> AsyncIterator[Any]:
        if dialect.stream is None:
            return
        reader = ChatStreamReader(keep_chunks=True)
        completion = as_streamed(self._stub.complete(request), request)
        for data in dialect.stream.encode(completion, list(self._stub.stream(request)), request):
            for _ in reader.feed(data):
                pass
        for chunk in reader.chunks or ():
            yield JSONObject.of(chunk)


def get_adapter_impl(config: StubConfig, deps: Mapping[str, Any]) -> StubProvider:  # noqa: ARG001
    """Make the provider; it needs no other."""
    return StubProvider(config)
