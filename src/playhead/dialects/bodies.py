"""
What the requests of all vendors have in common: fields of a JSON object that are ours, and the rest.

Nothing of a body is lost and nothing is refused: a field whose value is not of our type (a temperature that is a text,
a tool that is no object) stays in ``params`` under its own name, so every body has a request and every request its
body.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from playhead.core.model import CompletionRequest, Family

Message = Mapping[str, Any]

BARE = "content"
"""The only key of a message that stands for a bare text: ``input: "hello"`` is the message ``{"content": "hello"}``."""


PLAIN: Mapping[str, str] = {
    "model": "model",
    "tools": "tools",
    "temperature": "temperature",
    "max_tokens": "max_tokens",
}
"""Our fields under the names most vendors give them."""


def read_body(
    body: Mapping[str, Any],
    *,
    operation: str,
    family: Family = Family.LLM,
    messages: tuple[Message, ...] | None = None,
    taken: tuple[str, ...] = (),
    names: Mapping[str, str] = PLAIN,
    model: str | None = None,
) -> CompletionRequest:
    """
    Make the request of a body.

    Args:
        body: The JSON object; not changed.
        operation: The dialect's operation.
        family: What kind of answer is asked for.
        messages: The conversation, read out of the fields ``taken``.
        taken: Fields of the body that ``messages`` holds.
        names: Which of our fields (model, tools, temperature, max_tokens) stands under which name.
        model: The model where the path names it; a ``model`` in the body is then one of the params.
    """
    rest = dict(body)
    for name in taken:
        rest.pop(name, None)
    found: dict[str, Any] = {}
    for ours, theirs in names.items():
        if ours == "model" and model is not None:
            continue
        value = rest.get(theirs)
        if value is not None and _FITS[ours](value):
            found[ours] = tuple(value) if ours == "tools" else value
            del rest[theirs]
    if model:
        found["model"] = model
    return CompletionRequest(messages=messages, params=rest, family=family, operation=operation, **found)


def write_body(
    request: CompletionRequest, messages: Mapping[str, Any], *, names: Mapping[str, str] = PLAIN, model: bool = True
) -> dict[str, Any]:
    """
    Make the body of a request; the inverse of ``read_body`` but for the order of keys.

    Args:
        request: The request.
        messages: The fields the conversation stands in.
        names: As for ``read_body``.
        model: Whether the model stands in the body.
    """
    body: dict[str, Any] = {}
    for ours, theirs in names.items():
        value = getattr(request, ours)
        if value is None or value == () or (ours == "model" and not model):
            continue
        body[theirs] = list(value) if ours == "tools" else value
    return {**body, **messages, **request.params}


def message_list(value: Any) -> tuple[Message, ...] | None:
    """Give a list of objects as messages; ``None`` for anything else."""
    if type(value) is list and all(type(item) is dict for item in cast("list[Any]", value)):
        return tuple(cast("list[Message]", value))
    return None


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and value >= 0


def _is_name(value: Any) -> bool:
    return type(value) is str and value != ""


def _is_tools(value: Any) -> bool:
    return bool(value) and message_list(value) is not None


_FITS = {"model": _is_name, "tools": _is_tools, "temperature": _is_number, "max_tokens": _is_count}
