"""
What Google's operations have in common: the model in the path, the conversation and its instructions in the body.

Source: https://ai.google.dev/api/generate-content and, for the longer paths of Vertex AI,
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from playhead.core.model import CompletionRequest, Family
from playhead.dialects.bodies import message_list, read_body, write_body
from playhead.dialects.dialect import Asked
from playhead.dialects.paths import posted, read, written
from playhead.dialects.system_field import with_system, without_system

PROVIDER = "google"

FIELDS: Mapping[str, str] = {"tools": "tools"}
"""What stands in the body itself: temperature and the like are in ``generationConfig``, a part of the params."""


# The second one is how the field is called in the schema that the JSON is made from; the vendor takes both.
_SYSTEM = ("systemInstruction", "system_instruction")
_SYSTEM_KINDS = (dict, str)
_COLLECTIONS = ("tunedModels", "endpoints")


# A program asks the same few models again and again.
@lru_cache(maxsize=256)
def model_of(path: str, verb: str) -> str:
    """
    Give the model that a path asks to do something: ``/v1beta/models/M:generateContent``.

    Returns:
        Its name, with the collection it is in where that is not ``models``; empty where the path is another.
    """
    head, _, name = path.rpartition("/")
    name, _, found = name.rpartition(":")
    collection = head.rpartition("/")[2]
    if found != verb or not name or (collection != "models" and collection not in _COLLECTIONS):
        return ""
    name = read(name)
    return name if collection == "models" else f"{collection}/{name}"


def claims_verb(asked: Asked, verb: str) -> bool:
    """Whether a request asks a model to do something."""
    return asked.path.endswith(verb) and bool(model_of(asked.path, verb)) and posted(asked) is not None


def path_of(model: str | None, verb: str) -> str:
    """Give the path that asks a model to do something."""
    collection, _, name = (model or "unknown").partition("/")
    if collection in _COLLECTIONS and name:
        return f"/v1beta/{collection}/{written(name)}:{verb}"
    return f"/v1beta/models/{written(model or 'unknown')}:{verb}"


def read_contents(
    body: Mapping[str, Any], operation: str, model: str, family: Family = Family.LLM
) -> CompletionRequest:
    """Make the request of a body that holds a conversation."""
    messages = message_list(body.get("contents"))
    if messages is None:
        return read_body(body, operation=operation, family=family, names=FIELDS, model=model)
    messages, system = with_system(body, messages, *_SYSTEM, kinds=_SYSTEM_KINDS)
    taken = ("contents",) if system is None else ("contents", system)
    return read_body(
        body, operation=operation, family=family, messages=messages, taken=taken, names=FIELDS, model=model
    )


def write_contents(request: CompletionRequest) -> dict[str, Any]:
    """Make the body of a request that holds a conversation."""
    fields: dict[str, Any] = {}
    if request.messages is not None:
        fields, messages = without_system(request.messages, *_SYSTEM)
        fields["contents"] = list(messages)
    elif request.prompt is not None:
        fields["contents"] = [{"role": "user", "parts": [{"text": request.prompt}]}]
    config = {"temperature": request.temperature, "maxOutputTokens": request.max_tokens}
    given = {name: value for name, value in config.items() if value is not None}
    if given:
        fields["generationConfig"] = given
    return write_body(request, fields, names=FIELDS, model=False)
