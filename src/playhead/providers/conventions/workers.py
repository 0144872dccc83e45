"""
Pipelex's way: workers whose async methods take a job and give a text, an object, images, pages or sourced answers.

What of a job is of the moment (its metadata and its report) is no part of the question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.providers.conventions.callables import answer_of, completion_of
from playhead.providers.conventions.convention import Arguments, Convention, Verb
from playhead.providers.conventions.plain import fields_of, plain
from playhead.providers.conventions.rehydrated import rehydrate
from playhead.providers.conventions.signatures import method_of

METHODS: Mapping[str, Family] = {
    "gen_text": Family.LLM,
    "gen_object": Family.LLM,
    "gen_image": Family.IMG_GEN,
    "gen_image_list": Family.IMG_GEN,
    "extract_pages": Family.EXTRACT,
    "search_sourced_answer": Family.SEARCH,
    "search_structured": Family.SEARCH,
    "embed": Family.EMBEDDING,
}
"""Every method of a worker that asks a model, and what kind of answer it asks for."""

_OF_THE_MOMENT = ("job_metadata", "job_report")


def _reads(name: str, family: Family) -> Callable[..., CompletionRequest]:
    def to_request(*args: Any, **kwargs: Any) -> CompletionRequest:
        params: dict[str, Any] = {}
        if args:
            params["args"] = [_question(value) for value in args]
        if kwargs:
            params["kwargs"] = {key: _question(value) for key, value in kwargs.items()}
        return CompletionRequest(operation=name, params=params, family=family)

    return to_request


def _question(value: Any) -> Any:
    fields = None if isinstance(value, (Mapping, type)) else fields_of(value)
    if fields is None:
        return plain(value)
    return {key: plain(item) for key, item in fields.items() if key not in _OF_THE_MOMENT}


def _object_of(completion: Completion, asked: Arguments) -> Any:
    """Make the object of the class that the call names, where it names one."""
    answer = answer_of(completion, asked)
    named = asked.kwargs.get("schema")
    schema = named if isinstance(named, type) else next((one for one in asked.args if isinstance(one, type)), None)
    if schema is None:
        return answer
    held = plain(answer)
    validate = getattr(schema, "model_validate", None)
    if callable(validate):
        return validate(held)
    if not isinstance(held, dict):
        return rehydrate(held)
    return schema(**cast("dict[str, Any]", held))


def _verb(name: str, family: Family) -> Verb:
    given = _object_of if name in ("gen_object", "search_structured") else answer_of
    return Verb(name, _reads(name, family), completion_of, given)


def _fits(provider: Any) -> bool:
    named = (name for name in METHODS if name != "embed")
    return any(method_of(provider, name) is not None for name in named)


ASYNC = Convention("pipelex", True, tuple(_verb(name, family) for name, family in METHODS.items()), _fits)
