"""
Lists of models that several servers gave, as one: what ``/v1/models`` answers, merged by id.

Recordings of one suite against several servers hold a list of each, all under the same key, since no host is part of a
key. ``merge_model_lists`` gives what a stack that has all of those servers would answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from playhead.dialects.openai_wire import mapping, sequence, text
from playhead.errors import UsageError

_NAMES = ("id", "name", "model")
_LISTS = ("data", "models")


def merge_model_lists(lists: Iterable[Any]) -> dict[str, Any]:
    """
    Give the union of lists of models, sorted by id; of two models with one id the first that is given counts.

    Args:
        lists: What the servers answered: OpenAI's object with ``data``, Ollama's with ``models``, or a plain list of
            models or of their names.

    Raises:
        UsageError: Something is no list of models.
    """
    found: dict[str, dict[str, Any]] = {}
    for one in lists:
        for model in _models_of(one):
            named = _named(model)
            found.setdefault(named["id"], named)
    return {"object": "list", "data": [found[name] for name in sorted(found)]}


def _models_of(answer: Any) -> list[Any]:
    given = mapping(answer)
    listed: Any = next((given[name] for name in _LISTS if name in given), answer)
    if not isinstance(listed, (list, tuple)):
        raise UsageError(f"a {type(answer).__name__} is no list of models", hint="an object with data, or a list")
    return list(sequence(cast("object", listed)))


def _named(model: Any) -> dict[str, Any]:
    if isinstance(model, str) and model:
        return {"id": model, "object": "model", "created": 0, "owned_by": ""}
    given = dict(mapping(model))
    name = next((text(given[key]) for key in _NAMES if text(given.get(key))), None)
    if name is None:
        raise UsageError(f"a model has no name: its fields are {sorted(given)!r}")
    return {"id": name, **{key: value for key, value in given.items() if key != "id"}}
