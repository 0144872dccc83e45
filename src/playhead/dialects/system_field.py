"""
Instructions that have a field of their own: they lead the conversation as a message of the role ``system``.

A conversation may hold messages of that role itself. So that the two are never taken for one another, a first message
which looks like such a field gets an empty one in front of it: ``{"role": "system"}`` says that there is no field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playhead.dialects.bodies import Message

_ROLE = "system"
_NO_FIELD: Message = {"role": _ROLE}


def with_system(
    body: Mapping[str, Any], messages: tuple[Message, ...], *names: str, kinds: tuple[type, ...] = (str, list)
) -> tuple[tuple[Message, ...], str | None]:
    """
    Put the instructions of a body in front of its conversation.

    Args:
        body: The JSON object of the request.
        messages: Its conversation.
        names: The names the field goes by; the first one's value is the message's ``content``, another's stands under
            that name.
        kinds: What the vendor takes; a value of another type stays where it is.

    Returns:
        The messages, and the name of the field that they hold now.
    """
    for name in names:
        value = body.get(name)
        if value is not None and type(value) in kinds:
            return ({"role": _ROLE, "content" if name == names[0] else name: value}, *messages), name
    if messages and _is_field(messages[0], names):
        return (_NO_FIELD, *messages), None
    return messages, None


def without_system(messages: tuple[Message, ...], *names: str) -> tuple[dict[str, Any], tuple[Message, ...]]:
    """Give the field that leads a conversation, as an object with one or no key, and what follows it."""
    if not messages or not _is_field(messages[0], names):
        return {}, messages
    found = {names[0] if key == "content" else key: value for key, value in messages[0].items() if key != "role"}
    return found, messages[1:]


def _is_field(message: Message, names: tuple[str, ...]) -> bool:
    if message.get("role") != _ROLE or len(message) > 2:
        return False
    return all(key in ("role", "content") or key in names[1:] for key in message)
