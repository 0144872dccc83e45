"""
Llama Stack's way: methods that take OpenAI's parameters and give the OpenAI SDK's objects.

Requests and answers pass through the dialects of the wire seam, so a call is the same call at either seam. On replay
the SDK's own classes are given where the program has loaded the SDK, else objects that read the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import msgspec

from playhead.core.model import Completion, CompletionRequest
from playhead.dialects import openai_chat, openai_completions, openai_embeddings
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.openai_chat_stream import written_event
from playhead.errors import ProviderError
from playhead.providers.conventions.chat import value_completion, value_of
from playhead.providers.conventions.convention import Arguments, Convention, Pieces, Verb, never
from playhead.providers.conventions.rehydrated import JSONObject
from playhead.providers.conventions.signatures import method_of
from playhead.providers.llama_stack.parameters import CHAT, EMBEDDINGS, PROMPT, Form, dump, read_parameters

AVAILABILITY = "models.availability"

_CHAT, _PROMPT, _EMBEDDINGS = (module.DIALECTS[0] for module in (openai_chat, openai_completions, openai_embeddings))


def _reads(dialect: Dialect, form: Form) -> Callable[..., CompletionRequest]:
    def to_request(*args: Any, **kwargs: Any) -> CompletionRequest:
        return dialect.decode_request(Asked("POST", f"/v1{form.path}", read_parameters(form, args, kwargs).body))

    return to_request


def _answers(dialect: Dialect) -> Callable[[Any], Completion]:
    def to_completion(answer: Any) -> Completion:
        body = dump(answer)
        return _with(dialect.decode_response(body), raw=body)

    return to_completion


def _gives(home: str, name: str) -> Callable[[Completion, Arguments], Any]:
    def from_completion(completion: Completion, _asked: Arguments) -> Any:
        return typed(home, name, completion.raw)

    return from_completion


def typed(home: str, name: str, body: Any) -> Any:
    """
    Give a JSON object as the SDK's class reads it, where the program has loaded the SDK.

    Args:
        home: The module of the SDK that has the class.
        name: The class.
        body: The JSON value.
    """
    cls = getattr(sys.modules.get(home), name, None)
    if cls is not None and isinstance(body, Mapping):
        return cls.construct(**cast("Mapping[str, Any]", body))
    return JSONObject.of(body)


def _asks_stream(request: CompletionRequest) -> bool:
    return bool(request.params.get("stream"))


def _pieces(dialect: Dialect, home: str, name: str) -> Pieces:
    def end_of(pieces: Sequence[Any], _asked: Arguments) -> Completion | None:
        if dialect.stream is None:
            return None
        reader = dialect.stream.reader()
        # A chunk that is no chunk says nothing of what the stream came to, and is kept as it is.
        with suppress(ProviderError):
            for chunk in pieces:
                reader.feed(written_event(chunk))
        return reader.partial()

    def chunk_of(body: Any) -> Any:
        return typed(home, name, body)

    return Pieces(to_plain=dump, from_plain=chunk_of, to_end=end_of)


def _with(completion: Completion, **facts: Any) -> Completion:
    changed: Completion = msgspec.structs.replace(completion, **facts)
    return changed


def _embeddings_of(answer: Any) -> Completion:
    """Keep vectors once: in the output, or in the answer where they are no lists of numbers there."""
    body = dump(answer)
    found = _EMBEDDINGS.decode_response(body)
    items = cast("list[dict[str, Any]]", body.get("data", []))
    listed = all(isinstance(item.get("embedding"), list) for item in items)
    if not listed:
        return _with(found, raw=body, output=None)
    vectors = [item["embedding"] for item in items]
    bare = [{name: value for name, value in item.items() if name != "embedding"} for item in items]
    return _with(found, raw={**body, "data": bare}, output=vectors)


def _embeddings_from(completion: Completion, _asked: Arguments) -> Any:
    body = cast("dict[str, Any]", completion.raw)
    if completion.output is not None:
        data = [
            {**item, "embedding": list(vector)} for item, vector in zip(body["data"], completion.output, strict=True)
        ]
        body = {**body, "data": data}
    return typed("openai.types", "CreateEmbeddingResponse", body)


def _availability_request(model: str) -> CompletionRequest:
    return CompletionRequest(model=model, operation=AVAILABILITY)


def _fits(provider: Any) -> bool:
    return any(method_of(provider, form.method) is not None for form in (CHAT, PROMPT, EMBEDDINGS))


_CHAT_HOME, _PROMPT_HOME = "openai.types.chat", "openai.types"

ASYNC = Convention(
    "llama-stack",
    True,
    (
        Verb(
            CHAT.method,
            _reads(_CHAT, CHAT),
            _answers(_CHAT),
            _gives(_CHAT_HOME, "ChatCompletion"),
            streams=_asks_stream,
            pieces=_pieces(_CHAT, _CHAT_HOME, "ChatCompletionChunk"),
        ),
        Verb(
            PROMPT.method,
            _reads(_PROMPT, PROMPT),
            _answers(_PROMPT),
            _gives(_PROMPT_HOME, "Completion"),
            streams=_asks_stream,
            pieces=_pieces(_PROMPT, _PROMPT_HOME, "Completion"),
        ),
        Verb(
            EMBEDDINGS.method,
            _reads(_EMBEDDINGS, EMBEDDINGS),
            _embeddings_of,
            _embeddings_from,
            streams=never,
        ),
        Verb(
            "check_model_availability",
            _availability_request,
            value_completion,
            value_of,
        ),
    ),
    _fits,
)
