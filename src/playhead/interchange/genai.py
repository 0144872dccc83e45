"""
Google's calls as Llama Stack records them: arguments and results of the google-genai SDK in Python's spelling.

What the SDK sends and gets is put together from them: the same fields in JSON's spelling, at Vertex AI's address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playhead.core.wire import Answer
from playhead.dialects.openai_wire import mapping, sequence, text
from playhead.interchange.llama_stack_answers import answer_of, error_of, wire_error
from playhead.interchange.source import Unusable, sent_from
from playhead.interchange.values import headers_of, is_list, json_bytes, words
from playhead.wire.exchange import Sent

ADDRESS = "the recorder keeps the SDK's call; a project-less address of Vertex AI stands for the one it went to"

_BASE = "https://aiplatform.googleapis.com/v1beta1/"
_METHODS = {
    "/generate_content": "generateContent",
    "/generate_content_stream": "streamGenerateContent",
    "/embed_content": "batchEmbedContents",
}
# Fields of the SDK's config that are fields of the request; all others are of its generationConfig.
_REQUEST_FIELDS = frozenset(
    ("system_instruction", "tools", "tool_config", "safety_settings", "cached_content", "labels", "model_armor_config")
)
# Fields that tell the SDK what to do and are not sent.
_OWN_FIELDS = frozenset(("http_options", "automatic_function_calling", "should_return_http_response"))
# What stands under these names is the user's own, its keys too.
_OPAQUE = frozenset(("args", "response", "parameters_json_schema", "response_json_schema", "labels"))


def read(asked: Mapping[str, Any], answered: Mapping[str, Any]) -> tuple[Sent, Answer, tuple[str, ...]]:
    """
    Give request and answer of a call, and a note.

    Raises:
        Unusable: It is a method of the SDK that is not known here.
    """
    endpoint = words(asked.get("endpoint")) or words(asked.get("url")).removeprefix("vertexai://")
    method = _METHODS.get("/" + endpoint.strip("/"))
    if method is None:
        raise Unusable(f"a call of the google-genai SDK that is not known: {endpoint!r}")
    given = mapping(asked.get("body"))
    model = words(given.get("model")) or words(asked.get("model"))
    name = model if "/" in model else f"publishers/google/models/{model}"
    query = "?alt=sse" if method == "streamGenerateContent" else ""
    body = _embedding(given, model) if method == "batchEmbedContents" else _question(given)
    sent = sent_from("POST", f"{_BASE}{name}:{method}{query}", json_bytes(body), "application/json")
    return sent, _answer(answered, sent.path), (ADDRESS,)


def _question(given: Mapping[str, Any]) -> dict[str, Any]:
    config = {name: value for name, value in mapping(given.get("config")).items() if name not in _OWN_FIELDS}
    body: dict[str, Any] = {"contents": _contents(given.get("contents"))}
    for name in _REQUEST_FIELDS & config.keys():
        value = config.pop(name)
        body[camel(name)] = _content(value) if name == "system_instruction" else in_json(value, name)
    if config:
        body["generationConfig"] = in_json(config)
    return body


def _embedding(given: Mapping[str, Any], model: str) -> dict[str, Any]:
    config = in_json({name: value for name, value in mapping(given.get("config")).items() if name not in _OWN_FIELDS})
    contents = _contents(given.get("contents"))
    return {"requests": [{"model": model, "content": content, **config} for content in contents]}


def _contents(value: object) -> list[Any]:
    items = sequence(value) if is_list(value) else [value] if value is not None else []
    return [_content(item) for item in items]


def _content(value: object) -> Any:
    """Give a content: a text is what a user says, a part is in a content of its own."""
    if isinstance(value, str):
        return {"parts": [{"text": value}], "role": "user"}
    given = mapping(value)
    return {"parts": [in_json(given)], "role": "user"} if given and "parts" not in given else in_json(value)


def _answer(answered: Mapping[str, Any], path: str) -> Answer:
    body = answered.get("body")
    raised = error_of(answered)
    if raised and not sequence(body):
        return answer_of(answered, path)
    chunks = [mapping(chunk) for chunk in (sequence(body) if is_list(body) else (body,))]
    headers = headers_of(mapping(chunks[0].get("sdk_http_response")).get("headers")) if chunks else []
    # The body is written anew, whole and without an encoding.
    kept = [pair for pair in headers if pair[0].lower() not in ("content-length", "content-encoding")]
    written = [json_bytes(in_json(_without_sdk(chunk))) for chunk in chunks]
    if is_list(body):
        answer = Answer(200, _kind(kept, "text/event-stream"), tuple(b"data: %b\r\n\r\n" % one for one in written))
        return answer._replace(error=wire_error(raised)) if raised else answer
    return Answer(200, _kind(kept, "application/json"), tuple(written))


def _without_sdk(chunk: Mapping[str, Any]) -> dict[str, Any]:
    own = ("sdk_http_response", "parsed", "automatic_function_calling_history")
    return {name: value for name, value in chunk.items() if name not in own}


def _kind(headers: list[tuple[str, str]], kind: str) -> tuple[tuple[str, str], ...]:
    others = [pair for pair in headers if pair[0].lower() != "content-type"]
    return (("content-type", kind), *others) if len(others) == len(headers) else tuple(headers)


def in_json(value: Any, name: str = "") -> Any:
    """Give a value of the SDK in JSON's spelling: ``function_call`` is ``functionCall``; a user's own keys stay."""
    if name in _OPAQUE:
        return value
    if is_list(value):
        return [in_json(item) for item in sequence(value)]
    fields = mapping(value)
    own = name == "properties"
    if not fields:
        return value
    return {key if own else camel(text(key)): in_json(inner, text(key)) for key, inner in fields.items()}


def camel(name: str) -> str:
    """Give a field's name in JSON's spelling."""
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)
