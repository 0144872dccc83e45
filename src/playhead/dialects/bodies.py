"""
What the requests of all vendors have in common: fields of a JSON object that are ours, and the rest.

Nothing of a body is lost and nothing is refused: a field whose value is not of our type (a temperature that is a text,
a tool that is no object) stays in ``params`` under its own name, so every body has a request and every request its
body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from msgspec.structs import force_setattr

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

_NO_FACTS: Mapping[str, Any] = {}
_GREATEST = 2**53


def read_body(
    body: Mapping[str, Any],
    *,
    operation: str,
    family: Family = Family.LLM,
    messages: tuple[Message, ...] | None = None,
    taken: tuple[str, ...] = (),
    names: Mapping[str, str] = PLAIN,
    model: str | None = None,
    prompt: str | None = None,
    context: Mapping[str, Any] = _NO_FACTS,
) -> CompletionRequest:
    """
    Make the request of a body.

    Args:
        body: The JSON object; not changed.
        operation: The dialect's operation.
        family: What kind of answer is asked for.
        messages: The conversation, read out of the fields ``taken``.
        taken: Fields of the body that ``messages`` or ``prompt`` holds.
        names: Which of our fields (model, tools, temperature, max_tokens) stands under which name.
        model: The model where the path names it; a ``model`` in the body is then one of the params.
        prompt: The single text, instead of messages.
        context: What ``encode_request`` must know and nothing matches by, such as the path.
    """
    rest = dict(body)
    for name in taken:
        rest.pop(name, None)
    # A copy is not checked again as a new request would be, which would take most of the time of a replay: every
    # value below is of its field's type already.
    known = _BARE.get(operation)
    request = known[1]() if known is not None and known[0] is family else _bare_request(operation, family)
    for ours, theirs in names.items():
        value: Any = rest.get(theirs)
        if value is None or (ours == "model" and model is not None):
            continue
        kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType] - it narrows the value, not the kind
        if kind is str:
            fits = ours == "model" and value != ""
        elif kind is list:
            fits = ours == "tools" and value != []
            value = message_list(value)
        elif kind is int or kind is float:
            # A bound rather than a test for infinity: an integer may be too great for any float.
            fits = (ours == "temperature" or (ours == "max_tokens" and kind is int)) and 0 <= value < _GREATEST
        else:
            continue
        if fits and value is not None:
            force_setattr(request, ours, value)
            del rest[theirs]
    if messages is not None:
        force_setattr(request, "messages", messages)
    elif prompt is not None:
        force_setattr(request, "prompt", prompt)
    if model:
        force_setattr(request, "model", model)
    if context:
        force_setattr(request, "context", context)
    force_setattr(request, "params", rest)
    return request


_BARE: dict[str, tuple[Family, Callable[[], CompletionRequest]]] = {}
"""What copies a request of an operation with nothing in it, made when it is first needed."""


def _bare_request(operation: str, family: Family) -> CompletionRequest:
    bare: Any = CompletionRequest(operation=operation, family=family)
    _BARE[operation] = family, bare.__copy__
    return cast("CompletionRequest", bare.__copy__())


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
    if type(value) is not list:
        return None
    for item in value:  # pyright: ignore[reportUnknownVariableType]
        if type(item) is not dict:  # pyright: ignore[reportUnknownArgumentType]
            return None
    return tuple(cast("list[Message]", value))
